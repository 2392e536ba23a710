"""Signs an answer and brings it into the form that travels (SAML core section 5, bindings section 3.5).

The keys are the same in every run, and published on purpose. A backend does not fetch the certificate of a SAML
identity provider, it is told: it stands in the app-config. The commands ``serve`` and ``app-config`` agree without
talking, on whatever machines they run, so neither can draw it (decision 231). The key with which a service provider
signs its requests stands here as well. These keys must not be trusted outside of tests.
"""

import base64
from datetime import UTC, datetime
from functools import cache
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from lxml import etree
from signxml.algorithms import (
    CanonicalizationMethod,
    DigestAlgorithm,
    SignatureConstructionMethod,
    SignatureMethod,
)
from signxml.signer import XMLSigner

from mock_idp.saml import names
from mock_idp.saml.response import ASSERTION, RESPONSE, SamlResponse, assertion_xml, response_xml

IDENTITY_PROVIDER: Final = "identity provider"
SERVICE_PROVIDER: Final = "service provider"
"""Whose key it is."""

_PRIMES = {
    IDENTITY_PROVIDER: """
        d5bb9943588474bb0d9ef6471e27b6faac95413ad15f8bb65d36674ac8511797
        f8c786ea16962958dba21abdd088035e9c211d6ff8d9342e00afef0a4014c7cc
        b99fbd52606f75a60155a212ea382734623e3f920f8be92021dcc546ed25302e
        997a39824f86fac3e8d6ceb291c75ebcebbe0a1e7aeac9bdccb8a1dcad706191
        *
        c343ebf38365ec236098d88b7e8e71603760e0c3d92a50f0031db34d7d04d501
        551f3f77002409dd89cd5346cf84005c5bedda85cf62127075723849c0dd93fc
        217b3ae5f8b5988e0e21cb2118b7d87b9ea4066cd8914413cc1dd321d0811ade
        ec07048b5572584259352324fd6448049f65e1846dfc5b4207678ebea42f56f1
        """,
    SERVICE_PROVIDER: """
        e2bf80d41a14fabdb1590b4a30a29bd4ca0467c91f6f1e88b6ee579339447bd8
        7ad285a8dca86ea3ef5fe92c55227f1855001cdc6117df2b72f7f104a6d7e963
        439fd3b27e4238123f335e4c9f314a187fdf977d70a166a1921e645519fdd3a0
        07eb3f6a1f1d06f009bdaf6280afafe3ec23e9f536f1083b5f38dc6517e28597
        *
        cc464f378ca983ff7bbf1f6d02b5f36ae363bb576f9fd95a2fecc9a232748f15
        cee1b5ef345ce4b6c462a837319cdb8c5b8704579e5ef9abf664999b3b0d817f
        9d9efd800d082e980a94174734d7c4fa9a0cfdf81121bd50811c88a236e745ac
        19fedea333fd4690a1ee2ed67552e6368f9da1e3d33d945e4c5fae150e354edb
        """,
}
"""Two prime numbers each, in hexadecimal."""

_EXPONENT = 65537
_FROM, _UNTIL = datetime(2025, 1, 1, tzinfo=UTC), datetime(2045, 1, 1, tzinfo=UTC)


@cache
def private_key(owner: str = IDENTITY_PROVIDER) -> rsa.RSAPrivateKey:
    """The key of one of the two."""
    p, q = (int("".join(prime.split()), 16) for prime in _PRIMES[owner].split("*"))
    d = rsa.rsa_recover_private_exponent(_EXPONENT, p, q)
    public = rsa.RSAPublicNumbers(_EXPONENT, p * q)
    crt = (rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q), rsa.rsa_crt_iqmp(p, q))
    return rsa.RSAPrivateNumbers(p, q, d, *crt, public_numbers=public).private_key()


@cache
def private_key_pem(owner: str) -> str:
    """The same as PEM, as a service provider's configuration has it."""
    return private_key(owner).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode("ascii")


@cache
def certificate_pem() -> str:
    """A certificate that the identity provider's key issued to itself, PEM: the same text every time."""
    return issue(private_key())


def issue(key: rsa.RSAPrivateKey) -> str:
    """A certificate that a key issues to itself, PEM."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Mock SAML identity provider, for tests only")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, _FROM, _UNTIL)
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode("ascii")


def certificate_text() -> str:
    """The certificate in base64 alone, as configuration and metadata have it."""
    return "".join(certificate_pem().splitlines()[1:-1])


def sign(answer: SamlResponse, now: float, key: rsa.RSAPrivateKey) -> str:
    """Sign an answer and write it in base64; nothing may change it after that.

    Parameters:
        answer: what to say.
        now: seconds since the epoch.
        key: what signs.
    """
    root = response_xml(answer, now)
    if answer.is_success:
        assertion = assertion_xml(answer, now)
        root.append(_signed(assertion, key) if ASSERTION in answer.signs else assertion)
    if RESPONSE in answer.signs:
        root = _signed(root, key)
    for edit in answer.edits:
        root = edit(root)
    xml = etree.tostring(root.getroottree(), encoding="unicode")
    return base64.b64encode(f"{answer.document_type}{xml}".encode()).decode("ascii")


def _signed(element: etree._Element, key: rsa.RSAPrivateKey) -> etree._Element:
    """The element with a signature, which stands behind its issuer (SAML core section 5.4)."""
    place = etree.Element(names.signature("Signature"), {"Id": "placeholder"}, nsmap={"ds": names.SIGNATURE})
    element.insert(1, place)
    signer = XMLSigner(
        method=SignatureConstructionMethod.enveloped,
        signature_algorithm=SignatureMethod.RSA_SHA256,
        digest_algorithm=DigestAlgorithm.SHA256,
        c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0,
    )
    # A forger brings a certificate of their own along; nobody may believe it.
    certificate = issue(key)
    signed: etree._Element = signer.sign(
        element, key=key, cert=certificate, reference_uri=f"#{element.get('ID')}", id_attribute="ID"
    )
    return signed
