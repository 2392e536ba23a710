"""GitLab, as its documentation describes it."""

import json
from pathlib import Path
from typing import Any

import jwt
import pytest

from mock_idp.oauth.client_authentication import ClientAuthentication
from mock_idp.oauth.model import Endpoint
from mock_idp.vendors.gitlab import GitLab
from tests.mock_idp.acceptance import own_client, told
from tests.mock_idp.conftest import World, make_world

CAPTURE = Path(__file__).parent / "captures" / "gitlab.discovery.json"


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
    credentials = {"client_id": gitlab.client.client_id, "client_secret": gitlab.client.client_secret}
    fields = {"token": tokens[token], **credentials}
    assert gitlab.http.post("/gitlab/oauth/revoke", data=fields).status_code == 200
    assert gitlab.profile(tokens["access_token"]).status_code == 401
    assert gitlab.http.post("/gitlab/oauth/revoke", data=fields).status_code == 200, "as RFC 7009 wants it"


@pytest.mark.parametrize("changes", [{"client_secret": "wrong"}, {"client_secret": ""}, {"client_id": "nobody"}])
def test_nobody_revokes_a_token_of_another(gitlab: World, changes: dict[str, str]) -> None:
    tokens = gitlab.tokens()
    credentials = {"client_id": gitlab.client.client_id, "client_secret": gitlab.client.client_secret}
    fields = {"token": tokens["access_token"], **credentials, **changes}
    answer = gitlab.http.post("/gitlab/oauth/revoke", data=fields)
    assert (answer.status_code, answer.json["error"]) == (403, "unauthorized_client")
    assert gitlab.profile(tokens["access_token"]).status_code == 200
    unknown = gitlab.http.post("/gitlab/oauth/revoke", data={**fields, "token": "unknown"})
    assert (unknown.status_code, unknown.json) == (200, {})


def test_a_client_revokes_no_token_of_another() -> None:
    client = own_client("gitlab")
    token = client.token(ClientAuthentication.BODY, code=client.code()).json["access_token"]
    thief = {"client_id": "thief", "client_secret": "a-secret", "redirect_uris": ["https://thief.example/"]}
    assert client.http.post("/__idp/clients", json={"vendor": "gitlab", **thief}).status_code == 201
    fields = {"token": token, "client_id": "thief", "client_secret": "a-secret"}
    assert client.http.post("/gitlab/oauth/revoke", data=fields).status_code == 403


def test_a_public_client_revokes_without_a_secret() -> None:
    client = own_client("gitlab", public=True)
    token = client.token(ClientAuthentication.NONE, code=client.code()).json["access_token"]
    answer = client.http.post("/gitlab/oauth/revoke", data={"token": token, "client_id": client.id})
    assert answer.status_code == 200
    headers = {"Authorization": f"Bearer {token}"}
    assert client.http.get(client.path(Endpoint.PROFILE), headers=headers).status_code == 401


def test_a_public_client_may_leave_out_the_challenge() -> None:
    client = own_client("gitlab", public=True)
    code = client.code(code_challenge=None, code_challenge_method=None)
    assert client.token(ClientAuthentication.NONE, code=code, code_verifier=None).status_code == 200


def test_prompt_means_something_with_openid_only() -> None:
    client = own_client("gitlab")
    assert client.authorize(prompt="select_account").status_code == 302
    assert told(client.authorize(prompt="none"))["error"] == "login_required"
    for prompt in ("none", "select_account", "nonsense"):
        assert client.authorize(prompt=prompt, scope="read_user").status_code == 200


def test_introspection_tells_a_client_about_its_own_tokens() -> None:
    client = own_client("gitlab")
    token = client.token(ClientAuthentication.BODY, code=client.code()).json
    credentials = {"client_id": client.id, "client_secret": client.secret}
    asked = {"token": token["access_token"], **credentials}
    told_about = client.http.post("/gitlab/oauth/introspect", data=asked).json
    assert told_about == {
        "active": True,
        "scope": "openid read_user",
        "client_id": "my-app",
        "token_type": "Bearer",
        "iat": token["created_at"],
        "exp": token["created_at"] + 7200,
    }
    unknown = client.http.post("/gitlab/oauth/introspect", data={**asked, "token": "unknown"})
    assert unknown.json == {"active": False}
    assert client.http.post("/gitlab/oauth/introspect", data={"token": token["access_token"]}).status_code == 401


def test_whoever_has_a_token_may_ask_what_it_is(gitlab: World) -> None:
    tokens = gitlab.tokens()
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    info = gitlab.http.get("/gitlab/oauth/token/info", headers=headers).json
    assert info["application"] == {"uid": gitlab.client.client_id}
    assert (info["scope"], info["expires_in"]) == (["read_user"], 7200)
    assert gitlab.http.get("/gitlab/oauth/token/info").status_code == 401


def test_userinfo_takes_the_token_in_a_form(gitlab: World) -> None:
    tokens = gitlab.tokens(asked={"scope": "openid"})
    answer = gitlab.http.post("/gitlab/oauth/userinfo", data={"access_token": tokens["access_token"]})
    assert answer.status_code == 200


def test_discovery_is_as_published(gitlab: World) -> None:
    there = gitlab.http.get("/.well-known/openid-configuration", headers={"Host": "gitlab.com"}).json
    captured = json.loads(CAPTURE.read_text(encoding="utf-8"))
    assert there.keys() == captured.keys()
    # What the mock does not do, it does not promise either: groups, and grants without a person.
    for name in ("claims_supported", "grant_types_supported"):
        missing = set(captured[name]) - set(there[name])
        assert set(there[name]) <= set(captured[name])
        assert all("group" in value or value in NOT_PROMISED for value in missing), missing
    same = captured.keys() - {"claims_supported", "grant_types_supported", "scopes_supported"}
    assert {name: there[name] for name in same} == {name: captured[name] for name in same}
    assert set(there["scopes_supported"]) == set(captured["scopes_supported"]) == set(GitLab.policy.known_scopes or ())


NOT_PROMISED = {"sub_legacy", "website", "password", "client_credentials", "device_code"}
