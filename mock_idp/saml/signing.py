"""Signs an answer and brings it into the form that travels (SAML core section 5, bindings section 3.5)."""

import base64

from cryptography.hazmat.primitives.asymmetric import rsa
from lxml import etree
from signxml.algorithms import (
    CanonicalizationMethod,
    DigestAlgorithm,
    SignatureConstructionMethod,
    SignatureMethod,
)
from signxml.signer import XMLSigner

from mock_idp.saml import names, signing_key
from mock_idp.saml.response import ASSERTION, RESPONSE, SamlResponse, assertion_xml, response_xml


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
    certificate = signing_key.issue(key)
    signed: etree._Element = signer.sign(
        element, key=key, cert=certificate, reference_uri=f"#{element.get('ID')}", id_attribute="ID"
    )
    return signed
