"""User info, refresh and logout (UP-26 … UP-29, OIDCPROV-08 … OIDCPROV-12, OIDCPROV-15)."""

import pytest
import requests

from reference_backend.oauth.refresh_token_holders import RefreshTokenHolders
from tests.reference_backend.openid.vendor import BASIC, NOW, Flow


@pytest.mark.parametrize(
    ("kind", "scheme"), [("Bearer", "Bearer"), ("bearer", "bearer"), (None, "Bearer"), ("a b", "Bearer")]
)
def test_the_profile(flow, op, kind, scheme):
    op.tokens["token_type"] = kind
    session = flow.browser.message(flow.sign_in())["response"]
    assert session["profile"] == {"email": "ada@x.test", "picture": "https://a.test/p", "displayName": "Ada"}
    assert session["providerInfo"] == {
        "idToken": session["providerInfo"]["idToken"],
        "accessToken": "at-1",
        "scope": "openid profile email",
        "expiresInSeconds": 300,
    }
    assert op.requests("userinfo")[0].headers["Authorization"] == f"{scheme} at-1"
    assert op.requests("userinfo")[0].headers["Accept"] == "application/json"


@pytest.mark.parametrize("flag", [None, False, "true", 1])
def test_an_unverified_address_does_not_count(flow, op, flag):
    op.user["email_verified"] = flag
    op.claims |= {"email": "ada@x.test", "email_verified": True, "name": "Not this one"}
    profile = flow.browser.message(flow.sign_in())["response"]["profile"]
    assert profile == {"picture": "https://a.test/p", "displayName": "Ada"}


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ((200, {}, {"sub": "u-2"}), "rejected, userinfo sub mismatch, expected u-1, got: u-2"),
        ((200, {}, {}), "rejected, userinfo sub mismatch, expected u-1, got: undefined"),
        ((200, {}, "a.b.c"), "failed, the answer is not JSON"),
        (
            (
                401,
                {"WWW-Authenticate": 'Bearer realm="x", error="invalid_token", error_description="Gone"'},
                {"error": "x"},
            ),
            "failed, invalid_token (Gone)",
        ),
        ((401, {}, ""), "rejected, expected 200 OK, got: 401 Unauthorized"),
        ((403, {}, {"error": "insufficient_scope"}), "rejected, insufficient_scope"),
    ],
)
def test_userinfo_misbehaves(flow, op, answer, text):
    op.answers["userinfo"] = answer
    assert flow.refused().startswith(f"Authentication {text}")


def test_there_has_to_be_userinfo(flow, op):
    del op.metadata["userinfo_endpoint"]
    text = "Authentication failed, OIDC IdP must provide a userinfo_endpoint in the metadata response"
    assert flow.refused() == text


def test_a_refresh(flow, op):
    answer = flow.refresh()
    assert op.form("token") == {"grant_type": "refresh_token", "refresh_token": "rt-0"}
    assert op.requests("token")[0].headers["Authorization"] == BASIC
    assert answer.get_json()["profile"]["displayName"] == "Ada"
    assert [text for text in flow.browser.set_cookies(answer) if text.startswith("oidc-refresh-token=rt-1;")]


def test_a_refresh_needs_no_id_token(flow, op):
    op.tokens["id_token"] = None
    assert flow.refresh().status_code == 200


def refusal(flow, token="rt-0"):
    status, name, message = flow.browser.error(flow.refresh(token=token))
    assert (status, name) == (401, "AuthenticationError")
    return message.removeprefix("Refresh failed; caused by ")


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ((400, {}, {"error": "invalid_grant", "error_description": "Gone"}), "OPError: invalid_grant (Gone)"),
        ((503, {}, ""), "OPError: expected 200 OK, got: 503 Service Unavailable"),
        ((200, {}, {"token_type": "Bearer"}), "Error: Refresh failed"),
        (requests.Timeout(), "RPError: outgoing request timed out after 10000ms"),
    ],
)
def test_a_refresh_fails(flow, op, answer, text):
    op.answers["token"] = answer
    assert refusal(flow) == text


@pytest.mark.parametrize(
    ("changes", "text"),
    [({"iss": "x"}, "unexpected iss value"), ({"aud": "x"}, "aud mismatch"), ({"exp": NOW}, "JWT expired")],
)
def test_an_id_token_of_a_refresh_is_checked(flow, op, changes, text):
    op.claims.update(changes)
    assert refusal(flow).startswith(f"RPError: {text}")


def test_user_info_of_a_refresh_is_about_the_same_person(flow, op):
    op.user["sub"] = "u-2"
    answer = flow.refresh()
    assert flow.browser.error(answer)[2].endswith("RPError: userinfo sub mismatch, expected u-1, got: u-2")
    # SEC-REFR-09: the old token may be void by now.
    assert [text for text in flow.browser.set_cookies(answer) if text.startswith("oidc-refresh-token=rt-1;")]


def logout(flow, token="rt-0"):
    return flow.browser.logout(provider="oidc", Cookie=f"oidc-refresh-token={token}")


@pytest.mark.parametrize("answer", [None, (204, {}, ""), (503, {}, "x"), requests.ConnectionError()])
def test_logout_revokes_and_always_deletes(flow, op, answer):
    op.answers["revoke"] = answer
    response = logout(flow)
    assert response.status_code == 200
    assert [text for text in flow.browser.set_cookies(response) if text.startswith("oidc-refresh-token=;")]
    assert op.form("revoke") == {"token": "rt-0"}
    assert op.requests("revoke")[0].headers["Authorization"] == BASIC


def test_logout_of_a_vendor_that_cannot_revoke(flow, op):
    del op.metadata["revocation_endpoint"]
    assert logout(flow).status_code == 200
    assert op.count("revoke") == 0


# The same person (SEC-REFR-06, OIDCPROV-09)


def become(op, subject):
    op.claims["sub"] = op.user["sub"] = subject
    op.claims.pop("nonce", None)


OTHER = "RPError: unexpected sub value, the session is not that of u-2"


@pytest.mark.parametrize("id_token", [None, "as it is"])
def test_a_refresh_stays_with_the_person(flow, op, id_token):
    flow.sign_in()
    become(op, "u-2")
    op.tokens |= {"refresh_token": "rt-2"}
    if id_token is None:
        op.tokens["id_token"] = None
    assert refusal(flow, "rt-1") == OTHER
    # The token was rotated all the same, and the new one is nobody else's either.
    assert refusal(flow, "rt-2") == OTHER


def test_the_person_is_known_after_rotation_and_logout_forgets(flow, op):
    flow.sign_in()
    op.tokens["refresh_token"] = "rt-2"
    assert flow.refresh(token="rt-1").status_code == 200
    become(op, "u-2")
    assert refusal(flow, "rt-2") == OTHER
    logout(flow, "rt-2")
    assert flow.refresh(token="rt-2").status_code == 200


def test_records_go_when_their_cookies_have_gone(make, config, op, clock, database):
    config["sessionDuration"] = "1h"
    flow = Flow(make(), op)
    flow.sign_in()
    assert RefreshTokenHolders(database.engine).find("rt-1").subject == "u-1"
    clock.now += 3600
    op.tokens["refresh_token"] = "rt-2"
    op.claims |= {"exp": clock.now + 300}
    op.claims.pop("nonce")
    flow.sign_in()
    assert RefreshTokenHolders(database.engine).find("rt-1") is None
    assert RefreshTokenHolders(database.engine).find("rt-2").subject == "u-1"
