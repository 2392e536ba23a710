"""Broken ID tokens: a verifier that follows OpenID Connect Core step by step says what is wrong with each."""

import json
from pathlib import Path
from typing import Any

import jwt
import pytest
from authlib.oidc.core.util import create_half_hash

from mock_idp.faults.id_token import ID_TOKEN_FAULTS
from mock_idp.faults.markdown import faults_markdown
from tests.mock_idp.conftest import World, make_world

NONCE = "the nonce"
ISSUER = "http://localhost/google"


class BadTokenError(Exception):
    """What a verifier says; the text is the rule that was broken."""


def demand(holds: object, rule: str) -> None:
    if not holds:
        raise BadTokenError(rule)


def published(world: World) -> dict[str, Any]:
    return {key["kid"]: key for key in world.http.get("/google/oauth2/v3/certs").json["keys"]}


def verify(world: World, tokens: dict[str, Any]) -> dict[str, Any]:
    """OpenID Connect Core sections 3.1.3.7 and 3.1.3.8, RFC 7519."""
    compact = tokens.get("id_token")
    demand(compact, "no ID token")
    assert isinstance(compact, str)
    try:
        header = jwt.get_unverified_header(compact)
        demand(isinstance(header.get("kid"), str), "kid missing")
        demand(header["alg"] == "RS256", "alg")
        demand(header["kid"] in published(world), "kid unknown")
        key = jwt.PyJWK(published(world)[header["kid"]]).key
        claims: dict[str, Any] = json.loads(jwt.PyJWS().decode(compact, key, algorithms=["RS256"]))
    except jwt.InvalidSignatureError:
        raise BadTokenError("signature") from None
    except jwt.DecodeError:
        raise BadTokenError("no token") from None
    client_id, now = world.client.client_id, world.clock.now()
    demand(claims.get("iss") == ISSUER, "iss")
    demand(claims.get("aud") == client_id, "aud")
    demand(claims.get("azp", client_id) == client_id, "azp")
    demand(claims.get("exp", 0) > now, "exp")
    demand(0 < claims.get("iat", 0) <= now, "iat")
    demand(claims.get("nbf", 0) <= now, "nbf")
    demand(claims.get("nonce") == NONCE, "nonce")
    demand(claims["at_hash"] == create_half_hash(tokens["access_token"], "RS256").decode(), "at_hash")
    demand(claims.get("sub") == world.profile(tokens["access_token"]).json["sub"], "sub")
    return claims


def signed_in(world: World, *faults: Any) -> dict[str, Any]:
    return world.tokens(asked={"nonce": NONCE}, faults=json.dumps(faults))


def what_is_wrong(world: World, *faults: Any) -> str:
    with pytest.raises(BadTokenError) as caught:
        verify(world, signed_in(world, *faults))
    return str(caught.value)


NAMED = {
    "wrong-signature": "signature",
    "garbled-signature": "signature",
    "missing-signature": "signature",
    "alg-none": "alg",
    "hmac-with-public-key": "alg",
    "hmac-with-client-secret": "alg",
    "embedded-key": "kid missing",
    "unknown-kid": "kid unknown",
    "missing-kid": "kid missing",
    "unpublished-key": "kid unknown",
    "wrong-issuer": "iss",
    "missing-issuer": "iss",
    "wrong-audience": "aud",
    "missing-audience": "aud",
    "several-audiences": "aud",
    "wrong-azp": "azp",
    "expired": "exp",
    "missing-expiry": "exp",
    "issued-in-the-future": "iat",
    "missing-issue-time": "iat",
    "wrong-nonce": "nonce",
    "missing-nonce": "nonce",
    "not-yet-valid": "nbf",
    "wrong-at-hash": "at_hash",
    "other-subject": "sub",
    "missing-subject": "sub",
    "missing-id-token": "no ID token",
    "garbage-id-token": "no token",
    "truncated-id-token": "no token",
}


def test_every_named_fault_is_below() -> None:
    assert {fault.id for fault in ID_TOKEN_FAULTS} == {*NAMED, "forged"}


def test_a_genuine_token_is_good_and_faults_stay_with_their_grant(google: World) -> None:
    verify(google, signed_in(google))
    signed_in(google, "wrong-signature")
    verify(google, signed_in(google))


@pytest.mark.parametrize(("fault", "rule"), NAMED.items())
def test_named_faults_break_the_rule_they_name(google: World, fault: str, rule: str) -> None:
    assert what_is_wrong(google, fault) == rule
    assert google.journal(endpoint="token")[-1]["faults"] == [fault]


def test_a_fault_strikes_at_a_refresh_too(google: World) -> None:
    tokens = signed_in(google)
    google.order(tokens["grant"], "expired")
    with pytest.raises(BadTokenError, match="exp"):
        verify(google, google.refresh(tokens["refresh_token"]).json)


def test_claims_relative_to_now(google: World) -> None:
    now = int(google.clock.now())
    for seconds in (-30, 0, 90.7):
        tokens = signed_in(google, {"fault": "forged", "claims": {"exp": {"from_now": seconds}, "x": None}})
        claims = jwt.decode(tokens["id_token"], options={"verify_signature": False})
        assert claims["exp"] == int(now + seconds)
    tokens = signed_in(google, {"fault": "set", "at": "id_token", "members": {"exp": {"from_now": -1}, "iss": None}})
    claims = jwt.decode(tokens["id_token"], options={"verify_signature": False})
    assert claims["exp"] == now - 1
    assert claims["iss"] is None, "set says null, forged removes"
    odd = {"a": {"from_now": "x"}, "b": {"from_now": 1, "c": 2}, "d": {"from_now": True}}
    tokens = signed_in(google, {"fault": "forged", "claims": odd})
    claims = jwt.decode(tokens["id_token"], options={"verify_signature": False})
    assert {name: claims[name] for name in odd} == odd


def test_anything_can_be_forged(google: World) -> None:
    tokens = signed_in(google, {"fault": "forged", "text": ""})
    assert tokens["id_token"] == ""
    tokens = signed_in(google, {"fault": "forged", "algorithm": "ES256", "token_headers": {"jku": "https://x.invalid"}})
    header = jwt.get_unverified_header(tokens["id_token"])
    assert (header["alg"], header["jku"]) == ("ES256", "https://x.invalid")
    tokens = signed_in(google, "embedded-key")
    header = jwt.get_unverified_header(tokens["id_token"])
    jwt.PyJWS().decode(tokens["id_token"], jwt.PyJWK(header["jwk"]).key, algorithms=["RS256"])
    assert "d" not in header["jwk"], "the public half only"


def test_the_public_key_as_a_secret_is_the_pem_text(google: World) -> None:
    keys = google.idp.services.by_id["google"].keys
    compact = signed_in(google, "hmac-with-public-key")["id_token"]
    signed, _, signature = compact.rpartition(".")
    expected = jwt.get_algorithm_by_name("HS256").sign(signed.encode(), keys.pair("RS256").public_pem.encode())
    assert signature == jwt.utils.base64url_encode(expected).decode()
    assert jwt.get_unverified_header(compact)["kid"] == keys.pair("RS256").kid


# --- rotation -------------------------------------------------------------------------------------


@pytest.mark.parametrize("overlap", [True, False])
def test_rotation(overlap: bool) -> None:
    world = make_world("google", "google")
    keys = world.idp.services.by_id["google"].keys
    before = signed_in(world)
    tomorrow = keys.pair("RS256", "next").kid
    keys.rotate(overlap=overlap)
    after = signed_in(world)
    assert jwt.get_unverified_header(after["id_token"])["kid"] == tomorrow
    verify(world, after)
    if overlap:
        verify(world, before)
        assert next(iter(published(world))) == tomorrow
    else:
        with pytest.raises(BadTokenError, match="kid unknown"):
            verify(world, before)


def test_the_next_key_can_be_published_before_it_signs() -> None:
    world = make_world("google", "google")
    keys = world.idp.services.by_id["google"].keys
    assert what_is_wrong(world, "unpublished-key") == "kid unknown"
    keys.publish("own", "next")
    verify(world, signed_in(world, "unpublished-key"))
    keys.publish("previous")
    assert what_is_wrong(world) == "kid unknown"
    keys.publish()
    assert published(world) == {}


def test_no_service_verifies_the_tokens_of_another(google: World) -> None:
    google.http.post("/__idp/services", json={"id": "second", "vendor": "google"})
    second = google.http.get("/second/oauth2/v3/certs").json["keys"]
    assert not {key["kid"] for key in second} & set(published(google))


def test_the_page_about_faults_is_fresh() -> None:
    page = Path(__file__).parents[2] / "docs" / "faults.md"
    assert page.read_text(encoding="utf-8") == faults_markdown(), "run mock-idp faults --markdown -o docs/faults.md"
