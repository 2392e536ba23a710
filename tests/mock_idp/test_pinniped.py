"""Pinniped: proof keys, ES256, and tokens for clusters."""

import base64
import hashlib
from typing import Any

import jwt
import pytest

from mock_idp.oauth.client_authentication import ClientAuthentication
from mock_idp.oauth.model import Reason
from mock_idp.vendors.pinniped import ACCESS_TOKEN_TYPE, AUDIENCE_SCOPE, JWT_TYPE, TOKEN_EXCHANGE
from tests.mock_idp.acceptance import own_client, told
from tests.mock_idp.conftest import World, form_of, make_world

VERIFIER = "v" * 43
SCOPES = f"openid offline_access {AUDIENCE_SCOPE} username groups"


def world_of(environment: str = "development") -> World:
    world = make_world("pinniped", "pinniped").of(environment)
    digest = hashlib.sha256(VERIFIER.encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    world.extra = {"scope": SCOPES, "code_challenge": challenge, "code_challenge_method": "S256"}
    return world


def basic(world: World) -> dict[str, Any]:
    pair = f"{world.client.client_id}:{world.client.client_secret}"
    headers = {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
    return {"client_id": None, "client_secret": None, "headers": headers}


def tokens(world: World, persona: str = "plain", **asked: Any) -> dict[str, Any]:
    callback = world.callback(persona, asked=asked)
    answer = world.redeem(callback["code"], code_verifier=VERIFIER, **basic(world))
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json
    return found


def request(world: World, access_token: str, **changes: Any) -> Any:
    form = {
        "grant_type": TOKEN_EXCHANGE,
        "subject_token": access_token,
        "subject_token_type": ACCESS_TOKEN_TYPE,
        "requested_token_type": JWT_TYPE,
        "audience": "harbour-cluster",
        **basic(world),
        **changes,
    }
    return world.ask_token(**form)


def verified(world: World, token: str, audience: str) -> dict[str, Any]:
    key = jwt.PyJWKSet.from_dict(world.http.get("/pinniped/jwks.json").json).keys[0]
    options: Any = {"verify_exp": False, "verify_iat": False}
    claims: dict[str, Any] = jwt.decode(token, key.key, ["ES256"], audience=audience, options=options)
    return claims


def test_an_id_token_says_who_it_is() -> None:
    world = world_of()
    found = tokens(world, "many-groups")
    claims = verified(world, found["id_token"], world.client.client_id)
    assert (claims["username"], claims["groups"]) == ("petra-reed", ["harbour", "lighthouse"])
    assert "email" not in claims and "nonce" not in claims
    assert found["token_type"] == "bearer"
    assert "groups" not in verified(world, tokens(world, scope="openid username")["id_token"], world.client.client_id)


def test_refresh_tokens_are_replaced_and_need_offline_access() -> None:
    world = world_of()
    first = tokens(world)["refresh_token"]
    second = world.refresh(first, **basic(world)).json["refresh_token"]
    assert second != first
    answer = world.refresh(first, **basic(world))
    assert answer.json["error_description"].endswith("The refresh token is malformed or not valid.")
    assert "refresh_token" not in tokens(world, scope="openid username")


def test_an_access_token_becomes_a_token_for_a_cluster() -> None:
    world = world_of()
    answer = request(world, tokens(world)["access_token"]).json
    assert (answer["issued_token_type"], answer["token_type"]) == (JWT_TYPE, "N_A")
    claims = verified(world, answer["access_token"], "harbour-cluster")
    assert (claims["username"], claims["iss"]) == ("ada-quill", "http://localhost/pinniped")


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"audience": None}, 400, "invalid_request"),
        ({"subject_token_type": JWT_TYPE}, 400, "invalid_request"),
        ({"requested_token_type": ACCESS_TOKEN_TYPE}, 400, "invalid_request"),
        ({"subject_token": "unknown"}, 401, "request_unauthorized"),
    ],
)
def test_exchanges_that_are_refused(changes: dict[str, Any], status: int, error: str) -> None:
    world = world_of()
    answer = request(world, tokens(world)["access_token"], **changes)
    assert (answer.status_code, answer.json["error"]) == (status, error)


def test_an_exchange_needs_its_scope_and_its_client() -> None:
    world = world_of()
    answer = request(world, tokens(world, scope="openid username")["access_token"])
    assert (answer.status_code, answer.json["error"]) == (403, "access_denied")
    assert f"'{AUDIENCE_SCOPE}'" in answer.json["error_description"]
    other = world.of("no-sign-in")
    assert request(other, tokens(world)["access_token"]).status_code == 401


def test_proof_keys_are_required() -> None:
    world = world_of()
    world.extra = {"scope": SCOPES}
    assert "error=" in world.authorize().headers["Location"]


def test_one_client_authenticates_in_the_body() -> None:
    world = world_of()
    assert world.redeem(world.callback()["code"], code_verifier=VERIFIER).status_code == 401
    service = world.idp.services.by_id["pinniped-post-only"]
    client = service.clients.by_id["mock-pinniped-post-only"]
    assert [str(method) for method in world.idp.vendors["pinniped"].policy_for(client).client_authentication] == [
        "client_secret_post"
    ]
    document = world.http.get("/pinniped-post-only/.well-known/openid-configuration").json
    assert document["token_endpoint_auth_methods_supported"] == ["client_secret_post"]


def test_the_command_line_is_the_public_client() -> None:
    client = own_client("pinniped", client_id="pinniped-cli", public=True, redirect_uris=["http://127.0.0.1/callback"])
    back = "http://127.0.0.1:41234/callback"
    page = client.consent(client.authorize(redirect_uri=back, response_mode="form_post"))
    form = form_of(page)
    assert form.action == back
    code = dict(form.fields)["code"]
    assert client.token(ClientAuthentication.NONE, code=code, redirect_uri=back).status_code == 200


def test_what_a_supervisor_refuses() -> None:
    client = own_client("pinniped")
    plain = {"code_challenge": VERIFIER, "code_challenge_method": "plain"}
    for changes in (plain, {"response_mode": "form_post"}, {"response_mode": "fragment"}):
        client.authorize(**changes)
        assert client.last_reason() == Reason.INVALID_PARAMETER
    client.code()
    assert told(client.authorize(prompt="none"))["error"] == "login_required", "whoever signed in before"
