"""Bitbucket Cloud and Bitbucket Server, as their documentation describes them."""

import base64
from typing import Any

import pytest
import yaml

from mock_idp.app_config.text import app_config_text
from mock_idp.oauth.client_authentication import ClientAuthentication
from mock_idp.settings import Settings
from tests.mock_idp.acceptance import own_client
from tests.mock_idp.conftest import World, make_world


def basic(world: World, **changes: Any) -> dict[str, Any]:
    """The client's credentials in the header, and what else the token request has."""
    text = f"{world.client.client_id}:{world.client.client_secret}"
    header = {"Authorization": f"Basic {base64.b64encode(text.encode()).decode()}"}
    return {"headers": header, "redirect_uri": world.redirect_uri, **changes}


@pytest.fixture
def cloud() -> World:
    world = make_world("bitbucket", "bitbucket")
    world.extra = {"scope": "account repository"}
    return world


@pytest.fixture
def server() -> World:
    world = make_world("bitbucketServer", "bitbucketServer")
    world.extra = {"scope": "REPO_READ"}
    return world


def redeemed(cloud: World, persona: str = "plain", **asked: Any) -> dict[str, Any]:
    code = cloud.callback(persona, asked=asked)["code"]
    tokens: dict[str, Any] = cloud.ask_token(grant_type="authorization_code", code=code, **basic(cloud)).json
    return tokens


def test_credentials_stand_in_header_or_form(cloud: World) -> None:
    in_form = cloud.ask_token(grant_type="authorization_code", code=cloud.callback()["code"])
    assert in_form.status_code == 200, "and the redirect URI need not come again"
    asked = {"grant_type": "authorization_code", "code": cloud.callback()["code"]}
    answer = cloud.ask_token(**asked, client_id=None, client_secret=None)
    assert (answer.status_code, answer.json["error"]) == (400, "unauthorized_client")
    answer = cloud.ask_token(**asked, client_secret="wrong")
    assert (answer.status_code, answer.json["error"]) == (400, "unauthorized_client")
    only_header = basic(cloud, client_id=None, client_secret=None)
    tokens = cloud.ask_token(**asked, **only_header).json
    assert (tokens["scopes"], tokens["token_type"]) == ("account repository", "bearer")
    assert "scope" not in tokens
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    newer = cloud.ask_token(**form, **basic(cloud)).json
    assert newer["state"] == "refresh_token"
    answer = cloud.ask_token(**{**form, "refresh_token": "wrong"}, **basic(cloud))
    assert answer.json == {"error_description": "Invalid refresh_token", "error": "invalid_request"}


def test_a_consumer_has_scopes_of_its_own() -> None:
    for registration, scopes in (
        ({}, "account email repository pullrequest"),
        ({"scopes": ["account", "webhook"]}, "account webhook"),
    ):
        consumer = own_client("bitbucket", **registration)
        answer = consumer.token(ClientAuthentication.BODY, code=consumer.code(scope=None))
        assert answer.json["scopes"] == scopes


def test_user_of_the_cloud(cloud: World) -> None:
    user = cloud.profile(redeemed(cloud)["access_token"]).json
    assert user["uuid"].startswith("{") and user["uuid"].endswith("}")
    assert (user["username"], user["display_name"]) == ("ada-quill", "Ada Quill")
    assert user["links"]["html"]["href"].startswith("http://localhost/bitbucket/%7B")
    annotations = cloud.http.get("/__idp/personas").json["personas"][0]["annotations"]
    assert annotations["bitbucket.org/user-id"] == user["uuid"]
    assert annotations["bitbucket.org/username"] == "ada-quill"


def test_errors_of_the_cloud_api_are_nested(cloud: World) -> None:
    answer = cloud.profile("nonsense")
    assert (answer.status_code, answer.json["type"]) == (401, "error")
    answer = cloud.profile(redeemed(cloud, scope="repository")["access_token"])
    assert (answer.status_code, answer.json["error"]["detail"]["required"]) == (403, ["account"])


@pytest.mark.parametrize(("persona", "count"), [("plain", 1), ("no-email", 0)])
def test_addresses_have_an_endpoint_of_their_own(cloud: World, persona: str, count: int) -> None:
    tokens = redeemed(cloud, persona, scope="account email")
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert len(cloud.http.get("/bitbucket/2.0/user/emails", headers=headers).json["values"]) == count


def test_every_environment_of_the_cloud_has_resolvers_that_can_work(cloud: World) -> None:
    setup = next(setup for setup in cloud.idp.setups if setup.id == "bitbucket")
    for environment in setup.environments:
        if environment.resolvers and environment.kind.name != "resolver-email":
            assert not any(entry["resolver"].startswith("email") for entry in environment.resolvers)


def test_who_am_i(server: World) -> None:
    tokens = server.tokens()
    answer = server.profile(tokens["access_token"])
    assert (answer.headers["X-AUSERNAME"], answer.text) == ("ada-quill", "ada-quill")
    answer = server.profile("nonsense")
    assert (answer.status_code, answer.text) == (200, "")
    assert "X-AUSERNAME" not in answer.headers


def test_user_of_the_server(server: World) -> None:
    headers = {"Authorization": f"Bearer {server.tokens()['access_token']}"}
    path = "/bitbucketServer/rest/api/latest/users/"
    user = server.http.get(f"{path}ada-quill?avatarSize=256", headers=headers).json
    assert (user["displayName"], user["emailAddress"]) == ("Ada Quill", "ada-quill@lumenfold.example")
    assert user["avatarUrl"] == "/users/ada-quill/avatar.png?s=256"
    assert "emailAddress" not in server.http.get(f"{path}bela-marsh", headers=headers).json
    answer = server.http.get(f"{path}nobody", headers=headers)
    assert answer.status_code == 404
    assert answer.json["errors"][0]["message"] == "The user nobody does not exist."
    assert server.http.get(f"{path}ada-quill").status_code == 401


def test_refresh_tokens_of_the_server_rotate(server: World) -> None:
    tokens = server.tokens()
    assert tokens["scope"] == "REPO_READ"
    assert server.refresh(tokens["refresh_token"]).json["refresh_token"] != tokens["refresh_token"]
    assert server.refresh(tokens["refresh_token"]).json["error"] == "invalid_grant"


def test_the_server_is_configured_by_its_host() -> None:
    settings = Settings(providers=("bitbucketServer",))
    told = yaml.safe_load(app_config_text(settings, "http://127.0.0.1:1", "https://127.0.0.1:2"))
    assert told["auth"]["providers"]["bitbucketServer"]["email"]["host"] == "127.0.0.1:2/bitbucketServer"
