"""The OpenID provider: discovery, prompts, keys for every client, an issuer for every provider id."""

import base64
from typing import Any

import jwt
import pytest

from mock_idp.app_config.providers import environment_config, provider_setups
from mock_idp.oauth.client_authentication import ASSERTION_TYPE
from mock_idp.oauth.model import Reason
from mock_idp.settings import Settings
from tests.mock_idp.conftest import World, make_world

SCOPES = "openid profile email"


def world_of(environment: str = "development", **settings: Any) -> World:
    world = make_world("oidc", "oidc", **settings).of(environment)
    world.extra = {"scope": SCOPES}
    return world


def basic(world: World) -> dict[str, str]:
    pair = f"{world.client.client_id}:{world.client.client_secret}"
    return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}


def discovery(world: World, service: str = "oidc") -> dict[str, Any]:
    found: dict[str, Any] = world.http.get(f"/{service}/.well-known/openid-configuration").json
    return found


def test_discovery_names_addresses_that_are_there() -> None:
    world = world_of()
    found = discovery(world)
    assert found["issuer"] == "http://localhost/oidc"
    paths = {route.path for route in world.idp.vendors["oidc"].routes}
    named = [found[name] for name in found if name.endswith("_endpoint") or name == "jwks_uri"]
    assert named and {address.removeprefix(found["issuer"]) for address in named} <= paths


@pytest.mark.parametrize(("environment", "algorithm"), [("development", "RS256"), ("es256", "ES256")])
def test_an_id_token_verifies_with_the_published_keys(environment: str, algorithm: str) -> None:
    world = world_of(environment)
    token = world.tokens()["id_token"]
    keys = {key.key_id: key for key in jwt.PyJWKSet.from_dict(world.http.get("/oidc/jwks").json).keys}
    header = jwt.get_unverified_header(token)
    claims = jwt.decode(
        token,
        keys[header["kid"]].key,
        [algorithm],
        audience=world.client.client_id,
        issuer="http://localhost/oidc",
        options={"verify_exp": False, "verify_iat": False},
    )
    assert (claims["name"], claims["email_verified"]) == ("Ada Quill", True)
    assert "picture" not in claims


def test_an_id_token_can_be_signed_with_the_secret() -> None:
    world = world_of("hs256")
    token = world.tokens()["id_token"]
    options: Any = {"verify_exp": False, "verify_iat": False, "verify_aud": False}
    assert jwt.decode(token, world.client.client_secret, ["HS256"], options=options)["iss"] == "http://localhost/oidc"


def test_each_provider_id_has_an_issuer_of_its_own() -> None:
    world = world_of()
    other = make_world("acme-sso", "acme-sso")
    assert discovery(other, "acme-sso")["issuer"] == "http://localhost/acme-sso"
    assert world.http.get("/oidc/jwks").json != world.http.get("/acme-sso/jwks").json
    assert world.client.client_id not in other.idp.services.by_id["acme-sso"].clients.by_id
    assert "mock-acme-sso-development" in other.idp.services.by_id["acme-sso"].clients.by_id


def test_the_configured_address_is_a_document_or_an_issuer() -> None:
    addresses = {}
    for setup in provider_setups(Settings(providers=("oidc", "acme-sso"))):
        config = environment_config(setup, setup.environments[0], "http://idp", "https://idp")
        addresses[setup.id] = config["metadataUrl"]
    assert addresses == {
        "oidc": "http://idp/oidc/.well-known/openid-configuration",
        "acme-sso": "http://idp/acme-sso",
    }


def test_an_environment_can_leave_out_what_the_vendor_configures() -> None:
    setup = provider_setups(Settings(providers=("oidc",)))[0]
    prompts = {
        environment.kind.name: environment_config(setup, environment, "http://idp", "https://idp").get("prompt")
        for environment in setup.environments
    }
    assert (prompts["development"], prompts["login-prompt"], prompts["default-prompt"]) == ("auto", "login", None)


def test_nobody_is_signed_in_unless_somebody_always_is() -> None:
    world = world_of()
    answer = world.authorize(prompt="none")
    assert "error=login_required" in answer.headers["Location"]
    assert world.journal()[-1]["refusal"]["reason"] == Reason.LOGIN_REQUIRED
    assert "code=" in world_of(auto_login="plain").authorize(prompt="none").headers["Location"]


def test_unknown_prompts_are_refused() -> None:
    world = world_of()
    assert "error=invalid_request" in world.authorize(prompt="whatever").headers["Location"]
    assert world.authorize(prompt="login consent").status_code == 200


@pytest.mark.parametrize("decision", ["allow", "deny"])
def test_every_answer_to_the_browser_names_the_issuer(decision: str) -> None:
    assert world_of().callback(decision=decision)["iss"] == "http://localhost/oidc"


@pytest.mark.parametrize(
    ("environment", "in_header", "in_body", "bare"),
    [
        ("development", 200, 200, 401),
        ("secret-in-the-body", 401, 200, 401),
        ("public-client", 401, 401, 200),
    ],
)
def test_each_client_authenticates_as_it_is_registered(
    environment: str, in_header: int, in_body: int, bare: int
) -> None:
    world = world_of(environment)
    nothing: Any = {"client_secret": None}
    by_header = world.redeem(world.callback()["code"], client_id=None, headers=basic(world), **nothing)
    assert by_header.status_code == in_header
    assert world.redeem(world.callback()["code"]).status_code == in_body
    assert world.redeem(world.callback()["code"], **nothing).status_code == bare


def test_a_client_can_prove_itself_by_an_assertion() -> None:
    world = world_of("secret-as-jwt")
    now = int(world.clock.now())
    client_id = world.client.client_id
    claims = {"iss": client_id, "sub": client_id, "aud": "http://localhost/oidc", "exp": now + 60, "jti": str(now)}
    assertion = jwt.encode(claims, world.client.client_secret, "HS256")
    proof = {"client_secret": None, "client_assertion": assertion, "client_assertion_type": ASSERTION_TYPE}
    assert world.redeem(world.callback()["code"], **proof).status_code == 200
    again = world.redeem(world.callback()["code"], **proof)
    assert (again.status_code, again.json["error"]) == (401, "invalid_client")
    assert world.journal()[-1]["refusal"]["reason"] == Reason.INVALID_CLIENT_ASSERTION


def test_userinfo_says_what_the_scopes_ask_for() -> None:
    world = world_of()
    who = world.profile(world.tokens("unverified-email")["access_token"]).json
    assert (who["email_verified"], who["picture"].startswith("https://")) == (False, True)
    thin = world.profile(world.tokens(asked={"scope": "openid"})["access_token"]).json
    assert list(thin) == ["sub"]
    refused = world.profile("x")
    assert refused.status_code == 401
    assert 'error="invalid_token"' in refused.headers["WWW-Authenticate"]
    assert world.profile(world.tokens(asked={"scope": "profile"})["access_token"]).status_code == 403


def test_revocation_needs_a_client() -> None:
    world = world_of()
    tokens = world.tokens()
    assert world.http.post("/oidc/revoke", data={"token": tokens["refresh_token"]}).status_code == 401
    assert world.http.post("/oidc/revoke", data={"token": tokens["refresh_token"]}, headers=basic(world)).json == {}
    assert world.refresh(tokens["refresh_token"]).json["error_description"] == "Token is not active"
    assert world.http.post("/oidc/revoke", data={"token": "unknown"}, headers=basic(world)).status_code == 200


def test_services_mislead_in_their_own_discovery_only() -> None:
    world = world_of()
    assert "userinfo_endpoint" not in discovery(world, "oidc-without-userinfo")
    assert discovery(world, "oidc-foreign-issuer")["issuer"] == "https://issuer.invalid"
    assert world.http.get("/acme-sso-discovery-down/.well-known/openid-configuration").status_code == 500
    assert discovery(world)["userinfo_endpoint"]
