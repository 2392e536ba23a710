"""A client's request while a person thinks about it (AUTHZ, ASESS)."""

from dataclasses import dataclass
from typing import Any, Literal

from reference_backend.authorization_server import redirect_uris
from reference_backend.errors import InputError, NotFoundError
from reference_backend.identity import session_response

LIFETIME = 3600.0
"""Seconds (AUTHZ-11)."""
RESPONSE_TYPE = "code"

Status = Literal["pending", "approved", "rejected"]


@dataclass(frozen=True, slots=True)
class AuthorizationSession:
    """An authorization request that was accepted.

    Parameters:
        session_id: random identifier; it is sufficient to read the session.
        client_id: who asks.
        redirect_uri: where the answer goes.
        scope: as requested; None if it was not.
        state: the client's own, given back unchanged.
        nonce: as requested.
        code_challenge: what the code verifier has to prove; None without PKCE.
        code_challenge_method: how it has to.
        expires_at: seconds since the epoch.
        status: what became of it.
        user_entity_ref: who decided.
    """

    session_id: str
    client_id: str
    redirect_uri: str
    scope: str | None
    state: str | None
    nonce: str | None
    code_challenge: str | None
    code_challenge_method: str | None
    expires_at: float
    status: Status = "pending"
    user_entity_ref: str | None = None


def require_code_flow(response_type: str) -> None:
    """Refuse every other flow (AUTHZ-04, SEC-AS-11)."""
    if response_type != RESPONSE_TYPE:
        raise InputError("Only authorization code flow is supported")


def consent_page(app_url: str, session_id: str) -> str:
    """Where the app asks for consent (AUTHZ-01)."""
    return f"{app_url.rstrip('/')}/oauth2/authorize/{session_id}"


def require_pending(session: AuthorizationSession | None, now: float) -> AuthorizationSession:
    """A session that is still to be decided about (ASESS-03 … ASESS-06).

    Raises:
        AuthError: there is none.
    """
    if session is None:
        raise NotFoundError("Invalid authorization session")
    if now > session.expires_at:
        raise InputError("Authorization session expired")
    if session.status != "pending":
        raise already_decided()
    return session


def already_decided() -> NotFoundError:
    """A session is decided about once (ASESS-04)."""
    return NotFoundError("Authorization session not found or expired")


def shown(session: AuthorizationSession, client_name: str) -> dict[str, Any]:
    """What the consent page gets to know (ASESS-01, ASESS-02)."""
    return session_response.without_absent(
        {
            "id": session.session_id,
            "clientId": session.client_id,
            "clientName": client_name,
            "scope": session.scope,
            "redirectUri": session.redirect_uri,
        }
    )


def approved_url(session: AuthorizationSession, code: str) -> str:
    """Where the browser takes the code (ASESS-11)."""
    return redirect_uris.with_parameters(session.redirect_uri, [("code", code), *_state(session)])


def rejected_url(session: AuthorizationSession) -> str:
    """Where the browser takes the refusal (ASESS-13, ASESS-14)."""
    refusal = [("error", "access_denied"), ("error_description", "User denied the request")]
    return redirect_uris.with_parameters(session.redirect_uri, [*refusal, *_state(session)])


def _state(session: AuthorizationSession) -> list[tuple[str, str]]:
    return [("state", session.state)] if session.state else []
