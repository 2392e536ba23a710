"""Lenience towards what the real service accepts makes no vendor lenient: what mocks of others let pass is refused."""

import pytest

from mock_idp.oauth.client_authentication import ClientAuthentication
from mock_idp.oauth.model import Endpoint, Reason
from tests.mock_idp.acceptance import VENDORS, VERIFIER, OwnClient, own_client


@pytest.fixture(params=VENDORS)
def client(request: pytest.FixtureRequest) -> OwnClient:
    return own_client(request.param)


def method_of(client: OwnClient) -> ClientAuthentication:
    has_body = ClientAuthentication.BODY in client.vendor.policy.client_authentication
    return ClientAuthentication.BODY if has_body else ClientAuthentication.BASIC


def redeemed(client: OwnClient, code: str, **changes: str) -> bool:
    return "access_token" in client.token(method_of(client), code=code, **changes).text


def test_replayed_code(client: OwnClient) -> None:
    code = client.code()
    assert redeemed(client, code)
    assert not redeemed(client, code)
    assert client.last_reason() == Reason.REPLAYED_CODE


def test_made_up_code(client: OwnClient) -> None:
    assert not redeemed(client, "made-up")
    assert client.last_reason() == Reason.UNKNOWN_CODE


def test_wrong_verifier(client: OwnClient) -> None:
    if client.vendor.policy.pkce == "ignored":
        pytest.skip("this vendor does not look at code challenges")
    code = client.code()
    assert not redeemed(client, code, code_verifier=VERIFIER[::-1])
    assert client.last_reason() == Reason.WRONG_VERIFIER
    assert not redeemed(client, code, code_verifier="")
    assert client.last_reason() == Reason.MISSING_VERIFIER


def test_another_redirect_uri_at_the_token_endpoint(client: OwnClient) -> None:
    assert not redeemed(client, client.code(), redirect_uri="https://app.example/another")
    assert client.last_reason() == Reason.REDIRECT_URI_MISMATCH


def test_wrong_secret(client: OwnClient) -> None:
    answer = client.token(method_of(client), code=client.code(), secret="guessed")
    assert "access_token" not in answer.text
    assert client.last_reason() == Reason.WRONG_SECRET


def test_bogus_refresh_token(client: OwnClient) -> None:
    answer = client.token(method_of(client), grant_type="refresh_token", refresh_token="bogus")
    assert "access_token" not in answer.text
    assert client.last_reason() in (Reason.UNKNOWN_REFRESH_TOKEN, Reason.UNSUPPORTED_GRANT_TYPE)


def test_bogus_bearer(client: OwnClient) -> None:
    if all(route.endpoint is not Endpoint.PROFILE for route in client.vendor.routes):
        pytest.skip("this vendor has no profile endpoint")
    answer = client.http.get(client.path(Endpoint.PROFILE), headers={"Authorization": "Bearer bogus"})
    # One vendor has an address that tells nobody who they are, and answers nothing to a stranger.
    assert answer.status_code in (401, 403) or not answer.text


def test_unregistered_redirect_uri(client: OwnClient) -> None:
    answer = client.authorize(redirect_uri="https://evil.example/")
    assert answer.status_code != 200
    assert "evil.example" not in answer.headers.get("Location", "")
    assert client.last_reason() == Reason.UNREGISTERED_REDIRECT_URI


def test_code_of_another_client(client: OwnClient) -> None:
    code = client.code()
    body = {"vendor": client.vendor.id, "client_id": "thief", "redirect_uris": ["https://thief.example/"]}
    thief = client.http.post("/__idp/clients", json=body).json
    stranger = OwnClient(client.idp, client.http, client.vendor, thief)
    assert not redeemed(stranger, code)
    assert client.last_reason() == Reason.CODE_OF_ANOTHER_CLIENT
