"""What pages of other origins need: CORS, silent renewal, response modes, logout."""

import base64
import json
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest

from mock_idp.oauth.client_authentication import ClientAuthentication
from mock_idp.oauth.model import Endpoint, Reason
from mock_idp.oauth.policy import Cors, CorsOrigins, Policy, ResponseMode
from mock_idp.oauth.tokens import left_half_hash
from mock_idp.vendors.oidc import Oidc
from tests.mock_idp.acceptance import REDIRECT_URI, VENDORS, OwnClient, own_client, told

ORIGIN = "https://app.example"
ALLOW_ORIGIN = "Access-Control-Allow-Origin"


@pytest.fixture
def spa() -> OwnClient:
    return own_client("oidc", public=True, logout_uris=["https://app.example/bye"])


# --- CORS -----------------------------------------------------------------------------------------

READABLE = [
    (vendor_id, endpoint) for vendor_id, vendor in VENDORS.items() for endpoint in vendor.policy.cors if vendor.routes
]


@pytest.mark.parametrize(("vendor", "endpoint"), READABLE, ids=str)
def test_pages_may_ask_and_read(vendor: str, endpoint: Endpoint) -> None:
    kind = VENDORS[vendor]
    client = own_client(vendor, origins=[ORIGIN])
    route = next(route for route in kind.routes if route.endpoint is endpoint)
    path = f"/{vendor}" + re.sub(r"<[^>]*>", "x", route.path)
    asked = {
        "Origin": ORIGIN,
        "Access-Control-Request-Method": route.method,
        "Access-Control-Request-Headers": "authorization",
    }
    preflight = client.http.options(path, headers=asked)
    if kind.policy.cors[endpoint].preflight:
        assert preflight.status_code == 204
        assert preflight.headers[ALLOW_ORIGIN] in ("*", ORIGIN)
        assert route.method in preflight.headers["Access-Control-Allow-Methods"]
        assert preflight.headers["Access-Control-Allow-Headers"].lower() == "authorization"
    else:
        assert preflight.status_code == 405
    answer = client.http.open(path, method=route.method, headers={"Origin": ORIGIN})
    assert answer.headers[ALLOW_ORIGIN] in ("*", ORIGIN)
    if kind.policy.cors[endpoint].origins is CorsOrigins.REGISTERED:
        stranger = client.http.open(path, method=route.method, headers={"Origin": "https://evil.example"})
        assert ALLOW_ORIGIN not in stranger.headers


@pytest.mark.parametrize("vendor", VENDORS)
def test_no_page_reads_what_is_not_for_it(vendor: str) -> None:
    client = own_client(vendor)
    assert ALLOW_ORIGIN not in client.authorize().headers
    for endpoint in (Endpoint.AUTHORIZATION, Endpoint.TOKEN):
        if endpoint in client.vendor.policy.cors:
            continue
        asked = {"Origin": ORIGIN, "Access-Control-Request-Method": "POST"}
        assert client.http.options(client.path(endpoint), headers=asked).status_code == 405
        assert ALLOW_ORIGIN not in client.http.post(client.path(endpoint), headers={"Origin": ORIGIN}).headers


def test_the_control_api_is_no_page_s_business(spa: OwnClient) -> None:
    answer = spa.http.get("/__idp/clients", headers={"Origin": ORIGIN})
    assert ALLOW_ORIGIN not in answer.headers


def test_registered_origins(monkeypatch: pytest.MonkeyPatch) -> None:
    cors = {Endpoint.TOKEN: Cors(CorsOrigins.REGISTERED, credentials=True, exposed_headers=("X-Limit",))}
    monkeypatch.setattr(Oidc, "policy", Policy(client_authentication=Oidc.policy.client_authentication, cors=cors))
    spa = own_client("oidc", public=True, origins=["https://other.example"])

    def headers(origin: str) -> Any:
        return spa.http.post("/oidc/token", headers={"Origin": origin}).headers

    for origin in ("https://other.example", "https://app.example"):
        assert headers(origin)[ALLOW_ORIGIN] == origin
        assert headers(origin)["Access-Control-Allow-Credentials"] == "true"
        assert headers(origin)["Access-Control-Expose-Headers"] == "X-Limit"
    assert ALLOW_ORIGIN not in headers("https://evil.example")
    assert headers("https://evil.example")["Vary"] == "Origin"
    assert ALLOW_ORIGIN not in spa.http.get("/oidc/jwks", headers={"Origin": ORIGIN}).headers


# --- nobody may be asked --------------------------------------------------------------------------


def test_silent_renewal_of_whoever_consented_before(spa: OwnClient) -> None:
    assert told(spa.authorize(prompt="none"))["error"] == "login_required"
    spa.code()
    silent = spa.authorize(prompt="none")
    assert silent.status_code == 302
    tokens = spa.token(ClientAuthentication.NONE, code=told(silent)["code"]).json
    assert jwt.decode(tokens["id_token"], options={"verify_signature": False})["aud"] == "my-app"
    assert told(spa.authorize(prompt="none", scope="openid profile email phone"))["error"] == "consent_required"
    assert spa.authorize().status_code == 200, "everything else is still asked"


def test_the_session_is_one_client_s_and_one_browser_s(spa: OwnClient) -> None:
    spa.code()
    body = {"vendor": "oidc", "client_id": "another", "public": True, "redirect_uris": [REDIRECT_URI]}
    assert spa.http.post("/__idp/clients", json=body).status_code == 201
    assert told(spa.authorize(prompt="none", client_id="another"))["error"] == "login_required"
    spa.http.delete_cookie("mock_idp_session", path="/oidc")
    assert told(spa.authorize(prompt="none"))["error"] == "login_required"


def test_the_session_cookie_reaches_frames_and_no_other_service(spa: OwnClient) -> None:
    answer = spa.consent(spa.authorize())
    cookie = answer.headers["Set-Cookie"]
    for attribute in ("Path=/oidc", "SameSite=None", "Secure", "HttpOnly"):
        assert attribute in cookie


@pytest.mark.parametrize("vendor", [vendor for vendor, kind in VENDORS.items() if "none" in kind.policy.prompts])
def test_prompt_none_never_shows_a_page(vendor: str) -> None:
    client = own_client(vendor)
    answer = told(client.authorize(prompt="none"))
    assert answer["error"] == "login_required"
    assert answer["state"] == "the state"
    assert client.last_reason() == Reason.LOGIN_REQUIRED
    assert client.authorize(prompt="none login").status_code != 200


@pytest.mark.parametrize("vendor", [vendor for vendor, kind in VENDORS.items() if kind.policy.login_hint])
@pytest.mark.parametrize("hint", ["ben-okafor", "Ada-Quill@lumenfold.example", "nobody@elsewhere.example"])
def test_login_hint(vendor: str, hint: str) -> None:
    client = own_client(vendor)
    page = client.authorize(**{client.vendor.policy.login_hint: hint}).text
    [checked] = re.findall(r'name="persona" id="persona-([^"]*)" value="[^"]*" checked', page)
    found = [
        persona["id"]
        for persona in client.http.get("/__idp/personas").json["personas"]
        if hint.lower() in (persona["email"], persona["login"])
    ]
    assert checked == (found[0] if found else "plain")


# --- how the answer travels -----------------------------------------------------------------------


def test_fragment(spa: OwnClient) -> None:
    location = spa.consent(spa.authorize(response_mode="fragment")).headers["Location"]
    assert urlsplit(location).query == ""
    assert {"code", "state", "iss"} <= set(parse_qs(urlsplit(location).fragment))


def test_form_post(spa: OwnClient) -> None:
    page = spa.consent(spa.authorize(response_mode="form_post"))
    assert page.status_code == 200
    assert 'name="code"' in page.text and f'action="{REDIRECT_URI}"' in page.text


def test_web_message(monkeypatch: pytest.MonkeyPatch) -> None:
    modes = {"web_message": ResponseMode.WEB_MESSAGE, "bare": ResponseMode.BARE_MESSAGE}
    policy = Policy(client_authentication=Oidc.policy.client_authentication, prompts=("none",), response_modes=modes)
    monkeypatch.setattr(Oidc, "policy", policy)
    spa = own_client("oidc", public=True)
    page = spa.authorize(response_mode="web_message", prompt="none", state='"</script>')
    assert page.status_code == 200
    assert f"frame-ancestors {ORIGIN};" in page.headers["Content-Security-Policy"]
    [message] = re.findall(r'data-message="([^"]*)"', page.text)
    said = json.loads(message.replace("&#34;", '"').replace("&amp;", "&"))
    assert said["type"] == "authorization_response"
    assert said["response"]["error"] == "login_required"
    assert said["response"]["state"] == '"</script>'
    assert f'data-origin="{ORIGIN}"' in page.text
    bare = spa.authorize(response_mode="bare", prompt="none").text
    assert "authorization_response" not in bare


@pytest.mark.parametrize("response_type", ["id_token", "code id_token", "id_token code"])
def test_hybrid(spa: OwnClient, response_type: str) -> None:
    asked = {"response_type": response_type, "nonce": "n-0S6_WzA2Mj"}
    location = spa.consent(spa.authorize(**asked)).headers["Location"]
    said = {name: values[0] for name, values in parse_qs(urlsplit(location).fragment).items()}
    claims = jwt.decode(said["id_token"], options={"verify_signature": False})
    assert (claims["nonce"], claims["aud"]) == ("n-0S6_WzA2Mj", "my-app")
    assert "at_hash" not in claims
    assert ("code" in said) == ("code" in response_type)
    if "code" in said:
        assert claims["c_hash"] == left_half_hash(said["code"])
        assert "id_token" in spa.token(ClientAuthentication.NONE, code=said["code"]).json


def test_hybrid_needs_a_nonce_and_no_query(spa: OwnClient) -> None:
    assert told(spa.authorize(response_type="id_token"))["error"] == "invalid_request"
    asked = {"response_type": "id_token", "nonce": "n", "response_mode": "query"}
    assert told(spa.authorize(**asked))["error"] == "invalid_request"
    assert told(spa.authorize(response_mode="pigeon"))["error"] == "invalid_request"


# --- the end of a session, introspection ----------------------------------------------------------


def test_logout(spa: OwnClient) -> None:
    tokens = spa.token(ClientAuthentication.NONE, code=spa.code()).json
    query = {"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": "https://app.example/bye", "state": "s"}
    answer = spa.http.get("/oidc/logout", query_string=query)
    assert answer.headers["Location"] == "https://app.example/bye?state=s"
    assert told(spa.authorize(prompt="none"))["error"] == "login_required"


@pytest.mark.parametrize(
    "changes",
    [
        {"post_logout_redirect_uri": "https://evil.example/"},
        {"post_logout_redirect_uri": REDIRECT_URI},
        {"id_token_hint": "a.b.c"},
        {"id_token_hint": None, "client_id": None},
        {"client_id": "somebody-else-s"},
    ],
)
def test_logout_goes_nowhere_else(spa: OwnClient, changes: dict[str, Any]) -> None:
    tokens = spa.token(ClientAuthentication.NONE, code=spa.code()).json
    body = {"vendor": "oidc", "client_id": "somebody-else-s", "public": True, "redirect_uris": [REDIRECT_URI]}
    spa.http.post("/__idp/clients", json=body)
    query = {"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": "https://app.example/bye", **changes}
    answer = spa.http.get("/oidc/logout", query_string={name: value for name, value in query.items() if value})
    assert answer.status_code == 400
    assert "Location" not in answer.headers


@pytest.mark.parametrize("algorithm", ["none", "HS256", "RS256"])
def test_a_forged_hint_signs_nobody_out(spa: OwnClient, algorithm: str) -> None:
    header = {"alg": algorithm, "kid": "made-up"}
    parts = [
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in (header, {"aud": spa.id})
    ]
    for signature in ("", "c2ln", "\u00e9\U0001f600"):
        query = {
            "id_token_hint": ".".join([*parts, signature]),
            "post_logout_redirect_uri": "https://app.example/bye",
        }
        assert spa.http.get("/oidc/logout", query_string=query).status_code == 400


def test_a_session_that_a_client_made_up_is_none(spa: OwnClient) -> None:
    spa.http.set_cookie("mock_idp_session", "made-up", path="/oidc")
    cookie = spa.consent(spa.authorize()).headers["Set-Cookie"]
    assert "made-up" not in cookie


def test_logout_without_an_address_says_so(spa: OwnClient) -> None:
    page = spa.http.get("/oidc/logout")
    assert page.status_code == 200 and "signed out" in page.text


def test_introspection() -> None:
    client = own_client("oidc")
    tokens = client.token(ClientAuthentication.BASIC, code=client.code()).json

    def ask(token: str, secret: str = client.secret) -> Any:
        return client.http.post("/oidc/introspect", data={"token": token}, auth=(client.id, secret))

    assert ask(tokens["access_token"], "wrong").status_code == 401
    about = ask(tokens["access_token"]).json
    assert (about["active"], about["client_id"], about["token_type"]) == (True, "my-app", "Bearer")
    assert ask(tokens["refresh_token"]).json["active"] is True
    assert ask("nonsense").json == {"active": False}
    client.http.post("/oidc/revoke", data={"token": tokens["refresh_token"]}, auth=(client.id, client.secret))
    assert ask(tokens["access_token"]).json == {"active": False}
