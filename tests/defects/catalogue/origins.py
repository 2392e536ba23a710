"""Which origins may start a flow, receive a session and read answers."""

from __future__ import annotations

from reference_backend.protocol import origins
from tests.defects.defect import defect, nothing, replace


@defect("START-05", "FRAME-05", "SEC-ORIG-01", "SEC-ORIG-03", "LOGOUT-02", "SEC-LOGOUT-02")
def origin_not_checked() -> None:
    """Any page may start a flow, receive the session and sign the user out."""
    replace(origins, "require_allowed", nothing)
