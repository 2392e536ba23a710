"""The OAuth ``state`` parameter (STATE)."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from reference_backend.errors import NotAllowedError
from reference_backend.formats import encoding


@dataclass(frozen=True, slots=True)
class OAuthState:
    """Members of the state (STATE-02); None means that the member is left out.

    Parameters:
        nonce: the same value as in the nonce cookie.
        env: environment of the provider.
        origin: normalised origin that the web message is meant for (STATE-04).
        redirect_url: target of the redirect flow, as received (STATE-05).
        flow: ``redirect`` or whatever was asked for (STATE-05).
        scope: the effective scope, of persisting providers only (SCOPE-05).
        extra: members that a provider added (STATE-09).
    """

    nonce: str
    env: str
    origin: str | None = None
    redirect_url: str | None = None
    flow: str | None = None
    scope: str | None = None
    extra: Mapping[str, str] = field(default_factory=dict)


def members(state: OAuthState) -> dict[str, str]:
    """Members in the order in which they are written (STATE-03), absent ones left out (STATE-02)."""
    ordered = {
        "nonce": state.nonce,
        "env": state.env,
        "origin": state.origin,
        "redirectUrl": state.redirect_url,
        "flow": state.flow,
        "scope": state.scope,
        **state.extra,
    }
    return {name: value for name, value in ordered.items() if value is not None}


def encode(state: OAuthState) -> str:
    """Lower-case hex of the form-encoded members (STATE-01)."""
    return encoding.form(members(state).items()).encode("utf-8").hex()


def decode(text: str) -> OAuthState:
    """Read a state that came back (STATE-06 … STATE-08).

    Raises:
        NotAllowedError: ``env`` or ``nonce`` is missing or empty, checked in this order.
    """
    found = dict(encoding.parse_form(encoding.lenient_hex(text).decode("utf-8", "replace")))
    require_env(found)
    require_nonce(found)
    known = {"nonce", "env", "origin", "redirectUrl", "flow", "scope"}
    return OAuthState(
        nonce=found["nonce"],
        env=found["env"],
        origin=found.get("origin"),
        redirect_url=found.get("redirectUrl"),
        flow=found.get("flow"),
        scope=found.get("scope"),
        extra={name: value for name, value in found.items() if name not in known},
    )


def require_env(found: Mapping[str, str]) -> None:
    """Refuse a state without environment (STATE-06)."""
    if not found.get("env"):
        raise NotAllowedError("OAuth state is invalid, missing env")


def require_nonce(found: Mapping[str, str]) -> None:
    """Refuse a state without nonce (STATE-06)."""
    if not found.get("nonce"):
        raise NotAllowedError("OAuth state is invalid, missing nonce")
