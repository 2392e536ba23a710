"""A vendor's keys: cached, fetched again for an unknown ``kid``, but not more than once a minute (OIDCPROV-17)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jwt

from reference_backend.formats import encoding
from reference_backend.openid.openid_errors import RpError

COOL_DOWN = 60
"""Seconds from one fetch for an unknown ``kid`` to the next (SEC-JWKS-05)."""
PUBLIC_MEMBERS = ("kty", "crv", "x", "y", "n", "e")
"""What makes up a public key; private members, should a vendor publish them, are not read."""
KEY_TYPES: Mapping[str, tuple[str, str | None]] = {
    **dict.fromkeys(("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"), ("RSA", None)),
    "ES256": ("EC", "P-256"),
    "ES384": ("EC", "P-384"),
    "ES512": ("EC", "P-521"),
    "EdDSA": ("OKP", "Ed25519"),
}
"""Key type and curve of each asymmetric algorithm (RFC 7518 §3.1, RFC 8037 §3.1)."""
HMAC_ALGORITHMS = ("HS256", "HS384", "HS512")


@dataclass(frozen=True, slots=True)
class Key:
    """One entry of a key set that we understand.

    Parameters:
        key_id: ``kid``, None if it has none.
        jwk: the whole entry.
    """

    key_id: str | None
    jwk: Mapping[str, Any]


class KeySet:
    """The key set of one issuer.

    Parameters:
        fetch: asks for the JSON Web Key Set; raises an ``AuthError`` if it cannot be had.
        clock: seconds since the epoch.
    """

    def __init__(self, fetch: Callable[[], Mapping[str, Any]], clock: Callable[[], float]) -> None:
        self._fetch = fetch
        self._clock = clock
        self._keys: list[Key] | None = None
        self._tried_at = 0.0

    def verify(self, token: str, header: Mapping[str, Any], algorithm: str) -> bool:
        """Tell whether one of the keys made the signature.

        Parameters:
            token: compact JWS.
            header: its protected header; nothing but ``kid`` is read from it (SEC-IDT-08).
            algorithm: the only algorithm that counts.

        Raises:
            AuthError: the keys cannot be had, or none of them comes into question (SEC-JWKS-02, SEC-JWKS-03).
        """
        return any(is_signed_by(token, algorithm, key) for key in self._find(header.get("kid"), algorithm))

    def _find(self, key_id: Any, algorithm: str) -> list[Key]:
        # A set without keys is as good as none: it is asked for each time.
        keys = self._keys or self._read()
        if not select(keys, key_id, algorithm) and self._clock() >= self._tried_at + COOL_DOWN:
            keys = self._read()
        return require_candidates(select(keys, key_id, algorithm), key_id, algorithm)

    def _read(self) -> list[Key]:
        # Noted before the attempt, so that a vendor who is down is not asked more often than one who is up.
        self._tried_at = self._clock()
        self._keys = understood(self._fetch())
        return self._keys


def understood(document: Mapping[str, Any]) -> list[Key]:
    """Entries that look like public keys; odd ones do not spoil the others (SEC-JWKS-06, RFC 7517 §5)."""
    entries = document.get("keys")
    found = [entry for entry in entries if isinstance(entry, Mapping)] if isinstance(entries, list) else []
    return [Key(entry.get("kid"), entry) for entry in found if entry.get("kty") in ("RSA", "EC", "OKP")]


def select(keys: list[Key], key_id: Any, algorithm: str) -> list[Key]:
    """Keys that come into question, by id if the token has one."""
    return [key for key in keys if fits(key.jwk, algorithm) and (key_id is None or key.key_id == key_id)]


def fits(jwk: Mapping[str, Any], algorithm: str) -> bool:
    """Type and curve are those of the algorithm, and the key says nothing against it (RFC 7517 §4.2 … §4.4)."""
    kind, curve = KEY_TYPES[algorithm]
    operations = jwk.get("key_ops")
    return (
        jwk.get("kty") == kind
        and (curve is None or jwk.get("crv") == curve)
        and jwk.get("alg") in (None, algorithm)
        and jwk.get("use") in (None, "sig")
        and (not isinstance(operations, list) or "verify" in operations)
    )


def require_candidates(found: list[Key], key_id: Any, algorithm: str) -> list[Key]:
    """There has to be a key; without ``kid`` there may be only one (§14.4)."""
    wanted = encoding.compact_json({**({} if key_id is None else {"kid": key_id}), "alg": algorithm})
    if not found:
        raise RpError(f"no valid key found in issuer's jwks_uri for key parameters {wanted}")
    if len(found) > 1 and key_id is None:
        raise RpError(
            f"multiple matching keys found in issuer's jwks_uri for key parameters {wanted}, "
            "kid must be provided in this case"
        )
    return found


def is_signed_by(token: str, algorithm: str, key: Key) -> bool:
    """Check a signature with one public key; a key that is broken made none (SEC-JWKS-06)."""
    try:
        public = {name: key.jwk[name] for name in PUBLIC_MEMBERS if name in key.jwk}
        return is_signed(token, algorithm, jwt.PyJWK(public, algorithm=algorithm).key)
    except (jwt.PyJWTError, ValueError, TypeError):
        return False


def is_signed(token: str, algorithm: str, key: Any) -> bool:
    """Check a signature, and nothing else (RFC 7515 §5.2)."""
    signed, _, signature = token.rpartition(".")
    try:
        received = encoding.from_b64url(signature)
    except ValueError:
        return False
    verified: bool = jwt.get_algorithm_by_name(algorithm).verify(signed.encode(), key, received)
    return verified
