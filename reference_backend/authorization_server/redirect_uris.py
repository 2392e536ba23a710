"""Where a client may have its codes sent (DCR-04 … DCR-07, CIMD-16, CIMD-17, AUTHZ-06)."""

from collections.abc import Sequence

from reference_backend.authorization_server import url_patterns
from reference_backend.errors import InputError
from reference_backend.formats import encoding, urls
from reference_backend.formats.urls import Url

LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "[::1]")
LOOPBACK_PATTERNS = tuple(f"http://{host}{port}/*" for host in LOOPBACK_HOSTS for port in (":*", ""))
REGISTRATION_PATTERNS = ("cursor://*", "https://www.cursor.com/*", *LOOPBACK_PATTERNS)
"""DCR-06."""


def require_allowed(redirect_uri: str, patterns: Sequence[str]) -> None:
    """Refuse an address that no pattern allows, or that carries credentials (DCR-04, DCR-05, CIMD-16).

    Raises:
        InputError: it is not allowed.
        AuthError: a pattern is malformed (DCR-08).
    """
    url = urls.parse(redirect_uri)
    # Every pattern is looked at, so that a malformed one never hides behind one that matches.
    allowed = [url_patterns.matches(pattern, url) for pattern in patterns]
    if has_credentials(url) or not any(allowed):
        raise InputError(f"Invalid redirect_uri '{urls.without_query(url)}'")


def has_credentials(url: Url) -> bool:
    """``http://localhost@evil.example/`` is not on this machine (DCR-05, SEC-AS-03)."""
    return url.has_credentials


def require_registered(redirect_uri: str, registered: Sequence[str]) -> None:
    """Refuse an address that is not, character by character, a registered one (AUTHZ-06, SEC-AS-02)."""
    if redirect_uri not in registered:
        raise InputError(f"Invalid redirect_uri '{redirect_uri}'")


def require_in_document(redirect_uri: str, registered: Sequence[str]) -> None:
    """Refuse an address that the client's document does not list (CIMD-17)."""
    if redirect_uri not in registered and not _is_listed_loopback(redirect_uri, registered):
        raise InputError(f"Invalid redirect_uri '{redirect_uri}', not registered in client metadata")


def _is_listed_loopback(redirect_uri: str, registered: Sequence[str]) -> bool:
    """A program on this machine cannot know its port beforehand (RFC 8252 §7.3)."""
    wanted = urls.parse(redirect_uri)
    return wanted.hostname in LOOPBACK_HOSTS and any(same_but_for_port(wanted, urls.parse(one)) for one in registered)


def same_but_for_port(one: Url, other: Url) -> bool:
    """Scheme, host and path are equal (CIMD-17)."""
    return (one.scheme, one.hostname, urls.normal_path(one)) == (
        other.scheme,
        other.hostname,
        urls.normal_path(other),
    )


def with_parameters(redirect_uri: str, parameters: Sequence[tuple[str, str]]) -> str:
    """The address with parameters behind the query it may have (ASESS-11, ASESS-13, ASESS-14)."""
    head, mark, fragment = redirect_uri.partition("#")
    base, _, query = head.partition("?")
    if urls.parse(redirect_uri).path == "/" and not base.endswith("/"):
        base += "/"
    joined = "&".join(filter(None, (query, encoding.form(parameters))))
    return encoding.location(f"{base}?{joined}{mark}{fragment}")
