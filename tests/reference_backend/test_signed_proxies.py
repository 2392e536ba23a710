"""Auth proxies that sign, as far as no scenario can show it: what is asked how often, and what starts."""

import json
from typing import Any

import jwt
import pytest
import responses
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import RSAAlgorithm

from reference_backend.config.model import ConfigError
from reference_backend.proxies import azure_easy_auth
from reference_backend.proxies.aws_alb import keys_url
from reference_backend.proxies.gcp_iap import KEYS_URL
from tests.reference_backend.conftest import NOW, Browser, Clock

EC_KEY = ec.generate_private_key(ec.SECP256R1())
RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EMAIL = {"resolvers": [{"resolver": "emailMatchingUserEntityProfileEmail"}]}
TEAM = "https://team.cloudflareaccess.com/cdn-cgi/access"
PLATFORM = {
    "WEBSITE_SKU": "Free",
    "WEBSITE_AUTH_ENABLED": "TRUE",
    "WEBSITE_AUTH_DEFAULT_PROVIDER": "AzureActiveDirectory",
    "WEBSITE_AUTH_TOKEN_STORE": "true",
}


def pem(key: Any) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


@pytest.fixture
def proxied(settings: dict[str, Any], make: Any) -> Browser:
    settings["auth"]["providers"] = {
        "gcpIap": {"audience": "/projects/1", "signIn": EMAIL},
        "awsalb": {"issuer": "https://idp.test", "region": "eu-north-1", "signIn": EMAIL},
        "cfaccess": {"teamName": "team", "audience": "app", "signIn": EMAIL},
    }
    return make()


def iap(browser: Browser, **changes: Any) -> Any:
    claims = {"iss": "https://cloud.google.com/iap", "aud": "/projects/1", "sub": "accounts.google.com:1"}
    claims |= {"email": "ada@x.test", "iat": NOW, "exp": NOW + 600}
    headers = {"kid": changes.pop("kid", "k1")}
    token = jwt.encode({**claims, **changes}, EC_KEY, algorithm="ES256", headers=headers)
    return browser.get("/gcpIap/refresh", X_Goog_Iap_Jwt_Assertion=token)


# --- gcpIap ---------------------------------------------------------------------------------------


@pytest.mark.requirement("GCPIAP-15")
def test_iap_keys_are_kept_for_ten_minutes(proxied: Browser, vendor: responses.RequestsMock, clock: Clock) -> None:
    asked = vendor.get(KEYS_URL, json={"k1": pem(EC_KEY), "odd": "no key"})
    for _ in range(2):
        assert iap(proxied).status_code == 200
    assert asked.call_count == 1
    clock.now += 600
    assert iap(proxied, exp=clock.now + 60).status_code == 200
    assert asked.call_count == 2


@pytest.mark.requirement("GCPIAP-15", "SEC-JWKS-05")
def test_iap_keys_are_asked_for_once_a_minute_if_one_is_unknown(
    proxied: Browser, vendor: responses.RequestsMock, clock: Clock
) -> None:
    asked = vendor.get(KEYS_URL, json={"k1": pem(EC_KEY)})
    assert proxied.error(iap(proxied, kid="k2"))[0] == 401
    assert proxied.error(iap(proxied, kid="k2"))[0] == 401
    assert asked.call_count == 1
    clock.now += 60
    assert iap(proxied, kid="k2").status_code == 401
    assert asked.call_count == 2


@pytest.mark.requirement("GCPIAP-15")
def test_iap_token_of_wrong_form_asks_for_nothing(proxied: Browser, vendor: responses.RequestsMock) -> None:
    asked = vendor.get(KEYS_URL, json={"k1": pem(EC_KEY)})
    for token in ("x", "a.b.c", "e30.e30.e30"):
        assert proxied.get("/gcpIap/refresh", X_Goog_Iap_Jwt_Assertion=token).status_code == 401
    assert asked.call_count == 0


@pytest.mark.requirement("GCPIAP-04", "GCPIAP-11")
@pytest.mark.parametrize(
    "answer",
    [
        {"status": 404, "json": {}},
        {"status": 503, "body": "busy"},
        {"body": json.dumps({"k1": pem(EC_KEY)}), "content_type": "text/plain"},
        {"body": "<html>", "content_type": "application/json"},
        {"json": ["k1"]},
        {"body": ConnectionError()},
    ],
)
def test_iap_address_of_keys_fails(proxied: Browser, vendor: responses.RequestsMock, answer: Any) -> None:
    if isinstance(answer.get("body"), ConnectionError):
        answer = {"body": responses.ConnectionError("no")}
    vendor.get(KEYS_URL, **answer)
    status, name, message = proxied.error(iap(proxied))
    assert (status, name) == (401, "AuthenticationError")
    assert message.startswith("Unable to list Google IAP token verification keys")
    vendor.replace("GET", KEYS_URL, json={"k1": pem(EC_KEY)})
    assert iap(proxied).status_code == 200


# --- awsalb ---------------------------------------------------------------------------------------


def alb(browser: Browser, key_id: str, **changes: Any) -> Any:
    claims = {"iss": "https://idp.test", "email": "ada@x.test", "exp": NOW + 7200, **changes}
    token = jwt.encode(claims, EC_KEY, algorithm="ES256", headers={"kid": key_id})
    return browser.get("/awsalb/refresh", X_Amzn_Oidc_Data=token, X_Amzn_Oidc_Accesstoken="")


@pytest.mark.requirement("AWSALB-05")
def test_alb_keys_are_kept_for_an_hour(proxied: Browser, vendor: responses.RequestsMock, clock: Clock) -> None:
    asked = vendor.get(f"{keys_url('eu-north-1')}/a%2Fb", body=pem(EC_KEY))
    for later, calls in ((0, 1), (3599, 1), (1, 2)):
        clock.now += later
        assert alb(proxied, "a/b").status_code == 200
        assert asked.call_count == calls


@pytest.mark.parametrize("key", [rsa.generate_private_key(65537, 2048), ec.generate_private_key(ec.SECP384R1())])
def test_alb_key_of_another_kind(proxied: Browser, vendor: responses.RequestsMock, key: Any) -> None:
    vendor.get(f"{keys_url('eu-north-1')}/k", body=pem(key))
    status, _, message = proxied.error(alb(proxied, "k"))
    assert status == 401
    assert message == "Exception occurred during JWT processing; caused by Error: the key cannot be read"


def test_alb_key_id_that_is_a_path(proxied: Browser) -> None:
    assert proxied.error(alb(proxied, ".."))[2] == "No key id was specified in header"


@pytest.mark.requirement("AWSALB-03", "AWSALB-04")
def test_alb_regions() -> None:
    assert keys_url("us-gov-west-1") == "https://s3-us-gov-west-1.amazonaws.com/aws-elb-public-keys-prod-us-gov-west-1"
    assert keys_url("x/y") == "https://public-keys.auth.elb.x%2Fy.amazonaws.com"


# --- cfaccess -------------------------------------------------------------------------------------


def cloudflare(browser: Browser, **changes: Any) -> Any:
    claims = {"iss": "https://team.cloudflareaccess.com", "aud": ["app"], "sub": "u1", "exp": NOW + 7200, **changes}
    token = jwt.encode(claims, RSA_KEY, algorithm="RS256", headers={"kid": "k1"})
    return browser.get("/cfaccess/refresh", Cf_Access_Jwt_Assertion=token)


@pytest.mark.requirement("CFACCESS-06")
def test_cloudflare_forgets_withdrawn_keys(proxied: Browser, vendor: responses.RequestsMock, clock: Clock) -> None:
    jwk = {**RSAAlgorithm.to_jwk(RSA_KEY.public_key(), as_dict=True), "kid": "k1"}
    certs = vendor.get(f"{TEAM}/certs", json={"keys": [jwk]})
    vendor.get(f"{TEAM}/get-identity", json={"email": "ada@x.test", "name": "Ada"})
    for _ in range(2):
        answer = cloudflare(proxied)
        assert answer.get_json()["providerInfo"]["expiresInSeconds"] is None
    assert certs.call_count == 1
    vendor.replace("GET", f"{TEAM}/certs", json={"keys": []})
    clock.now += 600
    assert cloudflare(proxied).status_code == 401


@pytest.mark.requirement("CFACCESS-18", "SEC-PROXY-05", "ROUTE-10")
def test_cloudflare_wants_an_audience(settings: dict[str, Any], make: Any) -> None:
    settings["auth"]["providers"] = {"cfaccess": {"teamName": "team", "signIn": EMAIL}}
    with pytest.raises(ConfigError, match=r"Missing required config value at 'auth\.providers\.cfaccess\.audience'"):
        make()


# --- azureEasyAuth --------------------------------------------------------------------------------


def test_app_service_is_recognised() -> None:
    azure_easy_auth.require_platform(PLATFORM)


@pytest.mark.requirement("AZUREEASYAUTH-01", "SEC-PROXY-11")
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"WEBSITE_SKU": None, "WEBSITE_AUTH_ENABLED": None}, "Backstage is not running on Azure App Services"),
        ({"WEBSITE_AUTH_ENABLED": "1"}, "Azure App Services does not have authentication enabled"),
        ({"WEBSITE_AUTH_DEFAULT_PROVIDER": "google"}, "Authentication provider is not Entra ID"),
        ({"WEBSITE_AUTH_TOKEN_STORE": None}, "Token Store is not enabled"),
    ],
)
def test_app_service_is_missing(changes: dict[str, str | None], message: str) -> None:
    environ = {name: value for name, value in {**PLATFORM, **changes}.items() if value is not None}
    with pytest.raises(ConfigError) as raised:
        azure_easy_auth.require_platform(environ)
    assert str(raised.value) == message
