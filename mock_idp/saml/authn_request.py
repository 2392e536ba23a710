"""Reads an authentication request that came by redirect, and checks its signature.

SAML core section 3.4, bindings sections 3.4 and 3.4.4.1.
"""

import base64
import binascii
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote_plus

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from lxml import etree

from mock_idp.oauth.model import Reason, Refusal
from mock_idp.saml import names
from mock_idp.settings import MOST_REQUEST_XML_BYTES


@dataclass(frozen=True, slots=True)
class AuthnRequest:
    """What the service provider asks for.

    Parameters:
        request_id: the answer names it in ``InResponseTo``.
        issuer: the service provider's entity id.
        consumer_url: where the answer goes; empty if the request leaves it to the metadata.
        destination: whom it was sent to; empty if it does not say.
        name_id_format: how the person is to be named; empty if that is left to us.
    """

    request_id: str
    issuer: str
    consumer_url: str
    destination: str
    name_id_format: str


def read(query: Mapping[str, str]) -> AuthnRequest:
    """Read the parameter ``SAMLRequest``.

    Raises:
        Refusal: there is none, or it is no authentication request.
    """
    text = query.get("SAMLRequest", "")
    if not text:
        raise Refusal(Reason.MISSING_PARAMETER, "The parameter SAMLRequest is missing (SAML bindings section 3.4.4).")
    root = _parse(_inflate(text))
    if root.tag != names.protocol("AuthnRequest"):
        raise _unreadable(f"its root is {root.tag!r}, not an AuthnRequest")
    binding = root.get("ProtocolBinding", names.HTTP_POST)
    if binding != names.HTTP_POST:
        raise _unreadable(f"it wants the answer by {binding}; only {names.HTTP_POST} is offered")
    policy = root.find(names.protocol("NameIDPolicy"))
    return AuthnRequest(
        request_id=root.get("ID", ""),
        issuer=(root.findtext(names.assertion("Issuer")) or "").strip(),
        consumer_url=root.get("AssertionConsumerServiceURL", ""),
        destination=root.get("Destination", ""),
        name_id_format="" if policy is None else policy.get("Format", ""),
    )


def write(request_id: str, issuer: str, consumer_url: str, destination: str) -> str:
    """Write an unsigned authentication request as the parameter ``SAMLRequest`` (SAML bindings section 3.4.4.1).

    Parameters:
        request_id: its ID; no digit comes first.
        issuer: the service provider's entity id.
        consumer_url: where the answer goes.
        destination: whom it is for.
    """
    root = etree.Element(
        names.protocol("AuthnRequest"),
        {
            "ID": request_id,
            "Version": "2.0",
            "Destination": destination,
            "AssertionConsumerServiceURL": consumer_url,
            "ProtocolBinding": names.HTTP_POST,
        },
        nsmap={"samlp": names.PROTOCOL, "saml": names.ASSERTION},
    )
    etree.SubElement(root, names.assertion("Issuer")).text = issuer
    # Without head and checksum (RFC 1951).
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return base64.b64encode(packer.compress(etree.tostring(root)) + packer.flush()).decode("ascii")


def _inflate(text: str) -> bytes:
    try:
        inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        xml = inflater.decompress(base64.b64decode(text, validate=True), MOST_REQUEST_XML_BYTES)
    except (binascii.Error, zlib.error) as error:
        raise _unreadable(f"it is not deflated and in base64: {error}") from None
    if not inflater.eof:
        raise _unreadable(f"it is cut off, or has more than {MOST_REQUEST_XML_BYTES} bytes")
    return xml


def _parse(xml: bytes) -> etree._Element:
    try:
        return etree.fromstring(xml, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))
    except etree.XMLSyntaxError as error:
        raise _unreadable(f"it is not XML: {error}") from None


def _unreadable(why: str) -> Refusal:
    return Refusal(Reason.INVALID_PARAMETER, f"The parameter SAMLRequest cannot be read: {why}.")


_ALGORITHMS: Final = {
    f"http://www.w3.org/2001/04/xmldsig-more#rsa-{name}": algorithm
    for name, algorithm in (("sha256", hashes.SHA256), ("sha512", hashes.SHA512))
}
_SIGNED = ("SAMLRequest", "RelayState", "SigAlg")
"""What is signed, in this order, as it came over the wire."""


def require_signature(query_text: str, key: rsa.RSAPublicKey) -> None:
    """Check that the owner of a key signed a query.

    Parameters:
        query_text: the query as it came.
        key: the service provider's.

    Raises:
        Refusal: it is not signed, or not by that key.
    """
    came = {name: value for name, _, value in (part.partition("=") for part in query_text.split("&"))}
    algorithm = _ALGORITHMS.get(unquote_plus(came.get("SigAlg", "")))
    if "Signature" not in came or algorithm is None:
        raise _refusal(f"it has no Signature, or SigAlg is none of {', '.join(_ALGORITHMS)}")
    text = "&".join(f"{name}={came[name]}" for name in _SIGNED if name in came)
    try:
        signature = base64.b64decode(unquote_plus(came["Signature"]), validate=True)
        key.verify(signature, text.encode("latin-1"), padding.PKCS1v15(), algorithm())
    except (binascii.Error, InvalidSignature):
        raise _refusal("the Signature is not that of its key over the query as it came") from None


def _refusal(why: str) -> Refusal:
    return Refusal(Reason.INVALID_CLIENT_ASSERTION, f"This service provider signs its requests, but {why}.")
