"""Renewing and ending a session."""

from __future__ import annotations

from collections.abc import Callable

from flask import request

from reference_backend.protocol import cookie_jar, csrf
from tests.defects.defect import always, defect, replace, wrap


@defect("REFRESH-01", "SEC-REFR-01", "FE-08")
def refresh_without_csrf_header() -> None:
    """Refresh works for callers that do not send X-Requested-With, as a foreign page's form."""

    def unless_refresh(original: Callable[[str | None], None], value: str | None) -> None:
        if not request.path.endswith("/refresh"):
            original(value)

    wrap(csrf, "require_header", unless_refresh)


@defect("LOGOUT-06", "SEC-LOGOUT-04")
def refresh_cookie_survives_logout() -> None:
    """Logout leaves the refresh cookie where it is."""
    replace(cookie_jar, "clear_refresh_token", always([]))
