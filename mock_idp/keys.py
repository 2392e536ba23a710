"""Signing keys of a service, and the key set it publishes (RFC 7517).

Keys are made once per process and shared by services that do not ask for keys of their own: making an RSA
key takes a noticeable part of a second.
"""

import json
from dataclasses import dataclass
from functools import cache
from threading import Lock
from typing import Any

import jwt
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm
from jwt.utils import base64url_encode

from mock_idp.oauth.tokens import OWN_KEY, SignedToken

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
FOREIGN_KEY = "foreign"
ASYMMETRIC = ("RS256", "ES256")
ALGORITHMS = (*ASYMMETRIC, "HS256", "none")


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
        family = RSAAlgorithm if isinstance(self.private, rsa.RSAPrivateKey) else ECAlgorithm
        jwk = json.loads(family.to_jwk(self.private.public_key()))  # type: ignore[arg-type]
        jwk.pop("key_ops", None)
        return {**jwk, "kid": self.kid, "use": "sig", "alg": self.algorithm}

    @property
    def public_pem(self) -> str:
        """The public half as PEM text (SubjectPublicKeyInfo)."""
        return (
            self.private.public_key()
            .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
            .decode("ascii")
        )


def make_key(algorithm: str) -> KeyPair:
    """Make a key for ``RS256`` or ``ES256``."""
    private: PrivateKey
    if algorithm == "RS256":
        private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    else:
        private = ec.generate_private_key(ec.SECP256R1())
    digest = hashes.Hash(hashes.SHA256())
    digest.update(
        private.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    return KeyPair(kid=digest.finalize().hex()[:40], algorithm=algorithm, private=private)


class Keys:
    """The keys of a service, each made when it is first asked for; may be shared by threads.

    A key belongs to a set: ``own`` keys are published, ``foreign`` ones never, so that a token signed with
    one of those is a forgery.
    """

    def __init__(self) -> None:
        self._pairs: dict[tuple[str, str], KeyPair] = {}
        self._lock = Lock()

    def pair(self, algorithm: str, name: str = OWN_KEY) -> KeyPair:
        """The key for an algorithm (``RS256``, ``ES256``) out of a set (``own``, ``foreign``)."""
        with self._lock:
            if (name, algorithm) not in self._pairs:
                self._pairs[name, algorithm] = make_key(algorithm)
            return self._pairs[name, algorithm]

    def jwks(self, algorithms: tuple[str, ...] = ("RS256",)) -> dict[str, Any]:
        """The published key set: the service's own public keys for these algorithms."""
        return {"keys": [self.pair(algorithm).public_jwk for algorithm in algorithms]}

    def sign(self, token: SignedToken, secret: str = "") -> str:
        """Bring a token into its compact form (RFC 7515 section 7.1).

        Parameters:
            token: what to sign.
            secret: the client secret, the key of ``HS256``.
        """
        headers: dict[str, Any] = {"typ": "JWT", "alg": token.algorithm}
        key: PrivateKey | bytes | None = None
        if token.algorithm in ASYMMETRIC:
            # A forger signs with a key of their own under the victim's key id.
            headers["kid"] = self.pair(token.algorithm).kid
            key = self.pair(token.algorithm, token.key).private
        elif token.algorithm == "HS256":
            key = secret.encode()
        headers.update(token.headers)
        kept = {name: value for name, value in headers.items() if value is not None}
        # Put together here, because a library for good tokens refuses the malformed ones a fault asks for.
        signed = f"{_segment(kept)}.{_segment(dict(token.claims))}"
        signature = jwt.get_algorithm_by_name(token.algorithm).sign(signed.encode("ascii"), key)
        compact = f"{signed}.{base64url_encode(signature).decode('ascii')}"
        return token.prefix + (token.edit(compact) if token.edit else compact)


def _segment(data: dict[str, Any]) -> str:
    """Encode a header or a payload (RFC 7515 section 3)."""
    return base64url_encode(json.dumps(data, separators=(",", ":")).encode("ascii")).decode("ascii")


@cache
def shared_keys() -> Keys:
    """The keys of all services that did not ask for their own."""
    return Keys()
