"""What happens to the header fields of a request on its way to the backend. Pure: fields in, fields out.

A backend behind an auth proxy believes header fields, so the one thing that must never happen is that a client's own
ones arrive there, in whatever spelling.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass

from mock_idp.proxies.base import ProxyHeaderSpec
from mock_idp.server.http_stream import Fields

_HOP_BY_HOP = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
"""Fields that are about one connection (RFC 9110 section 7.6.1)."""

_ABOUT_THE_CLIENT = frozenset(
    {"forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-port", "x-forwarded-proto", "x-real-ip"}
)
"""Fields by which proxies tell who asked; the client's own ones say nothing."""


def plain_name(name: bytes) -> str:
    """A field name as the most careless reader takes it: no case, and any punctuation is a hyphen.

    Servers that put fields into environment variables (CGI, WSGI) cannot tell ``X_Forwarded_User`` from
    ``X-Forwarded-User`` (CVE-2025-64484).
    """
    return re.sub(r"[^a-z0-9]", "-", name.decode("latin-1").lower())


class Names:
    """A set of names without regard to case and punctuation; ``*`` at the end of one stands for any rest."""

    def __init__(self, patterns: Iterable[str]) -> None:
        plain = [(plain_name(pattern.rstrip("*").encode()), pattern.endswith("*")) for pattern in patterns]
        self._whole = frozenset(name for name, is_prefix in plain if not is_prefix)
        self._prefixes = tuple(name for name, is_prefix in plain if is_prefix)

    def __contains__(self, name: bytes) -> bool:
        known = plain_name(name)
        return known in self._whole or known.startswith(self._prefixes)


@dataclass(frozen=True, slots=True)
class Owned:
    """Which fields and cookies no client may set.

    Parameters:
        headers: names of fields.
        cookies: names of cookies.
    """

    headers: Names
    cookies: Names


def owned_by(fronts: Iterable[ProxyHeaderSpec]) -> Owned:
    """What these proxies own together: a backend may be configured for more than one."""
    known = list(fronts)
    return Owned(
        Names(name for header_spec in known for name in header_spec.headers),
        Names(name for header_spec in known for name in header_spec.cookies),
    )


def values(fields: Fields, name: str) -> list[str]:
    """The values of a field, in order."""
    return [value.decode("latin-1") for key, value in fields if key.decode("latin-1").lower() == name]


def end_to_end(fields: Fields) -> Fields:
    """Leave out what is about this connection only, and what its ``Connection`` field names."""
    listed = {name.strip().lower() for value in values(fields, "connection") for name in value.split(",")}
    # Content-Length belongs to the message; but two lengths are how messages are smuggled (RFC 9112 section 6.1).
    dropped = _HOP_BY_HOP | (listed - {"content-length"})
    if values(fields, "transfer-encoding"):
        dropped |= {"content-length"}
    return [(name, value) for name, value in fields if name.decode("latin-1").lower() not in dropped]


def upgrade_of(fields: Fields) -> str:
    """The protocol that the client would rather speak (RFC 9110 section 7.8), empty if none."""
    listed = {name.strip().lower() for value in values(fields, "connection") for name in value.split(",")}
    return ", ".join(values(fields, "upgrade")) if "upgrade" in listed else ""


def cookies_of(fields: Fields) -> dict[str, str]:
    """The cookies of a request; of two with one name the first counts."""
    found: dict[str, str] = {}
    for pair in _cookie_pairs(fields):
        name, _, value = pair.partition("=")
        found.setdefault(name.strip(), value.strip())
    return found


def _cookie_pairs(fields: Fields) -> list[str]:
    return [pair.strip() for value in values(fields, "cookie") for pair in value.split(";") if pair.strip()]


def without_identity(fields: Fields, owned: Owned) -> Fields:
    """Leave out everything by which a client could say who it is, except to the backend itself."""
    kept = [
        (name, value)
        for name, value in fields
        if name not in owned.headers and plain_name(name) not in {"cookie", *_ABOUT_THE_CLIENT}
    ]
    own = [
        pair for pair in _cookie_pairs(fields) if pair.partition("=")[0].strip().encode("latin-1") not in owned.cookies
    ]
    return [*kept, (b"Cookie", "; ".join(own).encode("latin-1"))] if own else kept


def with_identity(fields: Fields, minted: Iterable[tuple[str, str]]) -> Fields:
    """Add the proxy's own fields; its cookies go into the one ``Cookie`` field (RFC 6265 section 5.4)."""
    added: Fields = []
    cookies = values(fields, "cookie")
    for name, value in minted:
        if name.lower() == "cookie":
            cookies.append(value)
        else:
            added.append((name.encode("ascii"), value.encode("latin-1")))
    rest = [(name, value) for name, value in fields if name.lower() != b"cookie"]
    cookie = [(b"Cookie", "; ".join(cookies).encode("latin-1"))] if cookies else []
    return [*rest, *cookie, *added]


def to_upstream(fields: Fields, owned: Owned, minted: Iterable[tuple[str, str]], client: str, host: str) -> Fields:
    """The fields of a request to the backend.

    Parameters:
        fields: as they came from the client.
        owned: what no client may set.
        minted: what the proxy adds.
        client: the client's address.
        host: what the client calls us; the backend is told as well, as load balancers do.
    """
    asked = [field for field in end_to_end(fields) if field[0].lower() != b"host"]
    chunked = bool(values(fields, "transfer-encoding"))
    upgrade = upgrade_of(fields)
    connection = [(b"Connection", b"Upgrade"), (b"Upgrade", upgrade.encode("latin-1"))] if upgrade else []
    return [
        (b"Host", host.encode("latin-1")),
        *with_identity(without_identity(asked, owned), minted),
        (b"X-Forwarded-For", client.encode("ascii")),
        (b"X-Forwarded-Host", host.encode("latin-1")),
        (b"X-Forwarded-Proto", b"http"),
        *([(b"Transfer-Encoding", b"chunked")] if chunked else []),
        *(connection or [(b"Connection", b"close")]),
    ]


def answer_fields(fields: Fields, *, is_switching: bool = False) -> Fields:
    """The fields of an answer to the client.

    Parameters:
        fields: as they came from the backend.
        is_switching: True if the answer switches protocols, which its ``Connection`` field is needed for.
    """
    kept = end_to_end(fields)
    upgrade = upgrade_of(fields)
    if is_switching and upgrade:
        return [*kept, (b"Connection", b"Upgrade"), (b"Upgrade", upgrade.encode("latin-1"))]
    return kept


def error_message(body: bytes) -> str:
    """The sentence in an error answer of Backstage's, fit for a terminal; empty if there is none."""
    try:
        message = json.loads(body)["error"]["message"]
    except (ValueError, KeyError, TypeError):
        return ""
    return "".join(char if char.isprintable() else " " for char in message) if isinstance(message, str) else ""
