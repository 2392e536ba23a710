"""Attributes of the cookies, and how long values are cut into several."""

from __future__ import annotations

from reference_backend.protocol import cookies
from tests.defects.defect import always, defect, replace


@defect("COOKIE-07", "SEC-COOK-04")
def cookie_path_too_wide() -> None:
    """Cookies are sent to every path of the host."""
    replace(cookies, "path", always("/"))
    replace(cookies, "nonce_path", always("/"))


@defect("COOKIE-03", "SEC-COOK-01")
def cookie_not_http_only() -> None:
    """Scripts can read the cookies."""
    replace(cookies, "HTTP_ONLY", False)
