"""Auth0: what is remembered for the callback, the checks of the ID token, the profile of a moment ago."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import responses

from tests.reference_backend.conftest import NOW, Browser, Clock
from tests.reference_backend.openid.vendor import rsa_key, sign

TENANT = "https://tenant.auth0.test"
SCOPES = "openid profile email offline_access"
USER = {"sub": "auth0|7", "name": "Ada", "nickname": "ada", "email": "ada@x.test", "picture": "https://p.test/userinfo"}


@pytest.fixture
def config(settings: dict[str, Any]) -> dict[str, Any]:
    own: dict[str, Any] = {"clientId": "an-id", "clientSecret": "a-secret", "domain": "tenant.auth0.test"}
    settings["auth"]["providers"]["auth0"] = {"development": own}
    settings["auth"]["session"] = {"secret": "s3cret"}
    return own


class Flow:
    """A sign-in at a tenant whose ID token tests can change."""

    def __init__(self, browser: Browser, vendor: responses.RequestsMock) -> None:
        self.browser = browser
        self.vendor = vendor
        self.claims: dict[str, Any] = {
            "iss": f"{TENANT}/",
            "sub": "auth0|7",
            "aud": "an-id",
            "exp": NOW + 60,
            "iat": NOW,
            "picture": "https://p.test/token",
        }
        self.alg = "RS256"
        self.tokens: dict[str, Any] = {"access_token": "at", "refresh_token": "rt", "expires_in": 86400}
        vendor.get(f"{TENANT}/userinfo", json=USER)

    def start(self, query: str = "", scope: str = SCOPES) -> tuple[dict[str, str], list[str]]:
        answer = self.browser.get(f"/auth0/start?env=development&scope={scope}{query}")
        assert answer.status_code == 302, answer.text
        asked = parse_qs(urlsplit(answer.headers["Location"]).query, keep_blank_values=True)
        pairs = [cookie.partition(";")[0].partition("=") for cookie in self.browser.set_cookies(answer)]
        # Deletions for another domain come first; a browser knows them apart.
        cookies = {name: f"{name}={value}" for name, _, value in pairs}
        return {name: values[0] for name, values in asked.items()}, list(cookies.values())

    def id_token(self, **claims: Any) -> str:
        merged = {name: value for name, value in {**self.claims, **claims}.items() if value is not None}
        return sign(merged, rsa_key("one") if self.alg == "RS256" else None, self.alg)

    def callback(self, asked: dict[str, str], cookies: list[str], **tokens: Any) -> dict[str, Any]:
        answer = {"id_token": self.id_token(nonce=asked.get("nonce")), **self.tokens, **tokens}
        body = {name: value for name, value in answer.items() if value is not None}
        self.vendor.upsert("POST", f"{TENANT}/oauth/token", json=body)
        path = f"/auth0/handler/frame?code=c&state={asked['state']}"
        message: dict[str, Any] = self.browser.message(self.browser.get(path, Cookie="; ".join(cookies)))
        return message

    def refused(self, **claims: Any) -> str:
        asked, cookies = self.start()
        token = self.id_token(**{"nonce": asked["nonce"], **claims})
        error: dict[str, str] = self.callback(asked, cookies, id_token=token)["error"]
        assert error["name"] == "Error"
        return error["message"].removeprefix("Authentication failed, ")


@pytest.fixture
def flow(make: Any, config: dict[str, Any], vendor: responses.RequestsMock) -> Flow:
    return Flow(make(), vendor)


def test_sign_in(flow: Flow) -> None:
    asked, cookies = flow.start()
    response = flow.callback(asked, cookies)["response"]
    # The picture of userinfo is not used.
    assert response["profile"] == {"email": "ada@x.test", "picture": "https://p.test/token", "displayName": "Ada"}
    assert flow.vendor.calls[-1].request.headers["Authorization"] == "Bearer at"


def test_the_authorization_request(flow: Flow, config: dict[str, Any]) -> None:
    first, _ = flow.start("&login_hint=ada&organization=org_1&foreign=1")
    second, _ = flow.start(scope="")
    assert (first["prompt"], first["login_hint"], first["organization"]) == ("consent", "ada", "org_1")
    assert first["nonce"] != second["nonce"]
    assert (first["scope"], second["scope"]) == (SCOPES, "")
    assert not {"foreign", "audience", "connection", "connection_scope"} & set(first)


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        ({"prompt": "auto"}, {"prompt": None}),
        ({"prompt": "login", "audience": "a"}, {"prompt": "login", "audience": "a"}),
        ({"connectionScope": "s"}, {"connection_scope": None}),
        ({"connection": "c", "connectionScope": "s"}, {"connection": "c", "connection_scope": "s"}),
        ({"organization": "org_1"}, {"organization": "org_1"}),
    ],
)
def test_configured_parameters(
    make: Any, config: dict[str, Any], vendor: responses.RequestsMock, own: Any, expected: Any
) -> None:
    config.update(own)
    asked, _ = Flow(make(), vendor).start()
    assert {name: asked.get(name) for name in expected} == expected


def test_another_organization_is_refused(make: Any, config: dict[str, Any], vendor: responses.RequestsMock) -> None:
    config["organization"] = "org_1"
    flow = Flow(make(), vendor)
    status, name, message = flow.browser.error(flow.browser.get("/auth0/start?env=development&organization=org_2"))
    assert (status, name) == (400, "InputError")
    assert message.startswith("Organization mismatch.")
    asked, cookies = flow.start()
    answer = flow.browser.get(
        f"/auth0/handler/frame?code=c&organization=org_2&state={asked['state']}", Cookie="; ".join(cookies)
    )
    assert flow.browser.page_error(answer)[0] == "InputError"


@pytest.mark.requirement("AUTH0-14")
def test_sessions_are_needed(make: Any, config: dict[str, Any], settings: dict[str, Any]) -> None:
    del settings["auth"]["session"]
    answer = make().get("/auth0/start?env=development")
    assert (answer.status_code, answer.get_json()["error"]["message"]) == (
        500,
        "Auth0Strategy requires you set state to false when no session is present",
    )


def test_a_callback_needs_the_session_of_its_start(flow: Flow) -> None:
    asked, cookies = flow.start()
    alone = [cookie for cookie in cookies if not cookie.startswith("connect.sid=")]
    assert "error" in flow.callback(asked, alone)
    assert not [call for call in flow.vendor.calls if call.request.method == "POST"]
    assert "response" in flow.callback(asked, cookies)
    assert "error" in flow.callback(asked, cookies)  # used up


def test_without_openid_there_is_nothing_to_check(flow: Flow) -> None:
    asked, cookies = flow.start(scope="profile")
    assert "response" in flow.callback(asked, cookies, id_token=None)


@pytest.mark.parametrize(
    ("claims", "text"),
    [
        ({"iss": None}, "Issuer (iss) claim must be a string present in the ID token"),
        ({"iss": TENANT}, f'Issuer (iss) claim mismatch in the ID token; expected "{TENANT}/", found "{TENANT}"'),
        ({"sub": 7}, "Subject (sub) claim must be a string present in the ID token"),
        ({"aud": None}, "Audience (aud) claim must be a string or array of strings present in the ID token"),
        ({"aud": "x"}, 'Audience (aud) claim mismatch in the ID token; expected "an-id" but found "x"'),
        ({"aud": ["x"]}, 'Audience (aud) claim mismatch in the ID token; expected "an-id" but was not one of "x"'),
        ({"exp": None}, "Expiration Time (exp) claim must be a number present in the ID token"),
        ({"exp": True}, "Expiration Time (exp) claim must be a number present in the ID token"),
        ({"exp": NOW - 61}, "Expiration Time (exp) claim error in the ID token; current time (1700000000) is after "),
        ({"iat": "x"}, "Issued At (iat) claim must be a number present in the ID token"),
        ({"nonce": None}, "Nonce (nonce) claim must be a string present in the ID token"),
        ({"nonce": "x"}, "Nonce (nonce) claim mismatch in the ID token"),
        ({"aud": ["an-id", "x"]}, "Authorized Party (azp) claim must be a string present in the ID token when "),
        (
            {"aud": ["an-id", "x"], "azp": "x"},
            'Authorized Party (azp) claim mismatch in the ID token; expected "an-id", found "x"',
        ),
    ],
)
def test_claims_that_are_refused(flow: Flow, claims: dict[str, Any], text: str) -> None:
    assert flow.refused(**claims).startswith(text)


@pytest.mark.parametrize("claims", [{"exp": NOW - 59}, {"aud": ["an-id"]}, {"aud": ["an-id", "x"], "azp": "an-id"}])
def test_claims_that_are_good(flow: Flow, claims: dict[str, Any]) -> None:
    flow.claims |= claims
    assert "response" in flow.callback(*flow.start())


def test_tokens_that_are_none(flow: Flow) -> None:
    for text, says in [
        (None, "ID token is required but missing"),
        ("not.a", "ID token could not be decoded"),
        (7, "ID token could not be decoded"),
    ]:
        error = flow.callback(*flow.start(), id_token=text)["error"]["message"]
        assert error == f"Authentication failed, {says}"
    flow.alg = "none"
    assert flow.refused().startswith('Signature algorithm of "none" is not supported.')


def test_profiles_are_remembered_for_a_minute(flow: Flow, clock: Clock) -> None:
    flow.vendor.post(f"{TENANT}/oauth/token", json={"access_token": "at-2", "id_token": flow.id_token()})

    def asked() -> int:
        answer = flow.browser.refresh(provider="auth0", Cookie="auth0-refresh-token=rt")
        assert answer.get_json()["profile"]["email"] == "ada@x.test"
        return sum(call.request.url.endswith("/userinfo") for call in flow.vendor.calls)

    assert (asked(), asked()) == (1, 1)
    clock.now += 60
    assert asked() == 2


@pytest.mark.parametrize(
    ("token", "text"),
    [
        (None, "JWTs must use Compact JWS serialization, JWT must be a string"),
        ("garbage", "Invalid JWT"),
    ],
)
def test_a_refresh_needs_an_id_token(flow: Flow, token: str | None, text: str) -> None:
    flow.vendor.post(f"{TENANT}/oauth/token", json={"access_token": "at-2", "id_token": token})
    answer = flow.browser.refresh(provider="auth0", Cookie="auth0-refresh-token=rt")
    assert flow.browser.error(answer) == (
        401,
        "AuthenticationError",
        f"Refresh failed; caused by JWTInvalid: {text}",
    )


def test_a_profile_that_cannot_be_had(flow: Flow) -> None:
    flow.vendor.upsert("GET", f"{TENANT}/userinfo", status=429, json={"message": "Too many"})
    text = "failed to fetch user profile"
    assert flow.callback(*flow.start())["error"]["message"] == f"Authentication failed, {text}"
    flow.vendor.post(f"{TENANT}/oauth/token", json={"access_token": "at-2", "id_token": flow.id_token()})
    answer = flow.browser.refresh(provider="auth0", Cookie="auth0-refresh-token=rt")
    assert flow.browser.error(answer)[2] == f"Refresh failed; caused by Error: {text}"


@pytest.mark.parametrize(
    ("federated", "origin", "query"),
    [
        (False, None, "client_id=an-id"),
        (True, "https://app.test", "federated=&client_id=an-id&returnTo=https%3A%2F%2Fapp.test"),
    ],
)
def test_logout_says_where_to_go(
    make: Any, config: dict[str, Any], federated: bool, origin: str | None, query: str
) -> None:
    config["federatedLogout"] = federated
    answer = make().logout(provider="auth0", **({"Origin": origin} if origin else {}))
    assert answer.get_json() == {"logoutUrl": f"{TENANT}/v2/logout?{query}"}
