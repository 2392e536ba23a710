"""Registering clients of one's own by the control API."""

from typing import Any

import pytest

from mock_idp.oauth.client_authentication import ClientAuthentication
from tests.mock_idp.acceptance import REDIRECT_URI, own_client
from tests.mock_idp.conftest import World


def test_a_client_with_an_id_and_a_secret_of_one_s_own() -> None:
    client = own_client("github", client_id="Iv23.my-app", client_secret="s3cr3t")
    assert (client.id, client.secret) == ("Iv23.my-app", "s3cr3t")
    assert client.registration["environment"] == "own"
    assert "access_token" in client.token(ClientAuthentication.BASIC, code=client.code()).json


def test_only_vendor_and_redirect_uris_are_needed(github: World) -> None:
    answer = github.http.post("/__idp/clients", json={"vendor": "gitlab", "redirect_uris": [REDIRECT_URI]})
    assert answer.status_code == 201
    assert answer.json["client_id"] == "mock-gitlab-own"
    assert answer.json["client_secret"] == "secret-of-mock-gitlab-own-never-shown"


def test_one_registered_method_and_no_other() -> None:
    client = own_client("oidc", token_endpoint_auth_method="client_secret_post")
    code = client.code()
    assert "access_token" not in client.token(ClientAuthentication.BASIC, code=code).json
    assert "access_token" in client.token(ClientAuthentication.BODY, code=code).json


def test_scopes_for_a_request_without_any() -> None:
    client = own_client("github", scopes=["read:user", "gist"])
    token = client.token(ClientAuthentication.BODY, code=client.code(scope=None)).json
    assert token["scope"] == "read:user,gist"


def test_listing_and_removing(github: World) -> None:
    body = {"vendor": "github", "client_id": "of/my own", "redirect_uris": [REDIRECT_URI]}
    assert github.http.post("/__idp/clients", json=body).status_code == 201
    ids = [client["client_id"] for client in github.http.get("/__idp/clients").json["clients"]]
    assert "of/my own" in ids and github.client.client_id in ids
    assert github.http.delete("/__idp/clients/of/my own").status_code == 204
    assert github.http.delete("/__idp/clients/of/my own").status_code == 404
    stays = github.http.delete(f"/__idp/clients/{github.client.client_id}")
    assert stays.status_code == 400
    assert "stays" in stays.json["error"]


def test_a_native_app_has_a_scheme_of_its_own() -> None:
    client = own_client("google", redirect_uris=["com.example.app:/callback"])
    answer = client.consent(client.authorize(redirect_uri="com.example.app:/callback"))
    assert answer.headers["Location"].startswith("com.example.app:/callback?")


MISTAKES = [
    ({"client_id": ""}, "client_id must be"),
    ({"client_id": "x\n"}, "client_id must be"),
    ({"client_secret": 7}, "client_secret must be"),
    ({"public": "yes"}, "public must be"),
    ({"public": True}, "no public clients"),
    ({"token_endpoint_auth_method": "none"}, "no public clients"),
    ({"token_endpoint_auth_method": "private_key_jwt"}, "must be one of"),
    ({"logout_uris": ["/bye"]}, "absolute"),
    ({"origins": ["https://app.example/"]}, "no origin"),
    ({"redirect_uris": ["app:/callback"]}, "absolute"),
    ({"redirect_uris": ["http://[oops/callback"]}, "absolute"),
    ({"redirect_uris": ["http://app.example:port/callback"]}, "absolute"),
    ({"scopes": "openid"}, "list"),
]


@pytest.mark.parametrize(("changes", "sentence"), MISTAKES, ids=lambda value: str(value)[:40])
def test_mistakes_are_explained(github: World, changes: dict[str, Any], sentence: str) -> None:
    body = {"vendor": "github", "redirect_uris": [REDIRECT_URI], **changes}
    answer = github.http.post("/__idp/clients", json=body)
    assert answer.status_code == 400
    assert sentence in answer.json["error"]


def test_a_public_client_has_no_secret(github: World) -> None:
    body = {"vendor": "oidc", "public": True, "client_secret": "x", "redirect_uris": [REDIRECT_URI]}
    assert "no client_secret" in github.http.post("/__idp/clients", json=body).json["error"]


def test_the_page_of_a_refusal_says_how_to_register() -> None:
    page = own_client("google").authorize(redirect_uri="https://elsewhere.example/")
    assert page.status_code == 400
    assert "/__idp/clients" in page.text
    assert "application/json" in page.text


def test_a_method_that_only_registered_clients_have() -> None:
    client = own_client("oidc", token_endpoint_auth_method="client_secret_jwt")
    assert client.registration["token_endpoint_auth_method"] == "client_secret_jwt"
    assert "access_token" not in client.token(ClientAuthentication.BASIC, code=client.code()).json
