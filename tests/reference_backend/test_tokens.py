"""TOKEN, LIM, VERIFY, KEY, JWKS, USERINFO."""

import json
import re

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from reference_backend.backend import EXTENSION
from reference_backend.errors import AuthError
from reference_backend.formats import compact_jws, encoding
from reference_backend.identity import keys, user_token

NOW = 1_700_000_000


def sign_in(browser):
    return browser.get("/guest/refresh").get_json()["backstageIdentity"]["token"]


def jwks(browser):
    return browser.get("/.well-known/jwks.json").get_json()["keys"]


def userinfo(browser, token):
    return browser.get("/v1/userinfo", Authorization=f"Bearer {token}")


def current_key(browser):
    return browser.app.extensions[EXTENSION].issuer._ring.signing_key()


@pytest.mark.requirement("TOKEN-01", "TOKEN-02", "TOKEN-03", "TOKEN-05", "TOKEN-14")
def test_a_user_token(browser):
    assert jwks(browser) == []
    token = sign_in(browser)
    (key,) = jwks(browser)
    header, claims = browser.jwt_part(token, 0), browser.jwt_part(token, 1)
    assert header == {"typ": "vnd.backstage.user", "alg": "ES256", "kid": key["kid"]}
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", key["kid"])
    assert set(key) == {"kty", "crv", "x", "y", "kid", "alg"}
    assert claims.pop("uip")
    assert claims == {
        "iss": "https://backend.test/api/auth",
        "sub": "user:development/guest",
        "aud": "backstage",
        "iat": NOW,
        "exp": NOW + 3600,
    }
    jwt.PyJWS().decode(token, jwt.PyJWK(key), algorithms=["ES256"])


def test_the_limited_token_verifies(browser):
    token = sign_in(browser)
    limited = user_token.limited_token(token)
    claims = browser.jwt_part(token, 1)
    head, payload, proof = limited.split(".")
    assert encoding.from_b64url(head).decode() == json.dumps(
        {"typ": "vnd.backstage.limited-user", "alg": "ES256", "kid": jwks(browser)[0]["kid"]}, separators=(",", ":")
    )
    assert encoding.from_b64url(payload).decode() == (
        f'{{"sub":"user:development/guest","iat":{NOW},"exp":{NOW + 3600}}}'
    )
    assert proof == claims["uip"]
    assert userinfo(browser, limited).status_code == 200


def test_a_changed_limited_token_does_not(browser):
    head, _, proof = user_token.limited_token(sign_in(browser)).split(".")
    payload = encoding.b64url(f'{{"sub":"user:default/ada.quill","iat":{NOW},"exp":{NOW + 3600}}}'.encode())
    assert browser.error(userinfo(browser, f"{head}.{payload}.{proof}"))[2] == "Failed user token verification"


def test_user_info(browser):
    answer = userinfo(browser, sign_in(browser))
    assert answer.get_json() == {"claims": {"sub": "user:development/guest", "ent": ["user:development/guest"]}}


@pytest.mark.requirement("USERINFO-01")
@pytest.mark.parametrize("header", [None, "", "Basic abc", "Bearer", "Bearer a b", "Bearer\ta"])
def test_no_token(browser, header):
    answer = browser.get("/v1/userinfo", **({} if header is None else {"Authorization": header}))
    assert browser.error(answer) == (401, "AuthenticationError", "No token provided")


def test_bearer_is_read_leniently(browser):
    answer = browser.get("/v1/userinfo", Authorization=f"bEARER    {sign_in(browser)}")
    assert answer.status_code == 200


@pytest.mark.requirement("LIM-10")
def test_cookies_are_no_bearer_tokens(browser):
    answer = browser.get("/v1/userinfo", Cookie=f"backstage-auth={sign_in(browser)}")
    assert browser.error(answer)[2] == "No token provided"


def forged(browser, header=None, claims=None, key=None):
    token = sign_in(browser)
    signer = key or current_key(browser)
    new_header = {**browser.jwt_part(token, 0), **(header or {})}
    new_claims = {**browser.jwt_part(token, 1), **(claims or {})}
    new_claims = {name: value for name, value in new_claims.items() if value is not ...}
    signed = compact_jws.encode(new_header, new_claims)
    return f"{signed}.{encoding.b64url(keys.sign(signer, signed))}"


def test_forgery_helper_makes_good_tokens(browser):
    assert userinfo(browser, forged(browser)).status_code == 200


@pytest.mark.requirement("VERIFY-03", "VERIFY-04", "VERIFY-05", "VERIFY-06")
@pytest.mark.parametrize(
    ("header", "claims", "expected"),
    [
        ({}, {"exp": NOW}, "Failed user token verification"),
        ({}, {"exp": "x"}, "Failed user token verification"),
        ({}, {"exp": ...}, "Failed user token verification"),
        ({}, {"iat": ...}, "Failed user token verification"),
        ({}, {"sub": ...}, "Failed user token verification"),
        ({}, {"sub": ""}, "No user sub found in token"),
        ({}, {"iss": "https://evil.test"}, "Failed user token verification"),
        ({}, {"aud": "other"}, "Failed user token verification"),
        ({}, {"aud": ["backstage"]}, "Failed user token verification"),
        ({"kid": "unknown"}, {}, "Failed user token verification"),
        ({"alg": "none"}, {}, "Failed user token verification"),
        ({"alg": "HS256"}, {}, "Failed user token verification"),
        ({"typ": "vnd.backstage.plugin"}, {}, "Illegal token"),
        ({"typ": "JWT"}, {"aud": "other"}, "Illegal token"),
        ({"typ": "JWT"}, {"aud": ["backstage"]}, "Illegal token"),
        ({"typ": "JWT"}, {"exp": ...}, "User token is missing expiration"),
        ({"crit": ["x"]}, {}, "Failed user token verification"),
    ],
)
def test_refused_tokens(browser, header, claims, expected):
    answer = userinfo(browser, forged(browser, header, claims))
    assert browser.error(answer) == (401, "AuthenticationError", expected)


def test_a_legacy_token(browser):
    assert userinfo(browser, forged(browser, {"typ": "JWT"}, {"iss": "x"})).status_code == 200


def test_a_key_of_somebody_else(browser):
    stranger = keys.SigningKey(current_key(browser).key_id, "ES256", ec.generate_private_key(ec.SECP256R1()))
    assert browser.error(userinfo(browser, forged(browser, key=stranger)))[0] == 401


@pytest.mark.parametrize("token", ["x", "a.b.c", "..", "e30.e30.", "e30.W10.x", "W10.e30.x", "e30.e30.\u00e9"])
def test_garbage(browser, token):
    assert browser.error(userinfo(browser, token.encode().decode("latin-1")))[2] == "Illegal token"


@pytest.mark.requirement("USERINFO-05")
def test_a_user_without_a_record(browser):
    answer = userinfo(browser, forged(browser, claims={"sub": "user:default/nobody"}))
    assert (answer.status_code, answer.text) == (404, "User info not found")
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"


@pytest.mark.requirement("USERINFO-06")
def test_the_record_follows_the_latest_sign_in(browser, settings):
    token = sign_in(browser)
    context = browser.app.extensions[EXTENSION].context
    context.issue("user:development/guest", ["group:default/x"], {"sid": 1})
    assert userinfo(browser, token).get_json() == {
        "claims": {"sub": "user:development/guest", "ent": ["group:default/x"], "sid": 1}
    }


@pytest.mark.requirement("TOKEN-08")
def test_ownership_in_tokens(make, settings):
    settings["auth"]["omitIdentityTokenOwnershipClaim"] = False
    browser = make()
    assert browser.jwt_part(sign_in(browser), 1)["ent"] == ["user:development/guest"]


@pytest.mark.requirement("TOKEN-06")
@pytest.mark.parametrize(
    ("configured", "seconds"),
    [({"minutes": 1}, 600), ("2h", 7200), ("P30D", 86400), ({"hours": 1, "minutes": 30}, 5400)],
)
def test_lifetime(make, settings, configured, seconds):
    settings["auth"]["backstageTokenExpiration"] = configured
    browser = make()
    claims = browser.jwt_part(sign_in(browser), 1)
    assert claims["exp"] - claims["iat"] == seconds


@pytest.mark.requirement("TOKEN-10")
@pytest.mark.parametrize("algorithm", ["RS256", "ES384", "EdDSA", "PS256"])
def test_algorithms(make, settings, algorithm):
    settings["auth"]["identityTokenAlgorithm"] = algorithm
    browser = make()
    token = sign_in(browser)
    assert browser.jwt_part(token, 0)["alg"] == algorithm
    assert userinfo(browser, token).status_code == 200
    assert userinfo(browser, user_token.limited_token(token)).status_code == 200


@pytest.mark.requirement("TOKEN-11")
def test_additional_claims_cannot_override(browser):
    issued = browser.app.extensions[EXTENSION].issuer.issue("user:default/a", [], {"sub": "x", "extra": 1})
    claims = browser.jwt_part(issued.token, 1)
    assert (claims["sub"], claims["extra"]) == ("user:default/a", 1)


@pytest.mark.requirement("TOKEN-12")
@pytest.mark.parametrize("subject", ["", "ada", "user:", ":default/ada", "default/ada", "user:/ada"])
def test_a_subject_that_is_no_entity_ref(browser, subject):
    issuer = browser.app.extensions[EXTENSION].issuer
    for issue in (lambda: issuer.issue(subject, [], {}), lambda: issuer.issue_without_ownership(subject)):
        with pytest.raises(AuthError, match='"sub" claim provided by the auth resolver is not a valid EntityRef'):
            issue()


@pytest.mark.requirement("TOKEN-13")
def test_a_token_that_no_header_would_carry(browser):
    with pytest.raises(AuthError, match="excessively large"):
        browser.app.extensions[EXTENSION].issuer.issue("user:default/a", [], {"x": "y" * 40_000})


def test_service_keys_are_a_different_set(browser):
    sign_in(browser)
    assert browser.get("/.backstage/auth/v1/jwks.json").get_json() == {"keys": []}


class TestUserCookie:
    PATH = "/.backstage/auth/v1/cookie"

    def test_is_the_limited_token(self, browser):
        token = sign_in(browser)
        answer = browser.get(self.PATH, Authorization=f"Bearer {token}")
        assert answer.get_json() == {"expiresAt": "2023-11-14T23:13:20.000Z"}
        assert browser.set_cookies(answer) == [
            (
                f"backstage-auth={user_token.limited_token(token)}; Domain=backend.test; Path=/; "
                "Expires=Tue, 14 Nov 2023 23:13:20 GMT; HttpOnly; Secure; Priority=High; SameSite=None"
            )
        ]

    def test_on_plain_http_it_is_lax(self, make, settings):
        settings["backend"]["baseUrl"] = "http://backend.test"
        browser = make()
        answer = browser.get(self.PATH, Authorization=f"Bearer {sign_in(browser)}")
        assert browser.set_cookies(answer)[0].endswith("GMT; HttpOnly; Priority=High; SameSite=Lax")

    def test_needs_a_full_token(self, browser):
        assert browser.error(browser.get(self.PATH))[1:] == ("AuthenticationError", "Missing credentials")
        limited = user_token.limited_token(sign_in(browser))
        answer = browser.get(self.PATH, Authorization=f"Bearer {limited}")
        assert browser.error(answer) == (401, "AuthenticationError", "Illegal limited user token")

    @pytest.mark.requirement("LIM-08")
    def test_a_fresh_cookie_stays(self, browser, clock):
        token = sign_in(browser)
        cookie = f"backstage-auth={user_token.limited_token(token)}"
        clock.now += 3300
        newer = sign_in(browser)
        answer = browser.get(self.PATH, Authorization=f"Bearer {newer}", Cookie=cookie)
        assert browser.set_cookies(answer) == []
        assert answer.get_json() == {"expiresAt": "2023-11-14T23:13:20.000Z"}
        clock.now += 1
        answer = browser.get(self.PATH, Authorization=f"Bearer {newer}", Cookie=cookie)
        assert len(browser.set_cookies(answer)) == 1

    def test_a_broken_cookie_is_replaced(self, browser):
        answer = browser.get(self.PATH, Authorization=f"Bearer {sign_in(browser)}", Cookie="backstage-auth=x")
        assert len(browser.set_cookies(answer)) == 1

    def test_is_cleared_without_credentials(self, browser):
        answer = browser.request("DELETE", self.PATH)
        assert (answer.status_code, answer.data) == (204, b"")
        assert browser.set_cookies(answer) == [
            (
                "backstage-auth=; Domain=backend.test; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; "
                "HttpOnly; Secure; Priority=High; SameSite=None"
            )
        ]
