"""What GitLab, Microsoft, Bitbucket and Bitbucket Server do differently, with made-up answers of the vendors."""

import base64
import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import responses

from reference_backend.formats import encoding
from reference_backend.providers import microsoft
from tests.reference_backend.conftest import Browser

CLIENT = {"clientId": "an-id", "clientSecret": "a-secret"}
GRAPH = "https://graph.microsoft.com/v1.0/me/"
ENTRA = "https://login.microsoftonline.com/t/oauth2/v2.0/token"
FOR_GRAPH = {"aud": microsoft.GRAPH_AUDIENCE, "scp": "openid User.Read"}


@pytest.fixture
def settings(settings: dict[str, Any]) -> dict[str, Any]:
    providers = settings["auth"]["providers"]
    providers["gitlab"] = {"development": {**CLIENT, "audience": "https://git.test"}}
    providers["microsoft"] = {"development": {**CLIENT, "tenantId": "t", "domainHint": "h"}}
    providers["bitbucket"] = {"development": dict(CLIENT)}
    providers["bitbucketServer"] = {"development": {**CLIENT, "host": "bits.test:7990/ctx"}}
    return settings


def access_token(claims: dict[str, Any]) -> str:
    parts = (encoding.b64url(json.dumps(part).encode()) for part in ({"alg": "RS256"}, claims))
    return ".".join([*parts, "signature"])


def sign_in(browser: Browser, provider: str, query: str = "") -> dict[str, Any]:
    answer = browser.finish(browser.start(provider, query=query), provider=provider)
    message: dict[str, Any] = browser.message(answer)
    return message


def form_of(call: Any) -> dict[str, list[str]]:
    return parse_qs(call.request.body)


# --- GitLab ---------------------------------------------------------------------------------------


def test_gitlab_is_at_its_audience(browser: Browser, vendor: responses.RequestsMock) -> None:
    vendor.post("https://git.test/oauth/token", json={"access_token": "a", "scope": "read_user"})
    user = {"id": 7, "username": "ada", "name": "Ada", "email": "ada@x.test", "avatar_url": "https://a.test/p.png"}
    vendor.get("https://git.test/api/v4/user", json=user)
    response = sign_in(browser, "gitlab")["response"]
    assert response["profile"] == {"email": "ada@x.test", "picture": "https://a.test/p.png", "displayName": "Ada"}
    assert form_of(vendor.calls[0])["client_secret"] == ["a-secret"]


# --- Microsoft ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("claims", "is_for_graph"),
    [
        (FOR_GRAPH, True),
        ({**FOR_GRAPH, "scp": "https://graph.microsoft.com/user.read.ALL"}, True),
        ({**FOR_GRAPH, "scp": "openid User.ReadBasic.All"}, False),
        ({**FOR_GRAPH, "aud": "api://x"}, False),
        ({"aud": microsoft.GRAPH_AUDIENCE}, False),
    ],
)
def test_tokens_for_graph(claims: dict[str, Any], is_for_graph: bool) -> None:
    assert microsoft.is_for_graph(access_token(claims)) is is_for_graph


def test_tokens_that_cannot_be_read_are_tried() -> None:
    assert microsoft.is_for_graph("EwB-opaque")


def test_scopes_of_another_resource_stand_alone(browser: Browser) -> None:
    answer = browser.get("/microsoft/start?env=development&scope=api://x/read")
    query = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert query["scope"] == ["api://x/read offline_access"]
    assert query["domain_hint"] == ["h"]


def test_profile_with_a_second_token(browser: Browser, vendor: responses.RequestsMock) -> None:
    first = access_token({"aud": "api://x", "scp": "read"})
    second = access_token(FOR_GRAPH)
    vendor.post(ENTRA, json={"access_token": first, "refresh_token": "r1", "scope": "api://x/read"})
    vendor.post(ENTRA, json={"access_token": second, "refresh_token": "r2"})
    vendor.get(GRAPH, json={"id": "7", "displayName": "Ada", "mail": None, "userPrincipalName": "ada@x.test"})
    vendor.get(f"{GRAPH}photos/96x96/$value", body=b"photo")
    answer = browser.finish(browser.start("microsoft", query="&scope=api://x/read"), provider="microsoft")
    response = browser.message(answer)["response"]
    assert response["providerInfo"]["accessToken"] == first
    picture = "data:image/jpeg;base64," + base64.b64encode(b"photo").decode()
    assert response["profile"] == {"email": "ada@x.test", "picture": picture, "displayName": "Ada"}
    assert form_of(vendor.calls[1])["scope"] == [microsoft.GRAPH_SCOPE]
    assert form_of(vendor.calls[1])["refresh_token"] == ["r1"]
    assert any("refresh-token=r2" in cookie for cookie in browser.set_cookies(answer))


def test_nobody_needs_a_photo(browser: Browser, vendor: responses.RequestsMock) -> None:
    vendor.post(ENTRA, json={"access_token": "opaque"})
    vendor.get(GRAPH, json={"id": "7", "displayName": "Ada"})
    vendor.get(f"{GRAPH}photos/96x96/$value", status=404, json={"error": {"code": "ImageNotFound"}})
    assert sign_in(browser, "microsoft")["response"]["profile"] == {"displayName": "Ada"}


# --- Bitbucket ------------------------------------------------------------------------------------


def test_bitbucket_wants_the_header(browser: Browser, vendor: responses.RequestsMock) -> None:
    vendor.post("https://bitbucket.org/site/oauth2/access_token", json={"access_token": "a", "scopes": "account"})
    user = {"uuid": "{7}", "username": "ada", "display_name": "Ada", "links": {"html": {"href": "https://b.test"}}}
    vendor.get("https://api.bitbucket.org/2.0/user", json=user)
    response = sign_in(browser, "bitbucket")["response"]
    assert response["profile"] == {"displayName": "Ada"}
    assert response["providerInfo"]["scope"] == "account"
    expected = "Basic " + base64.b64encode(b"an-id:a-secret").decode()
    assert vendor.calls[0].request.headers["Authorization"] == expected


@pytest.mark.parametrize("links", [None, {}, {"html": None}, {"html": {}}, "text"])
def test_a_user_without_a_page_is_none(browser: Browser, vendor: responses.RequestsMock, links: Any) -> None:
    vendor.post("https://bitbucket.org/site/oauth2/access_token", json={"access_token": "a"})
    vendor.get("https://api.bitbucket.org/2.0/user", json={"uuid": "{7}", "links": links})
    error = sign_in(browser, "bitbucket")["error"]
    assert error["message"] == "Authentication failed, Failed to parse user profile"


# --- Bitbucket Server -----------------------------------------------------------------------------

SERVER = "https://bits.test:7990/ctx"
WHO = f"{SERVER}/plugins/servlet/applinks/whoami"


def test_the_name_is_one_segment_of_the_path(browser: Browser, vendor: responses.RequestsMock) -> None:
    vendor.post(f"{SERVER}/rest/oauth2/latest/token", json={"access_token": "a"})
    vendor.get(WHO, headers={"X-AUSERNAME": "a/b?c"}, status=500)
    user = {"id": 7, "name": "a/b?c", "displayName": "Ada", "emailAddress": "ada@x.test", "avatarUrl": "/p.png"}
    vendor.get(f"{SERVER}/rest/api/latest/users/a%2Fb%3Fc?avatarSize=256", json=user)
    profile = sign_in(browser, "bitbucketServer")["response"]["profile"]
    assert profile == {"email": "ada@x.test", "picture": f"{SERVER}/p.png", "displayName": "Ada"}


@pytest.mark.parametrize(
    ("name", "user", "status", "says"),
    [
        (None, {"id": 7}, 200, "Failed to retrieve the username of the logged in user"),
        ("ada", {"id": 7}, 404, "Failed to retrieve the user 'ada'"),
        ("ada", {"name": "ada"}, 200, "Authentication failed, Failed to parse user profile"),
        ("ada", ["no user"], 200, "Authentication failed, Failed to parse user profile"),
    ],
)
def test_profiles_that_cannot_be_read(
    browser: Browser, vendor: responses.RequestsMock, name: str | None, user: Any, status: int, says: str
) -> None:
    vendor.post(f"{SERVER}/rest/oauth2/latest/token", json={"access_token": "a"})
    vendor.get(WHO, headers={"X-AUSERNAME": name} if name else {})
    vendor.get(f"{SERVER}/rest/api/latest/users/ada", json=user, status=status)
    answer = browser.finish(browser.start("bitbucketServer"), provider="bitbucketServer")
    assert browser.page_error(answer) == ("Error", says)
    assert not any("refresh-token=" in cookie and "Max-Age=0" not in cookie for cookie in browser.set_cookies(answer))
