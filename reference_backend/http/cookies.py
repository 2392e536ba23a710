"""Cookies as headers carry them: written, and read back (COOKIE-02, COOKIE-10, COOKIE-11, COOKIE-22, COOKIE-23)."""

from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import formatdate
from typing import Literal

from reference_backend.formats import encoding

HTTP_ONLY = "HttpOnly"
"""Scripts never see these cookies (COOKIE-03, LIM-06)."""

SameSite = Literal["Lax", "None"]


@dataclass(frozen=True, slots=True)
class Cookie:
    """One ``Set-Cookie`` header.

    Parameters:
        name: cookie name.
        value: text before encoding.
        path: ``Path``.
        expires_at: seconds since the epoch; None leaves ``Expires`` out.
        max_age: seconds; None leaves ``Max-Age`` out.
        domain: ``Domain``; None leaves it out.
        secure: ``Secure``.
        same_site: ``SameSite``.
        priority: ``Priority``; None leaves it out.
    """

    name: str
    value: str
    path: str
    expires_at: float | None
    max_age: int | None
    secure: bool
    same_site: SameSite
    domain: str | None = None
    priority: str | None = None


def header(cookie: Cookie) -> str:
    """Text of the ``Set-Cookie`` header (COOKIE-02, COOKIE-10, COOKIE-11)."""
    attributes = [
        f"{cookie.name}={encoding.component(cookie.value)}",
        f"Max-Age={cookie.max_age}" if cookie.max_age is not None else "",
        f"Domain={cookie.domain}" if cookie.domain else "",
        f"Path={cookie.path}",
        f"Expires={http_date(cookie.expires_at)}" if cookie.expires_at is not None else "",
        HTTP_ONLY,
        "Secure" if cookie.secure else "",
        f"Priority={cookie.priority}" if cookie.priority else "",
        f"SameSite={cookie.same_site}",
    ]
    return "; ".join(attribute for attribute in attributes if attribute)


def http_date(seconds: float) -> str:
    """A point in time as HTTP writes it (RFC 9110 section 5.6.7)."""
    return formatdate(int(seconds), usegmt=True)


def parse_header(text: str | None) -> dict[str, str]:
    """Cookies of a request; of several with one name the first counts (COOKIE-22).

    Values that cannot be decoded stay as they are.
    """
    found: dict[str, str] = {}
    for pair in (text or "").split(";"):
        name, equals, value = pair.partition("=")
        if equals:
            found.setdefault(name.strip(), _decode(value.strip()))
    return found


def _decode(value: str) -> str:
    if len(value) > 1 and value[0] == value[-1] == '"':
        value = value[1:-1]
    try:
        return encoding.decode_component(value)
    except ValueError:
        return value


def without_signed(found: Mapping[str, str]) -> dict[str, str]:
    """Cookies left when ``auth.session.secret`` is set: ``s:…`` is taken for a signed one (COOKIE-23)."""
    return {name: value for name, value in found.items() if not value.startswith("s:")}
