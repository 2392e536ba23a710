"""Auth proxies that sign: what they add, where their keys are, and what they refuse."""

import base64
from typing import Any

import jwt
import pytest

from mock_idp.catalog import annotations_of
from mock_idp.personas import PERSONAS
from mock_idp.proxies import proxies
from tests.mock_idp.conftest import World, make_world

PLAIN = PERSONAS["plain"]


@pytest.fixture
def idp() -> World:
    return make_world("google", "google", providers=("google", *_variants()))


def _variants() -> list[str]:
    return [id_ for name in ("gcpIap", "awsalb", "cfaccess", "azureEasyAuth") for id_ in proxies()[name].provider_ids]


def mint(world: World, provider: str, **order: Any) -> tuple[dict[str, str], str]:
    body = {"persona": "plain", "provider": provider, **order}
    answer = world.http.post(f"/__idp/proxies/{provider.partition('-')[0]}/headers", json=body)
    assert answer.status_code == 200, answer.text
    return dict(answer.json["headers"]), answer.json["grant"]


def at(world: World, host: str, path: str, **headers: str) -> Any:
    # Its own client: one with a cookie jar would throw a Cookie header away.
    http = world.http.application.test_client(use_cookies=False)
    http.environ_base.update(world.http.environ_base)
    return http.get(path, headers={"Host": host, **headers})


def claims_of(token: str) -> dict[str, Any]:
    return jwt.decode(token, options={"verify_signature": False})


# --- gcpIap ---------------------------------------------------------------------------------------


def iap_keys(world: World) -> dict[str, str]:
    answer = at(world, "www.gstatic.com", "/iap/verify/public_key")
    assert answer.content_type.startswith("application/json")
    return answer.json


@pytest.mark.parametrize(
    ("provider", "header"), [("gcpIap", "X-Goog-IAP-JWT-Assertion"), ("gcpIap-header", "X-Relayed-Assertion")]
)
@pytest.mark.parametrize("key", ["own", "next"])
def test_identity_aware_proxy(idp: World, provider: str, header: str, key: str) -> None:
    token = mint(idp, provider, key=key)[0][header]
    pem = iap_keys(idp)[jwt.get_unverified_header(token)["kid"]]
    options: Any = {"verify_exp": False, "verify_iat": False}
    audience = idp.idp.proxies["gcpIap"].variants["gcpIap"]["audience"]
    claims = jwt.decode(token, pem, algorithms=["ES256"], audience=audience, options=options)
    assert claims["iss"] == "https://cloud.google.com/iap"
    assert claims["exp"] - claims["iat"] == 600
    assert claims["sub"] == f"accounts.google.com:{annotations_of(PLAIN)['google.com/user-id']}"


def test_iap_does_not_publish_what_was_withdrawn(idp: World) -> None:
    token = mint(idp, "gcpIap", key="previous")[0]["X-Goog-IAP-JWT-Assertion"]
    assert jwt.get_unverified_header(token)["kid"] not in iap_keys(idp)


def test_iap_knows_no_address_of_some(idp: World) -> None:
    headers, _ = mint(idp, "gcpIap", persona="no-email")
    assert "X-Goog-Authenticated-User-Email" not in headers
    assert "email" not in claims_of(headers["X-Goog-IAP-JWT-Assertion"])


# --- awsalb ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("provider", "host", "path"),
    [
        ("awsalb", "public-keys.auth.elb.eu-north-1.amazonaws.com", ""),
        ("awsalb-any-signer", "public-keys.auth.elb.eu-north-1.amazonaws.com", ""),
        ("awsalb-gov", "s3-us-gov-west-1.amazonaws.com", "/aws-elb-public-keys-prod-us-gov-west-1"),
    ],
)
def test_load_balancer(idp: World, provider: str, host: str, path: str) -> None:
    headers, grant = mint(idp, provider)
    header, payload, signature = headers["X-Amzn-Oidc-Data"].split(".")
    for part in (header, payload, signature):
        assert len(part) % 4 == 0
    answer = at(idp, host, f"{path}/{grant}")
    key = jwt.get_algorithm_by_name("ES256").prepare_key(answer.text)
    signed = f"{header}.{payload}".encode()
    assert jwt.get_algorithm_by_name("ES256").verify(signed, key, base64.urlsafe_b64decode(signature))
    said = jwt.get_unverified_header(headers["X-Amzn-Oidc-Data"])
    assert said["kid"] == grant
    assert set(said) == {"typ", "alg", "kid", "iss", "client", "signer", "exp"}
    assert [entry["status"] for entry in idp.journal(grant=grant)] == [200]


def test_load_balancer_keys_are_where_the_balancer_is(idp: World) -> None:
    _, grant = mint(idp, "awsalb")
    _, gov = mint(idp, "awsalb-gov")
    for host, path in (
        ("public-keys.auth.elb.us-east-1.amazonaws.com", f"/{grant}"),
        ("public-keys.auth.elb.eu-north-1.amazonaws.com", f"/{gov}"),
        ("s3-us-gov-east-1.amazonaws.com", f"/aws-elb-public-keys-prod-us-gov-east-1/{gov}"),
        ("public-keys.auth.elb.eu-north-1.amazonaws.com", "/no-such-key"),
        ("public-keys.auth.elb.eu-north-1.amazonaws.com", "/"),
    ):
        answer = at(idp, host, path)
        assert answer.status_code == 403, (host, path)
        assert "AccessDenied" in answer.text


# --- cfaccess -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("provider", "header", "cookie"),
    [
        ("cfaccess", "Cf-Access-Jwt-Assertion", "CF_Authorization"),
        ("cfaccess-names", "X-Team-Assertion", "Team_Authorization"),
    ],
)
def test_cloudflare_access(idp: World, provider: str, header: str, cookie: str) -> None:
    headers, _ = mint(idp, provider)
    token = headers[header]
    assert headers["Cookie"] == f"{cookie}={token}"
    host = f"{provider}.cloudflareaccess.com"
    certs = at(idp, host, "/cdn-cgi/access/certs").json
    assert [len(certs[name]) for name in ("keys", "public_certs")] == [2, 2]
    keys = {key["kid"]: key for key in certs["keys"]}
    options: Any = {"verify_aud": False, "verify_exp": False, "verify_nbf": False, "verify_iat": False}
    key = jwt.PyJWK(keys[jwt.get_unverified_header(token)["kid"]])
    assert jwt.decode(token, key, algorithms=["RS256"], options=options)["iss"] == f"https://{host}"
    for sent in ({header: token}, {"Cookie": f"other=1; {cookie}={token}"}):
        assert at(idp, host, "/cdn-cgi/access/get-identity", **sent).json["name"] == PLAIN.name


def test_cloudflare_tells_nobody_else(idp: World) -> None:
    token = mint(idp, "cfaccess")[0]["Cf-Access-Jwt-Assertion"]
    path = "/cdn-cgi/access/get-identity"
    assert at(idp, "cfaccess.cloudflareaccess.com", path).status_code == 403
    other_team = {"X-Team-Assertion": token}
    assert at(idp, "cfaccess-names.cloudflareaccess.com", path, **other_team).status_code == 403
    assert at(idp, "cfaccess.cloudflareaccess.com", "/nothing").status_code == 404


def test_cloudflare_rotates(idp: World) -> None:
    path = "/cdn-cgi/access/certs"
    host = "cfaccess-keys.cloudflareaccess.com"
    before = [key["kid"] for key in at(idp, host, path).json["keys"]]
    assert idp.http.patch("/__idp/services/cfaccess-keys", json={"rotate_keys": "overlap"}).status_code == 200
    after = [key["kid"] for key in at(idp, host, path).json["keys"]]
    assert after == [before[1], before[0]]
    token = mint(idp, "cfaccess-keys")[0]["Cf-Access-Jwt-Assertion"]
    assert jwt.get_unverified_header(token)["kid"] == after[0]
    assert idp.http.patch("/__idp/services/cfaccess", json={"rotate_keys": True}).status_code == 400


# --- azureEasyAuth --------------------------------------------------------------------------------


def test_app_service(idp: World) -> None:
    headers, _ = mint(idp, "azureEasyAuth")
    claims = claims_of(headers["X-MS-TOKEN-AAD-ID-TOKEN"])
    assert claims["ver"] == "2.0"
    assert claims["oid"] == headers["X-MS-CLIENT-PRINCIPAL-ID"] == annotations_of(PLAIN)["graph.microsoft.com/user-id"]
    assert headers["X-MS-TOKEN-AAD-ACCESS-TOKEN"].count(".") == 2


def test_each_variant_is_a_provider_with_resolvers(idp: World) -> None:
    configured = {setup.id for setup in idp.idp.setups}
    assert set(_variants()) <= configured
    for name in ("gcpIap", "awsalb", "cfaccess", "azureEasyAuth"):
        for config in proxies()[name].variants.values():
            assert config["signIn"]["resolvers"]
