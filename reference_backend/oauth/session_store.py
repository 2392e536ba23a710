"""Server-side sessions in the database (SESSION-07)."""

from sqlalchemy import Engine, delete, insert, select, update

from reference_backend.store import tables


class SessionStore:
    """The table of sessions.

    Parameters:
        engine: a database.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def get(self, session_id: str, now: float) -> str | None:
        """JSON text of a session, None if there is none or it has expired (SESSION-07)."""
        statement = select(tables.sessions.c.sess).where(
            tables.sessions.c.sid == session_id, tables.sessions.c.expired > now
        )
        with self._engine.connect() as connection:
            found: str | None = connection.execute(statement).scalar()
        return found

    def put(self, session_id: str, text: str, now: float, expires_at: float) -> None:
        """Create or replace a session, and forget those that have expired.

        Parameters:
            session_id: its identifier.
            text: members as JSON.
            now: seconds since the epoch.
            expires_at: when it ends, in the same.
        """
        values = {"sess": text, "expired": expires_at}
        with self._engine.begin() as connection:
            connection.execute(delete(tables.sessions).where(tables.sessions.c.expired <= now))
            changed = connection.execute(
                update(tables.sessions).where(tables.sessions.c.sid == session_id).values(**values)
            )
            if changed.rowcount == 0:
                connection.execute(insert(tables.sessions).values(sid=session_id, **values))

    def exchange(self, session_id: str, before: str, after: str) -> bool:
        """Replace the members of a session, unless another request has changed them meanwhile.

        Parameters:
            session_id: its identifier.
            before: what they have to be still.
            after: what takes their place.

        Returns:
            False if they are something else by now.
        """
        statement = update(tables.sessions).where(tables.sessions.c.sid == session_id, tables.sessions.c.sess == before)
        with self._engine.begin() as connection:
            return connection.execute(statement.values(sess=after)).rowcount == 1

    def remove(self, session_id: str) -> None:
        """Forget a session."""
        with self._engine.begin() as connection:
            connection.execute(delete(tables.sessions).where(tables.sessions.c.sid == session_id))
