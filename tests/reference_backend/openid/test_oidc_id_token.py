"""The ID token and the keys (OIDCPROV-07, OIDCPROV-17, SEC-IDT, SEC-JWKS)."""

import jwt
import pytest
import requests

from reference_backend.formats import encoding
from tests.reference_backend.openid.vendor import (
    CLIENT_ID,
    CLIENT_SECRET,
    INVALID,
    ISSUER,
    NOW,
    Flow,
    at_hash,
    ec_key,
    jwk,
    rsa_key,
)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        *[({name: None}, f"missing required JWT property {name}") for name in ("iss", "sub", "aud", "exp", "iat")],
        ({"sub": ""}, "missing required JWT property sub"),
        ({"sub": 7}, "missing required JWT property sub"),
        ({"iss": "https://evil.test"}, f"unexpected iss value, expected {ISSUER}, got: https://evil.test"),
        ({"iss": f"{ISSUER}/"}, f"unexpected iss value, expected {ISSUER}, got: {ISSUER}/"),
        ({"iss": [ISSUER]}, f"unexpected iss value, expected {ISSUER}, got: {ISSUER}"),
        ({"exp": NOW}, f"JWT expired, now {NOW}, exp {NOW}"),
        ({"exp": "x"}, "JWT exp claim must be a JSON numeric value"),
        ({"exp": True}, "JWT exp claim must be a JSON numeric value"),
        ({"nbf": NOW + 1}, f"JWT not active yet, now {NOW}, nbf {NOW + 1}"),
        ({"nbf": "1"}, "JWT nbf claim must be a JSON numeric value"),
        ({"iat": "1"}, "JWT iat claim must be a JSON numeric value"),
        ({"aud": "x"}, f"aud mismatch, expected {CLIENT_ID}, got: x"),
        ({"aud": f"{CLIENT_ID}x"}, f"aud mismatch, expected {CLIENT_ID}, got: {CLIENT_ID}x"),
        ({"aud": ["x"]}, f'aud is missing the client_id, expected {CLIENT_ID} to be included in ["x"]'),
        ({"aud": []}, f"aud is missing the client_id, expected {CLIENT_ID} to be included in []"),
        ({"aud": [CLIENT_ID, "x"]}, "missing required JWT property azp"),
        ({"azp": "x"}, "azp mismatch, got: x"),
        ({"aud": [CLIENT_ID, "x"], "azp": "x"}, "azp mismatch, got: x"),
        ({"nonce": "x"}, "nonce mismatch"),
        ({"nonce": ["x"]}, "nonce mismatch"),
        ({"nonce": ""}, "nonce mismatch"),
        ({"at_hash": at_hash("other")}, "at_hash mismatch"),
        ({"at_hash": 7}, "at_hash mismatch"),
    ],
)
def test_claims_that_do_not_hold(flow, op, changes, text):
    op.claims.update(changes)
    assert flow.refused() == f"Authentication rejected, {text}"


def test_a_missing_nonce(flow, op):
    flow.start()
    op.claims["nonce"] = None
    assert flow.error() == "Authentication rejected, nonce mismatch"


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": [CLIENT_ID]},
        {"aud": [CLIENT_ID, "x"], "azp": CLIENT_ID},
        {"azp": CLIENT_ID},
        {"nbf": NOW},
        {"at_hash": at_hash("at-1")},
        {"exp": NOW + 0.5},
    ],
)
def test_claims_that_hold(flow, op, changes):
    op.claims.update(changes)
    assert "response" in flow.browser.message(flow.sign_in())


@pytest.mark.parametrize(
    ("header", "text"),
    [
        ({"crit": ["x-ext"], "x-ext": 1}, INVALID),
        ({"crit": []}, INVALID),
        ({"kid": "two"}, 'no valid key found in issuer\'s jwks_uri for key parameters {"kid":"two","alg":"RS256"}'),
        ({"kid": 1}, 'no valid key found in issuer\'s jwks_uri for key parameters {"kid":1,"alg":"RS256"}'),
        ({"kid": ["one"]}, 'no valid key found in issuer\'s jwks_uri for key parameters {"kid":["one"],"alg":"RS256"}'),
        ({"alg": "none"}, "unexpected JWT alg received, expected RS256, got: none"),
        ({"alg": "nOnE"}, "unexpected JWT alg received, expected RS256, got: nOnE"),
        ({"alg": ""}, "unexpected JWT alg received, expected RS256, got: "),
        ({"alg": None}, "unexpected JWT alg received, expected RS256, got: null"),
        ({"alg": "RS512"}, "unexpected JWT alg received, expected RS256, got: RS512"),
        ({"alg": "HS256"}, "unexpected JWT alg received, expected RS256, got: HS256"),
    ],
)
def test_headers_that_do_not_hold(flow, op, header, text):
    flow.start()
    # Signed as RS256 whatever the header says.
    op.tokens["id_token"] = forged({"alg": "RS256", **op.header, **header}, op.claims, op.key)
    assert flow.error() == f"Authentication rejected, {text}"


def forged(header, claims, key):
    """A token with exactly this header."""
    parts = [encoding.b64url(encoding.compact_json(part).encode()) for part in (header, claims)]
    return ".".join([*parts, encoding.b64url(rs256(".".join(parts), key))])


def rs256(text, key):
    return jwt.get_algorithm_by_name("RS256").sign(text.encode(), key)


@pytest.mark.parametrize(
    ("edit", "text"),
    [
        (lambda token: token.rpartition(".")[0] + ".", INVALID),
        (lambda token: token[:-4] + ("AAAA" if token[-4:] != "AAAA" else "BBBB"), INVALID),
        (lambda token: token + "!", INVALID),
        (lambda token: token.rpartition(".")[0], "failed to decode JWT (not a compact JWS)"),
        (lambda token: "x.y.z", "failed to decode JWT"),
        (lambda token: "random", "failed to decode JWT (not a compact JWS)"),
        (lambda token: 7, "failed to decode JWT (not a compact JWS)"),
        (lambda token: ".".join([token.split(".")[0], encoding.b64url(b'"x"'), "x"]), "failed to decode JWT"),
    ],
)
def test_tokens_that_were_tampered_with(flow, op, edit, text):
    flow.start()
    op.tokens["id_token"] = edit(op.id_token())
    assert flow.error().startswith(f"Authentication rejected, {text}")


def test_a_key_in_the_header_is_not_looked_at(flow, op):
    flow.start()
    op.key = rsa_key("foreign")
    op.header |= {"jwk": jwk(rsa_key("foreign")), "jku": "https://evil.test/", "x5c": ["MII"]}
    assert flow.error() == f"Authentication rejected, {INVALID}"


def test_another_algorithm_can_be_chosen(make, config, op):
    config["tokenSignedResponseAlg"] = "ES256"
    op.keys = [jwk(ec_key("e"), "ES256", kid="one"), *op.keys]
    flow = Flow(make(), op)
    assert flow.refused() == "Authentication rejected, unexpected JWT alg received, expected ES256, got: RS256"
    op.claims.pop("nonce")
    op.key, op.alg = ec_key("e"), "ES256"
    assert "response" in flow.browser.message(flow.sign_in())


def test_the_secret_can_be_the_key(make, config, op):
    config["tokenSignedResponseAlg"] = "HS256"
    op.key, op.alg = CLIENT_SECRET.encode(), "HS256"
    flow = Flow(make(), op)
    assert "response" in flow.browser.message(flow.sign_in())
    op.claims.pop("nonce")
    op.key = b"another"
    assert flow.refused() == f"Authentication rejected, {INVALID}"
    assert op.count("jwks") == 0


@pytest.mark.parametrize(
    "odd",
    [
        {"kty": "RSA", "kid": "one"},
        {"kty": "oct", "k": "c2VjcmV0", "kid": "one"},
        {"kty": "X", "kid": "one"},
        "x",
        None,
        {"kty": "RSA", "kid": "one", "n": "!", "e": 7},
        {"kty": "EC", "crv": "P-256", "kid": "one"},
    ],
)
def test_odd_keys_do_no_harm(flow, op, odd):
    op.keys.insert(0, odd)
    assert "response" in flow.browser.message(flow.sign_in())


def test_one_key_needs_no_id(flow, op):
    op.header = {}
    assert "response" in flow.browser.message(flow.sign_in())


def test_of_several_keys_one_has_to_be_named(flow, op):
    op.header = {}
    op.keys.append(jwk(rsa_key("two"), kid="two"))
    assert flow.refused() == (
        "Authentication rejected, multiple matching keys found in issuer's jwks_uri for key parameters "
        '{"alg":"RS256"}, kid must be provided in this case'
    )


@pytest.mark.parametrize("members", [{"use": "enc"}, {"alg": "RS512"}, {"key_ops": ["sign"]}])
def test_keys_for_something_else_do_not_count(flow, op, members):
    op.keys[0] |= members
    assert "no valid key found" in flow.refused()


def rotate(op, name):
    op.key, op.header = rsa_key(name), {"kid": name}
    op.keys = [jwk(op.key, kid=name)]
    op.claims.pop("nonce", None)


@pytest.mark.requirement("SEC-JWKS-01", "OIDCPROV-17")
def test_rotation_is_noticed_once_a_minute(flow, op, clock):
    assert "response" in flow.browser.message(flow.sign_in())
    rotate(op, "two")
    for _ in range(3):
        op.claims.pop("nonce", None)
        assert "no valid key found" in flow.refused()
    assert op.count("jwks") == 1
    clock.now += 60
    op.claims |= {"exp": clock.now + 300}
    op.claims.pop("nonce")
    assert "response" in flow.browser.message(flow.sign_in())
    assert op.count("jwks") == 2


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ((500, {}, ""), "rejected, expected 200 OK, got: 500"),
        ((200, {}, "<html>"), "failed, the answer is not JSON"),
        ((200, {}, {}), "rejected, no valid key found"),
        ((200, {}, {"keys": []}), "rejected, no valid key found"),
        ((200, {}, {"keys": "x"}), "rejected, no valid key found"),
        (requests.Timeout(), "rejected, outgoing request timed"),
    ],
)
def test_without_keys_nobody_signs_in(flow, op, clock, answer, text):
    flow.sign_in()
    rotate(op, "two")
    clock.now += 61
    op.claims |= {"exp": clock.now + 300}
    op.answers["jwks"] = answer
    assert flow.refused().startswith(f"Authentication {text}")
    # The others go on, and so does this one when the keys are back.
    del op.answers["jwks"]
    op.claims.pop("nonce")
    clock.now += 61
    assert "response" in flow.browser.message(flow.sign_in())


def test_an_empty_key_set_is_asked_for_again(flow, op):
    keys, op.keys = op.keys, []
    assert flow.refused().startswith("Authentication rejected, no valid key found")
    op.keys = keys
    del op.claims["nonce"]
    assert "response" in flow.browser.message(flow.sign_in())
