"""Patterns of addresses: which clients, and where their codes may go (PAT)."""

import re
from functools import lru_cache

from reference_backend.errors import AuthError
from reference_backend.formats import urls
from reference_backend.formats.urls import Url

ANYTHING = "*"
_EXPLICIT_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_ANY_PORT = re.compile(r":\*(?=/|$)")


def matches(pattern: str, candidate: Url) -> bool:
    """Tell whether an address matches; its query and fragment do not matter (PAT-07).

    Parameters:
        pattern: the pattern.
        candidate: the address.

    Raises:
        AuthError: the pattern is malformed (PAT-02, DCR-08).
    """
    if pattern == ANYTHING:
        return True  # PAT-01
    wanted, any_port = parse(pattern)
    return (
        candidate.scheme == wanted.scheme
        and component_matches(wanted.hostname, candidate.hostname)
        and (any_port or candidate.port == wanted.port)
        and component_matches(wanted_path(wanted), urls.normal_path(candidate))
    )


def parse(pattern: str) -> tuple[Url, bool]:
    """The parts of a pattern, and whether it takes any port (PAT-02, PAT-05)."""
    if not _EXPLICIT_SCHEME.match(pattern):
        raise AuthError(f"Invalid URL pattern '{pattern}', an explicit protocol is required")
    any_port = "://" in pattern and _ANY_PORT.search(pattern) is not None
    try:
        # The port is only there to be left out of the comparison.
        return urls.parse(_ANY_PORT.sub(":1", pattern, count=1) if any_port else pattern), any_port
    except ValueError as error:
        raise AuthError(f"Invalid URL pattern '{pattern}'") from error


def wanted_path(wanted: Url) -> str:
    """Path of a pattern: http and https without one mean the root, other schemes any path (PAT-06)."""
    return urls.normal_path(wanted) or ANYTHING


def component_matches(pattern: str, text: str) -> bool:
    """Compare host or path as a whole, ignoring case; ``*`` is any run of characters (PAT-04)."""
    return _regex(pattern or ANYTHING).fullmatch(text) is not None


@lru_cache(maxsize=256)
def _regex(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, re.split(r"\*+", pattern))), re.IGNORECASE | re.DOTALL)


def is_exact(pattern: str) -> bool:
    """A pattern without wildcard was written for one address (CIMD-15)."""
    return not set("*?") & set(pattern)
