"""The nonce cookie and the state that have to belong together."""

from __future__ import annotations

from collections.abc import Mapping

from reference_backend.protocol import environments, nonce
from tests.defects.defect import defect, nothing, replace


@defect("FRAME-07", "SEC-STATE-02", "SEC-STATE-03")
def nonce_not_compared() -> None:
    """The callback takes any nonce cookie, whatever nonce is in the state."""
    replace(nonce, "require_match", nothing)


@defect("ENV-04")
def callback_in_the_first_environment() -> None:
    """The callback does not look for its environment in the state, and takes the first one."""

    def requested(query: Mapping[str, str]) -> str:
        return query.get("env") or "development"

    replace(environments, "requested", requested)
