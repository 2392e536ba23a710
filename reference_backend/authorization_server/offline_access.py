"""Sessions without a present user (OFFLINE)."""

import logging
import threading
from collections.abc import Callable
from dataclasses import replace

from reference_backend.authorization_server import refresh_tokens
from reference_backend.authorization_server.client_directory import ClientDirectory
from reference_backend.authorization_server.clients import Presented
from reference_backend.authorization_server.features import OfflineSettings
from reference_backend.authorization_server.offline_store import OfflineStore
from reference_backend.authorization_server.refresh_tokens import OfflineSession
from reference_backend.errors import AuthenticationError
from reference_backend.identity import entity_ref
from reference_backend.identity.catalog import Catalog

PURGE_EVERY = 3600.0
"""Seconds between two purges of expired sessions (OFFLINE-22)."""

log = logging.getLogger(__name__)


class OfflineAccess:
    """Issues, rotates and revokes refresh tokens.

    Parameters:
        settings: lifetimes and limits.
        store: offline sessions.
        clients: whose tokens they are.
        catalog: who still exists.
        clock: seconds since the epoch.
        random_bytes: so many unpredictable bytes.
    """

    def __init__(
        self,
        settings: OfflineSettings,
        store: OfflineStore,
        clients: ClientDirectory,
        catalog: Catalog,
        clock: Callable[[], float],
        random_bytes: Callable[[int], bytes],
    ) -> None:
        self.settings = settings
        self.store = store
        self._clients = clients
        self._catalog = catalog
        self._clock = clock
        self._random_bytes = random_bytes
        self._purged_at = 0.0
        self._lock = threading.Lock()

    def prepare(self, user_entity_ref: str, client_id: str) -> tuple[str, OfflineSession]:
        """A first refresh token, and the session to be stored for it (OFFLINE-02)."""
        self._purge_when_due()
        now = self._clock()
        session_id = self._clients.random_id()
        token = refresh_tokens.generate(session_id, self._random_bytes)
        return token, OfflineSession(session_id, user_entity_ref, client_id, self._hash(token), now, now)

    def refresh(self, token: str, presented: Presented) -> tuple[OfflineSession, str]:
        """Use a refresh token.

        Parameters:
            token: as it was sent.
            presented: the client that sent it.

        Returns:
            The session, and the token that takes the place of this one (OFFLINE-03).

        Raises:
            OidcError: the client has to authenticate.
            AuthenticationError: the token is not acceptable.
        """
        self._purge_when_due()
        session = self._find(refresh_tokens.session_id_of(token))
        self._clients.require_holder(session.client_id, presented, "Refresh token")
        self._require_current(session, token)
        self._require_user(session)
        new = refresh_tokens.generate(session.session_id, self._random_bytes)
        rotated = replace(session, token_hash=self._hash(new), last_used_at=self._clock())
        retired = refresh_tokens.retired_digest(token)
        if not self.store.rotate(session, rotated.token_hash, retired, rotated.last_used_at):
            raise refresh_tokens.invalid()
        return rotated, new

    def revoke(self, token: str, client_id: str) -> None:
        """End the session of a refresh token; says nothing about tokens that are not this client's (REVOKE-06)."""
        try:
            session = self.store.get(refresh_tokens.session_id_of(token))
        except AuthenticationError:
            return
        if session is not None and may_revoke(session, token, client_id):
            self.store.remove(session.session_id)

    def _find(self, session_id: str) -> OfflineSession:
        session = self.store.get(session_id)
        if session is None:
            raise refresh_tokens.invalid()
        if refresh_tokens.is_expired(session, self.settings.lifetimes, self._clock()):
            self.store.remove(session_id)
            raise refresh_tokens.invalid()
        return session

    def _require_current(self, session: OfflineSession, token: str) -> None:
        if refresh_tokens.is_current(token, session.token_hash):
            return
        if self.store.is_retired(session.session_id, refresh_tokens.retired_digest(token)):
            # Two hold tokens of one session, and one of them stole his (OFFLINE-04, RFC 9700 §4.14.2).
            log.warning("a refresh token of session %s was used again; the session ends", session.session_id)
            self.store.remove(session.session_id)
        raise refresh_tokens.invalid()

    def _require_user(self, session: OfflineSession) -> None:
        """Refuse to refresh for a user who has left (OFFLINE-17 … OFFLINE-19)."""
        if not self.settings.asks_catalog:
            return
        ref = entity_ref.parse(session.user_entity_ref)
        entity = self._catalog.by_ref(ref, fresh=True)
        if not self._catalog.is_complete():
            raise AuthenticationError("Unable to validate user existence")
        if entity is None:
            self.store.remove(session.session_id)
            raise AuthenticationError("User entity no longer exists in the catalog")

    def _hash(self, token: str) -> str:
        return refresh_tokens.hash_token(token, self._random_bytes(refresh_tokens.SALT_BYTES))

    def _purge_when_due(self) -> None:
        """No thread of its own: an expired session does no harm until it is used."""
        now = self._clock()
        with self._lock:
            is_due = now >= self._purged_at + PURGE_EVERY
            self._purged_at = now if is_due else self._purged_at
        if is_due:
            self.store.purge(self.settings.lifetimes, now)


def may_revoke(session: OfflineSession, token: str, client_id: str) -> bool:
    """Only the client it was issued to, and only with all of the token (REVOKE-06, SEC-AS-23)."""
    return session.client_id == client_id and refresh_tokens.is_current(token, session.token_hash)
