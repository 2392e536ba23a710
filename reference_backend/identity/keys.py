"""Signing keys (KEY-05, JWKS-02)."""

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from reference_backend.config.model import ConfigError

RSA_BITS = 2048
GENERATORS: dict[str, Callable[[], Any]] = {
    "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "ES384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "ES512": lambda: ec.generate_private_key(ec.SECP521R1()),
    "EdDSA": ed25519.Ed25519PrivateKey.generate,
    **dict.fromkeys(
        ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
        lambda: rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS),
    ),
}
PUBLIC_MEMBERS = ("kty", "crv", "x", "y", "n", "e")
"""Members of a JWK that may be published (JWKS-02)."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key with the id and algorithm under which its public half is published."""

    key_id: str
    algorithm: str
    private_key: Any


def require_known_algorithm(algorithm: str) -> None:
    """Refuse an algorithm that this backend cannot sign with.

    Raises:
        ConfigError: unknown algorithm.
    """
    if algorithm not in GENERATORS:
        raise ConfigError(f"'{algorithm}' is not a supported signing algorithm; use one of {', '.join(GENERATORS)}")


def generate(algorithm: str) -> SigningKey:
    """A new key with a random id (KEY-05)."""
    return SigningKey(str(uuid.uuid4()), algorithm, GENERATORS[algorithm]())


def sign(key: SigningKey, signing_input: str) -> bytes:
    """The signature of a JWS (RFC 7515 §5.1)."""
    algorithm = jwt.get_algorithm_by_name(key.algorithm)
    signature: bytes = algorithm.sign(signing_input.encode("ascii"), key.private_key)
    return signature


def public_jwk(public_key: Any, key_id: str, algorithm: str) -> dict[str, Any]:
    """The key as the JWKS shows it: public members, ``kid`` and ``alg`` (JWKS-02)."""
    exported = jwt.get_algorithm_by_name(algorithm).to_jwk(public_key)
    members = json.loads(exported) if isinstance(exported, str) else exported
    shown = {name: members[name] for name in PUBLIC_MEMBERS if name in members}
    return {**shown, "kid": key_id, "alg": algorithm}
