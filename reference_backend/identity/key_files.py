"""Signing keys from files (KEY-09, JWKS-03)."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from reference_backend.config.model import ConfigError
from reference_backend.identity import keys
from reference_backend.identity.keys import SigningKey

CURVES: dict[str, type[ec.EllipticCurve]] = {"ES256": ec.SECP256R1, "ES384": ec.SECP384R1, "ES512": ec.SECP521R1}


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
    return {**keys.public_jwk(public, key_id, algorithm), "use": "sig"}


def require_pair(private: SigningKey, public: dict[str, Any]) -> None:
    """Refuse halves of different keys: their signatures could not be verified (KEY-09).

    Raises:
        ConfigError: they are.
    """
    own = keys.public_jwk(private.private_key.public_key(), private.key_id, private.algorithm)
    if own != {name: value for name, value in public.items() if name != "use"}:
        raise ConfigError(f"the private and the public key of '{private.key_id}' do not belong together")


def _load(file: Path, parse: Callable[[bytes], Any]) -> Any:
    try:
        return parse(file.read_bytes())
    except OSError as error:
        raise ConfigError(f"cannot read key file {file}: {error.strerror or error}") from error
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise ConfigError(f"{file} is not a key in PEM format: {error}") from error
