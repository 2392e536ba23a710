"""Opens the database and makes sure that the tables exist."""

from sqlalchemy import Engine
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, NoSuchModuleError, SQLAlchemyError

from reference_backend.config.model import Config, ConfigError
from reference_backend.store import engines, tables


class StoreError(Exception):
    """The database cannot be used; the text is meant for the operator."""


class Database:
    """The database.

    Parameters:
        engine: see :func:`open_configured`.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def create_tables(self) -> None:
        """Create what is missing. Another process may be doing the same, and one of the two loses."""
        try:
            tables.metadata.create_all(self.engine)
        except (IntegrityError, DBAPIError):
            tables.metadata.create_all(self.engine)

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()


def open_configured(config: Config) -> Database:
    """Open the database of ``backend.database`` and make sure that the tables exist.

    Raises:
        ConfigError: the configuration does not describe a database.
        StoreError: the database cannot be reached.
    """
    client = config.string("backend.database.client", "better-sqlite3")
    try:
        if client in ("better-sqlite3", "sqlite3", "sqlite"):
            database = Database(engines.sqlite(config.get("backend.database.connection", ":memory:")))
        elif client in ("pg", "postgres", "postgresql"):
            database = Database(engines.postgresql(config))
        else:
            raise ConfigError(f"'{client}' at 'backend.database.client' is not known; use better-sqlite3 or pg")
        database.create_tables()
    except (ArgumentError, NoSuchModuleError) as error:
        raise ConfigError(f"'backend.database.connection' is not usable: {error}") from error
    except ModuleNotFoundError as error:
        raise ConfigError(f"the database '{client}' needs the Python package {error.name}") from error
    except (SQLAlchemyError, OSError) as error:
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        raise StoreError(f"the database at 'backend.database' is not reachable: {reason}") from error
    return database


def in_memory() -> Database:
    """A database that lives as long as the process."""
    database = Database(engines.sqlite(":memory:"))
    database.create_tables()
    return database
