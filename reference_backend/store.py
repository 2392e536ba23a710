"""What outlives a request: public signing keys, user info, sessions (KEY-07, KEY-11, USERINFO-06, SESSION-07).

SQLite for one process, PostgreSQL for several. Several processes may start at once on one database.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import (
    URL,
    Column,
    Connection,
    DateTime,
    Engine,
    MetaData,
    String,
    Table,
    Text,
    create_engine,
    delete,
    event,
    insert,
    make_url,
    select,
    text,
    update,
)
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import QueuePool

from reference_backend.config.model import Config, ConfigError

DATABASE_SUFFIX = "reference_auth"
"""Not ``auth``: one configuration may drive the real backend and this one, and their schemas differ."""

metadata = MetaData()

signing_keys = Table(
    "signing_keys",
    metadata,
    Column("kid", String(255), primary_key=True),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("key", Text, nullable=False),
)

user_info = Table(
    "user_info",
    metadata,
    Column("user_entity_ref", String(2048), primary_key=True),
    Column("user_info", Text, nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("sid", String(255), primary_key=True),
    Column("sess", Text, nullable=False),
    Column("expired", DateTime(timezone=True), nullable=False, index=True),
)

refresh_subjects = Table(
    "refresh_subjects",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("subject", Text, nullable=False),
    Column("expired", DateTime(timezone=True), nullable=False, index=True),
)


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


class Store:
    """The tables.

    Parameters:
        engine: a database; see :func:`open_store`.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def create_tables(self) -> None:
        """Create what is missing. Another process may be doing the same, and one of the two loses."""
        try:
            metadata.create_all(self._engine)
        except (IntegrityError, DBAPIError):
            metadata.create_all(self._engine)

    def add_key(self, key: dict[str, Any], created_at: float) -> None:
        """Publish a key."""
        with self._engine.begin() as connection:
            connection.execute(
                insert(signing_keys).values(kid=key["kid"], created_at=_moment(created_at), key=json.dumps(key))
            )

    def list_keys(self) -> list[StoredKey]:
        """All keys, oldest first."""
        with self._engine.connect() as connection:
            rows = connection.execute(select(signing_keys).order_by(signing_keys.c.created_at)).all()
        return [StoredKey(json.loads(row.key), _seconds(row.created_at)) for row in rows]

    def remove_keys(self, key_ids: list[str]) -> None:
        """Forget keys."""
        with self._engine.begin() as connection:
            connection.execute(delete(signing_keys).where(signing_keys.c.kid.in_(key_ids)))

    def put_user_info(self, user_entity_ref: str, info: dict[str, Any], now: float) -> None:
        """Replace the record of a user (CTX-13)."""
        values = {"user_info": json.dumps(info), "updated_at": _moment(now)}
        if self._update_user_info(user_entity_ref, values):
            return
        try:
            with self._engine.begin() as connection:
                connection.execute(insert(user_info).values(user_entity_ref=user_entity_ref, **values))
        except IntegrityError:
            # Another request of the same user was faster between our two statements.
            self._update_user_info(user_entity_ref, values)

    def _update_user_info(self, user_entity_ref: str, values: dict[str, Any]) -> bool:
        statement = update(user_info).where(user_info.c.user_entity_ref == user_entity_ref).values(**values)
        with self._engine.begin() as connection:
            return connection.execute(statement).rowcount > 0

    def get_user_info(self, user_entity_ref: str) -> dict[str, Any] | None:
        """The record of a user, None if there was no sign-in yet (USERINFO-05)."""
        with self._engine.connect() as connection:
            found = connection.execute(
                select(user_info.c.user_info).where(user_info.c.user_entity_ref == user_entity_ref)
            ).scalar()
        return None if found is None else json.loads(found)

    def get_session(self, session_id: str, now: float) -> str | None:
        """JSON text of a session, None if there is none or it has expired (SESSION-07)."""
        statement = select(sessions.c.sess).where(sessions.c.sid == session_id, sessions.c.expired > _moment(now))
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
        values = {"sess": text, "expired": _moment(expires_at)}
        with self._engine.begin() as connection:
            connection.execute(delete(sessions).where(sessions.c.expired <= _moment(now)))
            changed = connection.execute(update(sessions).where(sessions.c.sid == session_id).values(**values))
            if changed.rowcount == 0:
                connection.execute(insert(sessions).values(sid=session_id, **values))

    def remove_session(self, session_id: str) -> None:
        """Forget a session."""
        with self._engine.begin() as connection:
            connection.execute(delete(sessions).where(sessions.c.sid == session_id))

    def get_subject(self, token_hash: str) -> str | None:
        """Whose refresh token this is, None if that is not known (SEC-REFR-06)."""
        statement = select(refresh_subjects.c.subject).where(refresh_subjects.c.token_hash == token_hash)
        with self._engine.connect() as connection:
            found: str | None = connection.execute(statement).scalar()
        return found

    def put_subject(self, token_hash: str, subject: str, now: float, expires_at: float) -> None:
        """Remember whose refresh token this is; parameters as in :meth:`put_session`."""
        with self._engine.begin() as connection:
            connection.execute(delete(refresh_subjects).where(refresh_subjects.c.expired <= _moment(now)))
            connection.execute(delete(refresh_subjects).where(refresh_subjects.c.token_hash == token_hash))
            connection.execute(
                insert(refresh_subjects).values(token_hash=token_hash, subject=subject, expired=_moment(expires_at))
            )

    def remove_subject(self, token_hash: str) -> None:
        """Forget a refresh token."""
        with self._engine.begin() as connection:
            connection.execute(delete(refresh_subjects).where(refresh_subjects.c.token_hash == token_hash))

    def close(self) -> None:
        """Give all connections back."""
        self._engine.dispose()


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _seconds(moment: datetime) -> float:
    # SQLite forgets time zones; what we wrote was UTC.
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def open_store(config: Config) -> Store:
    """Open the database of ``backend.database`` and make sure that the tables exist.

    Raises:
        ConfigError: the configuration does not describe a database.
        StoreError: the database cannot be reached.
    """
    client = config.string("backend.database.client", "better-sqlite3")
    try:
        if client in ("better-sqlite3", "sqlite3", "sqlite"):
            store = Store(_sqlite(config.get("backend.database.connection", ":memory:")))
        elif client in ("pg", "postgres", "postgresql"):
            store = Store(_postgresql(config))
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
    store = Store(_sqlite(":memory:"))
    store.create_tables()
    return store


def _sqlite(connection: Any) -> Engine:
    file = _sqlite_file(connection)
    if file is None:
        # One connection is the database; requests take turns with it.
        return create_engine(
            "sqlite://",
            poolclass=QueuePool,
            pool_size=1,
            max_overflow=0,
            connect_args={"check_same_thread": False},
        )
    file.parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(URL.create("sqlite", database=str(file)), connect_args={"timeout": 30})
    event.listen(engine, "connect", _use_write_ahead_log)
    return engine


def _use_write_ahead_log(connection: Any, record: Any) -> None:
    del record
    connection.execute("PRAGMA journal_mode=WAL")


def _sqlite_file(connection: Any) -> Path | None:
    if isinstance(connection, dict):
        if "directory" in connection:
            return Path(connection["directory"]) / f"{DATABASE_SUFFIX}.sqlite"
        connection = connection.get("filename", ":memory:")
    if not isinstance(connection, str):
        raise ConfigError("'backend.database.connection' has to be a file name, ':memory:' or {directory: …}")
    return None if connection == ":memory:" else Path(connection)


def _postgresql(config: Config) -> Engine:
    url = _postgresql_url(config.get("backend.database.connection"))
    if url.database is None:
        prefix = config.get("backend.database.prefix", "backstage_plugin_")
        url = url.set(database=f"{prefix}{DATABASE_SUFFIX}")
        _create_database(url)
    return create_engine(url, pool_pre_ping=True)


def _postgresql_url(connection: Any) -> URL:
    if isinstance(connection, str):
        return make_url(connection).set(drivername="postgresql+psycopg")
    if not isinstance(connection, dict):
        raise ConfigError("'backend.database.connection' has to be a URL or an object")
    host = connection.get("host")
    ssl = {"sslmode": "require"} if connection.get("ssl") else {}
    return URL.create(
        "postgresql+psycopg",
        username=connection.get("user"),
        password=connection.get("password"),
        # A directory is a Unix socket, which libpq wants as a parameter.
        host=None if host is None or str(host).startswith("/") else str(host),
        port=int(connection["port"]) if connection.get("port") else None,
        database=connection.get("database"),
        query={**({"host": str(host)} if str(host or "").startswith("/") else {}), **ssl},
    )


def _create_database(url: URL) -> None:
    """Create the database, as the real backend does; another process may win the race."""
    engine = create_engine(url.set(database="postgres"), isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            if not _database_exists(connection, str(url.database)):
                _create_unless_exists(connection, str(url.database))
    finally:
        engine.dispose()


def _database_exists(connection: Connection, name: str) -> bool:
    query = text("SELECT 1 FROM pg_database WHERE datname = :name")
    return connection.execute(query, {"name": name}).scalar() is not None


def _create_unless_exists(connection: Connection, name: str) -> None:
    quoted = '"' + name.replace('"', '""') + '"'
    try:
        connection.execute(text(f"CREATE DATABASE {quoted}"))
    except DBAPIError:
        if not _database_exists(connection, name):
            raise
