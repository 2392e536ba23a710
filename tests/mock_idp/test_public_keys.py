"""What a forger makes of a public key, and what else can be wrong with a token or a key set on purpose."""

import base64
import json
from typing import Any

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from mock_idp.keys import Keys
from mock_idp.oauth.tokens import EDITS, PUBLIC_KEY_FORMS, Forgery, SignedToken
from mock_idp.public_keys import AS_SECRET
from tests.mock_idp.conftest import World, make_world


@pytest.fixture
def world() -> World:
    world = make_world("oidc", "oidc")
    world.extra = {"scope": "openid profile email"}
    return world


def signed(genuine: str, **forgery: Any) -> str:
    return Keys("somebody").sign(Forgery(**forgery).apply(SignedToken({"sub": "x"}, algorithm=genuine)))


def test_every_form_of_a_public_key_has_a_name() -> None:
    assert tuple(AS_SECRET) == PUBLIC_KEY_FORMS


@pytest.mark.parametrize("form", AS_SECRET)
@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
def test_a_public_key_can_be_taken_for_a_secret(algorithm: str, form: str) -> None:
    token = signed(algorithm, algorithm="HS256", key=form)
    pair = Keys("somebody").pair(algorithm)
    secret = AS_SECRET[form](pair.private.public_key())
    text, _, signature = token.rpartition(".")
    expected = jwt.get_algorithm_by_name("HS256").sign(text.encode(), secret)
    assert signature == jwt.utils.base64url_encode(expected).decode()
    assert jwt.get_unverified_header(token)["kid"] == pair.kid


def test_the_forms_are_the_usual_ones() -> None:
    key = Keys("somebody").pair("RS256").private.public_key()
    assert AS_SECRET["public"](key).endswith(b"-----\n")
    assert AS_SECRET["public-trimmed"](key).endswith(b"-----")
    assert AS_SECRET["public-pkcs1"](key).startswith(b"-----BEGIN RSA PUBLIC KEY-----")
    assert serialization.load_der_public_key(AS_SECRET["public-der"](key)) == key
    assert len(AS_SECRET["public-numbers"](key)) == 256


@pytest.mark.parametrize("algorithm", ["RS512", "PS256"])
def test_a_key_can_be_used_for_what_it_was_not_published_for(algorithm: str) -> None:
    token = signed("RS256", algorithm=algorithm)
    pair = Keys("somebody").pair("RS256")
    jwt.PyJWS().decode(token, pair.private.public_key(), algorithms=[algorithm])
    assert jwt.get_unverified_header(token)["kid"] == pair.kid


def test_a_token_can_bring_a_certificate_along() -> None:
    token = signed("RS256", key="foreign", token_headers={"x5c": {"certificates": "foreign"}})
    [text] = jwt.get_unverified_header(token)["x5c"]
    key: Any = x509.load_der_x509_certificate(base64.b64decode(text)).public_key()
    jwt.PyJWS().decode(token, key, algorithms=["RS256"])


def test_edits_after_signing() -> None:
    good = signed("RS256")
    header, payload, signature = good.split(".")
    altered = EDITS["alter-payload"](good).split(".")
    assert (altered[0], altered[2]) == (header, signature)
    assert json.loads(jwt.utils.base64url_decode(altered[1])) == {"sub": "x", "altered": True}
    assert EDITS["drop-last-part"](good) == f"{header}.{payload}"


def test_odd_keys_stand_beside_the_good_ones(world: World) -> None:
    good = world.http.get("/oidc/jwks").json["keys"]
    found = world.http.get("/oidc-odd-keys/jwks").json["keys"]
    kinds = [entry["kty"] if isinstance(entry, dict) else entry for entry in found]
    assert kinds == ["RSA", "oct", "unheard-of", *(key["kty"] for key in good), "no-object"]
    assert "n" not in found[0]


def test_an_issuer_may_keep_quiet_about_naming_itself(world: World) -> None:
    name = "authorization_response_iss_parameter_supported"
    assert name in world.http.get("/oidc/.well-known/openid-configuration").json
    assert name not in world.http.get("/oidc-unpromised-issuer/.well-known/openid-configuration").json
