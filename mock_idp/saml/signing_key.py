"""The key that the SAML identity provider signs with: the same in every run, and published on purpose.

A backend does not fetch the certificate of a SAML identity provider, it is told: it stands in the app-config. The
commands ``serve`` and ``app-config`` agree without talking, on whatever machines they run, so neither can draw it
(decision 231). Nobody may trust this key outside of tests.
"""

from datetime import UTC, datetime
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

_P = int(
    "d5bb9943588474bb0d9ef6471e27b6faac95413ad15f8bb65d36674ac8511797"
    "f8c786ea16962958dba21abdd088035e9c211d6ff8d9342e00afef0a4014c7cc"
    "b99fbd52606f75a60155a212ea382734623e3f920f8be92021dcc546ed25302e"
    "997a39824f86fac3e8d6ceb291c75ebcebbe0a1e7aeac9bdccb8a1dcad706191",
    16,
)
_Q = int(
    "c343ebf38365ec236098d88b7e8e71603760e0c3d92a50f0031db34d7d04d501"
    "551f3f77002409dd89cd5346cf84005c5bedda85cf62127075723849c0dd93fc"
    "217b3ae5f8b5988e0e21cb2118b7d87b9ea4066cd8914413cc1dd321d0811ade"
    "ec07048b5572584259352324fd6448049f65e1846dfc5b4207678ebea42f56f1",
    16,
)
_EXPONENT = 65537
_FROM, _UNTIL = datetime(2025, 1, 1, tzinfo=UTC), datetime(2045, 1, 1, tzinfo=UTC)


@cache
def private_key() -> rsa.RSAPrivateKey:
    """The key."""
    d = rsa.rsa_recover_private_exponent(_EXPONENT, _P, _Q)
    public = rsa.RSAPublicNumbers(_EXPONENT, _P * _Q)
    crt = (rsa.rsa_crt_dmp1(d, _P), rsa.rsa_crt_dmq1(d, _Q), rsa.rsa_crt_iqmp(_P, _Q))
    return rsa.RSAPrivateNumbers(_P, _Q, d, *crt, public_numbers=public).private_key()


@cache
def certificate_pem() -> str:
    """A certificate that the key issued to itself, PEM; the same text every time, as the signature is deterministic."""
    return issue(private_key())


def issue(key: rsa.RSAPrivateKey) -> str:
    """A certificate that a key issues to itself, PEM."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Mock SAML identity provider, for tests only")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, _FROM, _UNTIL)
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode("ascii")


def certificate_text() -> str:
    """The certificate in base64 alone, as configuration and metadata have it."""
    return "".join(certificate_pem().splitlines()[1:-1])
