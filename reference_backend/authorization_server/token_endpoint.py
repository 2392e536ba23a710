"""The token endpoint: codes and refresh tokens become Backstage tokens (CODE, OFFLINE, REVOKE)."""

from collections.abc import Callable
from functools import partial
from typing import Any

from reference_backend.authorization_server import authorization_codes, code_challenge, oidc_error
from reference_backend.authorization_server.authorization_codes import AuthorizationCode
from reference_backend.authorization_server.authorization_store import AuthorizationStore
from reference_backend.authorization_server.client_directory import ClientDirectory
from reference_backend.authorization_server.clients import Presented
from reference_backend.authorization_server.offline_access import OfflineAccess
from reference_backend.errors import InputError
from reference_backend.identity import session_response
from reference_backend.identity.token_issuer import TokenIssuer

CODE_GRANT = "authorization_code"
REFRESH_GRANT = "refresh_token"


class TokenEndpoint:
    """Answers token requests.

    Parameters:
        clients: who asks.
        store: codes.
        offline: refresh tokens; None while they are off.
        issuer: issues Backstage tokens.
        clock: seconds since the epoch.
    """

    def __init__(
        self,
        clients: ClientDirectory,
        store: AuthorizationStore,
        offline: OfflineAccess | None,
        issuer: TokenIssuer,
        clock: Callable[[], float],
    ) -> None:
        self._clients = clients
        self._store = store
        self._offline = offline
        self._issuer = issuer
        self._clock = clock

    def answer(self, request: dict[str, Any], presented: Presented) -> dict[str, Any]:
        """Answer a request.

        Parameters:
            request: members of the body, checked.
            presented: who asks.

        Raises:
            OidcError: the request or the client is not acceptable.
            AuthError: the grant is not.
        """
        grant_type = request["grant_type"]
        if grant_type == CODE_GRANT:
            return self._redeem(request, presented)
        if grant_type == REFRESH_GRANT:
            return self._refresh(request, presented)
        raise oidc_error.unsupported_grant_type(grant_type)

    def _redeem(self, request: dict[str, Any], presented: Presented) -> dict[str, Any]:
        code, redirect_uri = request.get("code"), request.get("redirect_uri")
        if not code or not redirect_uri:
            raise oidc_error.invalid_request(
                "Missing code or redirect_uri parameters for authorization_code grant"  # CODE-08
            )
        self._clients.authenticate_if_tried(presented)
        digest = authorization_codes.digest(code)
        found = authorization_codes.require_known(self._store.get_code(digest))
        self._clients.require_holder(found.session.client_id, presented, "Authorization code")
        self._revoke_if_replayed(found)
        user = authorization_codes.require_redeemable(found, redirect_uri, self._clock())
        code_challenge.require_proof(
            found.session.code_challenge, found.session.code_challenge_method, request.get("code_verifier")
        )
        # The token first: if it cannot be issued, the code has not been used up.
        token = self._issuer.issue_without_ownership(user)
        refresh_token = self._use_up(found, digest, user)
        return session_response.without_absent(
            {
                **self._token_members(token),
                "id_token": token,
                "scope": authorization_codes.granted_scope(found.session),
                "refresh_token": refresh_token,
            }
        )

    def _use_up(self, code: AuthorizationCode, digest: str, user: str) -> str | None:
        """Mark a code as used, and store the session of its refresh token in the same transaction (CODE-16)."""
        session, offline = code.session, self._offline
        if offline is None or not authorization_codes.wants_offline_access(session):
            refresh_token, more = None, None
        else:
            refresh_token, started = offline.prepare(user, session.client_id)
            most = offline.settings.max_tokens_per_user
            more = partial(
                offline.store.start,
                session=started,
                authorization_session_id=session.session_id,
                max_sessions=most,
            )
        redemption = self._store.redeem(digest, more)
        if not redemption.won:
            self._revoke_what_was_issued(code)
            raise authorization_codes.already_used()
        return refresh_token if redemption.did_more else None

    def _revoke_if_replayed(self, code: AuthorizationCode) -> None:
        """A code was sent that has been used before (CODE-15, RFC 6749 §4.1.2)."""
        if code.used:
            self._revoke_what_was_issued(code)

    def _revoke_what_was_issued(self, code: AuthorizationCode) -> None:
        if self._offline is not None:
            self._offline.store.remove_issued_for(code.session.session_id)

    def _refresh(self, request: dict[str, Any], presented: Presented) -> dict[str, Any]:
        """A ``scope`` in the request has no effect (OFFLINE-23)."""
        token = request.get("refresh_token")
        if not token:
            raise oidc_error.invalid_request("Missing refresh_token parameter for refresh_token grant")  # OFFLINE-05
        self._clients.authenticate_if_tried(presented)
        if self._offline is None:
            raise InputError("Refresh tokens are not enabled")  # OFFLINE-06
        session, new = self._offline.refresh(token, presented)
        issued = self._issuer.issue_without_ownership(session.user_entity_ref)
        return {**self._token_members(issued), "refresh_token": new}

    def _token_members(self, token: str) -> dict[str, Any]:
        """What both grants answer (CODE-01 … CODE-03)."""
        return {"access_token": token, "token_type": "Bearer", "expires_in": self._issuer.ttl}

    def revoke(self, token: str, presented: Presented) -> None:
        """Revoke a refresh token; whether there was one is not told (REVOKE-01, SEC-AS-19).

        Raises:
            OidcError: the client is not known.
        """
        client_id = self._clients.identify_for_revocation(presented)
        if self._offline is not None:
            self._offline.revoke(token, client_id)
