"""oauth2, Okta, OneLogin, Atlassian and OpenShift, as their documentation describes them."""

import base64
import hashlib
from typing import Any

import jwt
import pytest

from mock_idp.oauth.client_authentication import ClientAuthentication
from mock_idp.oauth.model import Reason
from mock_idp.vendors.atlassian import AUDIENCE
from tests.mock_idp.acceptance import REDIRECT_URI, VERIFIER, own_client, told
from tests.mock_idp.conftest import World, make_world

ATLASSIAN_SCOPES = "offline_access read:me read:jira-work"


def world_of(vendor: str) -> World:
    extra = {
        "oauth2": {"scope": "openid profile email"},
        "okta": {"scope": "openid profile email offline_access"},
        "onelogin": {"scope": "openid"},
        "atlassian": {"scope": ATLASSIAN_SCOPES, "audience": AUDIENCE, "prompt": "consent"},
        "openshift": {"scope": "user:full"},
    }
    world = make_world(vendor, vendor)
    world.extra = extra[vendor]
    return world


def claims_of(token: str) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return claims


def basic(world: World, scheme: str = "Basic") -> dict[str, str]:
    pair = f"{world.client.client_id}:{world.client.client_secret}"
    return {"Authorization": f"{scheme} {base64.b64encode(pair.encode()).decode()}"}


# --- oauth2 ---------------------------------------------------------------------------------------


def test_oauth2_says_who_it_is_in_the_id_token() -> None:
    world = world_of("oauth2")
    claims = claims_of(world.tokens()["id_token"])
    assert claims["iss"] == "http://localhost/oauth2"
    assert (claims["name"], claims["email"], claims["email_verified"]) == (
        "Ada Quill",
        "ada-quill@lumenfold.example",
        True,
    )
    assert "email" not in claims_of(world.tokens("no-email")["id_token"])
    assert "name" not in claims_of(world.tokens(asked={"scope": "openid email"})["id_token"])
    assert "id_token" not in world.tokens(asked={"scope": "profile"})


def test_oauth2_wants_the_secret_twice_where_it_says_so() -> None:
    world = world_of("oauth2").of("basic-auth")
    code = world.callback()["code"]
    assert world.redeem(code).status_code == 401
    assert world.redeem(code, headers=basic(world)).status_code == 200
    usual = world_of("oauth2")
    assert usual.redeem(usual.callback()["code"], headers=basic(usual)).status_code == 401


# --- Okta -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["Basic", "Basic:"])
def test_okta_takes_credentials_in_the_header(scheme: str) -> None:
    world = world_of("okta")
    answer = world.redeem(world.callback()["code"], client_id=None, client_secret=None, headers=basic(world, scheme))
    assert answer.status_code == 200
    assert claims_of(answer.json["id_token"])["iss"] == "http://localhost/okta"
    asked = [entry for entry in world.journal() if entry["endpoint"] == "token"]
    assert asked[-1]["client_id"] == world.client.client_id


def test_okta_userinfo() -> None:
    world = world_of("okta")
    tokens = world.tokens("unverified-email")
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    who = world.http.post("/okta/oauth2/v1/userinfo", headers=headers).json
    assert who["email_verified"] is False
    assert who["sub"].startswith("00u") and len(who["sub"]) == 20
    refused = world.http.post("/okta/oauth2/v1/userinfo", headers={"Authorization": "Bearer x"})
    assert (refused.status_code, refused.text) == (401, "")
    assert 'error="invalid_token"' in refused.headers["WWW-Authenticate"]
    thin = world.tokens(asked={"scope": "email"})["access_token"]
    assert world.profile(thin).status_code == 403


def test_okta_authorization_servers() -> None:
    world = world_of("okta")
    code = world.callback()["code"]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": world.redirect_uri}
    client = {"client_id": world.client.client_id, "client_secret": world.client.client_secret}
    tokens = world.http.post("/okta/oauth2/default/v1/token", data={**form, **client}).json
    assert claims_of(tokens["id_token"])["iss"] == "http://localhost/okta/oauth2/default"
    assert world.http.post("/okta/oauth2/other/v1/token", data=form).json["errorCode"] == "E0000022"


def test_okta_refusals() -> None:
    world = world_of("okta")
    assert "refresh_token" not in world.tokens(asked={"scope": "openid"})
    assert world.redeem("x").json["error_description"] == "The authorization code is invalid or has expired."
    unknown = world.ask_token(grant_type="refresh_token", refresh_token="x", client_id="nobody")
    assert (unknown.status_code, unknown.json["errorCode"]) == (401, "invalid_client")
    assert "invalid_scope" in world.authorize(scope="openid nonsense").headers["Location"]
    assert "invalid_request" in world.authorize(idp="0oaUnknown").headers["Location"]
    assert "invalid_request" in world.authorize(prompt="perhaps").headers["Location"]
    assert world.authorize(redirect_uri="https://evil.example/").status_code == 400


@pytest.mark.parametrize("server", ["", "/default"])
def test_okta_s_servers_at_each_endpoint(server: str) -> None:
    client = own_client("okta", logout_uris=["https://app.example/bye"])
    base = f"/okta/oauth2{server}/v1"
    issuer = "http://localhost/okta" + (f"/oauth2{server}" if server else "")
    query = {
        "client_id": client.id,
        "redirect_uri": REDIRECT_URI,
        "response_type": "code id_token",
        "response_mode": "fragment",
        "scope": "openid",
        "state": "s",
        "nonce": "n",
    }
    told_of = told(client.consent(client.http.get(f"{base}/authorize", query_string=query)))
    assert claims_of(told_of["id_token"])["iss"] == issuer
    proof = {"client_id": client.id, "client_secret": client.secret}
    form = {"grant_type": "authorization_code", "code": told_of["code"], "redirect_uri": REDIRECT_URI, **proof}
    tokens = client.http.post(f"{base}/token", data=form).json
    asked = {"token": tokens["access_token"], **proof}
    about = client.http.post(f"{base}/introspect", data=asked).json
    assert (about["active"], about["iss"]) == (True, issuer)
    assert client.http.post(f"{base}/revoke", data={"token": tokens["access_token"]}).status_code == 401
    for _ in range(2):
        assert client.http.post(f"{base}/revoke", data=asked).status_code == 200
    assert client.http.post(f"{base}/introspect", data=asked).json == {"active": False}
    back = {"post_logout_redirect_uri": "https://app.example/bye", "state": "s"}
    assert client.http.get(f"{base}/logout", query_string={**back, "client_id": client.id}).status_code == 400
    answer = client.http.get(f"{base}/logout", query_string={**back, "id_token_hint": tokens["id_token"]})
    assert answer.headers["Location"] == "https://app.example/bye?state=s"


def test_okta_posts_a_message_without_an_envelope() -> None:
    client = own_client("okta", public=True)
    page = client.authorize(response_mode="okta_post_message", prompt="none").text
    assert "login_required" in page
    assert "authorization_response" not in page


def test_okta_lets_a_public_client_revoke_with_an_empty_secret() -> None:
    client = own_client("okta", public=True)
    code = client.code()
    assert client.token(ClientAuthentication.BASIC, code=code, secret="").status_code == 401, "only to revoke"
    asked = {"token": client.token(ClientAuthentication.NONE, code=code).json["access_token"]}
    for secret, status in (("guessed", 401), ("", 200)):
        answer = client.http.post("/okta/oauth2/v1/revoke", data=asked, auth=(client.id, secret))
        assert answer.status_code == status
    assert client.http.post("/okta/oauth2/v1/revoke", data=asked, auth=("nobody", "")).status_code == 401
    server = own_client("okta")
    refused = server.http.post("/okta/oauth2/v1/revoke", data=asked, auth=(server.id, ""))
    assert refused.status_code == 401


def test_okta_knows_no_plain_challenge() -> None:
    client = own_client("okta")
    answer = client.authorize(code_challenge="c" * 43, code_challenge_method="plain")
    assert told(answer)["error"] == "invalid_request"


# --- OneLogin -------------------------------------------------------------------------------------


def test_onelogin() -> None:
    world = world_of("onelogin")
    tokens = world.tokens()
    who = world.profile(tokens["access_token"]).json
    assert (who["preferred_username"], who["email"]) == ("ada-quill", "ada-quill@lumenfold.example")
    claims = claims_of(tokens["id_token"])
    assert (claims["sub"], claims["iss"]) == (who["sub"], "http://localhost/onelogin/oidc/2")
    assert world.profile("x").json == {"error": "invalid_token", "error_description": "invalid token provided"}


def test_onelogin_refuses_the_secret_in_two_places() -> None:
    world = world_of("onelogin")
    answer = world.redeem(world.callback()["code"], headers=basic(world))
    assert (answer.status_code, answer.json["error_description"]) == (401, "client authentication failed")


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_onelogin_holds_an_app_to_its_method(method: str) -> None:
    client = own_client("onelogin", token_endpoint_auth_method=method)
    for used in (ClientAuthentication.BASIC, ClientAuthentication.BODY):
        assert (client.token(used, code=client.code()).status_code == 200) == (used == method)


def test_onelogin_introspection_names_the_issuer() -> None:
    client = own_client("onelogin")
    token = client.token(ClientAuthentication.BODY, code=client.code()).json["access_token"]
    asked = {"token": token, "client_id": client.id, "client_secret": client.secret}
    about = client.http.post("/onelogin/oidc/2/token/introspection", data=asked).json
    assert (about["active"], about["iss"]) == (True, "http://localhost/onelogin/oidc/2")


# --- Atlassian ------------------------------------------------------------------------------------


def test_atlassian_rotates() -> None:
    world = world_of("atlassian")
    tokens = world.tokens()
    newer = world.refresh(tokens["refresh_token"]).json
    assert newer["refresh_token"] != tokens["refresh_token"]
    refused = world.refresh(tokens["refresh_token"])
    assert (refused.status_code, refused.json["error_description"]) == (403, "Unknown or invalid refresh token.")
    assert "refresh_token" not in world.tokens(asked={"scope": "read:me"})


def test_atlassian_takes_json() -> None:
    world = world_of("atlassian")
    callback = world.callback()
    client = {"client_id": world.client.client_id, "client_secret": world.client.client_secret}
    members = {"grant_type": "authorization_code", "code": callback["code"], "redirect_uri": world.redirect_uri}
    path = world.path("token")
    assert world.http.post(path, json=[]).status_code == 400
    assert world.http.post(path, data="{", content_type="application/json").status_code == 400
    assert world.http.post(path, json={**client, **members}).status_code == 200
    assert [entry["endpoint"] for entry in world.journal(grant=callback["grant"])][-1] == "token"


def test_atlassian_profile_and_sites() -> None:
    world = world_of("atlassian")
    token = world.tokens()["access_token"]
    me = world.profile(token).json
    assert (me["name"], me["email_verified"]) == ("Ada Quill", True)
    sites = world.http.get(world.path("follow-up"), headers={"Authorization": f"Bearer {token}"}).json
    assert [site["scopes"] for site in sites] == [["read:jira-work"]]
    assert world.profile("x").json == {"code": 401, "message": "Unauthorized"}
    other = world.tokens(asked={"scope": "read:jira-work"})["access_token"]
    assert world.profile(other).status_code == 403


@pytest.mark.parametrize("changes", [{"audience": None}, {"prompt": None}, {"audience": None, "prompt": None}])
def test_atlassian_does_not_insist_on_audience_and_prompt(changes: dict[str, Any]) -> None:
    assert world_of("atlassian").authorize(**changes).status_code == 200


@pytest.mark.parametrize("changes", [{"audience": "x"}, {"audience": ""}, {"prompt": "none"}, {"state": None}])
def test_atlassian_shows_a_page_for_a_wrong_request(changes: dict[str, Any]) -> None:
    answer = world_of("atlassian").authorize(**changes)
    assert answer.status_code == 400
    assert "Location" not in answer.headers


# --- OpenShift ------------------------------------------------------------------------------------


def test_openshift_user() -> None:
    world = world_of("openshift")
    tokens = world.tokens()
    assert tokens["access_token"].startswith("sha256~") and len(tokens["access_token"]) == 50
    assert "refresh_token" not in tokens and tokens["expires_in"] == 86400
    user = world.profile(tokens["access_token"]).json
    assert (user["kind"], user["metadata"]["name"]) == ("User", "ada-quill")
    assert world.profile("x").json["code"] == 401
    weak = world.tokens(asked={"scope": "user:list-projects"})["access_token"]
    assert world.profile(weak).json["reason"] == "Forbidden"
    assert len(world.tokens("large-token")["access_token"]) > 4000


def test_openshift_deletes_a_token_by_its_hashed_name() -> None:
    world = world_of("openshift")
    token = world.tokens()["access_token"]
    digest = hashlib.sha256(token.removeprefix("sha256~").encode()).digest()
    name = "sha256~" + base64.urlsafe_b64encode(digest).decode().rstrip("=")
    path = "/openshift/apis/oauth.openshift.io/v1/oauthaccesstokens"
    headers = {"Authorization": f"Bearer {token}"}
    assert world.http.delete(f"{path}/sha256~other", headers=headers).json["reason"] == "NotFound"
    assert world.profile(token).status_code == 200
    assert world.http.delete(f"{path}/{name}", headers=headers).json["status"] == "Success"
    assert world.profile(token).status_code == 401
    assert world.http.delete(f"{path}/{name}", headers=headers).status_code == 401


def test_openshift_refuses_in_its_words() -> None:
    world = world_of("openshift")
    wrong = world.redeem(world.callback()["code"], client_secret="wrong")
    assert (wrong.status_code, wrong.json["error"]) == (400, "unauthorized_client")
    assert world.redeem("x").json["error"] == "invalid_grant"
    assert "invalid_scope" in world.authorize(scope="user:everything").headers["Location"]
    assert "role%3Aview" not in world.authorize(scope="role:view:harbour").headers.get("Location", "")


def test_openshift_describes_itself() -> None:
    world = world_of("openshift")
    facts = world.http.get("/openshift/.well-known/oauth-authorization-server").json
    assert facts["issuer"] == "http://localhost/openshift"
    assert facts["scopes_supported"][0] == "user:full"
    assert world.authorize(scope=" ".join(facts["scopes_supported"])).status_code == 200
    assert facts["token_endpoint"].endswith(world.path("token"))


def test_openshift_takes_a_token_request_by_get() -> None:
    client = own_client("openshift")
    asked = {"grant_type": "authorization_code", "code": client.code(), "code_verifier": VERIFIER}
    credentials = {"client_id": client.id, "client_secret": client.secret}
    wrong = client.http.get("/openshift/oauth/token", query_string={**asked, **credentials, "client_secret": "x"})
    assert wrong.status_code == 400
    answer = client.http.get("/openshift/oauth/token", query_string={**asked, **credentials})
    assert answer.status_code == 200
    replayed = client.http.get("/openshift/oauth/token", query_string={**asked, **credentials})
    assert (replayed.status_code, client.last_reason()) == (400, Reason.REPLAYED_CODE)


def test_openshift_needs_the_redirect_uri_where_there_are_several() -> None:
    client = own_client("openshift", redirect_uris=["https://app.example/callback", "https://app.example/other"])
    assert client.authorize(redirect_uri=None).status_code == 400
    assert client.last_reason() == Reason.UNREGISTERED_REDIRECT_URI
