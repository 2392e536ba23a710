"""What outlives a request: public signing keys, user info, sessions (KEY-07, KEY-11, USERINFO-06, SESSION-07).

SQLite for one process, PostgreSQL for several. Several processes may start at once on one database.
"""

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, delete, insert, select, update
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, NoSuchModuleError, SQLAlchemyError

from reference_backend.config.model import Config, ConfigError
from reference_backend.store import engines, moments, tables
from reference_backend.store.authorizations import AuthorizationStore
from reference_backend.store.notes import NoteStore
from reference_backend.store.offline import OfflineStore


class StoreError(Exception):
    """The database cannot be used; the text is meant for the operator."""


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A public key.

    Parameters:
        key: public JWK.
        created_at: seconds since the epoch.
    """

    key: dict[str, Any]
    created_at: float


@dataclass(frozen=True, slots=True)
class TokenHolder:
    """What is known about a refresh token.

    Parameters:
        environment: provider and environment that it was issued to.
        subject: whose it is, or None if the provider names nobody.
    """

    environment: str
    subject: str | None


class Store:
    """The tables.

    Parameters:
        engine: a database; see :func:`open_store`.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.authorizations = AuthorizationStore(engine)
        self.offline = OfflineStore(engine)
        self.notes = NoteStore(engine)

    def create_tables(self) -> None:
        """Create what is missing. Another process may be doing the same, and one of the two loses."""
        try:
            tables.metadata.create_all(self._engine)
        except (IntegrityError, DBAPIError):
            tables.metadata.create_all(self._engine)

    def add_key(self, key: dict[str, Any], created_at: float) -> None:
        """Publish a key."""
        with self._engine.begin() as connection:
            connection.execute(
                insert(tables.signing_keys).values(
                    kid=key["kid"], created_at=moments.moment(created_at), key=json.dumps(key)
                )
            )

    def list_keys(self) -> list[StoredKey]:
        """All keys, oldest first."""
        with self._engine.connect() as connection:
            rows = connection.execute(select(tables.signing_keys).order_by(tables.signing_keys.c.created_at)).all()
        return [StoredKey(json.loads(row.key), moments.seconds(row.created_at)) for row in rows]

    def remove_keys(self, key_ids: list[str]) -> None:
        """Forget keys."""
        with self._engine.begin() as connection:
            connection.execute(delete(tables.signing_keys).where(tables.signing_keys.c.kid.in_(key_ids)))

    def put_user_info(self, user_entity_ref: str, info: dict[str, Any], now: float) -> None:
        """Replace the record of a user (CTX-13)."""
        values = {"user_info": json.dumps(info), "updated_at": moments.moment(now)}
        if self._update_user_info(user_entity_ref, values):
            return
        try:
            with self._engine.begin() as connection:
                connection.execute(insert(tables.user_info).values(user_entity_ref=user_entity_ref, **values))
        except IntegrityError:
            # Another request of the same user was faster between our two statements.
            self._update_user_info(user_entity_ref, values)

    def _update_user_info(self, user_entity_ref: str, values: dict[str, Any]) -> bool:
        statement = (
            update(tables.user_info).where(tables.user_info.c.user_entity_ref == user_entity_ref).values(**values)
        )
        with self._engine.begin() as connection:
            return connection.execute(statement).rowcount > 0

    def get_user_info(self, user_entity_ref: str) -> dict[str, Any] | None:
        """The record of a user, None if there was no sign-in yet (USERINFO-05)."""
        with self._engine.connect() as connection:
            found = connection.execute(
                select(tables.user_info.c.user_info).where(tables.user_info.c.user_entity_ref == user_entity_ref)
            ).scalar()
        return None if found is None else json.loads(found)

    def get_session(self, session_id: str, now: float) -> str | None:
        """JSON text of a session, None if there is none or it has expired (SESSION-07)."""
        statement = select(tables.sessions.c.sess).where(
            tables.sessions.c.sid == session_id, tables.sessions.c.expired > moments.moment(now)
        )
        with self._engine.connect() as connection:
            found: str | None = connection.execute(statement).scalar()
        return found

    def put_session(self, session_id: str, text: str, now: float, expires_at: float) -> None:
        """Create or replace a session, and forget those that have expired.

        Parameters:
            session_id: its identifier.
            text: members as JSON.
            now: seconds since the epoch.
            expires_at: when it ends, in the same.
        """
        values = {"sess": text, "expired": moments.moment(expires_at)}
        with self._engine.begin() as connection:
            connection.execute(delete(tables.sessions).where(tables.sessions.c.expired <= moments.moment(now)))
            changed = connection.execute(
                update(tables.sessions).where(tables.sessions.c.sid == session_id).values(**values)
            )
            if changed.rowcount == 0:
                connection.execute(insert(tables.sessions).values(sid=session_id, **values))

    def remove_session(self, session_id: str) -> None:
        """Forget a session."""
        with self._engine.begin() as connection:
            connection.execute(delete(tables.sessions).where(tables.sessions.c.sid == session_id))

    def get_refresh_token(self, token_hash: str) -> TokenHolder | None:
        """Whose refresh token this is, None if that is not known (SEC-REFR-06, SEC-ENV-05)."""
        table = tables.refresh_tokens
        statement = select(table.c.environment, table.c.subject).where(table.c.token_hash == token_hash)
        with self._engine.connect() as connection:
            found = connection.execute(statement).first()
        return None if found is None else TokenHolder(found.environment, found.subject)

    def put_refresh_token(self, token_hash: str, holder: TokenHolder, now: float, expires_at: float) -> None:
        """Remember whose refresh token this is; parameters as in :meth:`put_session`."""
        table = tables.refresh_tokens
        row = {"environment": holder.environment, "subject": holder.subject, "expired": moments.moment(expires_at)}
        with self._engine.begin() as connection:
            connection.execute(delete(table).where(table.c.expired <= moments.moment(now)))
            connection.execute(delete(table).where(table.c.token_hash == token_hash))
            connection.execute(insert(table).values(token_hash=token_hash, **row))

    def remove_refresh_token(self, token_hash: str) -> None:
        """Forget a refresh token."""
        table = tables.refresh_tokens
        with self._engine.begin() as connection:
            connection.execute(delete(table).where(table.c.token_hash == token_hash))

    def close(self) -> None:
        """Give all connections back."""
        self._engine.dispose()


def open_store(config: Config) -> Store:
    """Open the database of ``backend.database`` and make sure that the tables exist.

    Raises:
        ConfigError: the configuration does not describe a database.
        StoreError: the database cannot be reached.
    """
    client = config.string("backend.database.client", "better-sqlite3")
    try:
        if client in ("better-sqlite3", "sqlite3", "sqlite"):
            store = Store(engines.sqlite(config.get("backend.database.connection", ":memory:")))
        elif client in ("pg", "postgres", "postgresql"):
            store = Store(engines.postgresql(config))
        else:
            raise ConfigError(f"'{client}' at 'backend.database.client' is not known; use better-sqlite3 or pg")
        store.create_tables()
    except (ArgumentError, NoSuchModuleError) as error:
        raise ConfigError(f"'backend.database.connection' is not usable: {error}") from error
    except ModuleNotFoundError as error:
        raise ConfigError(f"the database '{client}' needs the Python package {error.name}") from error
    except (SQLAlchemyError, OSError) as error:
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        raise StoreError(f"the database at 'backend.database' is not reachable: {reason}") from error
    return store


def in_memory() -> Store:
    """A store that lives as long as the process."""
    store = Store(engines.sqlite(":memory:"))
    store.create_tables()
    return store
