"""What the proxies that sign their header have in common: a compact JWS, one algorithm, times (RFC 7515, RFC 7519)."""

from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from reference_backend.errors import AuthError
from reference_backend.formats import compact_jws
from reference_backend.formats.compact_jws import CompactJws
from reference_backend.openid import key_set

CLAIM_FAILED = "JWTClaimValidationFailed"


def decode(text: str) -> CompactJws:
    """Take a token apart.

    Raises:
        AuthError: it is no compact JWS.
    """
    try:
        return compact_jws.decode(text)
    except ValueError as error:
        raise AuthError("Invalid Compact JWS", name="JWSInvalid") from error


def key_id(assertion: CompactJws) -> str:
    """``kid`` of the header; empty if there is none."""
    found = assertion.header.get("kid")
    return found if isinstance(found, str) else ""


def require_algorithm(assertion: CompactJws, algorithm: str) -> None:
    """The algorithm is ours to choose, never the token's (RFC 8725 §3.1), and we know no critical extension."""
    if assertion.header.get("alg") != algorithm or "crit" in assertion.header:
        raise AuthError(f"the algorithm has to be {algorithm}", name="JOSEAlgNotAllowed")


def require_signature(assertion: CompactJws, algorithm: str, key: EllipticCurvePublicKey) -> None:
    """The key made the signature.

    Raises:
        AuthError: it did not.
    """
    if not key_set.is_signed(assertion.text, algorithm, key):
        raise AuthError("signature verification failed", name="JWSSignatureVerificationFailed")


def ec_key(pem: str) -> EllipticCurvePublicKey:
    """A public key of curve P-256, the only one for ES256 (RFC 7518 §3.4).

    Raises:
        ValueError: the text is something else, an error page perhaps.
    """
    try:
        key = load_pem_public_key(pem.encode())
    except UnsupportedAlgorithm as error:
        raise ValueError("not a key of a known kind") from error
    if not isinstance(key, EllipticCurvePublicKey) or not isinstance(key.curve, SECP256R1):
        raise ValueError("not a public key of curve P-256")
    return key


def require_times(claims: Mapping[str, Any], now: float) -> None:
    """``exp`` has to be there and to lie ahead, ``nbf`` not to; without tolerance (AWSALB-08, CFACCESS-09).

    Parameters:
        claims: the payload.
        now: seconds since the epoch.

    Raises:
        AuthError: the first that does not hold.
    """
    for name in ("iat", "nbf", "exp"):
        if name in claims:
            require_number(claims, name)
    if "exp" not in claims:
        raise claim_failed('missing required "exp" claim')
    if "nbf" in claims and claims["nbf"] > now:
        raise claim_failed('"nbf" claim timestamp check failed')
    if claims["exp"] <= now:
        raise AuthError('"exp" claim timestamp check failed', name="JWTExpired")


def require_number(claims: Mapping[str, Any], name: str) -> None:
    """A NumericDate is a JSON number (RFC 7519 §2)."""
    if not compact_jws.is_numeric_date(claims.get(name)):
        raise claim_failed(f'"{name}" claim must be a number')


def claim_failed(message: str) -> AuthError:
    """A claim is not what it has to be; the token itself is never repeated (SEC-ERR-04)."""
    return AuthError(message, name=CLAIM_FAILED)
