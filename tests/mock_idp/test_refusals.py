"""Each reason to say no, at each vendor: what the real service answers is what the mock answers."""

from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from mock_idp.oauth.model import Reason
from tests.mock_idp.conftest import World, make_world

OTHER_CLIENT = "mock-{provider}-email"


def callback_of(answer: Any) -> dict[str, str]:
    query = parse_qs(urlsplit(answer.headers["Location"]).query, keep_blank_values=True)
    return {name: values[0] for name, values in query.items()}


def last_reason(world: World) -> str | None:
    refusal = world.journal()[-1]["refusal"]
    return refusal and refusal["reason"]


# --- authorization --------------------------------------------------------------------------------


@pytest.mark.parametrize(("vendor", "provider", "status"), [("github", "ghe", 404), ("google", "google", 401)])
def test_unknown_client_gets_a_page(vendor: str, provider: str, status: int) -> None:
    world = make_world(vendor, provider)
    answer = world.authorize(client_id="nobody")
    assert answer.status_code == status
    assert "nobody" in answer.text and "mock-" in answer.text
    assert "Location" not in answer.headers
    assert last_reason(world) == Reason.UNKNOWN_CLIENT
    assert answer.headers["Mock-Idp-Refusal"].startswith("unknown client")


@pytest.mark.parametrize(
    "uri",
    ["http://localhost:7007/api/auth/google/handler/frame/", "http://localhost:7007.evil.example/", "", "javascript:1"],
)
def test_google_shows_a_page_for_an_unregistered_redirect_uri(google: World, uri: str) -> None:
    answer = google.authorize(redirect_uri=uri)
    assert answer.status_code == 400
    assert "http://localhost:7007/api/auth/google/handler/frame" in answer.text
    assert "Location" not in answer.headers
    assert last_reason(google) == Reason.UNREGISTERED_REDIRECT_URI


def test_github_tells_the_registered_redirect_uri_about_another_one(github: World) -> None:
    answer = github.authorize(redirect_uri="https://evil.example/")
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith(github.redirect_uri + "?")
    said = callback_of(answer)
    assert said["error"] == "redirect_uri_mismatch"
    assert said["state"] == "the state"
    assert "MUST match" in said["error_description"]
    assert last_reason(github) == Reason.UNREGISTERED_REDIRECT_URI


GOOGLE_PAGES = [
    ({"response_type": None}, Reason.MISSING_PARAMETER),
    ({"scope": None}, Reason.MISSING_PARAMETER),
    ({"response_type": "token"}, Reason.UNSUPPORTED_RESPONSE_TYPE),
    ({"scope": "openid not-a-scope"}, Reason.INVALID_SCOPE),
    ({"scope": ["openid", "email"]}, Reason.INVALID_PARAMETER),
    ({"access_type": "sometimes"}, Reason.INVALID_PARAMETER),
    ({"include_granted_scopes": "yes"}, Reason.INVALID_PARAMETER),
    ({"prompt": "please"}, Reason.INVALID_PARAMETER),
    ({"prompt": "none consent"}, Reason.INVALID_PARAMETER),
    ({"code_challenge": "short", "code_challenge_method": "S256"}, Reason.INVALID_PARAMETER),
    ({"code_challenge": "c" * 43, "code_challenge_method": "S512"}, Reason.INVALID_PARAMETER),
]


@pytest.mark.parametrize(("changes", "reason"), GOOGLE_PAGES)
def test_google_shows_a_page_for_what_is_wrong(google: World, changes: dict[str, Any], reason: Reason) -> None:
    answer = google.authorize(**changes)
    assert answer.status_code == 400
    assert last_reason(google) == reason


GITHUB_CALLBACKS = [
    ({"response_type": "token"}, Reason.UNSUPPORTED_RESPONSE_TYPE, "unsupported_response_type"),
    ({"scope": ["repo", "gist"]}, Reason.INVALID_PARAMETER, "invalid_request"),
    ({"code_challenge": "c" * 43, "code_challenge_method": "S512"}, Reason.INVALID_PARAMETER, "invalid_request"),
]


@pytest.mark.parametrize(("changes", "reason", "code"), GITHUB_CALLBACKS)
def test_github_tells_the_client_what_is_wrong(github: World, changes: Any, reason: Reason, code: str) -> None:
    answer = github.authorize(**changes)
    assert answer.status_code == 302
    assert callback_of(answer)["error"] == code
    assert last_reason(github) == reason


def test_github_needs_no_response_type(github: World) -> None:
    assert github.authorize(response_type=None).status_code == 200


def test_github_drops_scopes_it_does_not_know(github: World) -> None:
    tokens = github.tokens(asked={"scope": "read:user,nonsense repo"})
    assert tokens["scope"] == "read:user,repo"


def test_denied_consent(github: World, google: World) -> None:
    said = github.callback(decision="deny")
    assert said["error"] == "access_denied"
    assert said["error_description"] == "The user has denied your application access."
    assert said["error_uri"].endswith("#access-denied")
    assert said["state"] == "the state"
    said = google.callback(decision="deny")
    assert said.pop("grant")
    assert said == {"error": "access_denied", "state": "the state"}


# --- token ----------------------------------------------------------------------------------------

BAD_CODE = (200, "bad_verification_code", "The code passed is incorrect or expired.")
BAD_CLIENT = (200, "incorrect_client_credentials", "The client_id and/or client_secret passed are incorrect.")
BAD_REFRESH = (200, "bad_refresh_token", "The refresh token passed is incorrect or expired.")
MALFORMED = (400, "invalid_grant", "Malformed auth code.")
BAD_GRANT = (400, "invalid_grant", "Bad Request")
DEAD = (400, "invalid_grant", "Token has been expired or revoked.")

TOKEN_ANSWERS: dict[Reason, dict[str, Any]] = {
    Reason.UNKNOWN_CLIENT: {
        "github": (404, "Not Found", None),
        "google": (401, "invalid_client", "The OAuth client was not found."),
    },
    Reason.WRONG_SECRET: {"github": BAD_CLIENT, "google": (401, "invalid_client", "Unauthorized")},
    Reason.WRONG_CLIENT_AUTHENTICATION: {
        "github": BAD_CLIENT,
        "google": (400, "invalid_request", "client_secret is missing."),
    },
    Reason.MISSING_PARAMETER: {"github": BAD_CODE, "google": (400, "invalid_request", "Missing required parameter.")},
    Reason.UNKNOWN_CODE: {"github": BAD_CODE, "google": MALFORMED},
    Reason.EXPIRED_CODE: {"github": BAD_CODE, "google": BAD_GRANT},
    Reason.REPLAYED_CODE: {"github": BAD_CODE, "google": BAD_GRANT},
    Reason.CODE_OF_ANOTHER_CLIENT: {"github": BAD_CODE, "google": BAD_GRANT},
    Reason.REDIRECT_URI_MISMATCH: {
        "github": (
            200,
            "redirect_uri_mismatch",
            "The redirect_uri MUST match the registered callback URL for this application.",
        ),
        "google": (400, "redirect_uri_mismatch", "Bad Request"),
    },
    Reason.MISSING_VERIFIER: {"github": BAD_CODE, "google": (400, "invalid_grant", "Missing code verifier.")},
    Reason.WRONG_VERIFIER: {"github": BAD_CODE, "google": (400, "invalid_grant", "Invalid code verifier.")},
    Reason.UNSUPPORTED_GRANT_TYPE: {
        "github": (200, "unsupported_grant_type", "The grant_type is not supported by this endpoint."),
        "google": (400, "unsupported_grant_type", "Invalid grant_type."),
    },
    Reason.WRONG_CONTENT_TYPE: {
        "github": BAD_CLIENT,
        "google": (400, "invalid_request", "Could not parse the request body."),
    },
    Reason.UNKNOWN_REFRESH_TOKEN: {"github": BAD_REFRESH, "google": BAD_GRANT},
    Reason.REVOKED_REFRESH_TOKEN: {"github": BAD_REFRESH, "google": DEAD},
}


def expect_token_refusal(world: World, answer: Any, reason: Reason) -> None:
    status, error, description = TOKEN_ANSWERS[reason][world.vendor]
    assert answer.status_code == status, answer.text
    assert answer.json["error"] == error
    assert answer.json.get("error_description") == description
    assert last_reason(world) == reason


def test_unknown_client_at_token(world: World) -> None:
    expect_token_refusal(world, world.redeem("x", client_id="nobody"), Reason.UNKNOWN_CLIENT)


def test_wrong_secret(world: World) -> None:
    code = world.callback()["code"]
    expect_token_refusal(world, world.redeem(code, client_secret="wrong"), Reason.WRONG_SECRET)
    assert world.redeem(code).status_code == 200, "a refusal must not use the code up"


def test_no_secret(world: World) -> None:
    expect_token_refusal(world, world.redeem("x", client_secret=None), Reason.WRONG_CLIENT_AUTHENTICATION)


def test_secret_in_header_and_body(world: World) -> None:
    answer = world.ask_token(
        grant_type="authorization_code",
        code="x",
        headers={"Authorization": "Basic bW9jazpzZWNyZXQ="},
    )
    # One vendor has a text of its own for two secrets, which its own tests know.
    assert "access_token" not in answer.json
    assert last_reason(world) == Reason.WRONG_CLIENT_AUTHENTICATION


def test_no_code(world: World) -> None:
    expect_token_refusal(world, world.ask_token(grant_type="authorization_code"), Reason.MISSING_PARAMETER)


def test_unknown_code(world: World) -> None:
    expect_token_refusal(world, world.redeem("never-issued"), Reason.UNKNOWN_CODE)


def test_expired_code(world: World) -> None:
    code = world.callback()["code"]
    world.clock.move(601)
    expect_token_refusal(world, world.redeem(code), Reason.EXPIRED_CODE)


def test_replayed_code_revokes_what_it_gave(world: World) -> None:
    code = world.callback()["code"]
    tokens = world.redeem(code).json
    assert world.profile(tokens["access_token"]).status_code == 200
    expect_token_refusal(world, world.redeem(code), Reason.REPLAYED_CODE)
    assert world.profile(tokens["access_token"]).status_code == 401
    assert last_reason(world) == Reason.REVOKED_BEARER
    expect_token_refusal(world, world.refresh(tokens["refresh_token"]), Reason.REVOKED_REFRESH_TOKEN)


def test_code_of_another_client(world: World) -> None:
    code = world.callback()["code"]
    other = world.of("email")
    expect_token_refusal(other, other.redeem(code), Reason.CODE_OF_ANOTHER_CLIENT)
    assert world.redeem(code).status_code == 200, "another client cannot spoil the code"


def test_redirect_uri_mismatch(world: World) -> None:
    code = world.callback()["code"]
    answer = world.ask_token(grant_type="authorization_code", code=code, redirect_uri=world.redirect_uri + "/")
    expect_token_refusal(world, answer, Reason.REDIRECT_URI_MISMATCH)


CHALLENGE = {"code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "code_challenge_method": "S256"}
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"  # both from RFC 7636 appendix B


def test_pkce(world: World) -> None:
    code = world.callback(asked=CHALLENGE)["code"]
    expect_token_refusal(world, world.redeem(code), Reason.MISSING_VERIFIER)
    expect_token_refusal(world, world.redeem(code, code_verifier="w" * 43), Reason.WRONG_VERIFIER)
    assert world.redeem(code, code_verifier=VERIFIER).status_code == 200


def test_plain_pkce(google: World) -> None:
    code = google.callback(asked={"code_challenge": VERIFIER})["code"]
    assert "access_token" in google.redeem(code, code_verifier=VERIFIER).json


def test_plain_pkce_is_refused_where_it_is_not_supported(github: World) -> None:
    assert github.authorize(code_challenge=VERIFIER).status_code == 302
    assert last_reason(github) == Reason.INVALID_PARAMETER


def test_verifier_without_challenge(world: World) -> None:
    code = world.callback()["code"]
    expect_token_refusal(world, world.redeem(code, code_verifier=VERIFIER), Reason.WRONG_VERIFIER)


def test_grant_type(world: World) -> None:
    expect_token_refusal(world, world.ask_token(grant_type="password"), Reason.UNSUPPORTED_GRANT_TYPE)


def test_missing_grant_type(github: World, google: World) -> None:
    code = github.callback()["code"]
    assert "access_token" in github.ask_token(code=code, redirect_uri=github.redirect_uri).json
    expect_token_refusal(google, google.ask_token(code="x"), Reason.MISSING_PARAMETER)


def test_repeated_parameter(world: World) -> None:
    answer = world.ask_token(grant_type=["authorization_code", "refresh_token"], code="x")
    assert "access_token" not in answer.json
    assert last_reason(world) == Reason.INVALID_PARAMETER


def test_text_instead_of_a_form(world: World) -> None:
    headers = {"Accept": "application/json", "Content-Type": "text/plain"}
    answer = world.http.post(world.path("token"), data='{"code": "x"}', headers=headers)
    expect_token_refusal(world, answer, Reason.WRONG_CONTENT_TYPE)


# --- refresh --------------------------------------------------------------------------------------


def test_unknown_refresh_token(world: World) -> None:
    expect_token_refusal(world, world.refresh("never-issued"), Reason.UNKNOWN_REFRESH_TOKEN)


def test_no_refresh_token(world: World) -> None:
    expect_token_refusal(world, world.refresh(""), Reason.MISSING_PARAMETER)


def test_refresh_token_of_another_client(world: World) -> None:
    tokens = world.tokens()
    other = world.of("email")
    expect_token_refusal(other, other.refresh(tokens["refresh_token"]), Reason.UNKNOWN_REFRESH_TOKEN)


def test_revoked_grant(world: World) -> None:
    tokens = world.tokens()
    changed = world.http.patch(f"/__idp/grants/{tokens['grant']}", json={"revoked": True})
    assert changed.json["revoked"] is True
    expect_token_refusal(world, world.refresh(tokens["refresh_token"]), Reason.REVOKED_REFRESH_TOKEN)
    assert world.profile(tokens["access_token"]).status_code == 401


def test_code_of_a_revoked_grant(world: World) -> None:
    callback = world.callback()
    world.http.patch(f"/__idp/grants/{callback['grant']}", json={"revoked": True})
    expect_token_refusal(world, world.redeem(callback["code"]), Reason.UNKNOWN_CODE)


def test_github_app_refresh_token_expires(github: World) -> None:
    app = github.of("github-app")
    tokens = app.tokens()
    app.clock.move(15_897_600)
    answer = app.refresh(tokens["refresh_token"])
    assert answer.json["error"] == "bad_refresh_token"
    assert last_reason(app) == Reason.EXPIRED_REFRESH_TOKEN


def test_google_refuses_scopes_that_were_not_granted(google: World) -> None:
    tokens = google.tokens(scope=["openid"])
    answer = google.ask_token(grant_type="refresh_token", refresh_token=tokens["refresh_token"], scope="openid email")
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_scope")
    assert last_reason(google) == Reason.INVALID_SCOPE


def test_github_ignores_the_scope_of_a_refresh(github: World) -> None:
    app = github.of("github-app")
    tokens = app.tokens()
    answer = app.ask_token(grant_type="refresh_token", refresh_token=tokens["refresh_token"], scope="read:user repo")
    assert answer.json["scope"] == ""


# --- profile and revocation -----------------------------------------------------------------------


def test_no_bearer(world: World) -> None:
    answer = world.http.get(world.path("profile"))
    assert answer.status_code == 401
    assert last_reason(world) == Reason.MISSING_BEARER


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_scheme_has_no_case(world: World, scheme: str) -> None:
    tokens = world.tokens()
    headers = {"Authorization": f"{scheme} {tokens['access_token']}"}
    assert world.http.get(world.path("profile"), headers=headers).status_code == 200


def test_bad_bearer(github: World, google: World) -> None:
    answer = github.profile("gho_unknown")
    assert answer.status_code == 401
    assert answer.json["message"] == "Bad credentials"
    assert last_reason(github) == Reason.UNKNOWN_BEARER
    answer = google.profile("ya29.unknown")
    assert answer.status_code == 401
    assert answer.json == {"error": "invalid_request", "error_description": "Invalid Credentials"}
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


def test_expired_bearer(world: World) -> None:
    tokens = world.tokens()
    world.clock.move(tokens["expires_in"])
    assert world.profile(tokens["access_token"]).status_code == 401
    assert last_reason(world) == Reason.EXPIRED_BEARER


def test_github_token_in_the_query_is_not_read(github: World) -> None:
    tokens = github.tokens()
    answer = github.http.get(github.path("profile"), query_string={"access_token": tokens["access_token"]})
    assert answer.status_code == 401
    assert last_reason(github) == Reason.MISSING_BEARER


def test_insufficient_scope(github: World, google: World) -> None:
    tokens = github.tokens()
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert github.http.get("/github/api/v3/user/emails", headers=headers).status_code == 404
    assert last_reason(github) == Reason.INSUFFICIENT_SCOPE
    tokens = google.tokens(asked={"scope": google.idp.vendors["google"].extra_scopes[0]})
    answer = google.profile(tokens["access_token"])
    assert (answer.status_code, answer.json["error"]["status"]) == (403, "PERMISSION_DENIED")


@pytest.mark.parametrize("place", ["query_string", "data"])
@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
def test_google_revokes_once(google: World, place: str, kind: str) -> None:
    tokens = google.tokens()
    revoke: Any = {place: {"token": tokens[kind]}}
    answer = google.http.post("/google/revoke", **revoke)
    assert (answer.status_code, answer.json) == (200, {})
    assert google.profile(tokens["access_token"]).status_code == 401
    answer = google.http.post("/google/revoke", **revoke)
    assert answer.status_code == 400
    assert answer.json == {"error": "invalid_token", "error_description": "Token expired or revoked"}
    assert last_reason(google) == Reason.UNKNOWN_TOKEN


def test_google_revoke_without_token(google: World) -> None:
    assert google.http.post("/google/revoke").status_code == 400


def test_every_reason_of_a_vendor_is_used_somewhere() -> None:
    """What a vendor file says about a reason is either tested above or has no way to happen."""
    tested = set(TOKEN_ANSWERS) | {
        Reason.INVALID_PARAMETER,
        Reason.INVALID_SCOPE,
        Reason.EXPIRED_REFRESH_TOKEN,
        Reason.MISSING_BEARER,
        Reason.UNKNOWN_BEARER,
        Reason.EXPIRED_BEARER,
        Reason.REVOKED_BEARER,
        Reason.SUSPENDED_BEARER,  # in the tests of the vendor that says it in its own words
        Reason.INSUFFICIENT_SCOPE,
        Reason.UNKNOWN_TOKEN,
        Reason.ACCESS_DENIED,
        Reason.UNREGISTERED_REDIRECT_URI,
        Reason.UNSUPPORTED_RESPONSE_TYPE,
        Reason.INVALID_CLIENT_ASSERTION,  # in the tests of the core and of the vendor that takes assertions
        Reason.LOGIN_REQUIRED,  # in the tests of the vendor that can be asked not to ask
        Reason.CONSENT_REQUIRED,
        Reason.UNREGISTERED_LOGOUT_URI,
        Reason.CROSS_ORIGIN,  # in the tests of the vendor that tells pages from servers
        Reason.NOT_CROSS_ORIGIN,
    }
    assert set(Reason) == tested
    world = replace(make_world("google", "google"))
    assert set(world.idp.vendors["google"].refusals) <= tested
