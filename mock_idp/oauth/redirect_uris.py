"""Which redirect URIs a vendor takes for a registered one (RFC 6749 section 3.1.2.3, RFC 8252 section 7.3)."""

import re
from collections.abc import Collection
from enum import StrEnum
from urllib.parse import SplitResult, urlsplit

LOOPBACK_ADDRESSES = frozenset({"127.0.0.1", "::1"})
_CLIMBS = re.compile(r"(^|/)\.{1,2}(/|$)|%2e|%2f|%5c|//", re.IGNORECASE)
"""A path that a browser or a server reads as another one."""


class RedirectMatching(StrEnum):
    """What is taken for a registered redirect URI, beside that URI itself to the letter."""

    SUBPATH = "any path below the registered one"
    SUBDOMAIN = "any sub-domain of the registered host"
    ANY_LOOPBACK_PORT = "any port of 127.0.0.1 and [::1]"
    UNREGISTERED_LOOPBACK_PORT = "any port of 127.0.0.1 and [::1], if it is registered without one"
    ANY_LOCALHOST_PORT = "any port of localhost"
    OMITTED = "left out"
    OMITTED_IF_ONLY_ONE = "left out, if only one is registered"


LENIENT = frozenset(RedirectMatching) - {RedirectMatching.OMITTED, RedirectMatching.OMITTED_IF_ONLY_ONE}
"""Rules that take a URI of other letters; without one, only the same text is taken (RFC 6749 section 3.1.2.3)."""


def effective_redirect_uri(
    registered: Collection[str], asked: str | None, matching: Collection[RedirectMatching]
) -> str | None:
    """Say where the answer to an authorization request goes.

    Parameters:
        registered: the client's redirect URIs.
        asked: what the request says, or None if it leaves it out.
        matching: what the vendor takes for a registered one.

    Returns:
        The redirect URI, or None if nothing may be sent there.
    """
    if asked is None:
        only_one = RedirectMatching.OMITTED_IF_ONLY_ONE in matching and len(registered) == 1
        return min(registered, default=None) if RedirectMatching.OMITTED in matching or only_one else None
    if asked in registered or (set(matching) & LENIENT and any(_fits(known, asked, matching) for known in registered)):
        return asked
    return None


def _fits(registered: str, asked: str, matching: Collection[RedirectMatching]) -> bool:
    known, new = _split(registered), _split(asked)
    if known is None or new is None or known.scheme != new.scheme:
        return False
    # The letter case of scheme and host counts, as in a comparison of texts (RFC 3986 section 6.2.1).
    if not asked.startswith(f"{known.scheme}:") or new.netloc != new.netloc.lower():
        return False
    return (
        _host_fits(known, new, matching)
        and _port_fits(known, new, matching)
        and _path_fits(known, new, below=RedirectMatching.SUBPATH in matching)
    )


def _split(uri: str) -> SplitResult | None:
    """The parts of a URI; None where its parts could be read in two ways."""
    try:
        parts = urlsplit(uri)
        _ = parts.port
    except ValueError:
        return None
    is_plain = uri.isascii() and uri.isprintable() and not re.search(r"[\s\\#]", uri) and "@" not in parts.netloc
    return parts if is_plain and parts.hostname else None


def _host_fits(known: SplitResult, new: SplitResult, matching: Collection[RedirectMatching]) -> bool:
    if known.hostname == new.hostname:
        return True
    below = RedirectMatching.SUBDOMAIN in matching and known.hostname not in LOOPBACK_ADDRESSES
    return below and str(new.hostname).endswith(f".{known.hostname}")


def _port_fits(known: SplitResult, new: SplitResult, matching: Collection[RedirectMatching]) -> bool:
    if known.port == new.port:
        return True
    if new.hostname in LOOPBACK_ADDRESSES:
        without_one = RedirectMatching.UNREGISTERED_LOOPBACK_PORT in matching and known.port is None
        return RedirectMatching.ANY_LOOPBACK_PORT in matching or without_one
    return new.hostname == "localhost" and RedirectMatching.ANY_LOCALHOST_PORT in matching


def _path_fits(known: SplitResult, new: SplitResult, *, below: bool) -> bool:
    if (known.path or "/", known.query) == (new.path or "/", new.query):
        return True
    if not below or _CLIMBS.search(new.path):
        return False
    # What is asked for may have a query of its own, where the path alone is compared.
    query_fits = not known.query or known.query == new.query
    return query_fits and f"{new.path.rstrip('/')}/".startswith(f"{known.path.rstrip('/')}/")
