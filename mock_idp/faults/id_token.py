"""The faults of ID tokens: one that can be told anything, and a name for each of the usual ones."""

from collections.abc import Callable
from dataclasses import replace

from mock_idp.faults import effects
from mock_idp.faults.model import ID_TOKEN, Fault, Parameter
from mock_idp.oauth.tokens import ALGORITHMS, EDITS, FOREIGN_KEY, KEY_NAMES, NEXT_KEY, PUBLIC_KEY, Forgery, SignedToken

_VALIDATION = "OpenID Connect Core section 3.1.3.7"
_REFUSES = "It refuses the token: no session, no identity, no cookie."
_ANOTHER_CLIENT = "another-client"
_UNSURE = 600
"""Seconds that no leeway for clocks that differ can cover (OpenID Connect Core names none; minutes are usual)."""


def _named(name: str, title: str, clause: str, expect: str, forgery: Forgery) -> Fault:
    return Fault(name, title, (ID_TOKEN,), clause, expect, change=effects.forging(forgery.apply))


def _claim(name: str, title: str, rule: str, claim: str, value: object) -> Fault:
    return _named(name, title, f"{_VALIDATION} rule {rule}", _REFUSES, Forgery(claims={claim: value}))


def _own(name: str, title: str, clause: str, change: Callable[[SignedToken], SignedToken]) -> Fault:
    return Fault(name, title, (ID_TOKEN,), clause, _REFUSES, change=effects.forging(change))


def _with_another_audience(token: SignedToken) -> SignedToken:
    claims = {name: value for name, value in token.claims.items() if name != "azp"}
    return replace(token, claims={**claims, "aud": [claims.get("aud"), _ANOTHER_CLIENT]})


_SIGNATURES = (
    _named(
        "wrong-signature",
        "The ID token is signed with a foreign key, under the right key id",
        f"{_VALIDATION} rule 6",
        _REFUSES,
        Forgery(key=FOREIGN_KEY),
    ),
    _named(
        "garbled-signature",
        "One character of the signature is another one",
        f"{_VALIDATION} rule 6",
        _REFUSES,
        Forgery(edit="garble"),
    ),
    _named(
        "missing-signature",
        "The signature is missing, the header still promises one",
        "RFC 7515 section 5.2",
        _REFUSES,
        Forgery(edit="drop-signature"),
    ),
    _named(
        "alg-none",
        "The ID token says that it is not signed",
        "RFC 8725 section 3.2",
        _REFUSES,
        Forgery(algorithm="none"),
    ),
    _named(
        "hmac-with-public-key",
        "The ID token is signed with the public key, taken for a shared secret",
        "RFC 8725 section 2.1",
        _REFUSES,
        Forgery(algorithm="HS256", key=PUBLIC_KEY),
    ),
    _named(
        "hmac-with-client-secret",
        "The ID token is signed with the client's secret instead of a key",
        f"{_VALIDATION} rule 7",
        _REFUSES,
        Forgery(algorithm="HS256"),
    ),
    _named(
        "embedded-key",
        "The ID token brings the key along that it is signed with",
        "RFC 8725 section 3.10",
        _REFUSES,
        Forgery(key=FOREIGN_KEY, token_headers={"jwk": {"public_jwk": FOREIGN_KEY}, "kid": None}),
    ),
)

_KEY_IDS = (
    _named(
        "unknown-kid",
        "The key id is in no published key set",
        "RFC 7515 section 4.1.4",
        "It fetches the key set once more, and refuses the token.",
        Forgery(token_headers={"kid": "no-such-key"}),
    ),
    _named(
        "missing-kid",
        "The ID token names no key",
        "OpenID Connect Core section 10.1",
        "It takes the only key that fits, or refuses the token.",
        Forgery(token_headers={"kid": None}),
    ),
    _named(
        "unpublished-key",
        "The ID token is signed with the key of tomorrow, which is not published yet",
        "OpenID Connect Core section 10.1.1",
        "It fetches the key set once more, and refuses the token.",
        Forgery(key=NEXT_KEY),
    ),
)

_CLAIMS = (
    _claim("wrong-issuer", "The ID token names another issuer", "2", "iss", "https://issuer.invalid"),
    _claim("missing-issuer", "The ID token has no issuer", "2", "iss", None),
    _claim("wrong-audience", "The ID token is for another client", "3", "aud", _ANOTHER_CLIENT),
    _claim("missing-audience", "The ID token has no audience", "3", "aud", None),
    _own(
        "several-audiences",
        "The ID token is for another client too, and does not say who asked",
        f"{_VALIDATION} rules 3 and 4",
        _with_another_audience,
    ),
    _claim("wrong-azp", "Another client asked for the ID token", "5", "azp", _ANOTHER_CLIENT),
    _claim("expired", "The ID token is expired", "9", "exp", {"from_now": -_UNSURE}),
    _claim("missing-expiry", "The ID token does not expire", "9", "exp", None),
    _claim("issued-in-the-future", "The ID token is from the future", "10", "iat", {"from_now": _UNSURE}),
    _claim("missing-issue-time", "The ID token does not say when it was issued", "10", "iat", None),
    _claim("wrong-nonce", "The ID token answers another request", "11", "nonce", "another-nonce"),
    _claim("missing-nonce", "The ID token does not say which request it answers", "11", "nonce", None),
    _named(
        "not-yet-valid",
        "The ID token is not valid yet",
        "RFC 7519 section 4.1.5",
        _REFUSES,
        Forgery(claims={"nbf": {"from_now": _UNSURE}}),
    ),
    _named(
        "wrong-at-hash",
        "The ID token belongs to another access token",
        "OpenID Connect Core section 3.1.3.8",
        _REFUSES,
        Forgery(claims={"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}),
    ),
    _named(
        "other-subject",
        "The ID token is about another person than the profile",
        "OpenID Connect Core section 5.3.2",
        _REFUSES,
        Forgery(claims={"sub": "somebody-else"}),
    ),
    _named(
        "missing-subject",
        "The ID token has no subject",
        "OpenID Connect Core section 2",
        _REFUSES,
        Forgery(claims={"sub": None}),
    ),
)

_FORMS = (
    Fault(
        "missing-id-token",
        "The token answer has no ID token",
        (ID_TOKEN,),
        "OpenID Connect Core section 3.1.3.3",
        "It refuses the sign-in; after a refresh it may keep the old one (section 12.2).",
        change=effects.removing(ID_TOKEN),
    ),
    _named(
        "garbage-id-token",
        "The ID token is replaced by a malformed text",
        "RFC 7519 section 7.2",
        _REFUSES,
        Forgery(text="not.a.token"),
    ),
    _named(
        "truncated-id-token",
        "The ID token stops in the middle",
        "RFC 7519 section 7.2",
        _REFUSES,
        Forgery(edit="truncate"),
    ),
)

_FORGED = Fault(
    "forged",
    "The ID token is changed in any way you say",
    (ID_TOKEN,),
    _VALIDATION,
    "It refuses every token that is not good.",
    (
        Parameter("algorithm", "text", None, "Another JWS algorithm.", choices=ALGORITHMS),
        Parameter("key", "text", None, "What signs it, in place of the own key.", choices=KEY_NAMES),
        Parameter("token_headers", "object", None, "JOSE header member -> value; null removes it."),
        Parameter("claims", "object", None, 'Claim -> value; null removes it, {"from_now": SECONDS} is a time.'),
        Parameter("edit", "text", None, "What happens after it is signed.", choices=tuple(EDITS)),
        Parameter("text", "text", None, "What replaces it."),
    ),
    change=effects.forged,
    needs_one_of=("algorithm", "key", "token_headers", "claims", "edit", "text"),
)

ID_TOKEN_FAULTS = (_FORGED, *_SIGNATURES, *_KEY_IDS, *_CLAIMS, *_FORMS)
"""All faults of ID tokens."""
