"""The request that sends a user to the identity provider (SAML core section 3.4, bindings section 3.4)."""

import base64
import zlib
from datetime import UTC, datetime
from urllib.parse import urlencode

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from lxml import etree
from lxml.builder import ElementMaker

from reference_backend.saml import names
from reference_backend.saml.configuration import SamlSettings

_P = ElementMaker(namespace=names.PROTOCOL, nsmap=names.NAMESPACES)
_A = ElementMaker(namespace=names.ASSERTION, nsmap=names.NAMESPACES)
_HASHES = {"sha256": hashes.SHA256, "sha512": hashes.SHA512}
_SIGNATURE_NAMES = "http://www.w3.org/2001/04/xmldsig-more#rsa-"


def make_id(random: bytes) -> str:
    """An id for a request; it begins with no digit (SAML core section 1.3.4)."""
    return f"_{random.hex()}"


def xml(settings: SamlSettings, request_id: str, now: float) -> bytes:
    """The request (SAML-06).

    Parameters:
        settings: the provider's.
        request_id: the answer will name it.
        now: seconds since the epoch.
    """
    instant = datetime.fromtimestamp(int(now), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    contexts = (_A.AuthnContextClassRef(context) for context in settings.authn_context)
    request = _P.AuthnRequest(
        {
            "ID": request_id,
            "Version": "2.0",
            "IssueInstant": instant,
            "ProtocolBinding": names.HTTP_POST,
            "Destination": settings.entry_point,
            "AssertionConsumerServiceURL": settings.callback_url,
        },
        _A.Issuer(settings.issuer),
        _P.NameIDPolicy({"Format": settings.name_id_format, "AllowCreate": "true"}),
        _P.RequestedAuthnContext({"Comparison": "exact"}, *contexts),
    )
    return etree.tostring(request)


def redirect_url(settings: SamlSettings, request: bytes, relay_state: str | None) -> str:
    """Where the browser goes: the request deflated and in base64 (SAML-02).

    Parameters:
        settings: the provider's.
        request: the XML.
        relay_state: what the identity provider is to send back, or None.
    """
    deflater = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    deflated = deflater.compress(request) + deflater.flush()
    parameters = {"SAMLRequest": base64.b64encode(deflated).decode("ascii")}
    if relay_state is not None:
        parameters["RelayState"] = relay_state
    query = urlencode(parameters)
    if settings.private_key is not None:
        query = signed(settings, query)
    separator = "&" if "?" in settings.entry_point else "?"
    return f"{settings.entry_point}{separator}{query}"


def signed(settings: SamlSettings, query: str) -> str:
    """A query with its signature (SAML bindings section 3.4.4.1): the text is signed as it travels."""
    if settings.private_key is None:
        return query
    text = f"{query}&{urlencode({'SigAlg': f'{_SIGNATURE_NAMES}{settings.algorithm}'})}"
    value = settings.private_key.sign(text.encode("ascii"), padding.PKCS1v15(), _HASHES[settings.algorithm]())
    return f"{text}&{urlencode({'Signature': base64.b64encode(value).decode('ascii')})}"
