"""From a client's request to the code, with a person's consent in between (AUTHZ, ASESS)."""

from collections.abc import Callable, Mapping

from reference_backend.authorization_server import authorization_codes, authorization_sessions, code_challenge
from reference_backend.authorization_server.authorization_sessions import AuthorizationSession, Status
from reference_backend.authorization_server.authorization_store import AuthorizationStore, IssuedCode
from reference_backend.authorization_server.client_directory import ClientDirectory
from reference_backend.authorization_server.clients import Client


class Authorizations:
    """The authorization requests that people decide about.

    Parameters:
        clients: who may ask.
        store: sessions and codes.
        clock: seconds since the epoch.
        random_bytes: so many unpredictable bytes.
    """

    def __init__(
        self,
        clients: ClientDirectory,
        store: AuthorizationStore,
        clock: Callable[[], float],
        random_bytes: Callable[[int], bytes],
    ) -> None:
        self._clients = clients
        self._store = store
        self._clock = clock
        self._random_bytes = random_bytes

    def begin(self, request: Mapping[str, str]) -> AuthorizationSession:
        """Accept an authorization request.

        Parameters:
            request: its parameters, checked.

        Raises:
            AuthError: it is not acceptable (AUTHZ-03 … AUTHZ-07).
        """
        authorization_sessions.require_code_flow(request["response_type"])
        client = self._clients.find(request["client_id"])
        self._clients.require_redirect_uri(client, request["redirect_uri"])
        challenge = request.get("code_challenge") or None
        method = request.get("code_challenge_method")
        code_challenge.require_acceptable(challenge, method, is_public=client.is_public)
        now = self._clock()
        session = AuthorizationSession(
            session_id=self._clients.random_id(),
            client_id=request["client_id"],
            redirect_uri=request["redirect_uri"],
            scope=request.get("scope"),
            state=request.get("state"),
            nonce=request.get("nonce"),
            code_challenge=challenge,
            code_challenge_method=method if challenge else None,
            expires_at=now + authorization_sessions.LIFETIME,
        )
        self._store.add_session(session, now)
        return session

    def pending(self, session_id: str) -> tuple[AuthorizationSession, Client]:
        """A session that waits for a decision, and who asks (ASESS-01, ASESS-17).

        Raises:
            AuthError: there is none, or its client has vanished.
        """
        session = self._require_pending(session_id)
        return session, self._clients.find(session.client_id)

    def approve(self, session_id: str, user_entity_ref: str) -> str:
        """Approve a session.

        Returns:
            Where the browser takes the code (ASESS-10).

        Raises:
            AuthError: it does not wait for a decision (any more).
        """
        session = self._require_pending(session_id)
        code = authorization_codes.generate(self._random_bytes)
        expires_at = self._clock() + authorization_codes.LIFETIME
        self._decide(session, "approved", user_entity_ref, IssuedCode(authorization_codes.digest(code), expires_at))
        return authorization_sessions.approved_url(session, code)

    def reject(self, session_id: str, user_entity_ref: str) -> str:
        """Reject a session.

        Returns:
            Where the browser takes the refusal (ASESS-13).

        Raises:
            AuthError: it does not wait for a decision (any more), or its client has vanished.
        """
        session, _ = self.pending(session_id)
        self._decide(session, "rejected", user_entity_ref, None)
        return authorization_sessions.rejected_url(session)

    def _require_pending(self, session_id: str) -> AuthorizationSession:
        return authorization_sessions.require_pending(self._store.get_session(session_id), self._clock())

    def _decide(self, session: AuthorizationSession, status: Status, user: str, code: IssuedCode | None) -> None:
        if not self._store.decide(session.session_id, status, user, code):
            raise authorization_sessions.already_decided()
