"""The authorization answer and the token request (OUT-O0 … OUT-O3, OIDCPROV-05, -06, -13, -14)."""

import hmac

import pytest
import requests

from reference_backend.formats import encoding
from tests.reference_backend.openid.vendor import BASIC, CLIENT_ID, CLIENT_SECRET, ISSUER, Flow

GONE = (
    "Authentication failed, did not find expected authorization request details in session, "
    'req.session["oidc:op.test"] is undefined'
)


def test_the_session_is_gone(flow, op):
    flow.start()
    del flow.cookies["connect.sid"]
    assert flow.error() == GONE
    assert op.count("token") == 0


def test_a_callback_cannot_be_replayed(flow, op):
    flow.sign_in()
    assert flow.error() == GONE
    assert op.count("token") == 1


def test_a_second_start_wins(flow, op):
    flow.start()
    op.claims.pop("nonce")
    first, nonce = flow.state, flow.cookies["oidc-nonce"]
    flow.start()
    second, flow.state = flow.state, first
    newest = flow.cookies["oidc-nonce"]
    flow.cookies["oidc-nonce"] = nonce
    assert flow.error() == "Authentication rejected, state mismatch"
    flow.state, flow.cookies["oidc-nonce"] = second, newest
    assert "response" in flow.browser.message(flow.finish())


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("", "Authentication rejected, code missing from response"),
        ("&error=access_denied&error_description=No.", "Authentication rejected, access_denied (No.)"),
        ("&error=login_required", "Authentication rejected, login_required"),
        ("&error=server_error&error_description=x", "Authentication failed, server_error (x)"),
        ("&error=invalid_scope&code=c", "Authentication failed, invalid_scope"),
        (
            "&code=c&iss=https://evil.test",
            f"Authentication rejected, iss mismatch, expected {ISSUER}, got: https://evil.test",
        ),
    ],
)
def test_what_the_vendor_may_say_instead_of_a_code(flow, op, query, text):
    flow.start()
    assert flow.error(query) == text
    assert op.count("token") == 0


def test_a_promised_issuer_has_to_come(flow, op):
    op.metadata["authorization_response_iss_parameter_supported"] = True
    flow.start()
    assert flow.error() == "Authentication rejected, iss missing from the response"
    op.claims.pop("nonce")
    flow.start()
    assert "response" in flow.browser.message(flow.finish(f"&code=c&iss={ISSUER}"))


@pytest.mark.parametrize(
    ("method", "authorization", "fields"),
    [
        (None, BASIC, {}),
        ("client_secret_basic", BASIC, {}),
        ("client_secret_post", None, {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}),
        ("none", None, {"client_id": CLIENT_ID}),
    ],
)
def test_where_the_credentials_travel(make, config, op, method, authorization, fields):
    config["tokenEndpointAuthMethod"] = method
    flow = Flow(make(), op)
    flow.sign_in()
    form = op.form("token")
    assert len(form.pop("code_verifier")) == 43
    assert form == {
        "grant_type": "authorization_code",
        "code": "c-1",
        "redirect_uri": "https://backend.test/api/auth/oidc/handler/frame",
        **fields,
    }
    assert op.requests("token")[0].headers.get("Authorization") == authorization
    assert op.requests("token")[0].headers["Accept"] == "application/json"


def test_a_jwt_made_with_the_secret(make, config, op, clock):
    config["tokenEndpointAuthMethod"] = "client_secret_jwt"
    op.metadata["token_endpoint_auth_signing_alg_values_supported"] = ["RS256", "HS384"]
    flow = Flow(make(), op)
    flow.sign_in()
    form = op.form("token")
    assertion = form["client_assertion"]
    claims = flow.browser.jwt_part(assertion, 1)
    signed, _, signature = assertion.rpartition(".")
    made = hmac.digest(CLIENT_SECRET.encode(), signed.encode(), "sha384")
    assert signature == encoding.b64url(made)
    assert claims.pop("jti")
    now = int(clock.now)
    assert claims == {"iss": CLIENT_ID, "sub": CLIENT_ID, "aud": ISSUER, "iat": now, "exp": now + 60}
    assert form["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    assert "client_secret" not in form


def test_a_jwt_needs_an_algorithm(make, config, op):
    config["tokenEndpointAuthMethod"] = "client_secret_jwt"
    expected = "token_endpoint_auth_signing_alg_values_supported must be configured on the issuer"
    assert Flow(make(), op).refused() == f"Authentication failed, {expected}"


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (
            (400, {}, {"error": "invalid_grant", "error_description": "Code not valid"}),
            "failed, invalid_grant (Code not valid)",
        ),
        ((401, {}, {"error": "unauthorized_client"}), "rejected, unauthorized_client"),
        ((429, {}, {"error": "too_many_requests"}), "rejected, too_many_requests"),
        ((500, {}, {"error": "server_error"}), "failed, server_error"),
        ((502, {}, "<html>"), "rejected, expected 200 OK, got: 502 Bad Gateway"),
        ((400, {}, "null"), "rejected, expected 200 OK, got: 400 Bad Request"),
        ((400, {}, {"error": ""}), "rejected, expected 200 OK, got: 400 Bad Request"),
        ((201, {}, {"access_token": "x"}), "rejected, expected 200 OK, got: 201 Created"),
        ((302, {"Location": "https://evil.test/"}, ""), "rejected, expected 200 OK, got: 302 Found"),
        ((599, {}, ""), "rejected, expected 200 OK, got: 599 undefined"),
        ((200, {}, "<html>"), "failed, the answer is not JSON"),
        ((200, {}, "[]"), "failed, the answer is not a JSON object"),
        ((200, {}, {"error": "invalid_grant"}), "failed, id_token not present in TokenSet"),
        (requests.ConnectionError("10.0.0.1"), "failed, the connection failed"),
        (requests.Timeout("10.0.0.1"), "rejected, outgoing request timed out after 10000ms"),
    ],
)
def test_the_token_endpoint_misbehaves(flow, op, answer, text):
    op.answers["token"] = answer
    response = flow.start() and flow.finish()
    assert flow.browser.page_error(response)[1].startswith(f"Authentication {text}")
    assert not [text for text in flow.browser.set_cookies(response) if "refresh-token" in text]


def test_the_timeout_can_be_set(make, config, op):
    config["timeout"] = {"seconds": 3}
    flow = Flow(make(), op)
    flow.sign_in()
    assert {request.req_kwargs["timeout"] for _, request in op.asked} == {3}


@pytest.mark.parametrize("value", [None, ""])
def test_an_id_token_has_to_come(flow, op, value):
    op.tokens["id_token"] = value
    assert flow.refused() == "Authentication failed, id_token not present in TokenSet"


def test_an_access_token_has_to_come(flow, op):
    op.tokens["access_token"] = None
    assert flow.refused() == "Authentication rejected, access_token not present in TokenSet"
