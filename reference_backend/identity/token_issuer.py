"""Issues user tokens and publishes the keys that verify them (TOKEN, KEY-01 … KEY-04)."""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from reference_backend.formats import compact_jws, encoding
from reference_backend.identity import keys, user_token
from reference_backend.identity.key_store import KeyStore, StaticKeyStore, StoredKey
from reference_backend.identity.keys import SigningKey
from reference_backend.identity.session_response import SignIn

PUBLISHED_LIFETIMES = 3
"""A public key is listed for so many token lifetimes after its creation (KEY-04)."""

log = logging.getLogger(__name__)


class KeyRing(Protocol):
    """Provides the key that signs and the keys that verify."""

    def signing_key(self) -> SigningKey:
        """The key for the next token."""

    def public_keys(self) -> list[dict[str, Any]]:
        """Public JWKs of all tokens that may still be valid."""


class RotatingKeys:
    """A private key that never leaves the process and is replaced after one token lifetime.

    Parameters:
        store: where the public halves go.
        algorithm: algorithm of new keys.
        ttl: token lifetime in seconds.
        clock: seconds since the epoch.
    """

    def __init__(self, store: KeyStore, algorithm: str, ttl: int, clock: Callable[[], float]) -> None:
        self._store = store
        self._algorithm = algorithm
        self._ttl = ttl
        self._clock = clock
        self._lock = threading.Lock()
        self._current: tuple[SigningKey, float] | None = None

    def signing_key(self) -> SigningKey:
        """The current key; the first is made when it is first needed (KEY-01 … KEY-03)."""
        with self._lock:
            now = self._clock()
            if self._current is None or is_due_for_rotation(self._current[1], self._ttl, now):
                key = keys.generate(self._algorithm)
                self._store.add_key(keys.public_jwk(key.private_key.public_key(), key.key_id, key.algorithm), now)
                log.info("created signing key %s", key.key_id)
                self._current = (key, now)
            return self._current[0]

    def public_keys(self) -> list[dict[str, Any]]:
        """Keys that a valid token may carry; older ones leave the store (KEY-04)."""
        now = self._clock()
        stored = self._store.list_keys()
        expired = [one.key["kid"] for one in stored if is_expired(one, self._ttl, now)]
        if expired:
            self._store.remove_keys(expired)
        return [one.key for one in stored if one.key["kid"] not in expired]


def is_due_for_rotation(created_at: float, ttl: int, now: float) -> bool:
    """A private key signs for one token lifetime (KEY-02)."""
    return now >= created_at + ttl


def is_expired(stored: StoredKey, ttl: int, now: float) -> bool:
    """A public key outlives the last token it may have signed (KEY-04)."""
    return stored.created_at + PUBLISHED_LIFETIMES * ttl < now


class StaticKeys:
    """The keys of the configuration (KEY-09)."""

    def __init__(self, store: StaticKeyStore) -> None:
        self._store = store

    def signing_key(self) -> SigningKey:
        """The first key (TOKEN-10)."""
        return self._store.signing_key

    def public_keys(self) -> list[dict[str, Any]]:
        """All keys."""
        return [stored.key for stored in self._store.list_keys()]


class TokenIssuer:
    """Issues tokens.

    Parameters:
        issuer: ``authBase`` (TOKEN-02).
        ring: keys.
        ttl: lifetime in seconds.
        omit_ownership: leave ``ent`` out (TOKEN-07, TOKEN-08).
        clock: seconds since the epoch.
    """

    def __init__(self, issuer: str, ring: KeyRing, ttl: int, omit_ownership: bool, clock: Callable[[], float]) -> None:
        self._issuer = issuer
        self._ring = ring
        self.ttl = ttl
        self._omit_ownership = omit_ownership
        self._clock = clock

    def public_keys(self) -> list[dict[str, Any]]:
        """The JWKS (JWKS-01)."""
        return self._ring.public_keys()

    def issue(self, subject: str, ownership: Sequence[str], additional: Mapping[str, Any]) -> SignIn:
        """Issue a token.

        Parameters:
            subject: full user entity ref.
            ownership: what the user owns as.
            additional: further claims.

        Raises:
            AuthError: the subject is no entity ref, or the token would be too long.
        """
        token = self._sign(subject, ownership, additional, omit_ownership=self._omit_ownership)
        return SignIn(token, subject, tuple(ownership))

    def issue_without_ownership(self, subject: str) -> str:
        """Issue a token to a client of the authorization server; it never has ``ent`` (CODE-04).

        Parameters:
            subject: full user entity ref.
        """
        return self._sign(subject, (), {}, omit_ownership=True)

    def _sign(
        self, subject: str, ownership: Sequence[str], additional: Mapping[str, Any], *, omit_ownership: bool
    ) -> str:
        user_token.require_entity_ref(subject)
        issued_at = int(self._clock())
        expires_at = issued_at + self.ttl  # TOKEN-05
        key = self._ring.signing_key()
        proof = identity_proof(key, subject, issued_at, expires_at)
        claims = user_token.claims(self._issuer, subject, ownership, issued_at, expires_at, proof, additional)
        if omit_ownership:
            claims = user_token.without_ownership(claims)
        signed = compact_jws.encode(user_token.header(key.algorithm, key.key_id), claims)
        token = f"{signed}.{encoding.b64url(keys.sign(key, signed))}"
        user_token.require_reasonable_length(token, claims)
        log.info("issued a token for %s", subject)
        return token


def identity_proof(key: SigningKey, subject: str, issued_at: int, expires_at: int) -> str:
    """``uip``: the signature of the limited token, by the same key (TOKEN-09)."""
    signed = compact_jws.encode(
        user_token.limited_header(key.algorithm, key.key_id),
        user_token.limited_payload(subject, issued_at, expires_at),
    )
    return encoding.b64url(keys.sign(key, signed))
