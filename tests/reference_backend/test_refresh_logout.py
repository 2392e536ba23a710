"""REFRESH and LOGOUT."""

import pytest
import requests

from reference_backend.oauth.provider import ScopePolicy
from reference_backend.providers.github import GitHub

GITHUB = "https://github.test"
TOKEN = f"{GITHUB}/login/oauth/access_token"
USER = f"{GITHUB}/api/v3/user"
SESSION = "github-refresh-token=access-token-v2.gho_1; github-granted-scope=read%3Auser"
APP_SESSION = "github-refresh-token=ghr_1; github-granted-scope=read%3Auser"


@pytest.mark.parametrize("value", [None, "", "xmlhttprequest", "fetch"])
def test_the_header_is_required(browser, vendor, value):
    headers = {} if value is None else {"X_Requested_With": value}
    for answer in (
        browser.get("/github/refresh?env=development", Cookie=SESSION, **headers),
        browser.post("/github/logout?env=development", Cookie=SESSION, **headers),
    ):
        assert browser.error(answer) == (401, "AuthenticationError", "Invalid X-Requested-With header")
        assert "cause" not in answer.get_json()["error"]
        assert browser.set_cookies(answer) == []
    assert len(vendor.calls) == 0


def test_environment_comes_before_the_header(browser):
    assert browser.error(browser.post("/github/refresh"))[0] == 400
    assert browser.error(browser.post("/github/logout"))[0] == 400


def test_no_session(browser):
    answer = browser.refresh()
    assert browser.error(answer) == (
        401,
        "AuthenticationError",
        "Refresh failed; caused by InputError: Missing session cookie",
    )
    assert answer.get_json()["error"]["cause"] == {"name": "InputError", "message": "Missing session cookie"}


def test_an_oauth_app_session(browser, github):
    answer = browser.refresh(Cookie=SESSION)
    body = answer.get_json()
    assert answer.status_code == 200
    assert body["providerInfo"] == {"accessToken": "gho_1", "scope": "read:user"}
    assert body["backstageIdentity"]["identity"]["userEntityRef"] == "user:default/ada.quill"
    assert [cookie.partition("=")[0] for cookie in browser.set_cookies(answer)] == ["github-granted-scope"] * 2
    assert [call.request.url for call in github.calls] == [USER]
    assert answer.headers["Cache-Control"] == "no-store"


def test_an_oauth_app_session_gains_no_scope(browser, vendor):
    answer = browser.refresh("&scope=repo", Cookie=SESSION)
    assert browser.error(answer)[2] == (
        "Refresh failed; caused by Error: Refresh failed, session has not been granted the requested scope"
    )
    assert len(vendor.calls) == 0


def test_a_revoked_token(browser, vendor):
    vendor.get(USER, status=401, json={"message": "Bad credentials"})
    answer = browser.refresh(Cookie=SESSION)
    assert browser.error(answer)[2] == "Refresh failed; caused by Error: Invalid access token"
    assert browser.set_cookies(answer) == []


def test_rotation(browser, vendor):
    vendor.post(TOKEN, json={"access_token": "ghu_2", "refresh_token": "ghr_2", "expires_in": 28800, "scope": ""})
    vendor.get(USER, json={"login": "ada.quill"})
    answer = browser.refresh("&scope=repo", Cookie=APP_SESSION)
    assert answer.status_code == 200
    assert answer.get_json()["providerInfo"] == {
        "accessToken": "ghu_2",
        "scope": "read:user",
        "expiresInSeconds": 28800,
    }
    assert [cookie.partition(";")[0] for cookie in browser.set_cookies(answer)] == [
        "github-granted-scope=",
        "github-granted-scope=read%3Auser",
        "github-refresh-token=",
        "github-refresh-token=ghr_2",
    ]
    sent = dict(part.split("=") for part in vendor.calls[0].request.body.split("&"))
    assert sent == {
        "grant_type": "refresh_token",
        "refresh_token": "ghr_1",
        "scope": "repo+read%3Auser",
        "client_id": "gh-id",
        "client_secret": "gh-secret",
    }


def test_a_scope_that_the_vendor_names_counts_as_granted(browser, vendor):
    vendor.post(TOKEN, json={"access_token": "t", "scope": "repo,read:user"})
    vendor.get(USER, json={"login": "ada.quill"})
    assert browser.refresh("&scope=repo", Cookie=APP_SESSION).get_json()["providerInfo"]["scope"] == "repo read:user"


def test_a_rotated_token_survives_a_failing_profile(browser, vendor):
    vendor.post(TOKEN, json={"access_token": "t", "refresh_token": "ghr_2"})
    vendor.get(USER, status=500, body="SECRET BODY")
    answer = browser.refresh(Cookie=APP_SESSION)
    assert browser.error(answer)[2] == ("Refresh failed; caused by InternalOAuthError: Failed to fetch user profile")
    assert "SECRET" not in answer.text
    assert browser.set_cookies(answer)[-1].startswith("github-refresh-token=ghr_2;")


def test_a_resolver_failure_is_a_401_with_the_rotated_cookie(browser, vendor):
    vendor.post(TOKEN, json={"access_token": "t", "refresh_token": "ghr_2"})
    vendor.get(USER, json={"login": "nobody"})
    answer = browser.refresh(Cookie=APP_SESSION)
    assert answer.status_code == 401
    assert browser.set_cookies(answer)[-1].startswith("github-refresh-token=ghr_2;")


@pytest.mark.parametrize("same", [None, "ghr_1"])
def test_an_unchanged_token_leaves_the_cookie_alone(browser, vendor, same):
    vendor.post(TOKEN, json={"access_token": "t", **({"refresh_token": same} if same else {})})
    vendor.get(USER, json={"login": "ada.quill"})
    answer = browser.refresh(Cookie=APP_SESSION)
    assert not any(cookie.startswith("github-refresh-token") for cookie in browser.set_cookies(answer))


def test_an_empty_scope_is_sent_all_the_same(make, settings, vendor, monkeypatch):
    monkeypatch.setattr(GitHub, "scopes", ScopePolicy())
    vendor.post(TOKEN, json={"access_token": "t", "scope": "a,b c"})
    vendor.get(USER, json={"login": "ada.quill"})
    answer = make().refresh(Cookie="github-refresh-token=r")
    assert answer.get_json()["providerInfo"]["scope"] == "a b c"
    assert vendor.calls[0].request.body.split("&")[2] == "scope="


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (
            {"status": 400, "json": {"error": "invalid_grant", "error_description": "SECRET"}},
            "Failed to refresh access token; caused by Error: unknown error '[object Object]'",
        ),
        (
            {"status": 503, "body": "x"},
            "Failed to refresh access token; caused by Error: unknown error '[object Object]'",
        ),
        ({"json": {"error": "bad_refresh_token"}}, "Failed to refresh access token, no access token received"),
        (
            {"body": requests.ConnectionError("x")},
            "Failed to refresh access token; caused by Error: the connection failed",
        ),
        ({"body": requests.Timeout("x")}, "Failed to refresh access token; caused by Error: the request timed out"),
    ],
)
def test_failed_refreshes(browser, vendor, reply, expected):
    vendor.post(TOKEN, **reply)
    answer = browser.refresh(Cookie=APP_SESSION)
    assert browser.error(answer) == (401, "AuthenticationError", f"Refresh failed; caused by Error: {expected}")
    assert browser.set_cookies(answer) == []


def test_chunks_are_joined_and_replaced(browser, vendor):
    vendor.post(TOKEN, json={"access_token": "t", "refresh_token": "new"})
    vendor.get(USER, json={"login": "ada.quill"})
    cookie = "github-refresh-token-0=gh; github-refresh-token-1=r_1; github-refresh-token-3=x; github-refresh-token=y"
    answer = browser.refresh(Cookie=f"{cookie}; github-granted-scope=read%3Auser")
    assert "refresh_token=ghr_1&" in vendor.calls[0].request.body
    written = [c.partition(";")[0] for c in browser.set_cookies(answer) if c.startswith("github-refresh")]
    assert written == [
        "github-refresh-token=",
        "github-refresh-token-0=",
        "github-refresh-token-1=",
        "github-refresh-token-0=",
        "github-refresh-token-1=",
        "github-refresh-token=new",
    ]


@pytest.mark.parametrize("origin", ["https://evil.test", "null", "x"])
def test_a_foreign_origin_spends_no_token(browser, vendor, origin):
    answer = browser.refresh(Cookie=APP_SESSION, Origin=origin)
    assert browser.error(answer)[0] == 401
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert len(vendor.calls) == 0


def test_same_site_follows_the_origin_of_the_request(browser, github):
    answer = browser.refresh(Cookie=SESSION, Origin="https://a.ex.test")
    assert browser.set_cookies(answer)[-1].endswith("Secure; SameSite=None")


def test_post_and_other_parameters_make_no_difference(browser, github):
    answer = browser.post(
        "/github/refresh?env=development&optional&x=1", "ignored", X_Requested_With="XMLHttpRequest", Cookie=SESSION
    )
    assert answer.status_code == 200


def test_logout_clears_what_came(browser):
    answer = browser.logout(Cookie=f"{SESSION}; github-refresh-token-0=a; github-refresh-token-1=b")
    assert (answer.status_code, answer.data) == (200, b"")
    assert "Content-Type" not in answer.headers
    cookies = browser.set_cookies(answer)
    assert [cookie.partition(";")[0] for cookie in cookies] == [
        "github-refresh-token=",
        "github-refresh-token-0=",
        "github-refresh-token-1=",
        "github-granted-scope=",
    ]
    assert all("Max-Age=0; Path=/api/auth/github; Expires=Tue, 14 Nov 2023 22:13:20 GMT" in c for c in cookies)


def test_logout_without_session(browser):
    answer = browser.logout()
    assert answer.status_code == 200
    assert browser.set_cookies(answer) == []


@pytest.mark.parametrize("origin", ["null", "https://evil.test", "https://app.test.evil.test", "https://APP.test"])
def test_logout_from_a_foreign_origin(browser, origin):
    answer = browser.logout(Cookie=SESSION, Origin=origin)
    assert browser.error(answer) == (403, "NotAllowedError", f"Origin '{origin}' is not allowed")
    assert browser.set_cookies(answer) == []


def test_logout_from_an_allowed_origin(browser):
    assert browser.logout(Cookie=SESSION, Origin="https://app.test").status_code == 200
    assert browser.logout(Cookie=SESSION, Origin="https://a.ex.test").status_code == 200


def test_google_is_asked_to_revoke(browser, vendor):
    vendor.post("https://oauth2.googleapis.com/revoke", json={})
    answer = browser.logout(provider="google", Cookie="google-refresh-token=1%2F%2F0x")
    assert answer.status_code == 200
    assert vendor.calls[0].request.url.endswith("/revoke?token=1%2F%2F0x")
    browser.logout(provider="google")
    assert len(vendor.calls) == 1


@pytest.mark.parametrize("reply", [{"status": 400, "json": {"error": "invalid_token"}}, {"body": requests.Timeout()}])
def test_a_failing_revocation_prevents_nothing(browser, vendor, reply):
    vendor.post("https://oauth2.googleapis.com/revoke", **reply)
    answer = browser.logout(provider="google", Cookie="google-refresh-token=x")
    assert answer.status_code == 200
    assert browser.set_cookies(answer)[0].startswith("google-refresh-token=;")


@pytest.mark.requirement("LOGOUT-11", "LOGOUT-12")
@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://idp.test/out", True),
        ("http://localhost:1/x", True),
        ("http://idp.test/", False),
        ("x", False),
        ("javascript:alert(1)", False),
    ],
)
def test_a_logout_url(browser, monkeypatch, url, shown):
    monkeypatch.setattr(GitHub, "logout", lambda self, request: url)
    answer = browser.logout(Cookie=SESSION)
    assert answer.status_code == 200
    assert (answer.get_json() == {"logoutUrl": url}) if shown else (answer.data == b"")
