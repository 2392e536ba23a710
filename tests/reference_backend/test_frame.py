"""FRAME, MSG, REDIR, IDENT and the outcome codes of the passport family."""

import base64
import hashlib
import json
import re

import pytest
import quickjs
import requests

from reference_backend.identity import session_response

GITHUB = "https://github.test"
TOKEN = f"{GITHUB}/login/oauth/access_token"
USER = f"{GITHUB}/api/v3/user"
NO_TOKEN = "Authentication failed, Failed to obtain access token"


def test_a_sign_in(browser, github):
    answer = browser.finish(browser.start())
    response = browser.message(answer)["response"]
    identity = response.pop("backstageIdentity")
    assert response == {
        "profile": {"picture": "https://a.test/p.png", "displayName": "Ada"},
        "providerInfo": {"accessToken": "gho_1", "scope": "read:user"},
    }
    assert identity["identity"] == {
        "type": "user",
        "userEntityRef": "user:default/ada.quill",
        "ownershipEntityRefs": ["user:default/ada.quill", "group:default/team-a", "group:default/team-b"],
    }
    assert identity["expiresInSeconds"] == 3600
    assert browser.target(answer) == "https://app.test"
    names = [cookie.partition(";")[0] for cookie in browser.set_cookies(answer)]
    assert names == [
        "github-granted-scope=",
        "github-granted-scope=read%3Auser",
        "github-refresh-token=",
        "github-refresh-token=access-token-v2.gho_1",
        "github-nonce=",
    ]
    assert "Path=/api/auth/github/handler;" in browser.set_cookies(answer)[-1]


def test_the_token_request(browser, github):
    browser.finish(browser.start())
    sent = github.calls[0].request
    assert dict(part.split("=") for part in sent.body.split("&")) == {
        "grant_type": "authorization_code",
        "code": "c",
        "redirect_uri": "https%3A%2F%2Fbackend.test%2Fapi%2Fauth%2Fgithub%2Fhandler%2Fframe",
        "client_id": "gh-id",
        "client_secret": "gh-secret",
    }
    assert "Authorization" not in sent.headers
    assert "Accept" not in sent.headers
    assert github.calls[1].request.headers["Authorization"] == "Bearer gho_1"


def test_without_a_resolver_there_is_no_identity(browser, github):
    answer = browser.finish(browser.start(env="no-sign-in"))
    assert set(browser.message(answer)["response"]) == {"profile", "providerInfo"}


def test_the_page(browser, github):
    answer = browser.finish(browser.start())
    script = re.fullmatch(r"<html><body><script>(.*)</script></body></html>", answer.text, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/html"
    assert answer.headers["X-Frame-Options"] == "sameorigin"
    assert answer.headers["Content-Security-Policy"] == f"script-src 'sha256-{digest}'"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"


BROWSER = """
var posted = [], timers = [];
var other = { postMessage: (data, target) => posted.push([data, target]) };
var window = { opener: HAS_OPENER ? other : null, parent: other, close: () => posted.push('closed') };
function setTimeout(run, delay) { timers.push(delay); run(); }
"""


@pytest.mark.parametrize("opener", ["true", "false"])
def test_the_script_posts_to_one_origin_and_closes(browser, github, opener):
    answer = browser.finish(browser.start(query="&origin=https://a.ex.test"))
    context = quickjs.Context()
    context.eval(BROWSER.replace("HAS_OPENER", opener))
    context.eval(answer.text.removeprefix("<html><body><script>").removesuffix("</script></body></html>"))
    announcement, payload, closed = json.loads(context.eval("JSON.stringify(posted)"))
    assert announcement == [{"type": "config_info", "targetOrigin": "https://a.ex.test"}, "*"]
    assert payload == [browser.message(answer), "https://a.ex.test"]
    assert closed == "closed"
    assert json.loads(context.eval("JSON.stringify(timers)")) == [100]


def test_the_page_escapes_whatever_the_vendor_says(browser):
    answer = browser.finish(browser.start(), "&error=x&error_description='<%2Fscript>%0A%5C%22é")
    assert browser.page_error(answer) == ("Error", "Authentication failed, '</script>\n\\\"é")
    assert answer.text.count("</script>") == 1
    assert answer.text.isascii()


def test_the_message_goes_to_the_origin_of_the_state(browser, github):
    answer = browser.finish(browser.start(query="&origin=https://a.ex.test/p"))
    assert browser.target(answer) == "https://a.ex.test"


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({}, "OAuth state is invalid, missing env"),
        ({"env": "development"}, "OAuth state is invalid, missing nonce"),
        ({"env": "no-sign-in", "nonce": "n"}, "OAuth state is invalid, it belongs to another environment"),
        ({"env": "development", "nonce": "n", "origin": "x"}, "App origin is invalid, failed to parse"),
        (
            {"env": "development", "nonce": "n", "origin": "https://evil.test"},
            "Origin 'https://evil.test' is not allowed",
        ),
        ({"env": "development", "nonce": "other"}, "Invalid nonce"),
    ],
)
def test_refused_states(browser, vendor, members, expected):
    answer = browser.get(
        f"/github/handler/frame?env=development&code=c&state={browser.make_state(**members)}",
        Cookie="github-nonce=n",
    )
    assert browser.page_error(answer) == ("NotAllowedError", expected)
    assert browser.target(answer) == "https://app.test"
    assert browser.set_cookies(answer) == []
    assert len(vendor.calls) == 0


def test_a_missing_nonce_cookie(browser, vendor):
    state, _ = browser.start()
    answer = browser.get(f"/github/handler/frame?state={state}&error=access_denied&error_description=CANARY")
    assert browser.page_error(answer) == ("NotAllowedError", "Auth response is missing cookie nonce")
    assert "CANARY" not in answer.text


def test_refusals_before_the_environment_is_known_are_json(browser):
    assert browser.error(browser.get("/github/handler/frame"))[0] == 400
    assert browser.error(browser.get("/github/handler/frame?state=zz")) == (
        403,
        "NotAllowedError",
        "OAuth state is invalid, missing env",
    )
    answer = browser.post("/github/handler/frame", {"code": "c", "state": "s", "env": "development"})
    assert browser.error(answer)[0] == 400


def test_query_env_beats_state(browser):
    state = browser.make_state(env="development", nonce="n")
    assert browser.error(browser.get(f"/github/handler/frame?env=nope&state={state}"))[0] == 404


def test_a_code_in_the_form(browser, github):
    state, cookie = browser.start()
    answer = browser.post(f"/github/handler/frame?state={state}", {"code": "c"}, Cookie=cookie)
    assert "response" in browser.message(answer)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", "Unexpected redirect"),
        ("&error=access_denied", "Authentication rejected, "),
        ("&error=access_denied&error_description=no", "Authentication rejected, no"),
        ("&error=x&error_description=d", "Authentication failed, d"),
        ("&error=x", "Authentication failed, undefined"),
    ],
)
def test_errors_in_the_callback(browser, vendor, query, expected):
    answer = browser.finish(browser.start(), query)
    assert browser.page_error(answer) == ("Error", expected)
    assert len(vendor.calls) == 0


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (400, '{"error":"invalid_grant","error_description":"Bad"}', "Authentication failed, Bad"),
        (400, '{"error":"invalid_grant"}', "Authentication failed, undefined"),
        (401, '{"error":"x","error_description":null}', "Authentication failed, null"),
        (429, '{"message":"slow down"}', f"{NO_TOKEN} - slow down"),
        (400, '{"x":1}', NO_TOKEN),
        (500, "<html>", f"{NO_TOKEN} - [object Object]"),
        (500, "null", f"{NO_TOKEN} - [object Object]"),
        (500, "", NO_TOKEN),
        (503, "5", NO_TOKEN),
        (307, "", NO_TOKEN),
        (302, "", NO_TOKEN),
        (200, '{"error":"bad_verification_code","error_description":"d"}', NO_TOKEN),
        (200, "error=bad_verification_code&error_description=d", NO_TOKEN),
        (200, '{"access_token":""}', NO_TOKEN),
        (200, "null", NO_TOKEN),
        (200, "[]", NO_TOKEN),
        (200, "<html>", NO_TOKEN),
        (200, "", NO_TOKEN),
        (200, "\ufffd\x00", NO_TOKEN),
    ],
)
def test_refused_codes(browser, vendor, status, body, expected):
    vendor.post(TOKEN, status=status, body=body, headers={"Location": "https://evil.test/"})
    answer = browser.finish(browser.start())
    assert browser.page_error(answer) == ("Error", expected)
    assert browser.set_cookies(answer) == []
    assert len(vendor.calls) == 1


@pytest.mark.parametrize(
    "error", [requests.ConnectionError("x"), requests.Timeout("x"), requests.exceptions.SSLError("x")]
)
def test_an_unreachable_token_endpoint(browser, vendor, error):
    vendor.post(TOKEN, body=error)
    assert browser.page_error(browser.finish(browser.start())) == ("Error", NO_TOKEN)


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (401, '{"message":"Bad credentials"}', "Failed to fetch user profile - Bad credentials"),
        (403, '{"x":1}', "Failed to fetch user profile"),
        (404, "", "Failed to fetch user profile"),
        (500, "<html>", "Failed to fetch user profile - [object Object]"),
        (200, "<html>", "Failed to parse user profile"),
        (200, "null", "Failed to parse user profile"),
        (200, "[1]", "Failed to parse user profile"),
    ],
)
def test_refused_profiles(browser, vendor, status, body, expected):
    vendor.post(TOKEN, json={"access_token": "t"})
    vendor.get(USER, status=status, body=body)
    assert browser.page_error(browser.finish(browser.start())) == ("Error", f"Authentication failed, {expected}")


def test_an_unreachable_profile_endpoint(browser, vendor):
    vendor.post(TOKEN, json={"access_token": "t"})
    vendor.get(USER, body=requests.ConnectionError("x"))
    answer = browser.finish(browser.start())
    assert browser.page_error(answer) == ("Error", "Authentication failed, Failed to fetch user profile")


def test_form_encoded_answers_pass_expiry_on_as_text(browser, vendor):
    vendor.post(TOKEN, body="access_token=t&scope=read%3Auser&expires_in=28800&refresh_token=ghr_1")
    vendor.get(USER, json={"login": "ada.quill"})
    answer = browser.finish(browser.start())
    info = browser.message(answer)["response"]["providerInfo"]
    assert info == {"accessToken": "t", "scope": "read:user", "expiresInSeconds": "28800"}
    assert "ghr_1" not in answer.text
    assert any(cookie.startswith("github-refresh-token=ghr_1;") for cookie in browser.set_cookies(answer))


def test_expiry_without_refresh_token_sets_no_refresh_cookie(browser, vendor):
    vendor.post(TOKEN, json={"access_token": "t", "expires_in": 5})
    vendor.get(USER, json={"login": "ada.quill"})
    answer = browser.finish(browser.start())
    assert not any(cookie.startswith("github-refresh-token") for cookie in browser.set_cookies(answer))


def test_an_unknown_user_gets_no_cookie(browser, vendor):
    vendor.post(TOKEN, json={"access_token": "t"})
    vendor.get(USER, json={"login": "nobody"})
    answer = browser.finish(browser.start())
    name, text = browser.page_error(answer)
    assert name == "Error"
    assert text.startswith("Failed to sign-in, unable to resolve user identity. Please verify")
    assert browser.set_cookies(answer) == []


def test_a_state_without_scope(browser, github):
    state = browser.make_state(nonce="n", env="development")
    answer = browser.get(f"/github/handler/frame?code=c&state={state}", Cookie="github-nonce=n")
    assert browser.page_error(answer) == ("AuthenticationError", "No scope found in OAuth state")


@pytest.mark.requirement("FRAME-13")
def test_a_failure_of_our_own_is_reported_without_details(browser, github, monkeypatch):
    def fail(*args):
        raise RuntimeError("secret detail")

    monkeypatch.setattr(session_response, "session_response", fail)
    answer = browser.finish(browser.start())
    assert browser.page_error(answer) == ("Error", "Encountered invalid error")
    assert "secret" not in answer.text


def test_a_long_refresh_token_is_chunked(browser, vendor):
    vendor.post(TOKEN, json={"access_token": "t", "expires_in": 5, "refresh_token": "r" * 9000})
    vendor.get(USER, json={"login": "ada.quill"})
    state, cookie = browser.start()
    answer = browser.get(f"/github/handler/frame?code=c&state={state}", Cookie=f"{cookie}; github-refresh-token=old")
    written = [
        (cookie.partition("=")[0], len(cookie.partition(";")[0].partition("=")[2]), "Domain" in cookie)
        for cookie in browser.set_cookies(answer)
        if cookie.startswith("github-refresh")
    ]
    assert written == [
        ("github-refresh-token", 0, True),
        ("github-refresh-token", 0, False),
        ("github-refresh-token-0", 4000, False),
        ("github-refresh-token-1", 4000, False),
        ("github-refresh-token-2", 1000, False),
    ]


def redirect(browser, url, query="&code=c"):
    state, cookie = browser.start(query=f"&flow=redirect&redirectUrl={requests.utils.quote(url, safe='')}")
    return browser.finish((state, cookie), query)


@pytest.mark.parametrize("url", ["https://app.test", "https://a.ex.test/x?y=1&z=%27#f"])
def test_the_redirect_flow(browser, github, url):
    answer = redirect(browser, url)
    assert (answer.status_code, answer.headers["Location"]) == (302, url)
    assert answer.text == f"Found. Redirecting to {url}"
    assert any(cookie.startswith("github-refresh-token=access") for cookie in browser.set_cookies(answer))


@pytest.mark.parametrize(
    ("url", "location"),
    [
        ("https://app.test", "https://app.test/x?error=Authentication+failed%2C+it%27s"),
        ("https://app.test/a?error=1&b=c%20d#f", "https://app.test/x?error=Authentication+failed%2C+it%27s"),
    ],
)
def test_failures_of_the_redirect_flow(browser, url, location):
    answer = redirect(browser, url, "&error=x&error_description=it's")
    assert (answer.status_code, answer.headers["Location"]) == (302, location)


def test_a_wrong_nonce_is_reported_by_redirect(browser):
    state, _ = browser.start(query="&flow=redirect&redirectUrl=https://app.test/")
    answer = browser.get(f"/github/handler/frame?state={state}&code=c", Cookie="github-nonce=other")
    assert answer.headers["Location"] == "https://app.test/x?error=Invalid+nonce"


@pytest.mark.parametrize(
    "url", ["https://evil.test/", "//evil.test", "/relative", "javascript:alert(1)", "data:text/html,x", "not a url"]
)
def test_no_redirect_to_strangers(browser, vendor, url):
    query = f"/github/start?env=development&flow=redirect&redirectUrl={requests.utils.quote(url, safe='')}"
    answer = browser.get(query)
    assert (answer.status_code, answer.json["error"]["name"]) in [(400, "InputError"), (403, "NotAllowedError")]
    assert "Set-Cookie" not in answer.headers
    assert len(vendor.calls) == 0


@pytest.mark.parametrize("query", ["&code=c", "&error=x"])
def test_a_strangers_address_in_a_state_of_ones_own(browser, vendor, query):
    nonce = "AAAAAAAAAAAAAAAAAAAAAA=="
    said = f"nonce={nonce}&env=development&flow=redirect&redirectUrl=https://evil.test/"
    answer = browser.finish((said.encode().hex(), f"github-nonce={nonce}"), query)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("https://app.test/x?error=")
    assert len(vendor.calls) == 0


def test_the_redirect_flow_without_address(browser):
    answer = browser.get("/github/start?env=development&flow=redirect")
    assert (answer.status_code, answer.json["error"]["message"]) == (
        400,
        "No redirectUrl provided in request query parameters",
    )


def test_another_flow_uses_the_page(browser, github):
    answer = browser.finish(browser.start(query="&flow=weird&redirectUrl=https://evil.test"))
    assert "response" in browser.message(answer)
