"""What happened and is remembered for a while: requests that were made, assertions that were shown (SAML-13, 14)."""

import hashlib

from sqlalchemy import Engine, delete, insert, select
from sqlalchemy.exc import IntegrityError

from reference_backend.store import tables


class ReplayStore:
    """What is remembered, so that nothing is played again.

    Parameters:
        engine: a database.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, text: str, now: float, expires_at: float) -> bool:
        """Note that something happened, and say whether this is the first time.

        Parameters:
            text: what happened.
            now: seconds since the epoch.
            expires_at: until when it is remembered, in the same.
        """
        notes = tables.notes
        try:
            with self._engine.begin() as connection:
                connection.execute(delete(notes).where(notes.c.expired <= now))
                connection.execute(insert(notes).values(note_hash=hashed(text), expired=expires_at))
        except IntegrityError:
            return False
        return True

    def has(self, text: str, now: float) -> bool:
        """Tell whether something was noted and is still remembered."""
        notes = tables.notes
        found = select(notes.c.expired).where(notes.c.note_hash == hashed(text), notes.c.expired > now)
        with self._engine.connect() as connection:
            return connection.execute(found).first() is not None


def hashed(text: str) -> str:
    """What stands for a text that may be longer than a key, or strange."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
