"""Reads an answer and believes it, or not (SAML-03, SAML-07 … SAML-17).

The order: XML, signature of the answer, status, signature of the assertion, and only then what the assertion says.
"""

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from reference_backend.errors import AuthError
from reference_backend.saml import conditions, names, signatures
from reference_backend.saml.configuration import SamlSettings

Value = str | list[str]


@dataclass(frozen=True, slots=True)
class SamlIdentity:
    """Who signed in, as a signed assertion says.

    Parameters:
        name_id: the person's name at the identity provider, or None.
        assertion_id: id of the assertion.
        expires_at: when it can be shown no more, seconds since the epoch; None if it does not say.
        attributes: name -> text, or texts if there are several.
    """

    name_id: str | None
    assertion_id: str
    expires_at: float | None
    attributes: Mapping[str, Value] = field(default_factory=dict)


def read(settings: SamlSettings, text: str, now: float, is_own_request: Callable[[str], bool]) -> SamlIdentity:
    """Check an answer and say who signed in.

    Parameters:
        settings: the provider's.
        text: the field ``SAMLResponse``.
        now: seconds since the epoch.
        is_own_request: tells whether an id is that of a request that this backend made.

    Raises:
        AuthError: the answer is not to be believed; the text is meant for the app.
    """
    response = signatures.signed_response(settings, parse(text))
    require_success(response)
    conditions.require_destination(settings, response)
    assertion = signatures.signed_assertion(settings, response)
    conditions.require_same_issuer(response, assertion)
    conditions.require_time(settings, assertion, now)
    conditions.require_audience(settings, assertion)
    conditions.require_confirmation(settings, assertion, now)
    conditions.require_own_request(response, assertion, is_own_request)
    return SamlIdentity(
        name_id=name_id(assertion),
        assertion_id=assertion.get("ID", ""),
        expires_at=conditions.last_moment(assertion),
        attributes=attributes(assertion),
    )


def parse(text: str) -> etree._Element:
    """The XML of the field ``SAMLResponse``.

    Raises:
        AuthError: it is none, or brings a document type along (SAML-17).
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_pis=True)
    try:
        root = etree.fromstring(base64.b64decode("".join(text.split()), validate=True), parser)
    except (binascii.Error, etree.XMLSyntaxError) as error:
        raise AuthError("Unable to parse XML string") from error
    if root.getroottree().docinfo.doctype or root.tag != names.protocol("Response"):
        raise AuthError("Unknown SAML response message")
    return root


def require_success(response: etree._Element) -> None:
    """Report what the identity provider says instead of an identity (SAML-12)."""
    codes = [str(code.get("Value")) for code in response.iter(names.protocol("StatusCode"))]
    if not codes or codes[0] == names.SUCCESS:
        return
    outer = codes[0].rpartition(":")[2]
    message = response.findtext(f"{names.protocol('Status')}/{names.protocol('StatusMessage')}")
    said = message or (codes[1].rpartition(":")[2] if len(codes) > 1 else "unspecified")
    raise AuthError(f"SAML provider returned {outer} error: {said}")


def name_id(assertion: etree._Element) -> str | None:
    """The name of the person, all of it (SAML-11)."""
    found = assertion.find(f"{names.assertion('Subject')}/{names.assertion('NameID')}")
    return None if found is None else whole_text(found)


def whole_text(element: etree._Element) -> str:
    """The text of an element, whatever stands in the midst of it."""
    return "".join(str(part) for part in element.itertext()).strip()


def attributes(assertion: etree._Element) -> dict[str, Value]:
    """What the assertion says about the person."""
    found: dict[str, Any] = {}
    for attribute in assertion.iter(names.assertion("Attribute")):
        values = [whole_text(value) for value in attribute.findall(names.assertion("AttributeValue"))]
        found[str(attribute.get("Name"))] = values[0] if len(values) == 1 else values
    return found
