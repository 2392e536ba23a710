"""Signing keys: made here, or read from files (KEY-05, KEY-09, JWKS-02)."""

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from reference_backend.config.model import ConfigError

RSA_BITS = 2048
CURVES: dict[str, type[ec.EllipticCurve]] = {"ES256": ec.SECP256R1, "ES384": ec.SECP384R1, "ES512": ec.SECP521R1}
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


def require_fitting(file: Path, public_key: Any, algorithm: str) -> None:
    """Refuse a key of another type, or on another curve, than the algorithm takes (RFC 7518 §3.1).

    Raises:
        ConfigError: it cannot be used with this algorithm.
    """
    curve = CURVES.get(algorithm)
    if curve is not None:
        fits = isinstance(public_key, ec.EllipticCurvePublicKey) and isinstance(public_key.curve, curve)
    else:
        fits = isinstance(public_key, ed25519.Ed25519PublicKey if algorithm == "EdDSA" else rsa.RSAPublicKey)
    if not fits:
        raise ConfigError(f"the key in {file} does not fit the algorithm {algorithm}")


def load_private(file: Path, key_id: str, algorithm: str) -> SigningKey:
    """Read a PKCS#8 PEM file (KEY-09)."""
    private = _load(file, lambda pem: load_pem_private_key(pem, None))
    require_fitting(file, private.public_key(), algorithm)
    return SigningKey(key_id, algorithm, private)


def load_public(file: Path, key_id: str, algorithm: str) -> dict[str, Any]:
    """Read an SPKI PEM file; static keys say what they are for (KEY-09, JWKS-03)."""
    public = _load(file, load_pem_public_key)
    require_fitting(file, public, algorithm)
    return {**public_jwk(public, key_id, algorithm), "use": "sig"}


def require_pair(private: SigningKey, public: dict[str, Any]) -> None:
    """Refuse halves of different keys: nobody could verify what they sign (KEY-09).

    Raises:
        ConfigError: they are.
    """
    own = public_jwk(private.private_key.public_key(), private.key_id, private.algorithm)
    if own != {name: value for name, value in public.items() if name != "use"}:
        raise ConfigError(f"the private and the public key of '{private.key_id}' do not belong together")


def _load(file: Path, parse: Callable[[bytes], Any]) -> Any:
    try:
        return parse(file.read_bytes())
    except OSError as error:
        raise ConfigError(f"cannot read key file {file}: {error.strerror or error}") from error
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise ConfigError(f"{file} is not a key in PEM format: {error}") from error
