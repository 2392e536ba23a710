"""Where public keys are kept (KEY-06 … KEY-10)."""

import json
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Engine, delete, insert, select

from reference_backend.config.model import Config, ConfigError
from reference_backend.identity import key_files, keys, user_token
from reference_backend.identity.keys import SigningKey
from reference_backend.store import tables


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A public key.

    Parameters:
        key: public JWK.
        created_at: seconds since the epoch.
    """

    key: dict[str, Any]
    created_at: float


class KeyStore(Protocol):
    """Public keys by id."""

    def add_key(self, key: dict[str, Any], created_at: float) -> None:
        """Publish a key."""

    def list_keys(self) -> list[StoredKey]:
        """All keys, oldest first."""

    def remove_keys(self, key_ids: list[str]) -> None:
        """Forget keys."""


class DatabaseKeyStore:
    """Keys that all processes of one database see, and that outlive a restart (KEY-07, KEY-11).

    Parameters:
        engine: a database.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add_key(self, key: dict[str, Any], created_at: float) -> None:
        """Publish a key."""
        with self._engine.begin() as connection:
            connection.execute(
                insert(tables.signing_keys).values(kid=key["kid"], created_at=created_at, key=json.dumps(key))
            )

    def list_keys(self) -> list[StoredKey]:
        """All keys, oldest first."""
        with self._engine.connect() as connection:
            rows = connection.execute(select(tables.signing_keys).order_by(tables.signing_keys.c.created_at)).all()
        return [StoredKey(json.loads(row.key), row.created_at) for row in rows]

    def remove_keys(self, key_ids: list[str]) -> None:
        """Forget keys."""
        with self._engine.begin() as connection:
            connection.execute(delete(tables.signing_keys).where(tables.signing_keys.c.kid.in_(key_ids)))


class MemoryKeyStore:
    """Keys that other processes do not see (KEY-07)."""

    def __init__(self) -> None:
        self._keys: dict[str, StoredKey] = {}
        self._lock = threading.Lock()

    def add_key(self, key: dict[str, Any], created_at: float) -> None:
        """Publish a key."""
        with self._lock:
            self._keys[key["kid"]] = StoredKey(key, created_at)

    def list_keys(self) -> list[StoredKey]:
        """All keys, oldest first."""
        with self._lock:
            return sorted(self._keys.values(), key=lambda stored: stored.created_at)

    def remove_keys(self, key_ids: list[str]) -> None:
        """Forget keys."""
        with self._lock:
            for key_id in key_ids:
                self._keys.pop(key_id, None)


class StaticKeyStore:
    """Keys from files; the first signs, all are published, nothing rotates (KEY-09).

    Parameters:
        pairs: private key and public JWK of each pair.
    """

    def __init__(self, pairs: list[tuple[SigningKey, dict[str, Any]]]) -> None:
        if not pairs:
            raise ConfigError("Should provide at least one key pair")  # KEY-10
        self._pairs = pairs

    @property
    def signing_key(self) -> SigningKey:
        """The key that signs."""
        return self._pairs[0][0]

    def list_keys(self) -> list[StoredKey]:
        """All keys in the order of the configuration."""
        return [StoredKey(public, 0.0) for _, public in self._pairs]


def open_key_store(config: Config, engine: Engine) -> KeyStore | StaticKeyStore:
    """The key store of ``auth.keyStore`` (KEY-06).

    Raises:
        ConfigError: an unknown provider, or unusable static keys.
    """
    provider = config.string("auth.keyStore.provider", "database")
    if provider == "database":
        return DatabaseKeyStore(engine)
    if provider == "memory":
        return MemoryKeyStore()
    if provider == "static":
        return StaticKeyStore([_pair(entry) for entry in config.children("auth.keyStore.static.keys")])
    if provider == "firestore":
        # KEY-08: a service of one cloud, whose clients could not be shown anything that a database does not show.
        raise ConfigError("the key store 'firestore' is not part of this backend; use database, memory or static")
    raise ConfigError(f"Unknown KeyStore provider: {provider}")


def _pair(entry: Config) -> tuple[SigningKey, dict[str, Any]]:
    algorithm = entry.string("algorithm", user_token.DEFAULT_ALGORITHM)
    keys.require_known_algorithm(algorithm)
    key_id = entry.string("keyId")
    private = key_files.load_private(Path(entry.string("privateKeyFile")), key_id, algorithm)
    public = key_files.load_public(Path(entry.string("publicKeyFile")), key_id, algorithm)
    key_files.require_pair(private, public)
    return private, public
