"""Pinniped: a proof key without nonce, the token exchange, errors as they are (PROV-PINNIPED, PINNIPED)."""

import json
from urllib.parse import parse_qs, urlsplit

import pytest

from reference_backend.config.model import ConfigError
from reference_backend.providers import pinniped
from tests.reference_backend.openid.vendor import BASIC, CLIENT_ID, CLIENT_SECRET, ISSUER, ec_key, jwk


@pytest.fixture
def config(settings):
    own = {"clientId": CLIENT_ID, "clientSecret": CLIENT_SECRET, "federationDomain": ISSUER}
    settings["auth"]["providers"]["pinniped"] = {"development": own}
    settings["auth"]["session"] = {"secret": "s3cret"}
    return own


@pytest.fixture
def op(op):
    op.keys = [{**jwk(ec_key("one"), "ES256"), "kid": "one", "alg": "ES256"}]
    op.key, op.alg = ec_key("one"), "ES256"
    del op.metadata["userinfo_endpoint"]
    op.tokens["scope"] = "openid username"
    return op


class OnExchange(dict):
    """A fixed answer to token exchanges, and to nothing else."""

    def __init__(self, op, answer):
        super().__init__()
        self.op, self.fixed = op, answer

    def get(self, name, default=None):
        asked = name == "token" and self.op.form("token")["grant_type"]
        return self.fixed if asked == pinniped.TOKEN_EXCHANGE else default


class Flow:
    """A browser at the provider ``pinniped``."""

    def __init__(self, browser):
        self.browser = browser

    def start(self, query=""):
        answer = self.browser.get(f"/pinniped/start?env=development{query}")
        assert answer.status_code == 302, answer.text
        pairs = (text.partition(";")[0].partition("=") for text in self.browser.set_cookies(answer))
        self.cookie = "; ".join({name: f"{name}={value}" for name, _, value in pairs}.values())
        url = urlsplit(answer.headers["Location"])
        return {name: values[0] for name, values in parse_qs(url.query).items()}

    def sign_in(self, query=""):
        state = self.start(query)["state"]
        answer = self.browser.get(f"/pinniped/handler/frame?code=c-1&state={state}", Cookie=self.cookie)
        return self.browser.message(answer)

    def refused(self, query=""):
        error = self.sign_in(query)["error"]
        return error["name"], error["message"]


@pytest.fixture
def flow(make, config, op):
    return Flow(make())


def test_the_authorization_request(flow):
    asked = flow.start("&audience=cluster")
    assert asked["scope"] == "openid pinniped:request-audience username offline_access"
    assert asked["code_challenge_method"] == "S256"
    assert not {"nonce", "prompt", "audience"} & set(asked)
    assert "audience=cluster" in bytes.fromhex(asked["state"]).decode()


def test_the_session(flow, op):
    session = flow.sign_in()["response"]
    assert session["profile"] == {}
    assert session["providerInfo"] == {
        "idToken": session["providerInfo"]["idToken"],
        "accessToken": "at-1",
        "scope": "openid username",
    }
    assert op.requests("token")[0].headers["Authorization"] == BASIC
    assert op.count("token") == 1


@pytest.mark.parametrize(
    ("methods", "in_body"),
    [(["client_secret_post"], True), (["client_secret_basic", "client_secret_post"], False), (None, False)],
)
def test_the_supervisor_says_where_credentials_travel(flow, op, methods, in_body):
    op.metadata["token_endpoint_auth_methods_supported"] = methods
    flow.sign_in()
    assert ("client_secret" in op.form("token")) is in_body
    assert ("Authorization" in op.requests("token")[0].headers) is not in_body


def test_a_cluster_gets_a_token_of_its_own(flow, op):
    session = flow.sign_in("&audience=a b")["response"]
    # The canned answer's access token, which the exchange brings under that name.
    assert session["providerInfo"]["idToken"] == "at-1"
    assert op.form("token") == {
        "grant_type": pinniped.TOKEN_EXCHANGE,
        "subject_token": "at-1",
        "audience": "a b",
        "subject_token_type": pinniped.ACCESS_TOKEN_TYPE,
        "requested_token_type": pinniped.JWT_TYPE,
    }


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ((403, {}, {"error": "access_denied", "error_description": "No"}), "OPError: access_denied (No)"),
        ((200, {}, {"token_type": "N_A"}), "RPError: access_token not present in TokenSet"),
    ],
)
def test_an_exchange_fails(flow, op, answer, text):
    op.answers = OnExchange(op, answer)
    prefix = 'Failed to get cluster specific ID token for "cluster": Error: RFC8693 token exchange failed with error: '
    assert flow.refused("&audience=cluster") == ("Error", prefix + text)


def test_failures_are_as_they_are(flow, op):
    op.answers["token"] = (400, {}, {"error": "invalid_grant", "error_description": "Gone"})
    assert flow.refused() == ("OPError", "invalid_grant (Gone)")
    op.answers["token"] = (503, {}, {"error": "temporarily_unavailable"})
    assert flow.refused() == ("Error", "Authentication rejected, temporarily_unavailable")
    op.answers["token"] = (200, {}, {"access_token": "at-1"})
    assert flow.refused() == ("TypeError", "id_token not present in TokenSet")
    op.answers["token"] = (200, {}, {"id_token": op.id_token()})
    assert flow.refused() == ("Error", "Authentication rejected, access_token not present in TokenSet")


@pytest.mark.parametrize("claims", [{"nonce": "x"}, {"iss": "https://else.test"}])
def test_id_tokens_that_are_refused(flow, op, claims):
    op.claims |= claims
    assert flow.refused()[1].startswith("Authentication rejected, ")


def test_a_refresh_exchanges_nothing(flow, op):
    answer = flow.browser.refresh(provider="pinniped", Cookie="pinniped-refresh-token=rt-0")
    assert flow.browser.jwt_part(answer.get_json()["providerInfo"]["idToken"], 1)["sub"] == "u-1"
    assert op.form("token") == {"grant_type": "refresh_token", "refresh_token": "rt-0"}
    assert "expiresInSeconds" not in answer.get_json()["providerInfo"]
    assert op.count("token") == 1


def test_logout_asks_nobody(flow, op):
    answer = flow.browser.logout(provider="pinniped", Cookie="pinniped-refresh-token=rt-0")
    assert answer.status_code == 200
    assert op.asked == []


def test_discovery_is_tried_again_and_not_kept_for_good(flow, op, clock):
    op.answers["metadata"] = (500, {}, "")
    assert flow.browser.get("/pinniped/start?env=development").status_code == 500
    del op.answers["metadata"]
    flow.start()
    clock.now += pinniped.METADATA_LIFETIME
    flow.start()
    assert op.count("metadata") == 3


@pytest.mark.requirement("UP-31")
def test_the_retired_key(make, config):
    config["scope"] = "x"
    with pytest.raises(ConfigError, match='pinniped provider no longer supports the "scope" configuration option'):
        make()


@pytest.mark.requirement("SESSION-06")
def test_no_session_no_start(make, config, settings, op):
    del settings["auth"]["session"]
    answer = make().get("/pinniped/start?env=development")
    assert json.loads(answer.text)["error"]["message"].endswith("authentication requires session support")
