"""What of an answer is signed: the only XML that anything else reads (SAML-07, SAML-08).

``signxml`` checks signatures and gives back what each one covers. That is a document of its own, without comments and
without whatever else came along, so that nothing can be put beside, around or into it (signature wrapping).
"""

import copy

from cryptography import x509
from lxml import etree
from signxml.exceptions import InvalidDigest, InvalidInput, InvalidSignature
from signxml.verifier import SignatureConfiguration, XMLVerifier

from reference_backend.errors import AuthError
from reference_backend.saml import names
from reference_backend.saml.configuration import SamlSettings

_OF_THE_ELEMENT = SignatureConfiguration(location="./")
"""The signature is a child of what it signs. SHA-1 is refused."""


def signed_assertion(settings: SamlSettings, response: etree._Element) -> etree._Element:
    """The one assertion of an answer, as it was signed.

    Parameters:
        settings: the provider's.
        response: what :func:`signed_response` gave.

    Raises:
        AuthError: there are several, or it is not signed.
    """
    assertion = only_assertion(response)
    if must_be_signed_itself(settings):
        return require_signature(assertion, settings.certificate, "Invalid signature")
    return assertion


def signed_response(settings: SamlSettings, root: etree._Element) -> etree._Element:
    """The answer as it was signed; as it came if its signature is not wanted, and then only its status counts.

    Raises:
        AuthError: it is not signed and has to be.
    """
    if settings.wants_signed_response:
        return require_signature(root, settings.certificate, "Invalid document signature")
    return root


def must_be_signed_itself(settings: SamlSettings) -> bool:
    """Say whether the assertion needs a signature of its own: unless that of the answer covers it."""
    return settings.wants_signed_assertion or not settings.wants_signed_response


def only_assertion(response: etree._Element) -> etree._Element:
    """The assertion of an answer.

    Raises:
        AuthError: there is none, or more than one, wherever they stand.
    """
    everywhere = list(response.iter(names.assertion("Assertion")))
    children = response.findall(names.assertion("Assertion"))
    if len(everywhere) > 1:
        raise AuthError("Invalid signature: multiple assertions")
    if not children:
        raise AuthError("Unknown SAML response message")
    return children[0]


def require_signature(element: etree._Element, certificate: x509.Certificate, message: str) -> etree._Element:
    """What the signature of an element covers, which has to be that element.

    Parameters:
        element: a response or an assertion.
        certificate: whose signature it has to be; keys that come with the signature do not count.
        message: what is said otherwise.

    Raises:
        AuthError: it has no signature, a wrong one, or one of something else.
    """
    alone = copy.deepcopy(element)
    alone.tail = None
    try:
        result = XMLVerifier().verify(alone, x509_cert=certificate, id_attribute="ID", expect_config=_OF_THE_ELEMENT)
    except (InvalidSignature, InvalidDigest, InvalidInput, ValueError) as error:
        raise AuthError(message) from error
    signed = None if isinstance(result, list) else result.signed_xml
    if signed is None or signed.tag != element.tag or signed.get("ID") != element.get("ID"):
        raise AuthError(message)
    return signed
