"""The pure core: scopes, redirect URIs, client authentication, the store, tokens and keys."""

import base64
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, quote_plus, urlsplit

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_idp.emulation import ServiceRequest
from mock_idp.grants import rules
from mock_idp.grants.store import GrantStore
from mock_idp.keys import Keys, KeySetError
from mock_idp.oauth import authorization
from mock_idp.oauth.client_authentication import (
    ASSERTION_TYPE,
    AssertionRules,
    ClientAuthentication,
    authenticate,
    read_credentials,
)
from mock_idp.oauth.model import (
    AuthorizationRequest,
    Client,
    Grant,
    IssuedToken,
    Reason,
    Refusal,
    TokenKind,
    joined,
    split_scopes,
)
from mock_idp.oauth.policy import Pkce, Policy
from mock_idp.oauth.tokens import KEY_SETS, Forgery, ForgeryError, SignedToken, TokenShape, seal
from mock_idp.randomness import Randomness
from mock_idp.vendors.google import Google

REDIRECT_URI = "https://backend.example/cb?x=1"
CLIENT = Client("me", "s3cret:%&", "any", "p", "e", frozenset({REDIRECT_URI}))
CLIENTS = {"me": CLIENT, "you": replace(CLIENT, client_id="you")}
REQUEST = AuthorizationRequest("r", CLIENT, REDIRECT_URI, ("a", "b"), None, {}, 0.0)
GRANT = Grant("g", REQUEST, "plain", ("a", "b"), (), 0.0)
SCOPES = st.lists(st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters='"\\,'), min_size=1))


def token(kind: TokenKind, value: str = "v", expires_at: float | None = None) -> IssuedToken:
    return IssuedToken(kind, value, "g", ("a", "b"), 0.0, expires_at)


def store_with(*tokens: IssuedToken) -> GrantStore:
    store = GrantStore(100)
    store.add_grant(GRANT)
    for entry in tokens:
        store.add_token(entry)
    return store


# --- scopes and redirect URIs ---------------------------------------------------------------------


@given(SCOPES)
def test_scopes_survive_being_written_and_read(scopes: list[str]) -> None:
    expected = tuple(dict.fromkeys(scopes))
    assert split_scopes(joined(scopes)) == expected
    assert split_scopes(joined(scopes, ","), " ,") == expected
    assert split_scopes("  " + joined(scopes, "   ") + " ") == expected


@given(SCOPES, SCOPES)
def test_unknown_scopes_are_refused_or_dropped(known: list[str], asked: list[str]) -> None:
    policy = Policy(required_authorization_parameters=(), known_scopes=frozenset(known))
    query = {"scope": joined(asked)}
    expected = tuple(dict.fromkeys(scope for scope in asked if scope in known))
    assert authorization.check(replace(policy, drops_unknown_scopes=True), query, ()) == expected
    if set(asked) <= set(known):
        assert authorization.check(policy, query, ()) == expected
    else:
        with pytest.raises(Refusal) as caught:
            authorization.check(policy, query, ())
        assert caught.value.reason is Reason.INVALID_SCOPE


@given(st.text())
def test_only_the_registered_redirect_uri_is_accepted(uri: str) -> None:
    query = {"client_id": "me", "redirect_uri": uri}
    if uri == REDIRECT_URI:
        return
    with pytest.raises(Refusal) as caught:
        authorization.identify(CLIENTS, query)
    assert caught.value.reason is Reason.UNREGISTERED_REDIRECT_URI
    assert REDIRECT_URI in caught.value.detail


@given(st.integers(0, len(REDIRECT_URI) - 1), st.characters(codec="ascii"))
def test_one_changed_character_is_another_uri(index: int, character: str) -> None:
    uri = REDIRECT_URI[:index] + character + REDIRECT_URI[index + 1 :]
    query = {"client_id": "me", "redirect_uri": uri}
    if uri == REDIRECT_URI:
        assert authorization.identify(CLIENTS, query) == (CLIENT, REDIRECT_URI)
    else:
        with pytest.raises(Refusal):
            authorization.identify(CLIENTS, query)


@given(
    st.dictionaries(
        st.text(st.characters(codec="utf-8"), min_size=1), st.text(st.characters(codec="utf-8")), max_size=4
    )
)
def test_a_redirect_keeps_the_query_and_carries_every_value(parameters: dict[str, str]) -> None:
    parameters.pop("state", None)
    service: Any = None
    request = ServiceRequest(service, "", "GET", "", {"state": "s & t"}, {}, {})
    location = dict(Google().callback(request, None, REDIRECT_URI, parameters).headers)["Location"]
    assert location.startswith("https://backend.example/cb?x=1")
    assert parse_qsl(urlsplit(location).query, keep_blank_values=True) == [
        ("x", "1"),
        *parameters.items(),
        ("state", "s & t"),
    ]
    assert location.isascii() and "\n" not in location


def test_required_pkce() -> None:
    policy = Policy(required_authorization_parameters=(), pkce=Pkce.REQUIRED)
    with pytest.raises(Refusal) as caught:
        authorization.check(policy, {}, ())
    assert caught.value.reason is Reason.MISSING_PARAMETER
    authorization.check(policy, {"code_challenge": "c" * 43}, ())


# --- client authentication ------------------------------------------------------------------------

BODY, BASIC, BOTH = ClientAuthentication.BODY, ClientAuthentication.BASIC, ClientAuthentication.BOTH
NONE, SECRET_JWT = ClientAuthentication.NONE, ClientAuthentication.SECRET_JWT
IN_BODY = {"client_id": "me", "client_secret": "s3cret:%&"}


def basic(client_id: str, secret: str, scheme: str = "Basic") -> dict[str, str]:
    pair = f"{quote_plus(client_id)}:{quote_plus(secret)}".encode()
    return {"authorization": f"{scheme} {base64.b64encode(pair).decode()}"}


def authenticated(
    accepted: set[ClientAuthentication],
    headers: dict[str, str],
    form: dict[str, str],
    rules: AssertionRules | None = None,
) -> Client:
    credentials = read_credentials(headers, form)
    return authenticate(CLIENTS.get(credentials.client_id), credentials, accepted, rules)


@pytest.mark.parametrize("scheme", ["Basic", "basic", "Basic:"])
def test_basic_is_form_encoded(scheme: str) -> None:
    assert authenticated({BASIC}, basic("me", "s3cret:%&", scheme), {}) is CLIENT


def test_both_places_if_they_agree_and_both_at_once_is_accepted() -> None:
    assert authenticated({BOTH}, basic("me", "s3cret:%&"), IN_BODY) is CLIENT
    for accepted in ((BODY,), (BASIC,), (BODY, BASIC)):
        with pytest.raises(Refusal) as caught:
            authenticated(set(accepted), basic("me", "s3cret:%&"), IN_BODY)
        assert caught.value.reason is Reason.WRONG_CLIENT_AUTHENTICATION


def test_a_public_client_has_no_secret() -> None:
    assert authenticated({NONE}, {}, {"client_id": "me"}) is CLIENT
    for form in ({"client_id": "nobody"}, {}):
        with pytest.raises(Refusal) as caught:
            authenticated({NONE}, {}, form)
        assert caught.value.reason is Reason.UNKNOWN_CLIENT
    with pytest.raises(Refusal) as caught:
        authenticated({NONE}, {}, IN_BODY)
    assert caught.value.reason is Reason.WRONG_CLIENT_AUTHENTICATION


def assertion(**changes: object) -> dict[str, str]:
    claims = {"iss": "me", "sub": "me", "aud": "https://idp.example", "exp": 60, "jti": "1", **changes}
    secret = str(claims.pop("secret", "s3cret:%&"))
    algorithm = str(claims.pop("algorithm", "HS256"))
    kind = str(claims.pop("kind", ASSERTION_TYPE))
    token = SignedToken({name: value for name, value in claims.items() if value is not None}, algorithm=algorithm)
    return {"client_assertion": Keys("test").sign(token, secret), "client_assertion_type": kind}


def with_assertion(form: dict[str, str], store: GrantStore | None = None) -> Client:
    assertions = AssertionRules({"https://idp.example"}, 0.0, (store or GrantStore(10)).first_use)
    return authenticated({SECRET_JWT}, {}, form, assertions)


def test_an_assertion_signed_with_the_secret() -> None:
    assert with_assertion(assertion(aud=["https://idp.example"])) is CLIENT
    store = GrantStore(10)
    with_assertion(assertion(), store)
    with pytest.raises(Refusal, match="used before"):
        with_assertion(assertion(), store)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"secret": "other"}, Reason.WRONG_SECRET),
        ({"iss": "nobody"}, Reason.UNKNOWN_CLIENT),
        ({"iss": 5}, Reason.UNKNOWN_CLIENT),
        ({"algorithm": "none"}, Reason.INVALID_CLIENT_ASSERTION),
        ({"algorithm": "RS256"}, Reason.INVALID_CLIENT_ASSERTION),
        ({"kind": "other"}, Reason.INVALID_CLIENT_ASSERTION),
        ({"sub": "you"}, Reason.INVALID_CLIENT_ASSERTION),
        ({"aud": "https://other.example"}, Reason.INVALID_CLIENT_ASSERTION),
        ({"aud": None}, Reason.INVALID_CLIENT_ASSERTION),
        ({"exp": 0}, Reason.INVALID_CLIENT_ASSERTION),
        ({"exp": None}, Reason.INVALID_CLIENT_ASSERTION),
        ({"exp": "soon"}, Reason.INVALID_CLIENT_ASSERTION),
        ({"jti": None}, Reason.INVALID_CLIENT_ASSERTION),
    ],
)
def test_bad_assertions(changes: dict[str, object], reason: Reason) -> None:
    with pytest.raises(Refusal) as caught:
        with_assertion(assertion(**changes))
    assert caught.value.reason is reason


@pytest.mark.parametrize("text", ["", "a.b", "a.b.c", "é.é.é", "e30.e30.e30", "WzFd.WzFd.AAAA"])
def test_assertions_that_are_none(text: str) -> None:
    with pytest.raises(Refusal):
        with_assertion({"client_assertion": text, "client_assertion_type": ASSERTION_TYPE})


def test_one_way_at_a_time() -> None:
    with pytest.raises(Refusal) as caught:
        with_assertion({**assertion(), **IN_BODY})
    assert caught.value.reason is Reason.WRONG_CLIENT_AUTHENTICATION


@pytest.mark.parametrize(
    ("accepted", "headers", "form", "reason"),
    [
        ({BODY}, basic("me", "s3cret:%&"), {}, Reason.WRONG_CLIENT_AUTHENTICATION),
        ({BASIC}, {}, IN_BODY, Reason.WRONG_CLIENT_AUTHENTICATION),
        ({BODY}, {}, {"client_id": "me"}, Reason.WRONG_CLIENT_AUTHENTICATION),
        ({BOTH}, basic("you", "s3cret:%&"), IN_BODY, Reason.WRONG_CLIENT_AUTHENTICATION),
        ({BOTH}, basic("me", "wrong"), IN_BODY, Reason.WRONG_SECRET),
        ({BODY}, {}, {}, Reason.WRONG_CLIENT_AUTHENTICATION),
        ({BODY}, {}, {"client_id": "no", "client_secret": "x"}, Reason.UNKNOWN_CLIENT),
        ({BASIC}, {"authorization": "Basic é!"}, {}, Reason.UNKNOWN_CLIENT),
        ({BASIC}, {"authorization": "Basic /w=="}, {}, Reason.UNKNOWN_CLIENT),
    ],
)
def test_wrong_authentication(
    accepted: set[ClientAuthentication], headers: dict[str, str], form: dict[str, str], reason: Reason
) -> None:
    with pytest.raises(Refusal) as caught:
        authenticated(set(accepted), headers, form)
    assert caught.value.reason is reason


# --- store ----------------------------------------------------------------------------------------


def test_of_many_requests_with_one_code_only_one_wins() -> None:
    store = store_with(token(TokenKind.CODE))
    form = {"code": "v", "redirect_uri": REDIRECT_URI}

    def attempt(_: int) -> bool:
        try:
            rules.redeem(store, CLIENT, form, 0.0, pkce_checked=False)
        except Refusal:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(attempt, range(40))) == 1
    grant = store.grant("g")
    assert grant is not None and grant.revoked


def test_of_many_rotations_only_one_wins() -> None:
    refresh = token(TokenKind.REFRESH)
    store = store_with(refresh)

    def attempt(_: int) -> bool:
        try:
            rules.replace_refresh_token(store, refresh)
        except Refusal:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(attempt, range(40))) == 1


def test_the_store_forgets_the_oldest() -> None:
    store = GrantStore(2)
    for number in range(4):
        store.add_request(replace(REQUEST, request_id=str(number)))
        store.add_grant(replace(GRANT, grant_id=str(number)))
    assert [store.request(str(number)) is None for number in range(4)] == [True, True, False, False]
    assert store.grant("1") is None and store.grant("3")


def test_an_expiry_is_exact() -> None:
    store = store_with(token(TokenKind.REFRESH, expires_at=10.0))
    form = {"refresh_token": "v"}
    assert rules.check_refresh(store, CLIENT, form, 9.9)[1] is GRANT
    with pytest.raises(Refusal) as caught:
        rules.check_refresh(store, CLIENT, form, 10.0)
    assert caught.value.reason is Reason.EXPIRED_REFRESH_TOKEN


def test_narrowed_scopes() -> None:
    assert rules.narrowed_scopes(GRANT, "", " ") == ("a", "b")
    assert rules.narrowed_scopes(GRANT, "b", " ") == ("b",)
    with pytest.raises(Refusal):
        rules.narrowed_scopes(GRANT, "b c", " ")


# --- tokens, keys, randomness ---------------------------------------------------------------------


def test_a_seed_repeats_a_run() -> None:
    one, two, other = Randomness(5), Randomness(5), Randomness(6)
    assert [one.text(20) for _ in range(3)] == [two.text(20) for _ in range(3)]
    assert one.text(20) != other.text(20)
    assert Randomness().seed != Randomness().seed


def test_shapes() -> None:
    value = TokenShape("gho_", 36).mint(Randomness(1).text, padding=10)
    assert value.startswith("gho_") and len(value) == 50


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
def test_signed_tokens_verify_with_the_published_key_only(algorithm: str) -> None:
    keys = Keys("test")
    published = jwt.PyJWKSet.from_dict(keys.jwks(("RS256", "ES256")))
    for name, expected in (("own", True), ("foreign", False)):
        compact = keys.sign(SignedToken({"sub": "x"}, algorithm=algorithm, key=name))
        key = published[jwt.get_unverified_header(compact)["kid"]]
        if expected:
            assert jwt.decode(compact, key.key, algorithms=[algorithm]) == {"sub": "x"}
        else:
            with pytest.raises(jwt.InvalidSignatureError):
                jwt.decode(compact, key.key, algorithms=[algorithm])
    assert "BEGIN PUBLIC KEY" in keys.pair(algorithm).public_pem
    assert not {"d", "p", "q"} & set(keys.pair(algorithm).public_jwk)


def test_other_algorithms_and_malformed_headers() -> None:
    keys = Keys("test")
    assert keys.sign(SignedToken({}, algorithm="none")).endswith(".")
    secret = "a secret of more than thirty-two characters"
    compact = keys.sign(SignedToken({"sub": "x"}, algorithm="HS256"), secret)
    assert jwt.decode(compact, secret, algorithms=["HS256"]) == {"sub": "x"}
    token = SignedToken({"exp": "soon"}, {"kid": 5, "typ": None, "alg": "RS999"}, algorithm="none", prefix="Bearer ")
    assert keys.sign(token).startswith("Bearer eyJ")


def test_sealing_goes_everywhere() -> None:
    value = {"a": [SignedToken({}, algorithm="none"), 1], "b": "x"}
    assert seal(value, lambda token: "signed") == {"a": ["signed", 1], "b": "x"}


# --- sets of keys ---------------------------------------------------------------------------------


def test_keys_are_found_by_their_id_while_they_are_published() -> None:
    keys = Keys("test")
    own, upcoming = keys.pair("ES256"), keys.pair("ES256", "next")
    assert keys.by_kid(own.kid, ("ES256",)) is own
    assert keys.by_kid(upcoming.kid, ("ES256",)) is None
    assert keys.by_kid(own.kid) is None, "of another algorithm"
    keys.rotate()
    assert keys.pair("ES256") is upcoming and keys.pair("ES256", "previous") is own
    assert keys.by_kid(own.kid, ("ES256",)) is None
    keys.publish("own", "previous")
    assert keys.by_kid(own.kid, ("ES256",)) is own
    with pytest.raises(KeySetError, match="own, next, previous, foreign"):
        keys.publish("mine")


def test_all_sets_are_different_and_no_owner_has_anothers() -> None:
    kids = {Keys(owner).pair("ES256", name).kid for owner in ("one", "two") for name in KEY_SETS}
    assert len(kids) == 2 * len(KEY_SETS)


def test_padded_tokens_are_signed_with_their_padding() -> None:
    keys = Keys("test")
    header, payload, signature = keys.sign(SignedToken({"a": "bc"}, algorithm="ES256", padded=True)).split(".")
    assert payload.endswith("=")
    assert len(header) % 4 == len(payload) % 4 == len(signature) % 4 == 0
    algorithm = jwt.get_algorithm_by_name("ES256")
    raw = base64.urlsafe_b64decode(signature)
    assert algorithm.verify(f"{header}.{payload}".encode(), keys.pair("ES256").private.public_key(), raw)
    assert not algorithm.verify(
        f"{header}.{payload}".replace("=", "").encode(), keys.pair("ES256").private.public_key(), raw
    )


@pytest.mark.parametrize(
    "data",
    [{"algorithm": 5}, {"key": "mine"}, {"edit": "eat"}, {"text": 5}, {"claims": []}, {"token_headers": "x"}],
)
def test_forgeries_that_cannot_be(data: dict[str, object]) -> None:
    with pytest.raises(ForgeryError):
        Forgery.read(data)


@given(st.dictionaries(st.text(), st.none() | st.integers() | st.text()), st.text())
def test_a_forgery_of_nothing_changes_nothing(claims: dict[str, object], text: str) -> None:
    token = SignedToken({name: value for name, value in claims.items() if value is not None}, algorithm="none")
    keys = Keys("test")
    assert keys.sign(Forgery().apply(token)) == keys.sign(token)
    assert keys.sign(Forgery(text=text).apply(token)) == text
