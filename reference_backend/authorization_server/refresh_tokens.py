"""Refresh tokens: ``{sessionId}.{secret}``, replaced by every use (OFFLINE)."""

import base64
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass

from reference_backend.errors import AuthenticationError
from reference_backend.formats import encoding

SECRET_BYTES = 32
SALT_BYTES = 16
SCRYPT_COST = 16384
SCRYPT_BLOCK_SIZE = 8
SCRYPT_PARALLELISM = 1
HASH_BYTES = 64
DAY = 86400.0
DEFAULT_TOKEN_LIFETIME = 30 * DAY
DEFAULT_MAX_ROTATION_LIFETIME = 365 * DAY
DEFAULT_MAX_TOKENS_PER_USER = 20


@dataclass(frozen=True, slots=True)
class OfflineSession:
    """What a refresh token stands for.

    Parameters:
        session_id: first half of the token, the same across rotations (OFFLINE-02).
        user_entity_ref: whose tokens it gives.
        client_id: whom it was issued to.
        token_hash: salted hash of the current token.
        created_at: seconds since the epoch.
        last_used_at: the same, of the latest rotation.
    """

    session_id: str
    user_entity_ref: str
    client_id: str
    token_hash: str
    created_at: float
    last_used_at: float


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """How long sessions live.

    Parameters:
        unused: seconds that a token may lie unused (``tokenLifetime``).
        total: seconds from the first token to the last use (``maxRotationLifetime``).
    """

    unused: float = DEFAULT_TOKEN_LIFETIME
    total: float = DEFAULT_MAX_ROTATION_LIFETIME


def generate(session_id: str, random_bytes: Callable[[int], bytes]) -> str:
    """A new token of a session (OFFLINE-02)."""
    return f"{session_id}.{encoding.b64url(random_bytes(SECRET_BYTES))}"


def session_id_of(token: str) -> str:
    """First half of a token (OFFLINE-07).

    Raises:
        AuthenticationError: it does not have two halves.
    """
    session_id, dot, secret = token.partition(".")
    if not session_id or not dot or not secret or "." in secret:
        raise AuthenticationError("Invalid refresh token format")
    return session_id


def hash_token(token: str, salt: bytes) -> str:
    """What the database knows of the current token (OFFLINE-20)."""
    return f"{base64.b64encode(salt).decode()}.{base64.b64encode(_scrypt(token, salt)).decode()}"


def is_current(token: str, token_hash: str) -> bool:
    """Compare with the hash, in constant time (OFFLINE-20)."""
    salt, _, hashed = token_hash.partition(".")
    return hmac.compare_digest(_scrypt(token, base64.b64decode(salt)), base64.b64decode(hashed))


def _scrypt(token: str, salt: bytes) -> bytes:
    return hashlib.scrypt(
        token.encode("utf-8", "surrogatepass"),
        salt=salt,
        n=SCRYPT_COST,
        r=SCRYPT_BLOCK_SIZE,
        p=SCRYPT_PARALLELISM,
        dklen=HASH_BYTES,
    )


def retired_digest(token: str) -> str:
    """What the database knows of a token that was replaced.

    It opens nothing any more, and 256 random bits cannot be guessed: a plain digest is enough to recognize it by.
    """
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def is_expired(session: OfflineSession, lifetimes: Lifetimes, now: float) -> bool:
    """Not used for too long, or simply too old (OFFLINE-14)."""
    return now > session.last_used_at + lifetimes.unused or now > session.created_at + lifetimes.total


def invalid() -> AuthenticationError:
    """One text for every reason (OFFLINE-08)."""
    return AuthenticationError("Invalid refresh token")
