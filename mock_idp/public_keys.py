"""What a forger can make of a public key: a shared secret in many forms, a certificate."""

import base64
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey

_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
_TEN_YEARS = timedelta(days=3650)


def _traditional(key: PublicKey, encoding: Encoding) -> bytes:
    """The older form of a key; only RSA keys have one (RFC 8017 appendix A.1.1)."""
    is_rsa = isinstance(key, rsa.RSAPublicKey)
    return key.public_bytes(encoding, PublicFormat.PKCS1 if is_rsa else PublicFormat.SubjectPublicKeyInfo)


def _numbers(key: PublicKey) -> bytes:
    """The modulus of an RSA key, the point of another one."""
    if isinstance(key, rsa.RSAPublicKey):
        modulus = key.public_numbers().n
        return modulus.to_bytes((modulus.bit_length() + 7) // 8)
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


AS_SECRET: Mapping[str, Callable[[PublicKey], bytes]] = {
    "public": lambda key: key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
    "public-trimmed": lambda key: key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).strip(),
    "public-der": lambda key: key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
    "public-pkcs1": lambda key: _traditional(key, Encoding.PEM),
    "public-pkcs1-trimmed": lambda key: _traditional(key, Encoding.PEM).strip(),
    "public-numbers": _numbers,
}
"""Ways in which a library may take a public key for the secret of an HMAC (RFC 8725 section 2.1)."""


def certificate(private: PrivateKey) -> str:
    """A certificate that a key made for itself, in the form of ``x5c`` (RFC 7515 section 4.1.6)."""
    return base64.b64encode(_self_signed(private, "forger.invalid").public_bytes(Encoding.DER)).decode("ascii")


def pem_certificate(private: PrivateKey, common_name: str) -> str:
    """A certificate that a key made for itself, in PEM, for vendors that publish their keys so.

    Parameters:
        private: the key.
        common_name: whom the certificate names.
    """
    return _self_signed(private, common_name).public_bytes(Encoding.PEM).decode("ascii")


def _self_signed(private: PrivateKey, common_name: str) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, common_name)])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(1)
        .not_valid_before(_EPOCH)
        .not_valid_after(_EPOCH + _TEN_YEARS)
        .sign(private, hashes.SHA256())
    )
