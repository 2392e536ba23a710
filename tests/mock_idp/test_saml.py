"""The SAML identity provider: what it takes for a request, what it answers, and how answers go wrong."""

import base64
import hashlib
import json
import zlib
from typing import Any
from urllib.parse import urlencode

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from lxml import etree
from signxml.exceptions import InvalidInput, InvalidSignature
from signxml.verifier import SignatureConfiguration, XMLVerifier
from werkzeug.test import TestResponse

from mock_idp.faults.saml import SAML_FAULTS
from mock_idp.saml import forgery, names, signing
from tests.mock_idp.conftest import World, form_of, make_world

IDP = "http://localhost/saml"
CALLBACK = "http://localhost:7007/api/auth/saml/handler/frame"
REQUEST = f"""<samlp:AuthnRequest xmlns:samlp="{names.PROTOCOL}" xmlns:saml="{names.ASSERTION}" ID="_asked"
 Version="2.0" ProtocolBinding="{{binding}}" AssertionConsumerServiceURL="{{url}}" Destination="{{destination}}">
 <saml:Issuer>{{issuer}}</saml:Issuer><samlp:NameIDPolicy Format="{{format}}"/></samlp:AuthnRequest>"""
FACTS = {
    "binding": names.HTTP_POST,
    "url": CALLBACK,
    "destination": f"{IDP}/sso",
    "issuer": "mock-saml",
    "format": names.UNSPECIFIED,
}
NEEDED: dict[str, Any] = {
    "saml-tampered": {"name_id": "robin-vale"},
    "saml-wrapped": {"name_id": "robin-vale", "variant": "response-in-object"},
    "saml-comment": {"before": 3},
    "saml-content": {"audience": "x"},
}


@pytest.fixture
def world() -> World:
    return make_world("saml", "saml")


def deflated(xml: str) -> str:
    deflater = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return base64.b64encode(deflater.compress(xml.encode()) + deflater.flush()).decode()


def ask(world: World, relay_state: str | None = None, **changes: str) -> TestResponse:
    query = {"SAMLRequest": deflated(REQUEST.format(**{**FACTS, **changes}))}
    return world.http.get("/saml/sso", query_string=query | ({"RelayState": relay_state} if relay_state else {}))


def sign_in(world: World, *faults: Any, persona: str = "plain", decision: str = "allow", **changes: str) -> str:
    """The answer's XML."""
    page = world.decide(ask(world, **changes), persona, decision, faults=json.dumps(list(faults)))
    assert page.status_code == 200, page.text
    return base64.b64decode(dict(form_of(page).fields)["SAMLResponse"]).decode()


def parsed(text: str) -> etree._Element:
    return etree.fromstring(text.encode(), etree.XMLParser(resolve_entities=False))


def of(provider: str) -> dict[str, str]:
    return {"issuer": f"mock-{provider}", "url": CALLBACK.replace("/saml/", f"/{provider}/")}


def has_good_signature(element: etree._Element, location: str = "./") -> bool:
    certificate = x509.load_pem_x509_certificate(signing.certificate_pem().encode())
    config = SignatureConfiguration(location=location)
    try:
        XMLVerifier().verify(etree.tostring(element), x509_cert=certificate, id_attribute="ID", expect_config=config)
    except (InvalidSignature, InvalidInput, etree.XMLSyntaxError):
        return False
    return True


def test_the_certificate_is_the_same_everywhere() -> None:
    # It stands in people's app-configs: a change of it is a change that they have to hear of.
    digest = hashlib.sha256(signing.certificate_pem().encode()).hexdigest()
    assert digest == "90a59b48f5822e131b9164b8e8ed211a784b7b45495f39de57c2500cf39a0dd3"


@pytest.mark.parametrize(
    ("provider", "signed"),
    [("saml", (True, True)), ("saml-assertion", (False, True)), ("saml-response", (True, False))],
)
def test_what_is_signed_is_what_the_provider_wants(world: World, provider: str, signed: tuple[bool, bool]) -> None:
    root = parsed(sign_in(world, **of(provider)))
    assertion = root.find(names.assertion("Assertion"))
    assert assertion is not None
    assert (has_good_signature(root), has_good_signature(assertion)) == signed


def test_an_answer_says_whom_and_where_it_is_for(world: World) -> None:
    root = parsed(sign_in(world))
    data = root.find(f".//{names.assertion('SubjectConfirmationData')}")
    assert data is not None
    assert (root.get("Destination"), root.get("InResponseTo")) == (CALLBACK, "_asked")
    assert (data.get("Recipient"), data.get("InResponseTo")) == (CALLBACK, "_asked")
    assert root.findtext(f".//{names.assertion('Audience')}") == "mock-saml"
    assert {issuer.text for issuer in root.iter(names.assertion("Issuer"))} == {f"{IDP}/metadata"}


@pytest.mark.parametrize(
    ("format_", "persona", "name"),
    [
        (names.UNSPECIFIED, "plain", "ada-quill"),
        ("", "plain", "ada-quill"),
        (names.EMAIL_ADDRESS, "plain", "ada-quill@lumenfold.example"),
        (names.EMAIL_ADDRESS, "no-email", "bela-marsh"),
    ],
)
def test_people_are_named_as_asked(world: World, format_: str, persona: str, name: str) -> None:
    root = parsed(sign_in(world, persona=persona, format=format_))
    assert root.findtext(f".//{names.assertion('NameID')}") == name


def test_opaque_names_are_opaque(world: World) -> None:
    found = parsed(sign_in(world, format=names.PERSISTENT)).findtext(f".//{names.assertion('NameID')}") or ""
    assert len(found) == 36 and "ada" not in found


def test_relay_state_comes_back(world: World) -> None:
    page = world.decide(ask(world, relay_state="<kept>"))
    assert dict(form_of(page).fields)["RelayState"] == "<kept>"
    assert "RelayState" not in dict(form_of(world.decide(ask(world))).fields)


def test_a_persona_can_say_no(world: World) -> None:
    root = parsed(sign_in(world, decision="deny"))
    assert [code.get("Value") for code in root.iter(names.protocol("StatusCode"))] == [
        names.RESPONDER,
        names.REQUEST_DENIED,
    ]
    assert root.find(names.assertion("Assertion")) is None
    assert has_good_signature(root)


@pytest.mark.parametrize(
    ("changes", "description"),
    [
        ({"issuer": "somebody"}, "Registered service providers: mock-saml"),
        ({"url": "https://evil.test/"}, "wants the answer at"),
        ({"destination": "https://other.test/sso"}, "The request is for"),
        (
            {"binding": "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Artifact"},
            "only urn:oasis:names:tc:SAML:2.0:bindings",
        ),
        ({"format": "urn:x"}, "The NameIDPolicy asks for"),
    ],
)
def test_a_wrong_request_is_refused(world: World, changes: dict[str, str], description: str) -> None:
    answer = ask(world, **changes)
    assert answer.status_code >= 400
    assert description in answer.headers["Mock-Idp-Refusal"]
    assert "Location" not in answer.headers


def test_a_service_provider_that_signs_has_to() -> None:
    world = make_world("saml", "saml")
    unsigned = ask(world, **of("saml-signed"))
    assert "signs its requests" in unsigned.headers["Mock-Idp-Refusal"]
    algorithm = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
    text = urlencode({"SAMLRequest": deflated(REQUEST.format(**FACTS | of("saml-signed"))), "SigAlg": algorithm})

    def signed(owner: str, altered: str = text) -> TestResponse:
        value = signing.private_key(owner).sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
        return world.http.get(f"/saml/sso?{altered}&{urlencode({'Signature': base64.b64encode(value).decode()})}")

    assert signed(signing.SERVICE_PROVIDER).status_code == 200
    assert signed(signing.SERVICE_PROVIDER, text.replace("sha256", "sha512")).status_code >= 400
    assert signed(signing.SERVICE_PROVIDER, f"{text}&RelayState=more").status_code >= 400
    assert signed(signing.IDENTITY_PROVIDER).status_code >= 400


@pytest.mark.parametrize(
    "text", ["", "%%%", "AAAA", deflated("no XML"), deflated("<x/>"), deflated("<x>" + "y" * 200_000 + "</x>")]
)
def test_what_is_no_request_is_refused(world: World, text: str) -> None:
    answer = world.http.get("/saml/sso", query_string={"SAMLRequest": text})
    assert answer.status_code >= 400
    assert "SAMLRequest" in answer.headers["Mock-Idp-Refusal"]


def test_metadata(world: World) -> None:
    answer = world.http.get("/saml/metadata")
    root = etree.fromstring(answer.data)
    assert answer.content_type == "application/samlmetadata+xml"
    assert root.get("entityID") == f"{IDP}/metadata"
    assert root.findtext(".//{*}X509Certificate") == signing.certificate_text()


@pytest.mark.parametrize("fault", [fault.id for fault in SAML_FAULTS])
def test_a_fault_changes_the_answer(world: World, fault: str) -> None:
    def comparable(*faults: Any) -> tuple[str | None, ...]:
        root = parsed(sign_in(world, *faults))
        texts = [*root.attrib.values(), *root.itertext()]
        kept = sorted({text for text in texts if not text.startswith("_") and len(text) < 200})
        names_ = (etree.tostring(name).decode() for name in root.iter(names.assertion("NameID")))
        return (*kept, *names_, str(has_good_signature(root)), str(root.get("InResponseTo")))

    assert comparable({"fault": fault, **NEEDED.get(fault, {})}) != comparable()


@pytest.mark.parametrize("variant", [name for name in forgery.WRAPPINGS if name.startswith("assertion")])
def test_a_wrapped_assertion_keeps_its_good_signature(world: World, variant: str) -> None:
    order = {"fault": "saml-wrapped", "variant": variant, "name_id": "robin-vale"}
    root = parsed(sign_in(world, order, **of("saml-assertion")))
    named = [name.text for name in root.iter(names.assertion("NameID"))]
    assert sorted(filter(None, named)) == ["ada-quill", "robin-vale"]
    # Two parts of one id are told by this verifier; others find the first.
    assert variant == "assertion-of-same-id" or has_good_signature(root, ".//")


def test_content_can_be_told(world: World) -> None:
    order = {
        "fault": "saml-content",
        "name_id": "x",
        "not_before": 5,
        "attributes": {"email": None, "groups": ["a", "b"]},
    }
    root = parsed(sign_in(world, order))
    values = {a.get("Name"): [v.text for v in a] for a in root.iter(names.assertion("Attribute"))}
    assert values == {"displayName": ["Ada Quill"], "groups": ["a", "b"]}
    assert root.findtext(f".//{names.assertion('NameID')}") == "x"
    assert has_good_signature(root)
