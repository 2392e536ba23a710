"""The page that hands the result of a popup to the app."""

from __future__ import annotations

from typing import Any

from reference_backend.protocol import web_message
from tests.defects.defect import defect, replace


@defect("MSG-10", "SEC-ORIG-04")
def session_posted_to_any_origin() -> None:
    """The page posts the session to whichever origin the opener has by now."""
    replace(web_message, "PAYLOAD_TARGET", "'*'")


@defect("FRAME-09", "FRAME-12", "SEC-ERR-03")
def error_swallowed_as_success() -> None:
    """A failed callback is reported as a session with nothing in it."""

    def success(error: dict[str, str]) -> dict[str, Any]:
        del error
        return web_message.success({"profile": {}, "providerInfo": {}})

    replace(web_message, "failure", success)
