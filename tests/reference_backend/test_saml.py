"""The SAML provider with answers made up here: configuration, the request, and what no scenario brings about."""

import base64
import zlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from lxml import etree
from signxml.signer import XMLSigner

from reference_backend.config.model import Config, ConfigError
from reference_backend.errors import AuthError
from reference_backend.saml import answer, conditions, names
from reference_backend.saml import configuration as saml_settings
from reference_backend.saml.configuration import SamlSettings
from tests.reference_backend.conftest import NOW, Browser

CALLBACK = "https://backend.test/api/auth/saml/handler/frame"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def certificate() -> str:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "idp")])
    builder = x509.CertificateBuilder(name, name, KEY.public_key(), 1, datetime(2020, 1, 1), datetime(2040, 1, 1))
    return builder.sign(KEY, hashes.SHA256()).public_bytes(Encoding.PEM).decode()


CERTIFICATE = certificate()
PRIVATE_KEY = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
MINIMUM = {"entryPoint": "https://idp.test/sso?tenant=a", "issuer": "me", "audience": "me", "cert": CERTIFICATE}


def read(**changes: Any) -> SamlSettings:
    given = {name: value for name, value in {**MINIMUM, **changes}.items() if value is not None}
    return saml_settings.read(Config(given, prefix="auth.providers.saml"), CALLBACK)


def instant(seconds: float) -> str:
    return (datetime.fromtimestamp(NOW, UTC) + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S.000Z")


CONDITIONS = (
    f'<saml:Conditions NotBefore="{instant(-60)}" NotOnOrAfter="{instant(60)}"><saml:AudienceRestriction>'
    "<saml:Audience>me</saml:Audience></saml:AudienceRestriction></saml:Conditions>"
)
CONFIRMATION = (
    f'<saml:SubjectConfirmation Method="{names.BEARER}">'
    f'<saml:SubjectConfirmationData Recipient="{CALLBACK}" NotOnOrAfter="{instant(60)}"/></saml:SubjectConfirmation>'
)


def made_up(
    *,
    conditions_: str = CONDITIONS,
    confirmation: str = CONFIRMATION,
    attributes: str = "",
    name: str = "ada.quill",
    id_: str = "_a",
    signed: bool = True,
) -> str:
    """An answer without a signature around an assertion with one."""
    xml = (
        f'<saml:Assertion xmlns:saml="{names.ASSERTION}" ID="{id_}"><saml:Issuer>idp</saml:Issuer>'
        f"<saml:Subject><saml:NameID>{name}</saml:NameID>{confirmation}</saml:Subject>{conditions_}"
        f"<saml:AttributeStatement>{attributes}</saml:AttributeStatement></saml:Assertion>"
    )
    assertion = etree.fromstring(xml)
    if signed:
        assertion = XMLSigner().sign(assertion, key=KEY, cert=CERTIFICATE, reference_uri=f"#{id_}", id_attribute="ID")
    response = etree.Element(names.protocol("Response"), {"ID": "_r"}, nsmap={"samlp": names.PROTOCOL})
    response.append(assertion)
    return base64.b64encode(etree.tostring(response)).decode()


def believed(text: str, now: float = NOW, **changes: Any) -> answer.SamlIdentity:
    return answer.read(read(wantAuthnResponseSigned=False, **changes), text, now, lambda request_id: False)


def refused(text: str, now: float = NOW, **changes: Any) -> str:
    with pytest.raises(AuthError) as caught:
        believed(text, now, **changes)
    return caught.value.message


# --- configuration --------------------------------------------------------------------------------


def test_defaults() -> None:
    settings = read()
    assert settings.name_id_format == names.EMAIL_ADDRESS
    assert settings.authn_context == (names.PASSWORD,)
    assert (settings.wants_signed_response, settings.wants_signed_assertion) == (True, True)
    assert (settings.clock_skew, settings.algorithm, settings.private_key) == (0, "sha256", None)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        *(({name: None}, f"Missing required config value at 'auth.providers.saml.{name}'") for name in MINIMUM),
        ({"cert": "MIIC"}, "'auth.providers.saml.cert' is not a certificate"),
        ({"privateKey": "none"}, "'auth.providers.saml.privateKey' is not an RSA private key in PEM"),
        ({"signatureAlgorithm": "sha1"}, "'auth.providers.saml.signatureAlgorithm' is one of sha256, sha512"),
        ({"decryptionPvk": "x"}, "encrypted assertions are not supported here"),
    ],
)
def test_wrong_configuration_is_a_sentence(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        read(**changes)


def test_a_certificate_may_be_bare() -> None:
    bare = "".join(CERTIFICATE.splitlines()[1:-1])
    assert read(cert=bare).certificate == read(cert=f"{bare[:64]}\n{bare[64:]}\n").certificate == read().certificate


# --- the request ----------------------------------------------------------------------------------


@pytest.fixture
def saml(settings: dict[str, Any], make: Callable[..., Browser]) -> Callable[..., Browser]:
    def create(**changes: Any) -> Browser:
        settings["auth"]["providers"]["saml"] = {**MINIMUM, **changes}
        return make()

    return create


def location(browser: Browser, query: str = "") -> str:
    found = browser.get(f"/saml/start?env=development{query}")
    assert found.status_code == 302, found.text
    return found.headers["Location"]


def test_the_query_of_the_entry_point_is_kept(saml: Callable[..., Browser]) -> None:
    url = location(saml(identifierFormat="urn:x", authnContext=["urn:one", "urn:two"]))
    query = parse_qs(urlsplit(url).query)
    root = etree.fromstring(zlib.decompress(base64.b64decode(query["SAMLRequest"][0]), -zlib.MAX_WBITS))
    assert query.keys() == {"tenant", "SAMLRequest"}
    assert [found.text for found in root.iter(names.assertion("AuthnContextClassRef"))] == ["urn:one", "urn:two"]
    policy = root.find(names.protocol("NameIDPolicy"))
    assert policy is not None and policy.get("Format") == "urn:x"


@pytest.mark.parametrize(("algorithm", "hash_"), [("sha256", hashes.SHA256()), ("sha512", hashes.SHA512())])
def test_a_private_key_signs_requests(
    saml: Callable[..., Browser], algorithm: str, hash_: hashes.HashAlgorithm
) -> None:
    url = location(saml(privateKey=PRIVATE_KEY, signatureAlgorithm=algorithm), "&RelayState=a%20b")
    pairs = [pair for pair in parse_qsl(urlsplit(url).query) if pair[0] != "tenant"]
    assert [name for name, _ in pairs] == ["SAMLRequest", "RelayState", "SigAlg", "Signature"]
    assert dict(pairs)["SigAlg"].endswith(f"rsa-{algorithm}")
    text, signature = urlencode(pairs[:-1]).encode(), base64.b64decode(pairs[-1][1])
    KEY.public_key().verify(signature, text, padding.PKCS1v15(), hash_)


# --- the answer -----------------------------------------------------------------------------------


def test_an_answer_that_nobody_asked_for_signs_in_once(saml: Callable[..., Browser]) -> None:
    browser = saml(wantAuthnResponseSigned=False)
    first, again = (browser.post("/saml/handler/frame", {"SAMLResponse": made_up()}) for _ in range(2))
    assert (
        browser.message(first)["response"]["backstageIdentity"]["identity"]["userEntityRef"] == "user:default/ada.quill"
    )
    assert browser.page_error(again) == ("Error", "Authentication failed, SAML assertion was used before")


def test_without_any_wanted_signature_one_is_needed_nevertheless() -> None:
    assert believed(made_up(), wantAssertionsSigned=False).name_id == "ada.quill"
    assert refused(made_up(signed=False), wantAssertionsSigned=False) == "Invalid signature"


def test_clocks_may_differ_as_configured() -> None:
    assert refused(made_up(), NOW - 61) == conditions.NOT_YET_VALID
    assert refused(made_up(), NOW + 60) == conditions.EXPIRED
    assert believed(made_up(), NOW + 60, acceptedClockSkewMs=1000).name_id
    assert refused(made_up(), NOW + 61, acceptedClockSkewMs=1000) == conditions.EXPIRED
    assert believed(made_up(), NOW + 10**6, acceptedClockSkewMs=-1).name_id


def test_a_confirmation_has_a_time_of_its_own() -> None:
    late = made_up(confirmation=CONFIRMATION.replace(instant(60), instant(-1)))
    assert refused(late) == conditions.EXPIRED


def test_every_restriction_has_to_name_us() -> None:
    other = "<saml:AudienceRestriction><saml:Audience>you</saml:Audience></saml:AudienceRestriction>"
    several = CONDITIONS.replace("<saml:Audience>me", "<saml:Audience>you</saml:Audience><saml:Audience>me")
    assert believed(made_up(conditions_=several)).name_id
    both = CONDITIONS.replace("</saml:Conditions>", f"{other}</saml:Conditions>")
    assert "Expected: me Received: you" in refused(made_up(conditions_=both))


@pytest.mark.parametrize(
    "confirmation",
    [
        "",
        CONFIRMATION.replace(":bearer", ":holder-of-key"),
        CONFIRMATION.replace("Recipient=", "Nobody="),
        f'<saml:SubjectConfirmation Method="{names.BEARER}"/>',
    ],
)
def test_nobody_but_a_bearer_is_confirmed(confirmation: str) -> None:
    assert refused(made_up(confirmation=confirmation)) == conditions.NOT_CONFIRMED


def test_a_time_that_is_none_is_refused() -> None:
    assert "time" in refused(made_up(conditions_=CONDITIONS.replace(instant(60), "tomorrow")))


def test_attributes_keep_all_their_values() -> None:
    one = '<saml:Attribute Name="email"><saml:AttributeValue>a@x.test</saml:AttributeValue></saml:Attribute>'
    two = one.replace("email", "groups").replace(
        "</saml:Attribute>", "<saml:AttributeValue>b</saml:AttributeValue></saml:Attribute>"
    )
    none = '<saml:Attribute Name="empty"/>'
    identity = believed(made_up(attributes=one + two + none))
    assert identity.attributes == {"email": "a@x.test", "groups": ["a@x.test", "b"], "empty": []}


def test_an_assertion_is_remembered_as_long_as_it_counts() -> None:
    longer = CONFIRMATION.replace(instant(60), instant(300))
    assert believed(made_up(confirmation=longer)).expires_at == NOW + 300
    endless = made_up(
        conditions_=CONDITIONS.replace(f' NotOnOrAfter="{instant(60)}"', ""),
        confirmation=CONFIRMATION.replace(f' NotOnOrAfter="{instant(60)}"', ""),
    )
    assert believed(endless).expires_at is None
