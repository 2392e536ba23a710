"""The SAML provider: what it asks, whose signature it takes for what, and under which conditions it believes."""

from __future__ import annotations

import base64
import copy
from collections.abc import Callable
from typing import Any

from cryptography import x509
from flask import Response
from lxml import etree
from signxml.exceptions import InvalidDigest, InvalidInput, InvalidSignature
from signxml.verifier import SignatureConfiguration, XMLVerifier

from reference_backend.errors import AuthError
from reference_backend.http import responses
from reference_backend.identity import entity_ref
from reference_backend.identity.resolver_context import ByRef, ResolverContext
from reference_backend.identity.session_response import SignIn
from reference_backend.saml import answer, authn_request, conditions, names, sign_in, signatures
from reference_backend.saml import routes as saml_routes
from reference_backend.saml.answer import SamlIdentity
from reference_backend.saml.configuration import SamlSettings
from tests.defects.defect import always, defect, nothing, replace, wrap

BOTH, ASSERTION, RESPONSE, SIGNED = ("saml",), ("saml-assertion",), ("saml-response",), ("saml-signed",)
Element = etree._Element
Require = Callable[[Element, x509.Certificate, str], Element]
Xml = Callable[[SamlSettings, str, float], bytes]
Sign = Callable[[SamlSettings, str], str]


# --- the request ----------------------------------------------------------------------------------


@defect("SAML-06", providers=BOTH)
def saml_request_ids_the_same() -> None:
    """Every authentication request has the same id."""
    replace(authn_request, "make_id", always("_the-same-for-everybody"))


@defect("SAML-06", providers=BOTH)
def saml_context_compared_otherwise() -> None:
    """A request takes any better way to sign in at the identity provider as well."""

    def at_least(original: Xml, settings: SamlSettings, request_id: str, now: float) -> bytes:
        return original(settings, request_id, now).replace(b'"exact"', b'"minimum"')

    wrap(authn_request, "xml", at_least)


@defect("SAML-02", providers=BOTH)
def saml_relay_state_made_up() -> None:
    """Start sends a state of its own along."""
    replace(saml_routes, "relay_state", always("made-up"))


@defect("SAML-02", providers=BOTH)
def saml_relay_state_dropped() -> None:
    """Start forgets the state that it was given."""
    replace(saml_routes, "relay_state", always(None))


@defect("SAML-20", providers=SIGNED, stops_cases=True)
def saml_requests_not_signed() -> None:
    """A request is not signed although there is a key for it."""
    replace(authn_request, "signed", lambda settings, query: query)


@defect("SAML-20", providers=SIGNED, stops_cases=True)
def saml_request_signed_without_its_state() -> None:
    """The signature of a request does not cover the state that goes with it."""

    def half(original: Sign, settings: SamlSettings, query: str) -> str:
        bare, separator, state = query.partition("&RelayState=")
        return f"{original(settings, bare)}{separator}{state}"

    wrap(authn_request, "signed", half)


@defect("SAML-21", providers=SIGNED)
def saml_request_signed_in_another_spelling() -> None:
    """What is signed is the query as another encoder would have written it."""

    def spelt(original: Sign, settings: SamlSettings, query: str) -> str:
        other = original(settings, query.replace("+", "%20"))
        return other.replace(query.replace("+", "%20"), query, 1)

    wrap(authn_request, "signed", spelt)


# --- signatures -----------------------------------------------------------------------------------


@defect("SAML-07", providers=BOTH)
def saml_signatures_not_checked() -> None:
    """Whatever comes in is taken for signed."""
    replace(signatures, "require_signature", lambda element, certificate, message: element)


@defect("SAML-07", "SAML-12", providers=BOTH)
def saml_answer_signature_not_wanted() -> None:
    """The assertion has to be signed, the answer around it need not, and may say any status."""
    replace(signatures, "signed_response", lambda settings, root: root)
    replace(answer, "require_success", nothing)


@defect("SAML-07", providers=BOTH)
def saml_assertion_signature_not_wanted() -> None:
    """A signed answer is enough where the assertion has to be signed, too."""
    replace(signatures, "must_be_signed_itself", always(False))


@defect("SAML-07", providers=ASSERTION)
def saml_assertion_not_signed_at_all() -> None:
    """Where the answer need not be signed, the assertion need not be either."""
    replace(signatures, "must_be_signed_itself", always(False))


@defect("SAML-07", providers=BOTH)
def saml_key_of_the_answer_trusted() -> None:
    """The certificate in a SAML response is trusted like the configured one."""

    def with_its_own(original: Require, element: Element, certificate: x509.Certificate, message: str) -> Element:
        for found in element.iter(f"{{{names_of_signatures()}}}X509Certificate"):
            pem = f"-----BEGIN CERTIFICATE-----\n{''.join((found.text or '').split())}\n-----END CERTIFICATE-----\n"
            certificate = x509.load_pem_x509_certificate(pem.encode())
            break
        return original(element, certificate, message)

    wrap(signatures, "require_signature", with_its_own)


def names_of_signatures() -> str:
    """The namespace of XML signatures."""
    return "http://www.w3.org/2000/09/xmldsig#"


def document_believed(element: Element, certificate: x509.Certificate, message: str) -> Element:
    """Look for a good signature wherever it is, and then read what is in the usual place."""
    anywhere = SignatureConfiguration(location=".//")
    for signature in element.iter(f"{{{names_of_signatures()}}}Signature"):
        around = copy.deepcopy(element)
        others = [
            one for one in around.iter(str(signature.tag)) if one.findtext(".//{*}SignatureValue") != value(signature)
        ]
        for other in others:
            parent = other.getparent()
            if parent is not None and signature.tag == other.tag:
                parent.remove(other)
        try:
            XMLVerifier().verify(around, x509_cert=certificate, id_attribute="ID", expect_config=anywhere)
        except (InvalidSignature, InvalidDigest, InvalidInput, ValueError):
            continue
        return element
    raise AuthError(message)


def value(signature: Element) -> str | None:
    """The value of a signature, which tells it from others."""
    return signature.findtext(".//{*}SignatureValue")


@defect("SAML-08", providers=RESPONSE)
def saml_document_read_instead_of_what_is_signed() -> None:
    """Any valid signature in the SAML response counts for an element that it does not cover."""
    replace(signatures, "require_signature", document_believed)
    replace(signatures, "only_assertion", lambda response: response.findall(names.assertion("Assertion"))[0])


@defect("SAML-08", providers=ASSERTION)
def saml_another_assertion_read_than_is_signed() -> None:
    """Some assertion has to be signed; the one that is read stands in the usual place."""

    def believed(settings: SamlSettings, response: Element) -> Element:
        document_believed(response, settings.certificate, "Invalid signature")
        return response.findall(names.assertion("Assertion"))[0]

    replace(signatures, "signed_assertion", believed)


@defect("SAML-08", providers=ASSERTION)
def saml_first_of_several_assertions_taken() -> None:
    """An answer may have several assertions, of which the first counts."""
    replace(signatures, "only_assertion", lambda response: response.findall(names.assertion("Assertion"))[0])


@defect("SAML-11", providers=(*BOTH, *ASSERTION))
def saml_name_ends_at_a_comment() -> None:
    """The name is read from the document, and only up to the first node that is no text."""

    def as_it_came(
        original: Callable[[SamlSettings, Element], Element], settings: SamlSettings, root: Element
    ) -> Element:
        original(settings, root)
        return root

    wrap(signatures, "signed_response", as_it_came)
    wrap(
        signatures,
        "signed_assertion",
        lambda original, settings, response: (original(settings, response), signatures.only_assertion(response))[1],
    )
    replace(answer, "whole_text", lambda element: (element.text or "").strip())


@defect("SAML-22", providers=BOTH)
def saml_answers_in_one_line_only() -> None:
    """An answer with line breaks is no base64."""
    wrap(answer, "parse", lambda original, text: original(text if text.split() == [text] else "!"))


@defect("SAML-17", providers=BOTH)
def saml_document_types_obeyed() -> None:
    """Entities of a document type are expanded."""
    parser = etree.XMLParser(resolve_entities=True)
    replace(answer, "parse", lambda text: etree.fromstring(base64.b64decode(text), parser))


# --- conditions -----------------------------------------------------------------------------------


@defect("SAML-09", providers=(*BOTH, *ASSERTION, *RESPONSE))
def saml_times_ignored() -> None:
    """An assertion counts for ever."""
    replace(conditions, "require_window", nothing)


@defect("SAML-10", providers=(*BOTH, *ASSERTION, *RESPONSE))
def saml_audience_ignored() -> None:
    """An assertion for another audience is accepted."""
    replace(conditions, "require_audience", nothing)


@defect("SAML-15", providers=BOTH)
def saml_recipient_ignored() -> None:
    """An assertion that may be shown elsewhere only counts here."""
    replace(conditions, "require_recipient", nothing)


@defect("SAML-15", providers=BOTH)
def saml_destination_ignored() -> None:
    """An answer that was sent elsewhere counts here."""
    replace(conditions, "require_destination", nothing)


@defect("SAML-16", providers=BOTH)
def saml_issuers_not_compared() -> None:
    """The issuers of SAML response and assertion are not compared."""
    replace(conditions, "require_same_issuer", nothing)


@defect("SAML-14", providers=BOTH)
def saml_request_not_known() -> None:
    """A SAML response to another backend's request is accepted."""
    replace(conditions, "require_own_request", nothing)


@defect("SAML-13", providers=(*BOTH, *RESPONSE))
def saml_assertions_reused() -> None:
    """An assertion is accepted more than once."""
    replace(saml_routes, "require_first_use", nothing)


# --- the session ----------------------------------------------------------------------------------


@defect("SAML-12", providers=BOTH)
def saml_status_not_reported() -> None:
    """The error status of the identity provider is not reported."""
    replace(answer, "require_success", nothing)


@defect("SAML-12", providers=BOTH)
def saml_status_message_dropped() -> None:
    """Only the codes of a SAML error status are reported, not its message."""

    def without_message(original: Callable[[Element], None], response: Element) -> None:
        for message in list(response.iter(names.protocol("StatusMessage"))):
            parent = message.getparent()
            if parent is not None:
                parent.remove(message)
        original(response)

    wrap(answer, "require_success", without_message)


@defect("SAML-04", providers=BOTH)
def saml_mail_attribute_unknown() -> None:
    """The address is taken from one attribute only."""
    replace(sign_in, "EMAIL_NAMES", ("email",))


@defect("SAML-04", providers=BOTH)
def saml_mail_attribute_first() -> None:
    """The address is taken from the second best attribute, if there are two."""
    replace(sign_in, "EMAIL_NAMES", ("mail", "email", names.MAIL_OID))


@defect("SAML-04", providers=BOTH)
def saml_display_name_from_the_name() -> None:
    """Without a display name, the profile has the NameID instead."""

    def named(original: Callable[[SamlIdentity], Any], identity: SamlIdentity) -> Any:
        return original(
            SamlIdentity(identity.name_id, "", None, {"displayName": identity.name_id or "", **identity.attributes})
        )

    wrap(sign_in, "profile", named)


@defect("SAML-19", providers=BOTH)
def saml_user_found_by_address() -> None:
    """The user is found by the local part of the e-mail address instead of the NameID."""

    def by_address(identity: SamlIdentity, context: ResolverContext) -> SignIn:
        local_part = str(identity.attributes.get("email", "")).partition("@")[0]
        return context.sign_in(ByRef(entity_ref.user(local_part)))

    replace(sign_in, "by_name_id", by_address)


@defect("SAML-05", providers=BOTH)
def saml_logout_without_content() -> None:
    """Signing out answers that there is nothing."""
    replace(saml_routes.SamlRoutes, "logout", lambda self: responses.empty(204))


@defect("SAML-03", providers=BOTH, stops_cases=True)
def saml_failures_as_json() -> None:
    """A failed callback answers an error that the popup cannot pass on."""

    def thrown(self: saml_routes.SamlRoutes) -> Response:
        return responses.json_response(saml_routes.session(self.settings))

    replace(saml_routes.SamlRoutes, "frame", thrown)
