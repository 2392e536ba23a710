"""The cookie that carries a limited user token (LIM-05 … LIM-09)."""

from datetime import UTC, datetime

from reference_backend.formats import urls
from reference_backend.formats.urls import Url
from reference_backend.http.cookies import Cookie, SameSite

NAME = "backstage-auth"
PATH = "/"
PRIORITY = "High"
RENEW_BEFORE = 300
"""Seconds of remaining life below which a cookie is renewed (LIM-08)."""


def is_secure(url: Url) -> bool:
    """``Secure`` on https, and on localhost, which browsers trust (LIM-06)."""
    return url.scheme == "https" or url.hostname == "localhost"


def same_site(url: Url) -> SameSite:
    """``None`` where Secure allows it, else ``Lax`` (LIM-06)."""
    return "None" if is_secure(url) else "Lax"


def issue(auth_base: str, token: str, expires_at: float) -> Cookie:
    """The cookie (LIM-06).

    Parameters:
        auth_base: external base URL of the plugin.
        token: limited token; empty to clear the cookie.
        expires_at: seconds since the epoch.
    """
    url = urls.parse(auth_base)
    return Cookie(
        name=NAME,
        value=token,
        path=PATH,
        expires_at=expires_at,
        max_age=None,
        domain=url.hostname,
        secure=is_secure(url),
        same_site=same_site(url),
        priority=PRIORITY,
    )


def clear(auth_base: str) -> Cookie:
    """The deletion (LIM-09)."""
    return issue(auth_base, "", 0)


def is_fresh(expires_at: float, now: float) -> bool:
    """Tell whether a cookie may stay (LIM-08)."""
    return now + RENEW_BEFORE <= expires_at


def timestamp(seconds: float) -> str:
    """ISO 8601 in UTC with milliseconds (LIM-05, protocol.md §44.12)."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}Z"
