"""Seeds: what the SAML provider believes, and what it asks."""

from __future__ import annotations

import base64
import copy
import zlib
from typing import Any
from urllib.parse import urlencode

from lxml import etree
from signxml.verifier import XMLVerifier

from reference_backend.errors import AuthError
from reference_backend.saml import answer, authn_request, conditions, names, signatures
from reference_backend.saml import routes as saml_routes
from tests.trials.first import claims_plays as plays
from tests.trials.first.claims_plays import told
from tests.trials.seed import always, nothing, replace, seed, wrap

SAML = {"providers": ("saml",)}
ALL = {"providers": ("saml", "saml-assertion", "saml-response")}


def fields(page: Any) -> dict[str, str]:
    """The fields of a form that submits itself."""
    import html
    import re

    return {name: html.unescape(value) for name, value in re.findall(r'name="([^"]+)"\s+value="([^"]*)"', page.text)}


def answered(
    bench: Any, browser: Any, provider: str, *faults: Any, persona: str = "plain", query: str = ""
) -> dict[str, str]:
    """The form with which an identity provider sends somebody back."""
    location = browser.get(f"{bench.auth}/{provider}/start?env=development{query}", allow_redirects=False).headers[
        "Location"
    ]
    return fields(plays.consent(bench, browser, location, persona, *faults))


def bring(bench: Any, browser: Any, provider: str, form: dict[str, str], method: str = "POST") -> Any:
    """Bring the form to the backend; who is signed in."""
    where = {"data": form} if method == "POST" else {"params": form}
    page = browser.request(method, f"{bench.auth}/{provider}/handler/frame", **where)
    message = plays.message(page)
    return told(message) if "response" in message else "refused"


def answers(bench: Any, provider: str, *forms: Any) -> Any:
    """A sign-in with each of these faults."""
    browser = bench.browser()
    return [
        bring(bench, browser, provider, answered(bench, browser, provider, *([form] if form else []))) for form in forms
    ]


def content(**members: Any) -> dict[str, Any]:
    """The fault of an answer that says this under a good signature."""
    return {"fault": "saml-content", **members}


WRAPPED = tuple(
    {"fault": "saml-wrapped", "variant": variant, "name_id": "robin-vale"}
    for variant in (
        "response-in-extensions",
        "response-in-object",
        "response-of-same-id",
        "assertion-behind",
        "assertion-in-front",
        "assertion-in-extensions",
        "assertion-in-object",
        "assertion-in-advice",
        "assertion-of-same-id",
    )
)
FORGED = (
    None,
    "saml-unsigned",
    {"fault": "saml-unsigned", "parts": ["response"]},
    {"fault": "saml-unsigned", "parts": ["assertion"]},
    "saml-foreign-key",
    "saml-garbled-signature",
    {"fault": "saml-tampered", "name_id": "robin-vale"},
    "saml-document-type",
    {"fault": "saml-comment", "before": 3},
    *WRAPPED,
)


def forgeries(bench: Any) -> Any:
    """Sign in with forged answers, at providers that want other parts signed."""
    return [answers(bench, provider, *FORGED) for provider in ("saml", "saml-assertion", "saml-response")]


@seed(
    "CVE-2022-39299 family (passport-saml); SAML core section 5",
    bites=forgeries,
    critical=True,
    family="saml-unsigned",
    **ALL,
)
def saml_signature_only_if_there() -> None:
    """A response or assertion without signature is taken; one with a wrong signature is not."""
    wrap(
        signatures,
        "require_signature",
        lambda old, element, certificate, message: (
            old(element, certificate, message)
            if element.find("{http://www.w3.org/2000/09/xmldsig#}Signature") is not None
            else element
        ),
    )


@seed("CVE-2025-47949 (samlify); CVE-2024-45409 (ruby-saml): signature wrapping", bites=forgeries, critical=True, **ALL)
def saml_wrapped_answers() -> None:
    """Any good signature anywhere in the answer is enough for the first assertion of it."""

    def signed(settings: Any, root: Any) -> Any:
        for element in root.iter(names.protocol("Response"), names.assertion("Assertion")):
            try:
                signatures.require_signature(element, settings.certificate, "no")
            except AuthError:
                continue
            return root
        raise AuthError("Invalid document signature")

    replace(signatures, "signed_response", signed)
    replace(
        signatures, "signed_assertion", lambda settings, response: next(response.iter(names.assertion("Assertion")))
    )


@seed(
    "SAML core section 5.4.2; CVE-2025-29774, CVE-2025-29775 (xml-crypto)",
    bites=forgeries,
    critical=True,
    family="saml-what-is-signed",
    **ALL,
)
def saml_unsigned_copy_is_read() -> None:
    """The signature is verified, and then the element is read as it came instead of what the signature covers."""

    def check(element: Any, certificate: Any, message: str) -> Any:
        try:
            XMLVerifier().verify(copy.deepcopy(element), x509_cert=certificate, id_attribute="ID")
        except Exception as error:
            raise AuthError(message) from error
        return element

    replace(signatures, "require_signature", check)


@seed(
    "CVE-2017-11427, CVE-2018-0489 (comments in NameID); Canonical XML section 2.1",
    bites=forgeries,
    critical=True,
    **ALL,
)
def saml_name_up_to_a_comment() -> None:
    """Of a name with a comment in its midst only the part before it is read."""

    def check(element: Any, certificate: Any, message: str) -> Any:
        original(element, certificate, message)
        return element

    original = signatures.require_signature
    replace(signatures, "require_signature", check)
    replace(answer, "whole_text", lambda element: (element.text or "").strip())


@seed("SAML core section 5.4.5", bites=forgeries, critical=True, **ALL)
def saml_certificate_of_the_answer() -> None:
    """The certificate that comes with the signature verifies it."""

    def check(element: Any, certificate: Any, message: str) -> Any:
        try:
            return original(element, certificate, message)
        except AuthError:
            found = element.findtext(".//{http://www.w3.org/2000/09/xmldsig#}X509Certificate")
            if not found:
                raise
            from cryptography import x509

            body = "".join(found.split())
            return original(element, x509.load_der_x509_certificate(base64.b64decode(body)), message)

    original = signatures.require_signature
    replace(signatures, "require_signature", check)


@seed("W3C XML Signature Best Practices section 2.1; CWE-611", bites=forgeries, critical=True, **ALL)
def saml_document_types() -> None:
    """An answer with a document type is read, entities included."""

    def parse(text: str) -> Any:
        try:
            return etree.fromstring(base64.b64decode(text), etree.XMLParser(resolve_entities=True))
        except Exception as error:
            raise AuthError("Unable to parse XML string") from error

    replace(answer, "parse", parse)


@seed(
    "SAML profiles section 4.1.4.5 (assertion MUST be protected)",
    bites=forgeries,
    critical=True,
    family="saml-unsigned",
    providers=("saml-assertion",),
)
def saml_assertion_unprotected() -> None:
    """Where the response need not be signed, the assertion need not be either."""
    replace(
        signatures,
        "must_be_signed_itself",
        lambda settings: settings.wants_signed_assertion and settings.wants_signed_response,
    )


def contents(bench: Any) -> Any:
    """Sign in with answers that say the wrong things under good signatures."""
    return answers(
        bench,
        "saml",
        None,
        "saml-wrong-audience",
        "saml-missing-audience",
        "saml-expired",
        "saml-not-yet-valid",
        "saml-wrong-request",
        "saml-wrong-issuer",
        "saml-wrong-recipient",
        "saml-wrong-destination",
        "saml-unsolicited",
        content(audience="mock-saml-other"),
        content(audience=""),
        content(not_on_or_after=-60),
        content(not_on_or_after=-2000),
        content(not_before=60),
        content(not_before=2000),
        content(in_response_to="_x"),
        content(recipient="http://localhost/"),
        content(recipient=""),
        content(destination=""),
        content(name_id=""),
        content(name_id="robin-vale "),
        content(name_id="Ada-Quill"),
        content(attributes={"email": ["a@x.example", "b@x.example"]}),
        content(attributes={"email": None, "mail": "m@x.example"}),
        content(attributes={"displayName": None}),
        content(assertion_id="_same"),
        content(assertion_id="_same"),
        content(issuer=""),
        content(response_issuer=""),
        content(attributes={"email": None, "urn:oid:0.9.2342.19200300.100.1.3": "o@x.example"}),
    )


@seed("SAML core section 2.5.1.4", bites=contents, critical=True, family="saml-audience", **SAML)
def saml_audience_not_compared() -> None:
    """Assertions for other service providers are taken."""
    replace(conditions, "require_audience", nothing)


@seed(
    "SAML profiles section 4.1.4.2 (AudienceRestriction MUST be there)",
    bites=contents,
    critical=True,
    family="saml-audience",
    **SAML,
)
def saml_audience_only_if_there() -> None:
    """An assertion without audience is for everybody."""

    def around(old: Any, settings: Any, assertion: Any) -> None:
        if assertion.find(f"{names.assertion('Conditions')}/{names.assertion('AudienceRestriction')}") is not None:
            old(settings, assertion)

    wrap(conditions, "require_audience", around)


@seed("SAML core section 2.5.1.2; CWE-613", bites=contents, critical=True, family="saml-times", **SAML)
def saml_end_not_looked_at() -> None:
    """NotOnOrAfter is not compared with the clock."""

    def check(settings: Any, element: Any, now: float) -> None:
        begin = conditions.moment(element.get("NotBefore"))
        if begin is not None and now < begin:
            raise AuthError(conditions.NOT_YET_VALID)

    replace(conditions, "require_window", check)


@seed("SAML core section 2.5.1.2 (NotBefore)", bites=contents, family="saml-times", **SAML)
def saml_begin_not_looked_at() -> None:
    """NotBefore is not compared with the clock."""

    def check(settings: Any, element: Any, now: float) -> None:
        end = conditions.moment(element.get("NotOnOrAfter"))
        if end is not None and now >= end:
            raise AuthError(conditions.EXPIRED)

    replace(conditions, "require_window", check)


@seed(
    "SAML profiles section 4.1.4.3 (Recipient MUST match)",
    bites=contents,
    critical=True,
    family="saml-recipient",
    **SAML,
)
def saml_recipient_not_compared() -> None:
    """The recipient of a confirmation is not compared with the callback."""
    replace(conditions, "require_recipient", nothing)


@seed(
    "SAML profiles section 4.1.4.2 (Recipient is required)",
    bites=contents,
    critical=True,
    family="saml-recipient",
    **SAML,
)
def saml_recipient_only_if_there() -> None:
    """A confirmation without recipient may be shown anywhere."""
    wrap(
        conditions,
        "require_recipient",
        lambda old, settings, data: old(settings, data) if data.get("Recipient") else None,
    )


@seed("SAML bindings section 3.5.5.2 (Destination MUST match)", bites=contents, **SAML)
def saml_destination_not_compared() -> None:
    """The destination of an answer is not compared with the callback."""
    replace(conditions, "require_destination", nothing)


@seed("SAML profiles section 4.1.4.3 (InResponseTo)", bites=contents, critical=True, **SAML)
def saml_any_request() -> None:
    """An answer to a request that nobody made is taken."""
    replace(conditions, "require_own_request", nothing)


@seed(
    "SAML profiles section 4.1.5 (unsolicited responses); SAML-18",
    bites=contents,
    level="SHOULD",
    family="saml-unsolicited",
    **SAML,
)
def saml_issuer_may_differ() -> None:
    """Who answers may be another one than who vouches."""
    replace(conditions, "require_same_issuer", nothing)


@seed("SAML core section 2.7.3.1 (AttributeValue may be repeated)", bites=contents, **SAML)
def saml_last_of_several_values() -> None:
    """Of an attribute with several values the last one is taken."""
    from reference_backend.saml import sign_in

    wrap(
        sign_in,
        "text",
        lambda old, attributes, name: (
            attributes[name][-1]
            if isinstance(attributes.get(name), list) and attributes[name]
            else old(attributes, name)
        ),
    )


@seed("RFC 4524 section 2.16 (mail, 0.9.2342.19200300.100.1.3); SAML-04", bites=contents, **SAML)
def saml_address_in_one_attribute_only() -> None:
    """The address is read from the attribute email only."""
    from reference_backend.saml import sign_in

    replace(sign_in, "EMAIL_NAMES", ("email",))


def replays(bench: Any) -> Any:
    """Bring an answer twice, by GET, to another provider, altered in white space, with the status of an error."""
    browser = bench.browser()
    form = answered(bench, browser, "saml", query="&RelayState=a%20b%26c")
    seen = [form.get("RelayState"), bring(bench, browser, "saml", form), bring(bench, bench.browser(), "saml", form)]
    form = answered(bench, browser, "saml")
    seen.append(bring(bench, browser, "saml", form, "GET"))
    lines = {
        **form,
        "SAMLResponse": "\r\n".join(form["SAMLResponse"][i : i + 76] for i in range(0, len(form["SAMLResponse"]), 76)),
    }
    seen.append(bring(bench, browser, "saml", lines))
    seen.append(bring(bench, browser, "saml-response", answered(bench, browser, "saml")))
    other = bench.browser()
    seen.append(bring(bench, other, "saml", answered(bench, browser, "saml", "saml-unsolicited")))
    for one in (
        {"SAMLResponse": "!!!"},
        {"SAMLResponse": ""},
        {},
        {"SAMLResponse": base64.b64encode(b"<a/>").decode()},
    ):
        seen.append(bring(bench, browser, "saml", one))
    seen.append(answers(bench, "saml", "saml-error", {"fault": "saml-error", "code": "Requester"}))
    page = browser.post(
        f"{bench.auth}/saml/handler/frame",
        data=answered(bench, browser, "saml", {"fault": "saml-error", "message": "No <entry>"}),
    )
    seen.append(plays.message(page).get("error", {}).get("message"))
    return seen


@seed(
    "SAML profiles section 4.1.4.5 (bearer assertions are not replayed); CWE-294",
    bites=replays,
    critical=True,
    family="saml-replay",
    **SAML,
)
def saml_assertions_used_twice() -> None:
    """An assertion signs in as often as it is shown."""
    replace(saml_routes, "require_first_use", nothing)


@seed("RFC 2045 section 6.8 (line breaks in base64); SAML bindings section 3.5.4", bites=replays, **SAML)
def saml_answers_with_line_breaks() -> None:
    """An answer whose base64 has line breaks is refused."""
    wrap(answer, "parse", lambda old, text: old(text if text.split() == [text] else "!"))


@seed("SAML bindings section 3.4.3 (RelayState MUST be returned)", bites=replays, **SAML)
def saml_relay_state_not_sent() -> None:
    """RelayState of a start is not sent on."""
    replace(saml_routes, "relay_state", always(None))


@seed("SAML core section 3.2.2.2 (status)", bites=replays, **SAML)
def saml_errors_without_their_message() -> None:
    """What the identity provider says about a failure is not passed on."""

    def check(response: Any) -> None:
        code = next((str(one.get("Value")) for one in response.iter(names.protocol("StatusCode"))), names.SUCCESS)
        if code != names.SUCCESS:
            raise AuthError("SAML provider returned an error")

    replace(answer, "require_success", check)


def starts(bench: Any) -> Any:
    """What requests look like to an identity provider: read, signed, once each."""
    browser = bench.browser()
    seen: list[Any] = []
    for provider in ("saml", "saml-signed"):
        answer_ = browser.get(f"{bench.auth}/{provider}/start?RelayState=a%20b~", allow_redirects=False)
        found = plays.query_of(answer_.headers["Location"])
        page = browser.get(answer_.headers["Location"])
        seen.append([answer_.status_code, sorted(found), page.status_code, found.get("RelayState")])
    ids = set()
    for _ in range(2):
        location = browser.get(f"{bench.auth}/saml/start", allow_redirects=False).headers["Location"]
        try:
            xml = zlib.decompress(base64.b64decode(plays.query_of(location)["SAMLRequest"][0]), -15)
            root = etree.fromstring(xml)
            ids.add(root.get("ID"))
            seen.append(
                [
                    root.get("AssertionConsumerServiceURL") == f"{bench.auth}/saml/handler/frame",
                    root.get("Version"),
                    root.get("ID", "0")[0].isdigit(),
                    sorted(root.attrib),
                    [etree.QName(one).localname for one in root],
                ]
            )
        except (zlib.error, etree.XMLSyntaxError):
            seen.append("unreadable")
    return [*seen, len(ids)]


@seed("SAML bindings section 3.4.4.1 (DEFLATE, RFC 1951)", bites=starts, **SAML)
def saml_requests_with_zlib_header() -> None:
    """Requests are compressed with the header of zlib, which DEFLATE has not."""

    def url(settings: Any, request: bytes, relay_state: Any) -> str:
        parameters = {"SAMLRequest": base64.b64encode(zlib.compress(request)).decode()}
        if relay_state is not None:
            parameters["RelayState"] = relay_state
        return f"{settings.entry_point}?{authn_request.signed(settings, urlencode(parameters))}"

    replace(authn_request, "redirect_url", url)


@seed(
    "SAML bindings section 3.4.4.1 (the signature covers the encoded query)", bites=starts, providers=("saml-signed",)
)
def saml_signature_without_relay_state() -> None:
    """The signature of a request does not cover its RelayState."""

    def signed(settings: Any, query: str) -> str:
        if settings.private_key is None or "&RelayState" not in query:
            return original(settings, query)
        head, _, relay = query.partition("&RelayState")
        return original(settings, head) + "&RelayState" + relay

    original = authn_request.signed
    replace(authn_request, "signed", signed)


@seed("SAML core section 1.3.4 (unique identifiers, at least 128 bits); CWE-340", bites=starts, critical=True, **SAML)
def saml_requests_of_one_id() -> None:
    """All requests of a process have the same id."""
    first: list[str] = []

    def make(random: bytes) -> str:
        first.append(f"_{random.hex()}")
        return first[0]

    replace(authn_request, "make_id", make)


@seed("XML Schema: NCName of xs:ID; SAML core section 1.3.4", bites=starts, **SAML)
def saml_ids_that_are_none() -> None:
    """The id of a request has no underscore in front and may begin with a digit."""
    replace(authn_request, "make_id", lambda random: "0" + random.hex())


@seed("SAML profiles section 4.1.4.1; passport-saml additionalParams", bites=starts, **SAML)
def saml_signature_unused() -> None:
    """A configured private key is read and requests are not signed."""
    replace(authn_request, "signed", lambda settings, query: query)
