"""CODE: what a code can be redeemed for, by whom, and how often."""

import pytest
from authlib.oauth2 import rfc7636
from sqlalchemy import exc

from reference_backend.authorization_server.offline_store import OfflineStore
from reference_backend.identity.user_info_store import UserInfoStore
from tests.reference_backend.authorization_server.server import CALLBACK, CHALLENGE, VERIFIER, Registered, Server

ADA = "user:default/ada.quill"


@pytest.mark.requirement("CODE-01", "CODE-02", "CODE-03", "OIDC-07")
@pytest.mark.parametrize(("configured", "seconds"), [("1h", 3600), ("2h", 7200), ("1m", 600)])
def test_the_answer(settings, make, configured, seconds):
    settings["auth"]["backstageTokenExpiration"] = configured
    server = Server(make())
    client = server.register()
    answer = server.redeem(client, server.code(client))
    token = answer.json["access_token"]
    claims = server.browser.jwt_part(token, 1)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    assert answer.json == {
        "access_token": token,
        "token_type": "Bearer",
        "expires_in": seconds,
        "id_token": token,
        "scope": "openid",
    }
    assert claims["exp"] - claims["iat"] == seconds
    assert claims["iss"] == "https://backend.test/api/auth"


@pytest.mark.requirement("CODE-04")
def test_no_ownership_and_no_new_record(settings, make, database, clock):
    settings["auth"]["omitIdentityTokenOwnershipClaim"] = False
    server = Server(make())
    UserInfoStore(database.engine).put(ADA, {"claims": {"sub": ADA, "ent": ["x"]}}, clock())
    client = server.register()
    token = server.redeem(client, server.code(client)).json["access_token"]
    assert "ent" not in server.browser.jwt_part(token, 1)
    info = server.browser.get("/v1/userinfo", Authorization=f"Bearer {token}")
    assert info.json == {"claims": {"sub": ADA, "ent": ["x"]}}


@pytest.mark.requirement("CODE-05", "CODE-16")
@pytest.mark.parametrize(
    ("requested", "answered", "offline"),
    [
        (None, "openid", False),
        ("", "openid", False),
        ("foo offline_access", "foo offline_access", True),
        ("openid\toffline_access", "openid\toffline_access", False),
        ("offline_access_", "offline_access_", False),
    ],
)
def test_scopes(server, client, requested, answered, offline):
    answer = server.redeem(client, server.code(client, scope=requested)).json
    assert (answer["scope"], "refresh_token" in answer) == (answered, offline)


@pytest.mark.requirement("CODE-16")
def test_no_refresh_token_while_they_are_off(settings, make):
    del settings["auth"]["experimentalRefreshToken"]
    server = Server(make())
    client = server.register()
    assert "refresh_token" not in server.redeem(client, server.code(client, scope="offline_access")).json


@pytest.mark.requirement("CODE-16")
def test_without_a_refresh_token_rather_than_not_at_all(server, client, database, monkeypatch, caplog):
    def fail(*arguments, **named):
        raise exc.OperationalError("INSERT", {}, Exception("disk full"))

    monkeypatch.setattr(OfflineStore, "start", fail)
    answer = server.redeem(client, server.code(client, scope="offline_access"))
    assert answer.status_code == 200
    assert "refresh_token" not in answer.json
    assert "disk full" in caplog.text


@pytest.mark.requirement("CODE-06", "CODE-07", "CODE-08", "SEC-AS-11")
@pytest.mark.parametrize(
    ("form", "code", "description"),
    [
        (
            {},
            "invalid_request",
            'Validation error: Invalid input: expected string, received undefined at "grant_type"',
        ),
        (
            {"grant_type": ""},
            "invalid_request",
            'Validation error: Too small: expected string to have >=1 characters at "grant_type"',
        ),
        (
            {"grant_type": ["password", "authorization_code"]},
            "invalid_request",
            'Validation error: Invalid input: expected string, received array at "grant_type"',
        ),
        (
            {"grant_type": "authorization_code", "redirect_uri": "x"},
            "invalid_request",
            'Validation error: Invalid URL at "redirect_uri"',
        ),
        *(
            (
                {"grant_type": "authorization_code", **members},
                "invalid_request",
                "Missing code or redirect_uri parameters for authorization_code grant",
            )
            for members in ({}, {"code": "x"}, {"redirect_uri": CALLBACK}, {"code": "", "redirect_uri": CALLBACK})
        ),
        *(
            ({"grant_type": grant}, "unsupported_grant_type", f"Grant type {grant} is not supported")
            for grant in ("password", "client_credentials", "implicit", "AUTHORIZATION_CODE")
        ),
    ],
)
def test_malformed_requests(server, form, code, description):
    assert server.error(server.token(**form)) == (400, code, description)


@pytest.mark.requirement("CODE-09", "SEC-AS-04")
def test_what_is_wrong_with_a_code(server, client, clock):
    def refused(code, **form):
        status, error, description = server.error(server.redeem(client, code, **form))
        assert (status, error) == (400, "invalid_grant")
        return description

    code = server.code(client)
    assert refused("unknown") == "Invalid authorization code"
    assert refused(code, redirect_uri=f"{CALLBACK}/") == "Redirect URI mismatch"
    clock.now += 600
    assert server.redeem(client, code).status_code == 200
    assert refused(code, redirect_uri=f"{CALLBACK}/") == "Authorization code already used"
    clock.now += 1
    assert refused(code) == "Authorization code expired"


@pytest.mark.requirement("CODE-10", "CODE-11", "CODE-13", "SEC-AS-05")
@pytest.mark.parametrize("method", ["S256", "plain"])
def test_the_verifier(server, client, method):
    challenge = rfc7636.create_s256_code_challenge(VERIFIER) if method == "S256" else VERIFIER
    code = server.code(client, code_challenge=challenge, code_challenge_method=method)
    other = VERIFIER if method == "S256" else rfc7636.create_s256_code_challenge(VERIFIER)
    for verifier, expected in (
        (None, "Code verifier required for PKCE"),
        ("", "Code verifier required for PKCE"),
        (VERIFIER[:-1], "Invalid code verifier"),
        (VERIFIER.upper(), "Invalid code verifier"),
        (challenge + "é", "Invalid code verifier"),
        (other if method == "plain" else challenge, "Invalid code verifier"),
    ):
        answer = server.redeem(client, code, code_verifier=verifier)
        assert server.error(answer) == (400, "invalid_grant", expected)
    # The failed attempts have not used the code up.
    assert server.redeem(client, code, code_verifier=VERIFIER).status_code == 200


@pytest.mark.requirement("CODE-12", "SEC-AS-22")
def test_a_verifier_without_a_challenge(server, client):
    code = server.code(client)
    answer = server.redeem(client, code, code_verifier=VERIFIER)
    assert server.error(answer)[:2] == (400, "invalid_grant")
    assert server.redeem(client, code).status_code == 200


@pytest.mark.requirement("CODE-14", "SEC-AS-08")
def test_a_client_with_a_secret_authenticates(server, client):
    code = server.code(client, **CHALLENGE)
    wrong = Registered(client.client_id, "wrong")
    request = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
    }
    for headers, form, expected in (
        ({}, {}, "Client authentication required"),
        ({}, {"client_id": client.client_id}, "Client authentication required"),
        ({}, {"client_id": client.client_id, "client_secret": ""}, "Client authentication required"),
        ({}, wrong.in_body, "Invalid client credentials"),
        (wrong.in_header, client.in_body, "Invalid client credentials"),
        ({"Authorization": "Basic !"}, {}, "Client authentication required"),
    ):
        answer = server.token(headers, **request, **form)
        assert server.error(answer) == (401, "invalid_client", expected)
    assert server.token(client.in_header, **request).status_code == 200


@pytest.mark.requirement("CODE-14", "SEC-AS-09")
def test_a_code_is_of_use_to_its_client_only(server, client):
    other = server.register()
    code = server.code(client)
    answer = server.redeem(other, code)
    assert server.error(answer) == (400, "invalid_grant", "Authorization code was not issued to this client")
    assert server.redeem(client, code).status_code == 200


@pytest.mark.requirement("CODE-15", "SEC-AS-04")
@pytest.mark.parametrize("later", [0, 601])
def test_a_replayed_code_revokes_what_it_gave(server, client, clock, later):
    code = server.code(client, scope="offline_access")
    token = server.redeem(client, code).json["refresh_token"]
    clock.now += later
    assert server.redeem(client, code).status_code == 400
    assert server.error(server.refresh(client, token)) == (400, "invalid_grant", "Invalid refresh token")


@pytest.mark.requirement("CODE-15")
def test_nobody_else_can_revoke_by_replaying(server, client):
    code = server.code(client, scope="offline_access")
    token = server.redeem(client, code).json["refresh_token"]
    assert server.redeem(server.register(), code).status_code == 400
    assert server.refresh(client, token).status_code == 200


def test_a_code_is_used_up_only_if_there_is_a_token(server, client, browser, monkeypatch):
    issuer = type(browser.app.extensions["reference_backend"].issuer)
    code = server.code(client)
    with monkeypatch.context() as patch:

        def fail(self, subject):
            raise RuntimeError("no key")

        patch.setattr(issuer, "issue_without_ownership", fail)
        answer = server.redeem(client, code)
        assert answer.status_code == 500
        assert "no key" not in answer.text
    assert server.redeem(client, code).status_code == 200
