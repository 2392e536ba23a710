"""Opens databases: SQLite for one process, PostgreSQL for several."""

from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool

from reference_backend.config.model import Config, ConfigError

DATABASE_SUFFIX = "reference_auth"
"""Not ``auth``: one configuration may drive the real backend and this one, and their schemas differ."""


def sqlite(connection: Any) -> Engine:
    """A file, or a database that lives as long as the process."""
    file = _sqlite_file(connection)
    if file is None:
        # One connection is the database; requests take turns with it.
        engine = create_engine(
            "sqlite://",
            poolclass=QueuePool,
            pool_size=1,
            max_overflow=0,
            connect_args={"check_same_thread": False},
        )
        event.listen(engine, "connect", _check_foreign_keys)
        return engine
    file.parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(URL.create("sqlite", database=str(file)), connect_args={"timeout": 30})
    event.listen(engine, "connect", _use_write_ahead_log)
    event.listen(engine, "connect", _check_foreign_keys)
    return engine


def _use_write_ahead_log(connection: Any, record: Any) -> None:
    del record
    connection.execute("PRAGMA journal_mode=WAL")


def _check_foreign_keys(connection: Any, record: Any) -> None:
    del record
    connection.execute("PRAGMA foreign_keys=ON")


def _sqlite_file(connection: Any) -> Path | None:
    if isinstance(connection, dict):
        if "directory" in connection:
            return Path(connection["directory"]) / f"{DATABASE_SUFFIX}.sqlite"
        connection = connection.get("filename", ":memory:")
    if not isinstance(connection, str):
        raise ConfigError("'backend.database.connection' has to be a file name, ':memory:' or {directory: …}")
    return None if connection == ":memory:" else Path(connection)


def postgresql(config: Config) -> Engine:
    """The server of ``backend.database.connection``, with a database of ours."""
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
