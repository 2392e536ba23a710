"""KEY: where the keys come from, how long they live, and who sees them."""

import json
import re
import uuid

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from sqlalchemy import inspect, select

from reference_backend.app import create_app
from reference_backend.config.model import Config, ConfigError
from reference_backend.store import tables

HOUR = 3600


def sign_in(browser):
    return browser.get("/guest/refresh").get_json()["backstageIdentity"]["token"]


def kid(browser, token):
    return browser.jwt_part(token, 0)["kid"]


def jwks(browser):
    return browser.get("/.well-known/jwks.json").get_json()["keys"]


def listed(browser):
    return [key["kid"] for key in jwks(browser)]


def userinfo(browser, token):
    return browser.get("/v1/userinfo", Authorization=f"Bearer {token}")


@pytest.fixture(params=["database", "memory"])
def dynamic(request, settings, make):
    settings["auth"]["keyStore"] = {"provider": request.param}
    return make()


@pytest.mark.requirement("KEY-01", "KEY-05")
def test_the_first_key_is_made_when_it_is_needed(dynamic):
    assert jwks(dynamic) == []
    token = sign_in(dynamic)
    assert listed(dynamic) == [kid(dynamic, token)]
    assert uuid.UUID(kid(dynamic, token)).version == 4
    assert str(uuid.UUID(kid(dynamic, token))) == kid(dynamic, token)


@pytest.mark.requirement("KEY-02", "KEY-04")
def test_rotation_and_retention(dynamic, clock):
    start = clock.now
    old = kid(dynamic, sign_in(dynamic))
    clock.now += HOUR - 1
    assert kid(dynamic, sign_in(dynamic)) == old
    clock.now += 1
    new = kid(dynamic, sign_in(dynamic))
    assert listed(dynamic) == [old, new]
    clock.now = start + 3 * HOUR
    assert listed(dynamic) == [old, new]
    clock.now += 1
    assert listed(dynamic) == [new]
    clock.now = start  # It has left the store for good.
    assert listed(dynamic) == [new]


@pytest.mark.requirement("KEY-02", "KEY-04")
def test_rotation_follows_the_lifetime_of_tokens(make, settings, clock):
    settings["auth"]["backstageTokenExpiration"] = {"minutes": 10}
    browser = make()
    old = kid(browser, sign_in(browser))
    clock.now += 600
    assert kid(browser, sign_in(browser)) != old
    clock.now += 1201
    assert old not in listed(browser)


@pytest.mark.requirement("KEY-03", "KEY-07", "KEY-06")
def test_a_restart_makes_a_new_key_and_goes_on_publishing_the_old_one(make, database):
    before = make()
    token = sign_in(before)
    after = make()
    assert listed(after) == [kid(before, token)]
    assert userinfo(after, token).status_code == 200
    assert kid(after, sign_in(after)) != kid(before, token)
    assert len(jwks(before)) == 2


@pytest.mark.requirement("KEY-03", "KEY-11", "JWKS-02")
def test_private_keys_are_not_stored(browser, database):
    sign_in(browser)
    with database.engine.connect() as connection:
        (row,) = connection.execute(select(tables.signing_keys)).all()
    columns = inspect(database.engine).get_columns("signing_keys")
    assert [column["name"] for column in columns] == ["kid", "created_at", "key"]
    stored = json.loads(row.key)
    assert row.kid == stored["kid"]
    assert [stored] == jwks(browser)
    assert not set(stored) & {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}


@pytest.mark.requirement("KEY-07")
def test_a_memory_store_is_private(make, settings):
    settings["auth"]["keyStore"] = {"provider": "memory"}
    first, second = make(), make()
    token = sign_in(first)
    assert userinfo(first, token).status_code == 200
    assert second.error(userinfo(second, token))[0] == 401
    assert jwks(second) == []


def write_pair(directory, name, private):
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (directory / f"{name}.key").write_bytes(pem)
    public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (directory / f"{name}.pem").write_bytes(public)
    return {
        "keyId": name,
        "publicKeyFile": str(directory / f"{name}.pem"),
        "privateKeyFile": str(directory / f"{name}.key"),
    }


@pytest.fixture
def pairs(tmp_path):
    return [
        write_pair(tmp_path, "one", ec.generate_private_key(ec.SECP256R1())),
        {**write_pair(tmp_path, "two", rsa.generate_private_key(65537, 2048)), "algorithm": "RS256"},
    ]


def with_static(settings, keys):
    settings["auth"]["keyStore"] = {"provider": "static", "static": {"keys": keys}}


@pytest.mark.requirement("KEY-09", "JWKS-02", "JWKS-03", "TOKEN-10")
@pytest.mark.parametrize(("first", "algorithm"), [(0, "ES256"), (1, "RS256")])
def test_static_keys(make, settings, pairs, first, algorithm, clock):
    settings["auth"]["identityTokenAlgorithm"] = "ES512"  # Is for generated keys.
    ordered = [pairs[first], pairs[1 - first]]
    with_static(settings, ordered)
    browser = make()
    members = {"one": {"kty", "crv", "x", "y"}, "two": {"kty", "n", "e"}}
    for key, pair in zip(jwks(browser), ordered, strict=True):
        assert set(key) == {*members[pair["keyId"]], "kid", "alg", "use"}
        assert (key["kid"], key["alg"], key["use"]) == (pair["keyId"], pair.get("algorithm", "ES256"), "sig")
    token = sign_in(browser)
    assert (kid(browser, token), browser.jwt_part(token, 0)["alg"]) == (ordered[0]["keyId"], algorithm)
    jwt.PyJWS().decode(token, jwt.PyJWK(jwks(browser)[0]), algorithms=[algorithm])
    assert userinfo(browser, token).status_code == 200
    clock.now += 1000 * HOUR
    assert kid(browser, sign_in(browser)) == ordered[0]["keyId"]
    assert len(jwks(browser)) == 2


@pytest.mark.requirement("KEY-07", "KEY-09")
def test_static_keys_are_the_same_everywhere(make, settings, pairs):
    with_static(settings, pairs)
    first, second = make(), make()
    assert userinfo(second, sign_in(first)).status_code == 200


@pytest.mark.requirement("KEY-06", "KEY-10")
@pytest.mark.parametrize(
    ("key_store", "expected"),
    [
        ({"provider": "x"}, "Unknown KeyStore provider: x"),
        ({"provider": "Database"}, "Unknown KeyStore provider: Database"),
        ({"provider": "static"}, "Should provide at least one key pair"),
        ({"provider": "static", "static": {"keys": []}}, "Should provide at least one key pair"),
        (
            {"provider": "firestore"},
            "the key store 'firestore' is not part of this backend; use database, memory or static",
        ),
        (
            {
                "provider": "static",
                "static": {"keys": [{"keyId": "a", "publicKeyFile": "/no", "privateKeyFile": "/no"}]},
            },
            "cannot read key file /no: No such file or directory",
        ),
        (
            {"provider": "static", "static": {"keys": [{"keyId": "a", "publicKeyFile": "/no"}]}},
            "Missing required config value at 'auth.keyStore.static.keys[0].privateKeyFile'",
        ),
    ],
)
def test_unusable_key_stores(settings, database, key_store, expected):
    settings["auth"]["keyStore"] = key_store
    with pytest.raises(ConfigError, match=re.escape(expected)):
        create_app(Config(settings), database=database)


@pytest.mark.requirement("KEY-09")
def test_what_is_no_key(settings, database, pairs, tmp_path):
    (tmp_path / "one.key").write_text("nonsense", encoding="utf-8")
    with_static(settings, pairs)
    with pytest.raises(ConfigError, match=r"one\.key is not a key in PEM format"):
        create_app(Config(settings), database=database)


@pytest.mark.requirement("KEY-09")
@pytest.mark.parametrize("algorithm", ["HS256", "none", "es256"])
def test_algorithms_nobody_may_use(settings, database, pairs, algorithm):
    with_static(settings, [{**pairs[0], "algorithm": algorithm}])
    with pytest.raises(ConfigError, match=f"'{algorithm}' is not a supported signing algorithm"):
        create_app(Config(settings), database=database)


@pytest.mark.requirement("KEY-09")
@pytest.mark.parametrize(("pair", "algorithm"), [(0, "RS256"), (0, "ES384"), (0, "EdDSA"), (1, "ES256")])
def test_a_key_that_does_not_fit_its_algorithm(settings, database, pairs, pair, algorithm):
    with_static(settings, [{**pairs[pair], "algorithm": algorithm}])
    with pytest.raises(ConfigError, match=f"does not fit the algorithm {algorithm}"):
        create_app(Config(settings), database=database)


@pytest.mark.requirement("KEY-09")
def test_halves_that_do_not_belong_together(settings, database, pairs, tmp_path):
    other = write_pair(tmp_path, "other", ec.generate_private_key(ec.SECP256R1()))
    with_static(settings, [{**pairs[0], "publicKeyFile": other["publicKeyFile"]}])
    with pytest.raises(ConfigError, match="do not belong together"):
        create_app(Config(settings), database=database)
