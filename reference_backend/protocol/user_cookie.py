"""The cookie that carries a limited user token (LIM-05 … LIM-09)."""

from datetime import UTC, datetime

from reference_backend.protocol import urls
from reference_backend.protocol.cookies import Cookie, SameSite

NAME = "backstage-auth"
PATH = "/"
PRIORITY = "High"
RENEW_BEFORE = 300
"""Seconds of remaining life below which a cookie is renewed (LIM-08)."""


def is_secure(auth_base: str) -> bool:
    """``Secure`` on https, and on localhost, which browsers trust (LIM-06)."""
    url = urls.parse(auth_base)
    return url.scheme == "https" or url.hostname == "localhost"


def same_site(auth_base: str) -> SameSite:
    """``None`` where Secure allows it, else ``Lax`` (LIM-06)."""
    return "None" if is_secure(auth_base) else "Lax"


def issue(auth_base: str, token: str, expires_at: float) -> Cookie:
    """The cookie (LIM-06).

    Parameters:
        auth_base: external base URL of the plugin.
        token: limited token; empty to clear the cookie.
        expires_at: seconds since the epoch.
    """
    return Cookie(
        name=NAME,
        value=token,
        path=PATH,
        expires_at=expires_at,
        max_age=None,
        domain=urls.parse(auth_base).hostname,
        secure=is_secure(auth_base),
        same_site=same_site(auth_base),
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
