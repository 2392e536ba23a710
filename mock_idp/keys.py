"""Signing keys of a service, the key set it publishes (RFC 7517), and their rotation.

Every service has keys of its own: were one key shared by all issuers, a backend that takes another issuer's key
set would never be noticed. Making an RSA key takes a noticeable part of a second, so each is made when it is
first asked for, and services of the same name in one process (there are several in tests only) share it.
"""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from types import MappingProxyType
from typing import Any

import jwt
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from mock_idp.oauth.tokens import (
    ASYMMETRIC,
    FOREIGN_KEY,
    KEY_SETS,
    NEXT_KEY,
    OTHER_RSA,
    OWN_KEY,
    PREVIOUS_KEY,
    PUBLIC_KEY,
    SPARE_KEY,
    SignedToken,
)
from mock_idp.public_keys import AS_SECRET, PrivateKey, certificate, pem_certificate

_FOREIGN_GENERATION = -2
_SPARE_GENERATION = -3
_FIRST_GENERATION = 0


@dataclass(frozen=True, slots=True)
class KeyPair:
    """One signing key.

    Parameters:
        kid: key id, derived from the public key.
        algorithm: the JWS algorithm it is for (RFC 7518 section 3.1).
        private: the private key.
    """

    kid: str
    algorithm: str
    private: PrivateKey

    @property
    def public_jwk(self) -> dict[str, Any]:
        """The public half as a JSON Web Key."""
        return {**_public_jwk(self.private), "kid": self.kid, "use": "sig", "alg": self.algorithm}

    @property
    def public_pem(self) -> str:
        """The public half as PEM text (SubjectPublicKeyInfo)."""
        return AS_SECRET[PUBLIC_KEY](self.private.public_key()).decode("ascii")


@lru_cache(maxsize=1_000)
def _public_jwk(private: PrivateKey) -> Mapping[str, Any]:
    """What a JSON Web Key says of a public key; remembered, since every request for a key set asks."""
    family = RSAAlgorithm if isinstance(private, rsa.RSAPrivateKey) else ECAlgorithm
    jwk: dict[str, Any] = json.loads(family.to_jwk(private.public_key()))  # type: ignore[arg-type]
    jwk.pop("key_ops", None)
    return MappingProxyType(jwk)


def family(algorithm: str) -> str | None:
    """The algorithm under which the key for a signature is published; None if it takes no pair of keys."""
    if algorithm in ASYMMETRIC:
        return algorithm
    return "RS256" if algorithm in OTHER_RSA else None


def new_key(algorithm: str) -> PrivateKey:
    """Make a private key for ``RS256`` or ``ES256``."""
    if algorithm == "RS256":
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return ec.generate_private_key(ec.SECP256R1())


def _as_pair(private: PrivateKey, algorithm: str) -> KeyPair:
    digest = hashes.Hash(hashes.SHA256())
    digest.update(
        private.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    return KeyPair(kid=digest.finalize().hex()[:40], algorithm=algorithm, private=private)


FirstKey = Callable[[str, str], PrivateKey]
"""Owner and algorithm -> the private key that the owner begins with."""


class Keys:
    """The keys of a service, each made when it is first asked for; may be shared by threads.

    A key belongs to a set. ``own`` signs today, ``next`` will after a rotation, ``previous`` did before one;
    ``foreign`` belongs to another party, so that a token signed with it is a forgery. ``spare`` is the service's own
    and has no part in rotations, for a key set that needs one more.

    Parameters:
        owner: whose keys these are, the id of a service or of an auth proxy.
        first_key: gives the key that an owner begins with for an algorithm; made in memory if left out.
    """

    def __init__(self, owner: str, first_key: FirstKey | None = None) -> None:
        self._owner = owner
        self._first_key = first_key
        self._generation = _FIRST_GENERATION
        self._published: tuple[str, ...] = (OWN_KEY,)
        self._pairs: dict[tuple[str, int], KeyPair] = {}
        self._lock = Lock()

    @property
    def published(self) -> tuple[str, ...]:
        """The sets that the key set shows, in its order."""
        return self._published

    @property
    def state(self) -> tuple[int, tuple[str, ...]]:
        """How often they were rotated, and what is published."""
        return self._generation, self._published

    def restore(self, state: tuple[int, tuple[str, ...]]) -> None:
        """Have an earlier :attr:`state` again."""
        with self._lock:
            self._generation, self._published = state

    def publish(self, *names: str) -> None:
        """Say which sets the key set shows from now on, in its order; none at all empties it.

        Raises:
            KeySetError: there is no such set.
        """
        for name in names:
            if name not in KEY_SETS:
                raise KeySetError(f"A key set is one of {', '.join(KEY_SETS)}, not {name!r:.80}.")
        self._published = names

    def rotate(self, *, overlap: bool = False) -> None:
        """Let the next key sign from now on.

        Parameters:
            overlap: True if the key that signed until now stays published behind the new one; without it, tokens
                signed before cannot be verified any more.
        """
        with self._lock:
            self._generation += 1
            self._published = (OWN_KEY, PREVIOUS_KEY) if overlap else (OWN_KEY,)

    def pair(self, algorithm: str, name: str = OWN_KEY) -> KeyPair:
        """The key for an algorithm (``RS256``, ``ES256``) out of a set."""
        # Before the first rotation there is a previous key too; it is one that never signed anything.
        generations = {
            OWN_KEY: self._generation,
            NEXT_KEY: self._generation + 1,
            PREVIOUS_KEY: self._generation - 1,
            FOREIGN_KEY: _FOREIGN_GENERATION,
            SPARE_KEY: _SPARE_GENERATION,
        }
        generation = generations[name]
        with self._lock:
            if (algorithm, generation) not in self._pairs:
                if self._first_key is not None and generation == _FIRST_GENERATION:
                    made = _as_pair(self._first_key(self._owner, algorithm), algorithm)
                else:
                    made = _pair(self._owner, algorithm, generation)
                self._pairs[algorithm, generation] = made
            return self._pairs[algorithm, generation]

    def rsa_key(self, name: str) -> rsa.RSAPrivateKey:
        """The RSA key out of a set, for what is no token."""
        private = self.pair("RS256", name).private
        assert isinstance(private, rsa.RSAPrivateKey)  # noqa: S101 - RS256 has no others
        return private

    def by_kid(self, kid: str, algorithms: tuple[str, ...] = ("RS256",)) -> KeyPair | None:
        """Find a published key by its id, for services that publish each key at an address of its own."""
        published = (self.pair(algorithm, name) for name in self._published for algorithm in algorithms)
        return next((pair for pair in published if pair.kid == kid), None)

    def jwks(self, algorithms: tuple[str, ...] = ("RS256",)) -> dict[str, Any]:
        """The published key set: the public keys of the published sets for these algorithms."""
        return {"keys": [self.pair(algorithm, name).public_jwk for name in self._published for algorithm in algorithms]}

    def certificates(self, common_name: str, algorithm: str = "RS256") -> dict[str, str]:
        """The published keys of an algorithm as certificates in PEM, by key id.

        Parameters:
            common_name: whom the certificates name.
            algorithm: the JWS algorithm.
        """
        pairs = [self.pair(algorithm, name) for name in self._published]
        return {pair.kid: pem_certificate(pair.private, common_name) for pair in pairs}

    def verified(self, token: str, secret: str = "") -> dict[str, Any] | None:
        """The claims of a token that bears a signature of these keys, or of a client's secret; it may be expired.

        Parameters:
            token: a JWT.
            secret: the client secret, the key of ``HS256``; empty if there is none.
        """
        try:
            header = jwt.get_unverified_header(token)
            pair = self.by_kid(str(header.get("kid")), ASYMMETRIC)
            key, algorithm = (pair.private.public_key(), pair.algorithm) if pair else (secret, "HS256")
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                [algorithm],
                options={"verify_exp": False, "verify_aud": False, "verify_iat": False, "verify_nbf": False},
            )
        except jwt.PyJWTError:
            return None
        return claims if pair or secret else None

    def sign(self, token: SignedToken, secret: str = "") -> str:
        """Bring a token into its compact form (RFC 7515 section 7.1).

        Parameters:
            token: what to sign; its relative times are resolved already (:meth:`SignedToken.at`).
            secret: the client secret, the key of ``HS256``.
        """
        genuine = token.genuine_algorithm or token.algorithm
        headers: dict[str, Any] = {"typ": "JWT", "alg": token.algorithm}
        if genuine in ASYMMETRIC:
            # A forger signs with a key of their own, or not at all, under the victim's key id. A published key is no
            # forger's.
            is_forged = token.key == FOREIGN_KEY and FOREIGN_KEY not in self._published
            name = OWN_KEY if is_forged or token.key in AS_SECRET else token.key
            headers["kid"] = self.pair(family(token.algorithm) or genuine, name).kid
        headers.update({name: self._header_value(value, genuine) for name, value in token.headers.items()})
        kept = {name: value for name, value in headers.items() if value is not None}
        # Put together here, because a library for good tokens refuses the malformed ones a fault asks for.
        signed = f"{_segment(kept, token.padded)}.{_segment(dict(token.claims), token.padded)}"
        key = self._signing_key(token, genuine, secret)
        signature = jwt.get_algorithm_by_name(token.algorithm).sign(signed.encode("ascii"), key)
        compact = f"{signed}.{_encoded(signature, token.padded)}"
        return token.prefix + (token.edit(compact) if token.edit else compact)

    def _signing_key(self, token: SignedToken, genuine: str, secret: str) -> PrivateKey | bytes | None:
        kind = family(token.algorithm)
        if kind:
            return self.pair(kind, OWN_KEY if token.key in AS_SECRET else token.key).private
        if token.algorithm == "HS256":
            is_confused = token.key in AS_SECRET and genuine in ASYMMETRIC
            public = self.pair(genuine).private.public_key() if is_confused else None
            return AS_SECRET[token.key](public) if public else secret.encode()
        return None

    def _header_value(self, value: Any, algorithm: str) -> Any:
        """A header member; ``{"public_jwk": SET}`` and ``{"certificates": SET}`` stand for what that set's key has."""
        [(form, name)] = value.items() if isinstance(value, Mapping) and len(value) == 1 else [(None, None)]
        if name not in KEY_SETS or algorithm not in ASYMMETRIC:
            return value
        pair = self.pair(algorithm, str(name))
        return {"public_jwk": pair.public_jwk, "certificates": [certificate(pair.private)]}.get(str(form), value)


class KeySetError(ValueError):
    """A key set that does not exist; the message is one sentence."""


@lru_cache(maxsize=1_000)
def _pair(owner: str, algorithm: str, generation: int) -> KeyPair:
    """The key of an owner; ``generation`` counts its rotations, and tells the foreign key apart."""
    return _as_pair(new_key(algorithm), algorithm)


def _segment(data: dict[str, Any], padded: bool) -> str:
    """Encode a header or a payload (RFC 7515 section 3)."""
    return _encoded(json.dumps(data, separators=(",", ":")).encode("ascii"), padded)


def _encoded(data: bytes, padded: bool) -> str:
    text = base64.urlsafe_b64encode(data).decode("ascii")
    return text if padded else text.rstrip("=")
