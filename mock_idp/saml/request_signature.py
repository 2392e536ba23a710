"""Checks the signature of a request that came by redirect (SAML bindings section 3.4.4.1)."""

import base64
import binascii
from typing import Final
from urllib.parse import unquote_plus

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from mock_idp.oauth.model import Reason, Refusal

_ALGORITHMS: Final = {
    f"http://www.w3.org/2001/04/xmldsig-more#rsa-{name}": algorithm
    for name, algorithm in (("sha256", hashes.SHA256), ("sha512", hashes.SHA512))
}
_SIGNED = ("SAMLRequest", "RelayState", "SigAlg")
"""What is signed, in this order, as it came over the wire."""


def require(query_text: str, key: rsa.RSAPublicKey) -> None:
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
