"""Which host names are served and trusted, and which of them one TLS certificate can name.

A pattern is a host name in which ``*`` stands for one or more whole labels: ``*.auth0.com`` covers
``acme.auth0.com`` and ``acme.eu.auth0.com`` (both are real forms of an Auth0 domain), but not ``auth0.com``.
"""

import ipaddress
import re
from collections.abc import Iterable
from functools import lru_cache

_NOBODYS = frozenset({"localhost", "local", "internal", "test", "example", "invalid"})
"""Top-level names that nobody can register: RFC 6761, RFC 6762 and ICANN's reservation of .internal."""


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    labels = (r"([^.]+(?:\.[^.]+)*)" if label == "*" else re.escape(label) for label in pattern.lower().split("."))
    return re.compile(r"\.".join(labels))


def matches(pattern: str, host: str) -> bool:
    """Say whether a host name is covered by a pattern.

    Parameters:
        pattern: host name, possibly with ``*`` labels.
        host: host name without port, in any case; a final dot (RFC 1034 section 3.1) is ignored.
    """
    return _compiled(pattern).fullmatch(host.lower().removesuffix(".")) is not None


def wildcard_parts(pattern: str, host: str) -> tuple[str, ...] | None:
    """Say what each ``*`` of a pattern stands for in a host name.

    Parameters:
        pattern: host name, possibly with ``*`` labels.
        host: host name without port.

    Returns:
        One text for each ``*``, or None if the pattern does not cover the host name.
    """
    found = _compiled(pattern).fullmatch(host.lower().removesuffix("."))
    return found.groups() if found else None


def is_served(patterns: Iterable[str], host: str) -> bool:
    """Say whether any of the patterns covers the host name."""
    return any(matches(pattern, host) for pattern in patterns)


def fits_certificate(pattern: str) -> bool:
    """Say whether a certificate can carry the pattern: a wildcard is the whole left-most label only.

    RFC 9525 section 6.3: clients match no other place of the wildcard.
    """
    return "*" not in pattern.removeprefix("*.")


def certificate_covers(pattern: str, host: str) -> bool:
    """Say whether a certificate that carries the pattern is good for the host name.

    Unlike :func:`matches`, the wildcard stands for exactly one label (RFC 9525 section 6.3).
    """
    if not fits_certificate(pattern):
        return False
    same_depth = pattern.count(".") == host.removesuffix(".").count(".")
    return same_depth and matches(pattern, host)


def is_trusted(host: str, own_name: str, patterns: Iterable[str]) -> bool:
    """Say whether a request may have been meant for the mock itself, against DNS rebinding.

    A page on the internet can let its own name point to 127.0.0.1 and then read, as its own origin, whatever a
    server there answers. The journal and the client secrets are not for it, so a name that can be owned there is
    refused.

    Parameters:
        host: host name of the Host header, lower case, without port; empty if there is none or it is malformed.
        own_name: the host that the mock listens on.
        patterns: the host names that it serves.
    """
    if not host:
        return False
    return cannot_be_registered(host) or host == own_name.lower() or is_served(patterns, host)


def cannot_be_registered(host: str) -> bool:
    """Say whether a host name cannot be owned on the internet: an address, a local or a reserved name.

    Only such a name is safe from DNS rebinding: it cannot be made to point to loopback.

    Parameters:
        host: host name, lower case, without port; empty if there is none or it is malformed.
    """
    try:
        ipaddress.ip_address(host)
    except ValueError:
        # A name without a dot is one of a container or of this network.
        above, _, last = host.removesuffix(".").rpartition(".")
        return bool(host) and (not above or last in _NOBODYS)
    return True
