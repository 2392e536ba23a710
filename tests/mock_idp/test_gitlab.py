"""GitLab, as its documentation describes it."""

from typing import Any

import jwt
import pytest

from tests.mock_idp.conftest import World, make_world


@pytest.fixture
def gitlab() -> World:
    world = make_world("gitlab", "gitlab")
    world.extra = {"scope": "read_user"}
    return world


def test_tokens(gitlab: World) -> None:
    tokens = gitlab.tokens()
    assert len(tokens["access_token"]) == len(tokens["refresh_token"]) == 64
    assert (tokens["token_type"], tokens["expires_in"], tokens["scope"]) == ("Bearer", 7200, "read_user")
    assert tokens["created_at"] == int(gitlab.clock.now())
    assert "id_token" not in tokens


def test_credentials_may_stand_in_the_header(gitlab: World) -> None:
    code = gitlab.callback()["code"]
    answer = gitlab.http.post(
        "/gitlab/oauth/token",
        data={"grant_type": "authorization_code", "code": code, "redirect_uri": gitlab.redirect_uri},
        auth=(gitlab.client.client_id, gitlab.client.client_secret),
    )
    assert answer.status_code == 200, answer.text


def test_refusals_have_a_challenge(gitlab: World) -> None:
    answer = gitlab.redeem("wrong")
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_grant")
    assert answer.headers["WWW-Authenticate"].startswith('Bearer realm="Doorkeeper", error="invalid_grant"')
    answer = gitlab.redeem("wrong", client_secret="wrong")
    assert (answer.status_code, answer.json["error"]) == (401, "invalid_client")


def test_refresh_tokens_rotate(gitlab: World) -> None:
    tokens = gitlab.tokens()
    newer = gitlab.refresh(tokens["refresh_token"]).json
    assert newer["refresh_token"] != tokens["refresh_token"]
    assert gitlab.refresh(tokens["refresh_token"]).status_code == 400
    assert gitlab.refresh(newer["refresh_token"]).status_code == 200


def test_user(gitlab: World) -> None:
    user = gitlab.profile(gitlab.tokens()["access_token"]).json
    assert (user["username"], user["name"], user["email"]) == ("ada-quill", "Ada Quill", "ada-quill@lumenfold.example")
    assert user["web_url"] == "http://localhost/gitlab/ada-quill"
    annotations = gitlab.http.get("/__idp/personas").json["personas"][0]["annotations"]
    assert annotations["localhost/user-id"] == annotations["gitlab.com/user-id"] == str(user["id"])
    user = gitlab.profile(gitlab.tokens("no-email")["access_token"]).json
    assert user["email"] == "temp-email-for-oauth-bela-marsh@gitlab.localhost"


def test_two_kinds_of_errors_of_the_api(gitlab: World) -> None:
    assert gitlab.profile("never-issued").json == {"message": "401 Unauthorized"}
    tokens = gitlab.tokens()
    gitlab.clock.move(7200)
    answer = gitlab.profile(tokens["access_token"])
    assert (answer.status_code, answer.json["error"]) == (401, "invalid_token")
    answer = gitlab.profile(gitlab.tokens(asked={"scope": "read_repository"})["access_token"])
    assert (answer.status_code, answer.json["error"]) == (403, "insufficient_scope")


def test_scopes(gitlab: World) -> None:
    assert gitlab.tokens(asked={"scope": None})["scope"] == "api"
    answer = gitlab.authorize(scope="read_user nonsense")
    assert answer.status_code == 302
    assert "error=invalid_scope" in answer.headers["Location"]


def test_openid_connect(gitlab: World) -> None:
    facts = gitlab.http.get("/gitlab/.well-known/openid-configuration").json
    assert facts["issuer"] == "http://localhost/gitlab"
    tokens = gitlab.tokens(asked={"scope": "openid email profile"})
    keys = jwt.PyJWKSet.from_dict(gitlab.http.get("/gitlab/oauth/discovery/keys").json)
    options: Any = {"verify_exp": False, "verify_iat": False}
    claims = jwt.decode(
        tokens["id_token"],
        keys.keys[0].key,
        ["RS256"],
        options,
        audience=gitlab.client.client_id,
        issuer=facts["issuer"],
    )
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    said = gitlab.http.get("/gitlab/oauth/userinfo", headers=headers).json
    assert said["sub"] == claims["sub"]
    assert (said["nickname"], said["email_verified"]) == ("ada-quill", True)


@pytest.mark.parametrize("token", ["access_token", "refresh_token"])
def test_revocation(gitlab: World, token: str) -> None:
    tokens = gitlab.tokens()
    fields = {"token": tokens[token], "client_id": gitlab.client.client_id}
    assert gitlab.http.post("/gitlab/oauth/revoke", data=fields).status_code == 200
    assert gitlab.profile(tokens["access_token"]).status_code == 401
    assert gitlab.http.post("/gitlab/oauth/revoke", data=fields).status_code == 200, "as RFC 7009 wants it"
