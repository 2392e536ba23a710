"""OIDC, OERR, CIMD-05, CIMD-06: what is on, and what can be found out about it."""

import pytest

from reference_backend.authorization_server import oidc_error
from reference_backend.config.model import Config
from reference_backend.errors import (
    AuthenticationError,
    AuthError,
    ConflictError,
    InputError,
    NotAllowedError,
    NotFoundError,
)
from reference_backend.settings import auth_base

BASE = "https://backend.test/api/auth"
REGISTRATION = "experimentalDynamicClientRegistration"
DOCUMENTS = "clientIdMetadataDocuments"
ALIAS = "experimentalClientIdMetadataDocuments"
OFFLINE = "experimentalRefreshToken"
COMMON_ROUTES = (
    ("GET", "/v1/authorize"),
    ("GET", "/v1/sessions/x"),
    ("POST", "/v1/sessions/x/approve"),
    ("POST", "/v1/sessions/x/reject"),
    ("POST", "/v1/token"),
    ("POST", "/v1/revoke"),
)
REGISTER = ("POST", "/v1/register")


@pytest.fixture
def gates(settings, make):
    """Makes a backend on which only these gates are open."""

    def create(**wanted):
        for key in (REGISTRATION, DOCUMENTS, ALIAS, OFFLINE):
            settings["auth"].pop(key, None)
        settings["auth"] |= wanted
        return make()

    return create


def exists(browser, route):
    method, path = route
    answer = browser.request(method, path)
    if answer.status_code != 404:
        return True
    assert browser.error(answer) == (404, "NotFoundError", "Unknown auth provider 'v1'")
    return False


@pytest.mark.requirement("OIDC-01", "JWKS-01", "SEC-AS-24")
def test_the_discovery_document_with_everything_on(browser):
    answer = browser.get("/.well-known/openid-configuration")
    assert (answer.status_code, answer.json) == (
        200,
        {
            "issuer": BASE,
            "token_endpoint": f"{BASE}/v1/token",
            "userinfo_endpoint": f"{BASE}/v1/userinfo",
            "jwks_uri": f"{BASE}/.well-known/jwks.json",
            "authorization_endpoint": f"{BASE}/v1/authorize",
            "response_types_supported": ["code", "id_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [
                *("RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "PS256", "PS384", "PS512", "EdDSA")
            ],
            "scopes_supported": ["openid", "offline_access"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
            "claims_supported": ["sub", "ent"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "code_challenge_methods_supported": ["S256", "plain"],
            "registration_endpoint": f"{BASE}/v1/register",
            "revocation_endpoint": f"{BASE}/v1/revoke",
            "client_id_metadata_document_supported": True,
        },
    )


@pytest.mark.requirement("OIDC-01", "OIDC-04", "SEC-AS-24")
def test_what_is_off_is_not_advertised(gates):
    document = gates().get("/.well-known/openid-configuration").json
    assert document["scopes_supported"] == ["openid"]
    assert document["grant_types_supported"] == ["authorization_code"]
    assert document["token_endpoint_auth_methods_supported"] == ["client_secret_basic", "client_secret_post"]
    endpoints = {name for name in document if name.endswith(("_endpoint", "_supported"))}
    absent = {"token_endpoint", "authorization_endpoint", "registration_endpoint", "revocation_endpoint"}
    assert not endpoints & {*absent, "client_id_metadata_document_supported"}


@pytest.mark.requirement("OIDC-02", "SEC-AS-16")
def test_by_default_there_are_no_routes(gates):
    browser = gates(**{OFFLINE: {"enabled": True}})
    assert [route for route in (*COMMON_ROUTES, REGISTER) if exists(browser, route)] == []


@pytest.mark.requirement("OIDC-03")
@pytest.mark.parametrize(("gate", "has_registration"), [(REGISTRATION, True), (DOCUMENTS, False), (ALIAS, False)])
def test_either_gate_opens_the_routes(gates, gate, has_registration):
    browser = gates(**{gate: {"enabled": True}})
    assert [route for route in COMMON_ROUTES if not exists(browser, route)] == []
    assert exists(browser, REGISTER) == has_registration


@pytest.mark.requirement("OIDC-05")
def test_the_stable_key_wins_if_it_is_there_at_all(gates):
    browser = gates(**{DOCUMENTS: {}, ALIAS: {"enabled": True}})
    assert not exists(browser, COMMON_ROUTES[0])


@pytest.mark.requirement("OIDC-06")
def test_bodies_may_be_json_or_a_form(server, client):
    as_json = server.post_json("/v1/token", {"grant_type": "password"})
    as_form = server.token(grant_type="password")
    assert server.error(as_json) == server.error(as_form)
    for answer in (
        server.post_json("/v1/revoke", {"token": "x", **client.in_body}),
        server.browser.post("/v1/revoke", data={"token": "x", **client.in_body}),
    ):
        assert answer.status_code == 200


@pytest.mark.requirement("OIDC-08", "OIDC-09")
@pytest.mark.parametrize(
    ("header", "asks"), [(None, False), ("Bearer x", False), ("Basic !!!", True), ("basic YTpi", True)]
)
def test_a_401_asks_who_authenticated_by_a_header(server, header, asks):
    answer = server.browser.post("/v1/revoke", data={"token": "x"}, **({"Authorization": header} if header else {}))
    assert answer.status_code == 401
    assert answer.headers.get("WWW-Authenticate", "").startswith("Basic ") is asks


@pytest.mark.requirement("CIMD-05")
def test_the_document_of_the_built_in_client(browser):
    answer = browser.get("/.well-known/oauth-client/cli.json")
    assert (answer.status_code, answer.json) == (
        200,
        {
            "client_id": f"{BASE}/.well-known/oauth-client/cli.json",
            "client_name": "Backstage CLI",
            "redirect_uris": ["http://127.0.0.1:8055/callback"],
            "response_types": ["code"],
            "grant_types": ["authorization_code"],
            "token_endpoint_auth_method": "none",
            "scope": "openid offline_access",
        },
    )


@pytest.mark.requirement("CIMD-06")
def test_the_document_of_the_built_in_client_with_documents_off(gates):
    answer = gates(**{REGISTRATION: {"enabled": True}}).get("/.well-known/oauth-client/cli.json")
    assert (answer.status_code, answer.json) == (
        404,
        {"error": "not_found", "error_description": "Client ID metadata documents not enabled"},
    )


@pytest.mark.requirement("CIMD-04", "CIMD-20")
@pytest.mark.parametrize(("base", "accepted"), [("https://backend.test", True), ("http://backend.test", False)])
def test_the_built_in_client_is_always_allowed(settings, make, base, accepted):
    settings["backend"]["baseUrl"] = base
    browser = make()
    client_id = f"{auth_base(Config(settings))}/.well-known/oauth-client/cli.json"
    answer = browser.get(
        f"/v1/authorize?client_id={client_id}&redirect_uri=http://127.0.0.1:1/callback&response_type=code"
        "&code_challenge=x&code_challenge_method=S256"
    )
    if accepted:
        assert answer.status_code == 302
    else:
        assert browser.error(answer) == (400, "InputError", "Invalid client_id")


@pytest.mark.requirement("OERR-01", "OERR-02")
@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (InputError("a"), ("invalid_request", "a", 400)),
        (AuthenticationError("a"), ("invalid_client", "a", 401)),
        (NotAllowedError("a"), ("access_denied", "a", 403)),
        (NotFoundError("a"), ("invalid_request", "a", 400)),
        (ConflictError("a"), ("server_error", "a", 500)),
        (AuthError("a"), ("server_error", "a", 500)),
        (AuthError(""), ("server_error", "Unknown error", 500)),
    ],
)
def test_errors_are_translated(error, expected):
    translated = oidc_error.translated(error)
    assert (translated.code, translated.description, translated.status) == expected


@pytest.mark.requirement("OERR-06")
def test_at_the_token_endpoint_it_is_the_grant_that_is_not_authentic():
    translated = oidc_error.translated_at_token_endpoint(AuthenticationError("a"))
    assert (translated.code, translated.description, translated.status) == ("invalid_grant", "a", 400)
    assert oidc_error.translated_at_token_endpoint(InputError("a")).code == "invalid_request"


@pytest.mark.requirement("CFG-04")
def test_registration_is_told_to_be_deprecated(gates, caplog):
    gates(**{REGISTRATION: {"enabled": True}})
    assert [record for record in caplog.records if "deprecated" in record.message]


@pytest.mark.requirement("CFG-04")
def test_documents_are_not(gates, caplog):
    gates(**{DOCUMENTS: {"enabled": True}})
    assert not [record for record in caplog.records if "deprecated" in record.message]
