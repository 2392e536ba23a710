"""Seeds: what a relying party believes of an ID token, and of the keys that sign it."""

from __future__ import annotations

import hashlib
from typing import Any

import jwt
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from reference_backend.openid import id_token, key_set, openid_errors
from reference_backend.openid.client import Client
from reference_backend.openid.key_set import KeySet
from reference_backend.openid.openid_errors import RpError
from reference_backend.providers import openid_base
from reference_backend.providers.openid_base import OpenIdProvider
from tests.trials.first import claims_plays as plays
from tests.trials.first.claims_plays import claims, forged, refreshes, signs_in
from tests.trials.seed import nothing, replace, seed, wrap


def issuers(bench: Any) -> Any:
    """Sign in with issuers that are almost the right one."""
    own = f"{bench.idp}/oidc"
    forms = (own + ".attacker.example", own[:-3], own + "/", own.upper(), "http", "")
    return [plays.told(plays.sign_in(bench, bench.browser(), "oidc", claims(iss=form))) for form in forms]


@seed(
    "OpenID Connect Core section 3.1.3.7 rule 2; oidcc-client-test-invalid-iss",
    bites=issuers,
    critical=True,
    providers=("oidc",),
    family="issuer-loosely",
)
def issuer_by_prefix() -> None:
    """An ID token whose iss merely begins with the issuer is taken."""

    def check(given: Any, issuer: str) -> None:
        if not str(given["iss"]).startswith(issuer):
            raise RpError("unexpected iss value")

    replace(id_token, "require_issuer", check)


@seed(
    "CVE-2024-53861 (PyJWT, GHSA-75c5-xw7c-p5pm)",
    bites=issuers,
    critical=True,
    providers=("oidc",),
    family="issuer-loosely",
)
def issuer_as_part_of_the_right_one() -> None:
    """The issuer is compared with the operator `in` of two texts, so any part of the right one is taken."""

    def check(given: Any, issuer: str) -> None:
        if str(given["iss"]) not in issuer:
            raise RpError("unexpected iss value")

    replace(id_token, "require_issuer", check)


@seed(
    "OpenID Connect Discovery section 4.3 (exactly matches)",
    bites=issuers,
    providers=("oidc",),
    family="issuer-normalised",
)
def issuer_without_its_final_slash() -> None:
    """The issuers are compared in lower case and without a final slash."""

    def plain(text: Any) -> str:
        return str(text).rstrip("/").lower()

    wrap(
        id_token, "require_issuer", lambda old, given, issuer: old({**given, "iss": plain(given["iss"])}, plain(issuer))
    )


def audiences(bench: Any) -> Any:
    """Sign in with audiences that are almost the right one, or the right one in other ways."""
    location = plays.start(bench, bench.browser(), "oidc").headers["Location"]
    own = plays.query_of(location)["client_id"][0]
    forms = (
        {"aud": []},
        {"aud": own + "-other"},
        {"aud": own[:-1]},
        {"aud": ["other", own], "azp": own},
        {"aud": [own]},
        {"aud": own, "azp": "other"},
        {"aud": ["other"], "azp": own},
        {"aud": ["other", own], "azp": "other"},
        {"aud": ["other", own]},
        {"aud": own, "azp": ""},
    )
    return [plays.told(plays.sign_in(bench, bench.browser(), "oidc", claims(**form))) for form in forms]


@seed("CVE-2020-26160 (jwt-go)", bites=audiences, critical=True, providers=("oidc",), family="audience-loosely")
def audience_of_nobody() -> None:
    """An ID token with an empty list as audience is for everybody."""

    def around(old: Any, given: Any, client_id: str) -> None:
        if given["aud"]:
            old(given, client_id)

    wrap(id_token, "require_audience", around)


@seed("RFC 7519 section 4.1.3", bites=audiences, critical=True, providers=("oidc",), family="audience-loosely")
def audience_that_contains_us() -> None:
    """The client id is looked for with `in`, which finds it in longer texts as well as in lists."""

    def check(given: Any, client_id: str) -> None:
        if client_id not in given["aud"]:
            raise RpError("aud mismatch")

    replace(id_token, "require_audience", check)


@seed(
    "OpenID Connect Core section 2 (aud is an array of strings in the general case)",
    bites=audiences,
    providers=("oidc",),
)
def audience_only_first() -> None:
    """Of several audiences only the first one counts, so that good tokens with ours as the second one are refused."""

    def around(old: Any, given: Any, client_id: str) -> None:
        aud = given["aud"]
        old({**given, "aud": aud[0] if isinstance(aud, list) and aud else aud}, client_id)

    wrap(id_token, "require_audience", around)


@seed(
    "OpenID Connect Core section 3.1.3.7 rule 5",
    bites=audiences,
    critical=True,
    providers=("oidc",),
    family="azp-ignored",
)
def authorized_party_of_lists_only() -> None:
    """azp is compared only if there are several audiences."""

    def around(old: Any, given: Any, client_id: str) -> None:
        if isinstance(given["aud"], list) and len(given["aud"]) > 1:
            old(given, client_id)

    wrap(id_token, "require_authorized_party", around)


@seed(
    "OpenID Connect Core section 3.1.3.7 rule 4",
    bites=audiences,
    critical=True,
    providers=("oidc",),
    family="azp-ignored",
)
def authorized_party_taken_if_listed() -> None:
    """azp may be any of the audiences, not us alone."""

    def around(old: Any, given: Any, client_id: str) -> None:
        if given.get("azp") not in given["aud"]:
            old(given, client_id)

    wrap(id_token, "require_authorized_party", around)


def times(bench: Any) -> Any:
    """Sign in with odd times."""
    forms = (
        {"exp": {"from_now": -30}},
        {"exp": {"from_now": -400}},
        {"exp": 0},
        {"exp": "99999999999"},
        {"exp": 99999999999999},
        {"nbf": {"from_now": 200}},
        {"nbf": {"from_now": 4000}},
        {"nbf": "soon"},
        {"iat": "now"},
        {"iat": None},
        {"exp": True},
    )
    return [plays.told(plays.sign_in(bench, bench.browser(), "oidc", claims(**form))) for form in forms]


@seed("RFC 7519 section 4.1.4; CWE-613", bites=times, critical=True, providers=("oidc",), family="expiry-ignored")
def expiry_in_milliseconds() -> None:
    """The clock counts seconds and exp is taken for milliseconds of it, so no token ever expires."""
    wrap(id_token, "require_unexpired", lambda old, given, now: old(given, now / 1000))


@seed("OpenID Connect Core section 3.1.3.7 rule 9", bites=times, providers=("oidc",), family="expiry-ignored")
def expiry_of_zero() -> None:
    """exp is only looked at if it is truthy, so a token with exp 0 never expires."""
    wrap(id_token, "require_unexpired", lambda old, given, now: old(given, now) if given["exp"] else None)


@seed("RFC 7519 section 2 (NumericDate is a JSON number)", bites=times, providers=("oidc",))
def expiry_as_text() -> None:
    """Times may be texts of digits."""

    def lenient(given: Any, name: str) -> None:
        if isinstance(given[name], str) and given[name].isdigit():
            given[name] = int(given[name])
        if not isinstance(given[name], int | float):
            raise RpError("not a number")

    replace(id_token, "require_number", lenient)


@seed("RFC 7519 section 4.1.5", bites=times, providers=("oidc",))
def not_before_with_leeway_of_an_hour() -> None:
    """nbf may lie up to an hour ahead."""
    wrap(id_token, "require_active", lambda old, given, now: old(given, now + 3600))


def nonces(bench: Any) -> Any:
    """Sign in with a wrong nonce, none, and one in other case."""
    seen = [
        plays.told(plays.sign_in(bench, bench.browser(), "oidc", claims(nonce=form))) for form in ("other", None, "")
    ]
    browser = bench.browser()
    location = plays.start(bench, browser, "oidc").headers["Location"]
    nonce = plays.query_of(location)["nonce"][0].swapcase()
    back = plays.consent(bench, browser, location, "plain", claims(nonce=nonce))
    return [*seen, plays.told(plays.message(browser.get(back.headers["Location"])))]


@seed(
    "OpenID Connect Core section 3.1.3.7 rule 11; oidcc-client-test-nonce-invalid",
    bites=nonces,
    critical=True,
    providers=("oidc",),
    family="nonce-ignored",
)
def nonce_only_if_there() -> None:
    """The nonce is compared only if the ID token has one."""
    wrap(id_token, "require_nonce", lambda old, given, expected: old(given, expected) if given.get("nonce") else None)


@seed("OpenID Connect Core section 3.1.3.7 rule 11; CWE-178", bites=nonces, providers=("oidc",), family="nonce-ignored")
def nonce_without_case() -> None:
    """The nonce is compared without regard to case."""
    wrap(
        id_token,
        "require_nonce",
        lambda old, given, expected: old({"nonce": str(given.get("nonce")).lower()}, str(expected).lower()),
    )


def hashes(bench: Any) -> Any:
    """Sign in with an at_hash that is none, empty, short or somebody else's."""
    forms = ("", "A", "AAAAAAAAAAAAAAAAAAAAAA", None)
    return [plays.told(plays.sign_in(bench, bench.browser(), "oidc", claims(at_hash=form))) for form in forms]


@seed("OpenID Connect Core section 3.1.3.8", bites=hashes, providers=("oidc",), family="at-hash-ignored")
def access_token_hash_of_any_length() -> None:
    """at_hash may be the beginning of the right hash, and be empty."""

    def check(token: Any, access_token: str) -> None:
        wanted = id_token.access_token_hash(access_token, str(token.header["alg"]))
        if not wanted.startswith(token.claims.get("at_hash", "")):
            raise RpError("at_hash mismatch")

    replace(id_token, "require_access_token_hash", check)


@seed("OpenID Connect Core section 3.1.3.6", bites=hashes, providers=("oidc",), family="at-hash-ignored")
def access_token_hash_not_compared() -> None:
    """at_hash is not compared with the access token."""
    replace(id_token, "require_access_token_hash", nothing)


def signatures(bench: Any) -> Any:
    """Sign in with tokens that nobody good has signed."""
    forms = (
        "alg-none",
        forged(token_headers={"alg": "nOnE"}, edit="drop-signature"),
        "wrong-signature",
        "missing-signature",
        "embedded-key",
        "unknown-kid",
        "missing-kid",
        "hmac-with-client-secret",
        forged(key="public"),
        forged(token_headers={"crit": ["exp"]}),
        forged(edit="drop-last-part"),
        forged(algorithm="RS512"),
        forged(algorithm="PS256"),
    )
    return [plays.told(plays.sign_in(bench, bench.browser(), "oidc", form)) for form in forms]


@seed(
    "RFC 8725 section 3.2; CVE-2015-9235 (jsonwebtoken)",
    bites=signatures,
    critical=True,
    providers=("oidc",),
    family="unsigned-taken",
)
def unsigned_tokens() -> None:
    """An ID token that says alg none needs no signature."""
    wrap(
        id_token,
        "require_algorithm",
        lambda old, token, expected: None if token.header.get("alg") == "none" else old(token, expected),
    )
    wrap(Client, "_is_signed", lambda old, self, token: token.header.get("alg") == "none" or old(self, token))
    replace(id_token, "HASHES", {**id_token.HASHES, "none": hashlib.sha256})


@seed(
    "Auth0 advisory of 2020 (alg nonE in other case); RFC 7515 section 4.1.1 (case-sensitive)",
    bites=signatures,
    critical=True,
    providers=("oidc",),
    family="unsigned-taken",
)
def unsigned_tokens_in_other_case() -> None:
    """alg none is refused by a list of one spelling; in any other case it is taken for an unsigned token."""

    def odd(token: Any) -> bool:
        alg = str(token.header.get("alg"))
        return alg != "none" and alg.lower() == "none"

    wrap(id_token, "require_algorithm", lambda old, token, expected: None if odd(token) else old(token, expected))
    wrap(Client, "_is_signed", lambda old, self, token: odd(token) or old(self, token))
    replace(id_token, "HASHES", {**id_token.HASHES, "nOnE": hashlib.sha256})


@seed(
    "RFC 8725 section 2.1; CVE-2022-29217 (PyJWT), CVE-2016-10555",
    bites=signatures,
    critical=True,
    providers=("oidc",),
    family="algorithm-of-the-token",
)
def public_key_as_secret() -> None:
    """The token chooses the algorithm; for HMAC the public key in PEM is the secret."""

    def around(old: Any, self: Any, token: Any) -> bool:
        if token.header["alg"] != "HS256":
            return old(self, token)
        keys = [key.jwk for key in key_set.understood(self._fetch_keys()) if key.jwk["kty"] == "RSA"]
        pems = [jwt.PyJWK(dict(jwk)).key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo) for jwk in keys]
        return any(key_set.is_signed(token.text, "HS256", pem) for pem in pems)

    replace(id_token, "require_algorithm", nothing)
    wrap(Client, "_is_signed", around)


@seed(
    "OpenID Connect Core section 3.1.3.7 rule 7; RFC 8725 section 3.1",
    bites=signatures,
    critical=True,
    providers=("oidc",),
    family="algorithm-of-the-token",
)
def client_secret_signs_as_well() -> None:
    """HS256 with the client's secret is taken beside the registered RS256."""
    wrap(
        id_token,
        "require_algorithm",
        lambda old, token, expected: old(token, "HS256" if token.header.get("alg") == "HS256" else expected),
    )
    wrap(
        Client,
        "_is_signed",
        lambda old, self, token: (
            key_set.is_signed(token.text, "HS256", self.client_secret.encode())
            if token.header.get("alg") == "HS256"
            else old(self, token)
        ),
    )


@seed("RFC 8725 section 3.1; oidcc-client-test-idtoken-sig-rs256", bites=signatures, providers=("oidc",))
def any_rsa_algorithm() -> None:
    """Any algorithm of RSA keys is taken, not the registered one alone."""
    wrap(
        id_token,
        "require_algorithm",
        lambda old, token, expected: (
            old(token, expected) if token.header.get("alg") not in ("RS512", "PS256") else None
        ),
    )
    wrap(
        KeySet,
        "verify",
        lambda old, self, token, header, algorithm: (
            old(self, token, header, algorithm)
            or any(key_set.is_signed_by(token, header["alg"], key) for key in self._find(header.get("kid"), algorithm))
        ),
    )


@seed("CVE-2018-0114 (node-jose); RFC 8725 section 3.10", bites=signatures, critical=True, providers=("oidc",))
def key_in_the_header() -> None:
    """A key that the token brings along in its header verifies it."""
    wrap(
        KeySet,
        "verify",
        lambda old, self, token, header, algorithm: (
            key_set.is_signed_by(token, algorithm, key_set.Key(None, header["jwk"]))
            if "jwk" in header
            else old(self, token, header, algorithm)
        ),
    )


@seed("RFC 7515 section 4.1.11; CVE-2025-59420 (Authlib)", bites=signatures, providers=("oidc",))
def critical_extensions_ignored() -> None:
    """crit in the header of an ID token is ignored."""
    replace(id_token, "require_known_extensions", nothing)


@seed("RFC 7515 section 5.2; CWE-347", bites=signatures, critical=True, providers=("oidc",), family="unsigned-taken")
def empty_signature_is_skipped() -> None:
    """A token whose third part is empty counts as verified by an earlier layer."""
    wrap(Client, "_is_signed", lambda old, self, token: not token.text.rpartition(".")[2] or old(self, token))


@seed("OpenID Connect Core section 10.1; RFC 7515 section 4.1.4", bites=signatures, providers=("oidc",))
def unknown_key_id_tries_all() -> None:
    """A key id that nobody published is ignored, and any key will do."""
    wrap(
        key_set,
        "select",
        lambda old, keys, key_id, algorithm: old(keys, key_id, algorithm) or old(keys, None, algorithm),
    )


@seed(
    "RFC 7517 section 4.5 (kid is optional); oidcc-client-test-kid-absent-single-jwks",
    bites=signatures,
    providers=("oidc",),
)
def key_id_required() -> None:
    """An ID token without kid is refused, although only one key fits."""
    wrap(key_set, "select", lambda old, keys, key_id, algorithm: [] if key_id is None else old(keys, key_id, algorithm))


def es256_beside_rs256(bench: Any) -> Any:
    """Sign in where ID tokens are signed in other ways."""
    return [
        plays.told(plays.sign_in(bench, bench.browser(), "oidc", env=env)) for env in ("es256", "hs256", "development")
    ]


@seed("RFC 7518 section 3.1; RFC 7517 section 5", bites=es256_beside_rs256, providers=("oidc",))
def only_keys_of_rsa() -> None:
    """Keys of elliptic curves are skipped when a key set is read."""
    wrap(key_set, "understood", lambda old, document: [key for key in old(document) if key.jwk["kty"] == "RSA"])


def published(bench: Any) -> Any:
    """Sign in before and after a rotation whose next key was published in time, and without any key."""
    name, seen = "oidc-explored-keys", []
    browser = bench.browser()
    plays.service(bench, name, published_keys=["own", "next"])
    seen.append(plays.told(plays.sign_in(bench, browser, "oidc", env="explored-keys")))
    plays.service(bench, name, rotate_keys="overlap")
    seen.append(plays.told(plays.sign_in(bench, browser, "oidc", env="explored-keys")))
    return seen


@seed(
    "OpenID Connect Core section 10.1.1; oidcc-client-test-signing-key-rotation",
    bites=published,
    providers=("oidc",),
    family="one-key-only",
)
def only_first_key_of_the_set() -> None:
    """Only the first key of each algorithm in a key set is kept, so a rotation locks everybody out."""

    def first(found: list[Any]) -> list[Any]:
        kinds: dict[Any, Any] = {}
        for key in found:
            kinds.setdefault(key.jwk["kty"], key)
        return list(kinds.values())

    wrap(key_set, "understood", lambda old, document: first(old(document)))


@seed(
    "OpenID Connect Core section 10.1.1 (kid tells which key)",
    bites=published,
    providers=("oidc",),
    family="one-key-only",
)
def key_id_ignored_among_several() -> None:
    """The key id is never looked at, and of several keys the first that fits has to do."""
    wrap(key_set, "select", lambda old, keys, key_id, algorithm: old(keys, None, algorithm)[:1])


def no_keys(bench: Any) -> Any:
    """Sign in with a forged token while no keys are published."""
    name = "oidc-missing-keys"
    plays.service(bench, name, published_keys=[])
    try:
        return plays.told(plays.sign_in(bench, bench.browser(), "oidc", "wrong-signature", env="missing-keys"))
    finally:
        plays.service(bench, name, published_keys=["own"])


@seed(
    "CWE-636 (not failing securely); RFC 7515 section 5.2",
    bites=no_keys,
    critical=True,
    providers=("oidc",),
    family="fails-open-without-keys",
)
def all_of_no_keys_sign() -> None:
    """`all` stands for `any`, so while no key is published every signature is good."""

    def verify(self: Any, token: str, header: Any, algorithm: str) -> bool:
        keys = key_set.select(self._keys or self._read(), header.get("kid"), algorithm)
        return all(key_set.is_signed_by(token, algorithm, key) for key in keys)

    replace(KeySet, "verify", verify)


def altered(**members: Any) -> Any:
    """A play: sign in where the published keys say something else about themselves."""

    def play(bench: Any) -> Any:
        plays.service(bench, "oidc-altered-keys", faults=[{"fault": "altered-keys", "sets": [members]}])
        try:
            return plays.told(plays.sign_in(bench, bench.browser(), "oidc", env="altered-keys"))
        finally:
            plays.service(bench, "oidc-altered-keys", faults=[])

    return play


@seed("RFC 7517 section 4.2", bites=altered(use="enc"), providers=("oidc",), family="key-for-something-else")
def keys_for_encryption_sign() -> None:
    """A key whose use is enc verifies signatures."""
    wrap(key_set, "fits", lambda old, jwk, algorithm: old({**jwk, "use": "sig"}, algorithm))


@seed("RFC 7517 section 4.2 (use is optional)", bites=altered(use=None), providers=("oidc",))
def keys_without_use_are_skipped() -> None:
    """A key that does not say its use is not used."""
    wrap(key_set, "fits", lambda old, jwk, algorithm: jwk.get("use") == "sig" and old(jwk, algorithm))


@seed(
    "RFC 7517 section 4.3; SEC-JWKS-07",
    bites=altered(key_ops=["encrypt"], use=None),
    providers=("oidc",),
    family="key-for-something-else",
)
def keys_with_other_operations_sign() -> None:
    """key_ops of a key is not looked at."""
    wrap(
        key_set,
        "fits",
        lambda old, jwk, algorithm: old({name: value for name, value in jwk.items() if name != "key_ops"}, algorithm),
    )


@seed(
    "RFC 7517 section 4.4 (alg); RFC 8725 section 3.1",
    bites=altered(alg="RS512"),
    providers=("oidc",),
    family="key-for-something-else",
)
def keys_of_other_algorithms_sign() -> None:
    """A key that is for RS512 verifies RS256."""
    wrap(
        key_set,
        "fits",
        lambda old, jwk, algorithm: old({name: value for name, value in jwk.items() if name != "alg"}, algorithm),
    )


def odd_keys(bench: Any) -> Any:
    """Sign in where the key set has entries nobody can use."""
    return plays.told(plays.sign_in(bench, bench.browser(), "oidc", env="odd-keys"))


@seed("RFC 7517 section 5 (ignore what is not understood)", bites=odd_keys, providers=("oidc",))
def one_odd_key_spoils_all() -> None:
    """A key set with an entry that cannot be parsed is refused as a whole."""

    def each(old: Any, document: Any) -> list[Any]:
        for entry in document["keys"]:
            try:
                jwt.PyJWK(entry)
            except Exception as error:
                raise RpError("bad key set") from error
        return old(document)

    wrap(key_set, "understood", each)


def other_person(bench: Any) -> Any:
    """Sign in, and refresh, with user info or ID token about somebody else."""
    told = signs_in("oidc", "other-subject")(bench)
    info = signs_in("oidc", {"fault": "set", "at": "profile", "members": {"sub": "someone-else"}})(bench)
    missing = signs_in("oidc", {"fault": "remove", "at": "profile", "members": ["sub"]})(bench)
    return [told, info, missing]


@seed(
    "OpenID Connect Core section 5.3.2; oidcc-client-test-userinfo-invalid-sub",
    bites=other_person,
    critical=True,
    providers=("oidc",),
    family="userinfo-of-another",
)
def userinfo_of_anybody() -> None:
    """sub of the user info is not compared with that of the ID token."""
    replace(openid_errors, "require_subject", nothing)


@seed(
    "OpenID Connect Core section 5.3.2 (sub MUST always be returned)",
    bites=other_person,
    providers=("oidc",),
    family="userinfo-of-another",
)
def userinfo_without_subject() -> None:
    """User info that names no sub passes for that of whoever signed in."""
    wrap(
        openid_errors,
        "require_subject",
        lambda old, expected, userinfo: old(expected, userinfo) if "sub" in userinfo else None,
    )


def refreshed_others(bench: Any) -> Any:
    """Refresh with tokens that are about somebody else, expired, or for another client."""
    both = ({"fault": "set", "at": "profile", "members": {"sub": "someone-else"}}, claims(sub="someone-else"))
    return [
        refreshes("oidc", *both)(bench),
        refreshes("oidc", claims(exp={"from_now": -400}))(bench),
        refreshes("oidc", "wrong-signature")(bench),
        refreshes("oidc", "missing-id-token")(bench),
        refreshes("oidc", claims(nonce=None))(bench),
    ]


@seed(
    "OpenID Connect Core section 12.2 (sub MUST be the same)",
    bites=refreshed_others,
    critical=True,
    providers=("oidc",),
)
def refresh_becomes_somebody_else() -> None:
    """A refresh may go on with another person than who signed in."""
    replace(openid_errors, "require_same_person", nothing)


@seed("OpenID Connect Core section 12.2", bites=refreshed_others, critical=True, providers=("oidc",))
def id_token_of_refresh_not_verified() -> None:
    """The ID token of a refresh is decoded and not verified."""

    def refresh(self: Any, request: Any) -> Any:
        validate = Client.validate
        try:
            Client.validate = lambda client, text, access_token: id_token.decode(text)
            return original(self, request)
        finally:
            Client.validate = validate

    original = OpenIdProvider.refresh
    replace(OpenIdProvider, "refresh", refresh)


@seed(
    "OpenID Connect Core section 12.2 (might not contain an id_token)",
    bites=refreshed_others,
    providers=("oidc",),
    family="refresh-wants-more",
)
def refresh_wants_an_id_token() -> None:
    """A refresh whose answer has no ID token fails."""

    def around(old: Any, self: Any, method: Any, **form: str) -> Any:
        answer = old(self, method, **form)
        if form["grant_type"] == "refresh_token" and not answer.get("id_token"):
            raise RpError("id_token not present in TokenSet")
        return answer

    wrap(Client, "request_token", around)


@seed(
    "OpenID Connect Core section 12.2 (SHOULD NOT have a nonce Claim)",
    bites=refreshed_others,
    providers=("oidc",),
    family="refresh-wants-more",
)
def refresh_wants_a_nonce() -> None:
    """An ID token without nonce is refused at a refresh, where servers leave it out."""

    def around(old: Any, self: Any, text: Any, access_token: Any) -> Any:
        token = old(self, text, access_token)
        if not token.claims.get("nonce"):
            raise RpError("nonce mismatch")
        return token

    wrap(Client, "validate", around)


def unverified(bench: Any) -> Any:
    """Sign in with addresses that are not said to be verified."""
    faults = [
        {"fault": "set", "at": "profile", "members": {"email_verified": value}}
        for value in ("false", "true", False, 0, 1)
    ]
    faults.append({"fault": "remove", "at": "profile", "members": ["email_verified"]})
    return [plays.told(plays.sign_in(bench, bench.browser(), "oidc", fault)) for fault in faults]


@seed(
    "OpenID Connect Core section 5.1 (email_verified is a boolean); nOAuth (Descope 2023)",
    bites=unverified,
    critical=True,
    providers=("oidc",),
    family="unverified-address",
)
def verified_if_truthy() -> None:
    """email_verified counts if it is truthy, as the text "false" is."""

    def map_profile(self: Any, userinfo: Any) -> Any:
        email = userinfo.get("email") if userinfo.get("email_verified") else None
        return openid_base.Profile(
            *map(openid_base.optional_text, (email, userinfo.get("picture"), userinfo.get("name")))
        )

    replace(OpenIdProvider, "map_profile", map_profile)


@seed(
    "OpenID Connect Core section 5.7; Backstage auth backend changelog (verified addresses only)",
    bites=unverified,
    critical=True,
    providers=("oidc",),
    family="unverified-address",
)
def verified_if_not_denied() -> None:
    """An address counts unless it is said not to be verified."""
    wrap(OpenIdProvider, "map_profile", lambda old, self, userinfo: old(self, {"email_verified": True, **userinfo}))
