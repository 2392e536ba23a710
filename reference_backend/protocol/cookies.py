"""The cookies of a provider: names, attributes, text, chunks and deletions (COOKIE)."""

from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import formatdate
from typing import Literal

from reference_backend.protocol import encoding, urls

NONCE_MAX_AGE = 600
"""Seconds that a flow may take (START-08)."""
DEFAULT_SESSION_MAX_AGE = 1000 * 24 * 60 * 60
"""Seconds that refresh token and granted scopes are kept by default (COOKIE-14)."""
MAX_VALUE_LENGTH = 4000
"""Characters of a value, before encoding, that go into one cookie (COOKIE-15)."""
MAX_CHUNKS = 20
"""Chunks that are read and deleted at most; a flood of them is not answered in kind (SEC-ROB-09)."""
HTTP_ONLY = "HttpOnly"
"""Scripts never see these cookies (COOKIE-03, LIM-06)."""
NONCE_PATH_SUFFIX = "/handler"
CALLBACK_SUFFIX = "/handler/frame"

SameSite = Literal["Lax", "None"]


def nonce_name(provider_id: str) -> str:
    """Name of the nonce cookie (COOKIE-01)."""
    return f"{provider_id}-nonce"


def refresh_token_name(provider_id: str) -> str:
    """Name of the refresh token cookie (COOKIE-01)."""
    return f"{provider_id}-refresh-token"


def granted_scope_name(provider_id: str) -> str:
    """Name of the granted scope cookie (COOKIE-01)."""
    return f"{provider_id}-granted-scope"


def chunk_name(name: str, index: int) -> str:
    """Name of one chunk of a long cookie (COOKIE-15)."""
    return f"{name}-{index}"


def is_secure(callback_url: str) -> bool:
    """``Secure`` follows the scheme of the callback URL (COOKIE-04)."""
    return urls.parse(callback_url).scheme == "https"


def same_site(callback_url: str, app_origin: str) -> SameSite:
    """``None`` for an https callback on another host than the app, ``Lax`` otherwise (COOKIE-05)."""
    foreign = _hostname_or_empty(app_origin) != urls.parse(callback_url).hostname
    return "None" if foreign and is_secure(callback_url) else "Lax"


def path(callback_url: str, provider_id: str) -> str:
    """Path of refresh token and granted scope (COOKIE-07, COOKIE-08)."""
    callback_path = urls.parse(callback_url).path
    if callback_path.endswith(f"{provider_id}{CALLBACK_SUFFIX}"):
        return callback_path.removesuffix(CALLBACK_SUFFIX)
    return f"{callback_path}/{provider_id}"


def nonce_path(callback_url: str, provider_id: str) -> str:
    """Path of the nonce: only the callback needs it (COOKIE-07)."""
    return path(callback_url, provider_id) + NONCE_PATH_SUFFIX


def domain(callback_url: str) -> str | None:
    """``Domain`` of the value-carrying cookie: none, it is host-only (COOKIE-09)."""
    del callback_url
    return None


def legacy_domain(callback_url: str) -> str | None:
    """``Domain`` that earlier backends used; only deletions still carry it (COOKIE-12).

    None for an IPv6 literal: no Domain attribute can hold it, so there is nothing to delete (COOKIE-21).
    """
    hostname = urls.parse(callback_url).hostname
    return None if hostname.startswith("[") else hostname


def _hostname_or_empty(origin: str) -> str:
    # An ``Origin: null`` header must not break a refresh (REFRESH-13).
    try:
        return urls.parse(origin).hostname
    except ValueError:
        return ""


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


def chunks(value: str) -> list[str]:
    """Cut a value into pieces that fit (COOKIE-15)."""
    return [value[start : start + MAX_VALUE_LENGTH] for start in range(0, len(value), MAX_VALUE_LENGTH)]


def needs_chunks(value: str) -> bool:
    """Tell whether a value is too long for one cookie (COOKIE-15)."""
    return len(value) > MAX_VALUE_LENGTH


def count_chunks(found: Mapping[str, str], name: str) -> int:
    """Number of consecutive, non-empty chunks that came with a request (COOKIE-16)."""
    count = 0
    while count < MAX_CHUNKS and found.get(chunk_name(name, count)):
        count += 1
    return count


def read(found: Mapping[str, str], name: str) -> str | None:
    """Value of a cookie: its chunks, if there are any, else the plain one (COOKIE-16)."""
    count = count_chunks(found, name)
    if count:
        return "".join(found[chunk_name(name, index)] for index in range(count))
    return found.get(name)
