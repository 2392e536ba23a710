"""Auth0: a tenant by its name, an issuer with a slash, texts of its own."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest

from mock_idp.app_config.providers import environment_config, provider_setups
from mock_idp.oauth.client_authentication import ClientAuthentication
from mock_idp.settings import Settings
from tests.mock_idp.acceptance import own_client
from tests.mock_idp.conftest import World, make_world

SCOPES = "openid profile email offline_access"
BY_NAME = {"Host": "auth0.auth0.com"}


@pytest.fixture
def world() -> World:
    world = make_world("auth0", "auth0")
    world.extra = {"scope": SCOPES, "prompt": "consent"}
    return world


def claims_of(token: str) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return claims


def test_the_issuer_ends_with_a_slash(world: World) -> None:
    claims = claims_of(world.tokens()["id_token"])
    assert claims["iss"] == "http://localhost/auth0/"
    assert claims["sub"].startswith("auth0|")
    assert (claims["nickname"], claims["email_verified"]) == ("ada-quill", True)


def test_a_tenant_has_a_name_of_its_own(world: World) -> None:
    found = world.http.get("/.well-known/openid-configuration", headers=BY_NAME).json
    assert found["issuer"] == "https://auth0.auth0.com/"
    assert found["token_endpoint"] == "https://auth0.auth0.com/oauth/token"
    setup = provider_setups(Settings(providers=("auth0",)))[0]
    config = environment_config(setup, setup.environments[0], "http://idp", "https://idp")
    assert config["domain"] == "auth0.auth0.com"


def test_id_and_refresh_tokens_need_their_scopes(world: World) -> None:
    assert "refresh_token" in world.tokens()
    assert "refresh_token" not in world.tokens(asked={"scope": "openid"})
    assert "id_token" not in world.tokens(asked={"scope": "profile"})


def test_refused_grants_have_the_status_403(world: World) -> None:
    answer = world.redeem("unknown")
    assert (answer.status_code, answer.json["error_description"]) == (403, "Invalid authorization code")
    answer = world.refresh("unknown")
    assert (answer.status_code, answer.json["error_description"]) == (403, "Unknown or invalid refresh token.")
    answer = world.redeem(world.callback()["code"], client_secret="wrong")
    assert (answer.status_code, answer.json) == (
        401,
        {"error": "access_denied", "error_description": "Unauthorized"},
    )


def test_userinfo_takes_the_token_in_header_and_query(world: World) -> None:
    token = world.tokens("unverified-email")["access_token"]
    who = world.profile(token).json
    assert who["email_verified"] is False
    assert world.http.get("/auth0/userinfo", query_string={"access_token": token}).json == who
    refused = world.profile("x")
    assert (refused.status_code, refused.text, refused.mimetype) == (401, "Unauthorized", "text/plain")
    assert world.profile(world.tokens(asked={"scope": "profile"})["access_token"]).status_code == 401


@pytest.mark.parametrize(("prompt", "error"), [("none", "login_required"), ("maybe", "invalid_request")])
def test_prompts(world: World, prompt: str, error: str) -> None:
    answer = world.authorize(prompt=prompt)
    assert parse_qs(urlsplit(answer.headers["Location"]).query)["error"] == [error]


@pytest.mark.parametrize(
    ("back", "status", "location"),
    [
        (None, 302, "http://localhost:3000"),
        ("http://localhost:3000", 302, "http://localhost:3000"),
        ("https://evil.example", 400, None),
        ("http://localhost:3000.evil.example", 400, None),
    ],
)
def test_logout_leads_back_to_the_app_only(world: World, back: str | None, status: int, location: str | None) -> None:
    query = {"client_id": world.client.client_id, **({"returnTo": back} if back else {})}
    answer = world.http.get("/auth0/v2/logout", query_string=query)
    assert (answer.status_code, answer.headers.get("Location")) == (status, location)
    if status == 400:
        # A person's browser ends here, so the page says what to do.
        assert "mock-idp serve --app-url" in answer.text
        assert world.journal(vendor="auth0")[-1]["refusal"]["reason"] == "redirect URI not registered"


# --- what its own libraries do --------------------------------------------------------------------


def test_json_at_token_and_revocation_endpoint() -> None:
    client = own_client("auth0")
    client.asked["scope"] = SCOPES
    tokens = client.token(ClientAuthentication.BODY, how="JSON", code=client.code()).json
    body = {"client_id": client.id, "client_secret": client.secret, "token": tokens["refresh_token"]}
    assert client.http.post("/auth0/oauth/revoke", json={**body, "client_secret": "wrong"}).status_code == 401
    for _ in range(2):
        assert client.http.post("/auth0/oauth/revoke", json=body).status_code == 200
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    assert client.token(ClientAuthentication.BODY, how="JSON", **form).status_code == 403


def test_a_silent_answer_by_message() -> None:
    client = own_client("auth0", public=True)
    page = client.authorize(response_mode="web_message", prompt="none")
    assert (page.status_code, "login_required" in page.text) == (200, True)
    client.code()
    assert "authorization_response" in client.authorize(response_mode="web_message", prompt="none").text


@pytest.mark.parametrize(
    ("query", "location"),
    [
        ({"client_id": "my-app", "returnTo": "https://app.example/bye"}, "https://app.example/bye"),
        ({"client_id": "my-app"}, "https://app.example/bye"),
        ({"client_id": "my-app", "returnTo": "http://localhost:3000"}, None),
        ({"returnTo": "http://localhost:3000"}, "http://localhost:3000"),
        ({"returnTo": "https://app.example/bye"}, None),
    ],
)
@pytest.mark.parametrize(("path", "name"), [("/v2/logout", "returnTo"), ("/oidc/logout", "post_logout_redirect_uri")])
def test_logout_lists_of_client_and_tenant(path: str, name: str, query: dict[str, str], location: str | None) -> None:
    client = own_client("auth0", logout_uris=["https://app.example/bye"])
    client.code()
    sent = {name if key == "returnTo" else key: value for key, value in query.items()}
    answer = client.http.get(f"/auth0{path}", query_string=sent)
    assert answer.status_code == (302 if location else 400)
    assert answer.headers.get("Location") == location
