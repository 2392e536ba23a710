"""Authorization codes: valid once, for ten minutes, for what was asked (CODE)."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from reference_backend.authorization_server.authorization_sessions import AuthorizationSession
from reference_backend.errors import AuthenticationError
from reference_backend.formats import encoding

LIFETIME = 600.0
"""Seconds (ASESS-12)."""
BYTES = 32
DEFAULT_SCOPE = "openid"
OFFLINE_ACCESS = "offline_access"


@dataclass(frozen=True, slots=True)
class AuthorizationCode:
    """What is known of a code.

    Parameters:
        session: the authorization session that it belongs to.
        expires_at: seconds since the epoch.
        used: it was redeemed.
    """

    session: AuthorizationSession
    expires_at: float
    used: bool


def generate(random_bytes: Callable[[int], bytes]) -> str:
    """A new code (ASESS-12)."""
    return encoding.b64url(random_bytes(BYTES))


def digest(code: str) -> str:
    """What the database knows of a code."""
    return hashlib.sha256(code.encode("utf-8", "surrogatepass")).hexdigest()


def require_known(code: AuthorizationCode | None) -> AuthorizationCode:
    """Refuse a code that was not issued (CODE-09)."""
    if code is None:
        raise AuthenticationError("Invalid authorization code")
    return code


def require_redeemable(code: AuthorizationCode, redirect_uri: str, now: float) -> str:
    """Refuse a code that cannot be redeemed (any more), or not with this redirect URI (CODE-09).

    Returns:
        Who approved.

    Raises:
        AuthenticationError: it is refused; the checks are made in this order.
    """
    if now > code.expires_at:
        raise AuthenticationError("Authorization code expired")
    if code.used:
        raise already_used()
    require_same_redirect_uri(code.session, redirect_uri)
    if code.session.status != "approved":
        raise AuthenticationError("Authorization not approved")
    if not code.session.user_entity_ref:
        raise AuthenticationError("No user associated with authorization")
    return code.session.user_entity_ref


def already_used() -> AuthenticationError:
    """A code is redeemed once (SEC-AS-04)."""
    return AuthenticationError("Authorization code already used")


def require_same_redirect_uri(session: AuthorizationSession, redirect_uri: str) -> None:
    """The code was sent there and nowhere else (RFC 6749 §4.1.3)."""
    if session.redirect_uri != redirect_uri:
        raise AuthenticationError("Redirect URI mismatch")


def granted_scope(session: AuthorizationSession) -> str:
    """The scope as it was requested (CODE-05)."""
    return session.scope or DEFAULT_SCOPE


def wants_offline_access(session: AuthorizationSession) -> bool:
    """Whether a refresh token was asked for (CODE-16)."""
    return OFFLINE_ACCESS in (session.scope or "").split(" ")
