"""Start, discovery and configuration (UP-20 … UP-24, UP-31, OIDCPROV-01 … OIDCPROV-04, OIDCPROV-16)."""

import base64
import hashlib

import pytest
import requests

from reference_backend.config.model import ConfigError
from reference_backend.formats import encoding
from tests.reference_backend.openid.vendor import (
    CLIENT_ID,
    ISSUER,
    Flow,
)


def test_the_authorization_request(flow, op):
    parameters = flow.start("&scope=offline_access")
    assert set(parameters) == {
        "own",
        "response_type",
        "redirect_uri",
        "prompt",
        "client_id",
        "scope",
        "state",
        "nonce",
        "code_challenge",
        "code_challenge_method",
    }
    assert parameters["response_type"] == "code"
    assert parameters["redirect_uri"] == "https://backend.test/api/auth/oidc/handler/frame"
    assert parameters["client_id"] == CLIENT_ID
    assert set(parameters["scope"].split()) == {"openid", "profile", "email", "offline_access"}
    assert parameters["prompt"] == "none"
    assert len(base64.b64decode(parameters["nonce"])) == 16
    assert parameters["code_challenge_method"] == "S256"
    flow.finish()
    digest = hashlib.sha256(op.form("token")["code_verifier"].encode()).digest()
    assert encoding.b64url(digest) == parameters["code_challenge"]


def test_everything_is_fresh_each_time(flow):
    first, second = flow.start(), flow.start()
    for name in ("state", "nonce", "code_challenge"):
        assert first[name] != second[name]


@pytest.mark.parametrize(
    ("listed", "method"), [(["S256", "plain"], "S256"), (["plain"], None), (None, "S256"), ("S256", "S256")]
)
def test_the_pkce_method(flow, op, listed, method):
    op.metadata["code_challenge_methods_supported"] = listed
    parameters = flow.start()
    flow.finish()
    assert parameters.get("code_challenge_method") == method
    if method is None:
        assert parameters["code_challenge"] == op.form("token")["code_verifier"]


def test_no_pkce_method_in_common(flow, op):
    op.metadata["code_challenge_methods_supported"] = ["S512"]
    expected = "neither code_challenge_method supported by the client is supported by the issuer"
    assert flow.browser.error(flow.browser.get("/oidc/start?env=development")) == (500, "Error", expected)


@pytest.mark.parametrize(("prompt", "sent"), [("login", "login"), ("auto", None)])
def test_prompt(make, config, op, prompt, sent):
    config["prompt"] = prompt
    assert Flow(make(), op).start().get("prompt") == sent


def test_search_params_add_but_do_not_replace(make, config, op):
    protected = dict.fromkeys(("client_id", "scope", "state", "nonce", "prompt", "code_challenge"), "mine")
    config["startUrlSearchParams"] = {"foo": "bar", "number": 7, "flag": True, **protected}
    parameters = Flow(make(), op).start()
    assert (parameters["foo"], parameters["number"], parameters["flag"]) == ("bar", "7", "true")
    assert "mine" not in parameters.values()


@pytest.mark.requirement("UP-20", "SESSION-06")
def test_without_sessions_there_is_no_start(make, settings, config, op):
    del settings["auth"]["session"]
    browser = make()
    expected = "Authentication failed, authentication requires session support"
    assert browser.error(browser.get("/oidc/start?env=development")) == (500, "Error", expected)


@pytest.mark.parametrize("suffix", ["", "/", "/.well-known/openid-configuration"])
def test_where_the_document_is(make, config, op, suffix):
    config["metadataUrl"] = ISSUER + suffix
    Flow(make(), op).start()
    assert op.requests("metadata")[0].url == f"{ISSUER}/.well-known/openid-configuration"
    assert op.requests("metadata")[0].headers["Accept"] == "application/json"


@pytest.mark.parametrize(
    ("answer", "name", "text"),
    [
        (requests.ConnectionError("10.0.0.1"), "Error", "the connection failed"),
        (requests.exceptions.SSLError("10.0.0.1"), "Error", "the TLS handshake failed"),
        (requests.Timeout("10.0.0.1"), "RPError", "outgoing request timed out after 10000ms"),
        ((503, {}, "<html>"), "OPError", "expected 200 OK, got: 503 Service Unavailable"),
        ((302, {"Location": "/x"}, ""), "OPError", "expected 200 OK, got: 302 Found"),
        ((200, {}, ""), "OPError", "expected 200 OK with body but no body was returned"),
        ((200, {}, "<html>"), "Error", "the answer is not JSON: "),
        ((200, {}, "null"), "Error", "the answer is not a JSON object"),
        ((200, {}, {"issuer": "https://evil.test"}), "RPError", "discovered issuer mismatch, expected https://op.test"),
        ((200, {}, {}), "RPError", "discovered issuer mismatch"),
        ((200, {}, {"issuer": ISSUER}), "Error", "authorization_endpoint must be configured on the issuer"),
    ],
)
def test_discovery_fails_and_recovers(flow, op, answer, name, text):
    op.answers["metadata"] = answer
    found = flow.browser.error(flow.browser.get("/oidc/start?env=development"))
    assert found[:2] == (500, name)
    assert found[2].startswith(text)
    if name == "Error" and "endpoint" in text:
        return
    del op.answers["metadata"]
    assert "response" in flow.browser.message(flow.sign_in())


def test_discovery_is_read_once(flow, op):
    flow.sign_in()
    flow.sign_in()
    assert op.count("metadata") == 1


@pytest.mark.requirement("UP-31")
@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"scope": "openid"}, 'no longer supports the "scope" configuration option. Please use the "additionalScopes"'),
        ({"metadataUrl": None}, "Missing required config value at 'auth.providers.oidc.development.metadataUrl'"),
        ({"clientSecret": None}, "Missing required config value"),
        (
            {"tokenSignedResponseAlg": "none"},
            "'none' at 'auth.providers.oidc.development.tokenSignedResponseAlg' is not",
        ),
        (
            {"tokenEndpointAuthMethod": "private_key_jwt"},
            "'private_key_jwt' at .* is not supported; use one of client_",
        ),
        ({"startUrlSearchParams": [{"a": "b"}]}, "has to be an object of strings"),
        ({"startUrlSearchParams": {"a": {}}}, "has to be an object of strings"),
    ],
)
def test_mistakes_in_the_configuration(make, config, changes, text):
    config.update(changes)
    with pytest.raises(ConfigError, match=text):
        make()
