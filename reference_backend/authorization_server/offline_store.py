"""Offline sessions: what refresh tokens stand for (OFFLINE-14 … OFFLINE-16)."""

from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Row, delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from reference_backend.authorization_server.refresh_tokens import Lifetimes, OfflineSession
from reference_backend.store import tables


class OfflineStore:
    """The tables of offline access.

    Parameters:
        engine: a database.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def start(
        self, connection: Connection, session: OfflineSession, authorization_session_id: str, max_sessions: int
    ) -> None:
        """Remember a session and end those that it replaces (OFFLINE-15, OFFLINE-16).

        Parameters:
            connection: a transaction, see :meth:`AuthorizationStore.redeem`.
            session: the new one.
            authorization_session_id: what it was issued for (CODE-15).
            max_sessions: how many a user may have.
        """
        sessions = tables.offline_sessions
        own = sessions.c.user_entity_ref == session.user_entity_ref
        lock_user(connection, session.user_entity_ref, session.created_at)
        connection.execute(delete(sessions).where(own, sessions.c.client_id == session.client_id))
        others = select(sessions.c.id).where(own).order_by(sessions.c.last_used_at.desc(), sessions.c.id.desc())
        too_many = list(connection.execute(others).scalars())[max_sessions - 1 :]
        connection.execute(delete(sessions).where(sessions.c.id.in_(too_many)))
        connection.execute(
            insert(sessions).values(
                id=session.session_id,
                user_entity_ref=session.user_entity_ref,
                client_id=session.client_id,
                authorization_session_id=authorization_session_id,
                token_hash=session.token_hash,
                created_at=session.created_at,
                last_used_at=session.last_used_at,
            )
        )

    def get(self, session_id: str) -> OfflineSession | None:
        """A session, expired or not."""
        sessions = tables.offline_sessions
        with self._engine.connect() as connection:
            row = connection.execute(select(sessions).where(sessions.c.id == session_id)).first()
        return None if row is None else _session(row)

    def rotate(self, session: OfflineSession, token_hash: str, retired_digest: str, now: float) -> bool:
        """Put a new token in the place of the current one, once (OFFLINE-03).

        Parameters:
            session: as it was read.
            token_hash: hash of the new token.
            retired_digest: digest of the old one (OFFLINE-04).
            now: seconds since the epoch.

        Returns:
            False if another request was faster, or the session has ended.
        """
        sessions = tables.offline_sessions
        rotated = (
            update(sessions)
            .where(sessions.c.id == session.session_id, sessions.c.token_hash == session.token_hash)
            .values(token_hash=token_hash, last_used_at=now)
        )
        with self._engine.begin() as connection:
            if connection.execute(rotated).rowcount != 1:
                return False
            row = {"digest": retired_digest, "session_id": session.session_id}
            connection.execute(insert(tables.retired_refresh_tokens).values(**row))
        return True

    def is_retired(self, session_id: str, retired_digest: str) -> bool:
        """Tell whether a token was once the current one of this session."""
        retired = tables.retired_refresh_tokens
        statement = select(retired.c.digest).where(
            retired.c.session_id == session_id, retired.c.digest == retired_digest
        )
        with self._engine.connect() as connection:
            return connection.execute(statement).first() is not None

    def remove(self, session_id: str) -> None:
        """End a session."""
        self._remove(tables.offline_sessions.c.id == session_id)

    def remove_issued_for(self, authorization_session_id: str) -> None:
        """End the session that a code gave (CODE-15)."""
        self._remove(tables.offline_sessions.c.authorization_session_id == authorization_session_id)

    def purge(self, lifetimes: Lifetimes, now: float) -> None:
        """End sessions that have expired (OFFLINE-14, OFFLINE-22)."""
        sessions = tables.offline_sessions
        self._remove(
            or_(
                sessions.c.last_used_at < now - lifetimes.unused,
                sessions.c.created_at < now - lifetimes.total,
            )
        )

    def _remove(self, condition: ColumnElement[bool]) -> None:
        # The retired tokens go with them (ON DELETE CASCADE).
        with self._engine.begin() as connection:
            connection.execute(delete(tables.offline_sessions).where(condition))


def lock_user(connection: Connection, user_entity_ref: str, now: float) -> None:
    """Let every other request that starts a session of this user wait until the transaction ends."""
    users = tables.offline_users
    touch = update(users).where(users.c.user_entity_ref == user_entity_ref).values(changed_at=now)
    if connection.execute(touch).rowcount == 1:
        return
    try:
        with connection.begin_nested():
            row = {"user_entity_ref": user_entity_ref, "changed_at": now}
            connection.execute(insert(users).values(**row))
    except IntegrityError:
        # Another transaction did the same, and has ended by now.
        connection.execute(touch)


def _session(row: Row[Any]) -> OfflineSession:
    return OfflineSession(
        row.id,
        row.user_entity_ref,
        row.client_id,
        row.token_hash,
        row.created_at,
        row.last_used_at,
    )
