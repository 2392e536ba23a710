"""Whose refresh token is whose, and which client's.

A refresh cannot silently change the user (SEC-REFR-06), and a token goes to no other client than the one that it
was issued to (SEC-ENV-05): the cookie has the same name in every environment.

The cookie holds what the vendor issued and nothing else, hence a table. It knows tokens by their hashes only. A token
that it does not know (a restart without a file, another backend's cookie) is taken as it is.
"""

import hashlib
from dataclasses import dataclass

from sqlalchemy import Engine, delete, insert, select

from reference_backend.store import tables


@dataclass(frozen=True, slots=True)
class TokenHolder:
    """What is known about a refresh token.

    Parameters:
        environment: provider and environment that it was issued to.
        subject: whose it is, or None if the provider names no subject.
    """

    environment: str
    subject: str | None


class RefreshTokenHolders:
    """The table of refresh tokens.

    Parameters:
        engine: a database.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def find(self, token: str) -> TokenHolder | None:
        """Whose refresh token this is, None if that is not known (SEC-REFR-06, SEC-ENV-05)."""
        table = tables.refresh_tokens
        statement = select(table.c.environment, table.c.subject).where(table.c.token_hash == token_hash(token))
        with self._engine.connect() as connection:
            found = connection.execute(statement).first()
        return None if found is None else TokenHolder(found.environment, found.subject)

    def remember(self, token: str, holder: TokenHolder, now: float, expires_at: float) -> None:
        """Remember whose refresh token this is.

        Parameters:
            token: the token.
            holder: whose it is.
            now: seconds since the epoch.
            expires_at: until when it is remembered, in the same.
        """
        table = tables.refresh_tokens
        row = {"environment": holder.environment, "subject": holder.subject, "expired": expires_at}
        with self._engine.begin() as connection:
            connection.execute(delete(table).where(table.c.expired <= now))
            connection.execute(delete(table).where(table.c.token_hash == token_hash(token)))
            connection.execute(insert(table).values(token_hash=token_hash(token), **row))

    def forget(self, token: str) -> None:
        """Forget a refresh token."""
        table = tables.refresh_tokens
        with self._engine.begin() as connection:
            connection.execute(delete(table).where(table.c.token_hash == token_hash(token)))


def token_hash(token: str) -> str:
    """What stands for a token in the table."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def is_of_environment(holder: TokenHolder | None, environment: str) -> bool:
    """Tell whether an environment's client may have a token: not one known to be another's (SEC-ENV-05)."""
    return holder is None or holder.environment == environment
