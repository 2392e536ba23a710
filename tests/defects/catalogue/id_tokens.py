"""ID tokens, keys and user info of OpenID providers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import jwt
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from reference_backend.errors import AuthError
from reference_backend.formats.compact_jws import CompactJws
from reference_backend.openid import id_token, key_set, openid_errors
from reference_backend.openid.client import Client
from reference_backend.openid.issuer import Issuer
from reference_backend.openid.key_set import Key, KeySet
from reference_backend.openid.openid_errors import RpError
from reference_backend.providers import oidc
from reference_backend.providers.openid_base import OpenIdProvider
from tests.defects.defect import always, defect, nothing, replace, wrap

OPENID = ("oidc", "pinniped")
Verify = Callable[[KeySet, str, Mapping[str, Any], str], bool]


@defect("SEC-IDT-01", "OUT-O5", "OIDCPROV-07", "OIDCPROV-10", "OUT-OR", "CONTROL-01", providers=OPENID)
def id_token_signature_not_checked() -> None:
    """Any signature of an ID token will do, as long as its key is known."""
    replace(key_set, "is_signed", always(True))


@defect("SEC-IDT-02", "OIDCPROV-07", providers=OPENID)
def unsigned_id_token_accepted() -> None:
    """An unsigned ID token is accepted."""

    def is_unsigned(token: CompactJws) -> bool:
        return str(token.header.get("alg", "")).lower() == "none"

    def require(original: Callable[[CompactJws, str], None], token: CompactJws, expected: str) -> None:
        if not is_unsigned(token):
            original(token, expected)

    def is_signed(original: Callable[[Client, CompactJws], bool], self: Client, token: CompactJws) -> bool:
        return is_unsigned(token) or original(self, token)

    def require_hash(original: Callable[[CompactJws, str], None], token: CompactJws, access_token: str) -> None:
        if not is_unsigned(token):
            original(token, access_token)

    wrap(id_token, "require_algorithm", require)
    wrap(id_token, "require_access_token_hash", require_hash)
    wrap(Client, "_is_signed", is_signed)


@defect("SEC-IDT-03", providers=OPENID)
def public_key_as_a_secret() -> None:
    """The PEM text of the public key is accepted as HMAC secret."""

    def require(original: Callable[[CompactJws, str], None], token: CompactJws, expected: str) -> None:
        if token.header.get("alg") != "HS256":
            original(token, expected)

    def verify(original: Verify, self: KeySet, token: str, header: Mapping[str, Any], algorithm: str) -> bool:
        if header.get("alg") != "HS256":
            return original(self, token, header, algorithm)
        known = (jwt.PyJWK(dict(key.jwk), algorithm=algorithm).key for key in self._find(None, algorithm))
        pems = (key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo) for key in known)
        return any(key_set.is_signed(token, "HS256", pem) for pem in pems)

    wrap(id_token, "require_algorithm", require)
    wrap(KeySet, "verify", verify)


@defect("SEC-IDT-04", "OIDCPROV-07", providers=OPENID)
def id_token_issuer_not_compared() -> None:
    """An ID token may name any issuer."""
    replace(id_token, "require_issuer", nothing)


@defect("SEC-IDT-05", "OIDCPROV-07", "OIDCPROV-10", "OUT-OR", providers=OPENID)
def id_token_audience_not_compared() -> None:
    """An ID token for another client of the same issuer signs people in."""
    replace(id_token, "require_audience", nothing)


@defect("SEC-IDT-06", "OIDCPROV-07", providers=OPENID)
def expired_id_token_accepted() -> None:
    """An ID token lives for ever."""
    replace(id_token, "require_unexpired", nothing)


@defect("SEC-IDT-07", "OIDCPROV-07", providers=("oidc",))
def id_token_nonce_not_compared() -> None:
    """An ID token that answers another start is accepted."""
    replace(id_token, "require_nonce", nothing)


@defect("SEC-IDT-08", providers=OPENID)
def embedded_key_trusted() -> None:
    """A key in the header of an ID token is used to verify it."""

    def verify(original: Verify, self: KeySet, token: str, header: Mapping[str, Any], algorithm: str) -> bool:
        if "jwk" in header:
            return key_set.is_signed_by(token, algorithm, Key(None, header["jwk"]))
        return original(self, token, header, algorithm)

    wrap(KeySet, "verify", verify)


@defect("SEC-IDT-09", "OIDCPROV-06", providers=("oidc",))
def id_token_optional() -> None:
    """Without an ID token, userinfo alone identifies the user."""

    def request(original: Callable[..., dict[str, Any]], self: Client, *method: Any, **form: str) -> dict[str, Any]:
        answer = original(self, *method, **form)
        return answer if answer.get("id_token") else {**answer, "id_token": "none"}

    def validate(original: Callable[..., CompactJws], self: Client, text: Any, access_token: str | None) -> CompactJws:
        return CompactJws("", {}, {"sub": None}) if text == "none" else original(self, text, access_token)

    def nonce(original: Callable[..., None], claims: Mapping[str, Any], expected: str | None) -> None:
        if claims["sub"] is not None:
            original(claims, expected)

    wrap(Client, "request_token", request)
    wrap(Client, "validate", validate)
    wrap(id_token, "require_nonce", nonce)


@defect("SEC-IDT-10", "OIDCPROV-07", providers=OPENID)
def authorized_party_ignored() -> None:
    """The azp of an ID token is not validated."""
    replace(id_token, "require_authorized_party", nothing)


@defect("SEC-IDT-11", "OIDCPROV-07", providers=OPENID)
def not_before_ignored() -> None:
    """An ID token counts before its time."""
    replace(id_token, "require_active", nothing)


@defect("SEC-IDT-12", "OIDCPROV-07", providers=("oidc",))
def any_algorithm_accepted() -> None:
    """The algorithm in the token's header is used to verify it."""

    def is_signed(original: Callable[[Client, CompactJws], bool], self: Client, token: CompactJws) -> bool:
        named = token.header.get("alg")
        if named in key_set.KEY_TYPES:
            return self.keys.verify(token.text, token.header, str(named))
        return original(self, token)

    replace(id_token, "require_algorithm", nothing)
    wrap(Client, "_is_signed", is_signed)


@defect("SEC-IDT-13", providers=OPENID)
def critical_header_ignored() -> None:
    """Critical header extensions are not looked at."""
    replace(id_token, "require_known_extensions", nothing)


@defect("SEC-IDT-14", providers=OPENID)
def access_token_hash_not_compared() -> None:
    """The hash of the access token is not compared."""
    replace(id_token, "require_access_token_hash", nothing)


@defect("PINNIPED-03", providers=("pinniped",))
def unasked_nonce_accepted() -> None:
    """An ID token with a nonce is accepted although none was sent."""
    replace(id_token, "require_nonce", nothing)


@defect("OIDCPROV-10", "OUT-OR", providers=("oidc",))
def refreshed_id_token_not_checked() -> None:
    """The ID token of a refresh is passed on as it is."""

    def request(original: Callable[..., dict[str, Any]], self: Client, *method: Any, **form: str) -> dict[str, Any]:
        answer = original(self, *method, **form)
        is_refresh = form["grant_type"] == "refresh_token"
        return {name: value for name, value in answer.items() if not is_refresh or name != "id_token"}

    wrap(Client, "request_token", request)


# --- keys and metadata ---


@defect("SEC-JWKS-02", providers=OPENID)
def missing_keys_tolerated() -> None:
    """While the issuer's keys cannot be had, signatures are not looked at."""

    def verify(original: Verify, self: KeySet, token: str, header: Mapping[str, Any], algorithm: str) -> bool:
        try:
            return original(self, token, header, algorithm)
        except RpError:
            raise
        except AuthError:
            return True

    wrap(KeySet, "verify", verify)


@defect("SEC-JWKS-03", "SEC-JWKS-05", "OIDCPROV-07", providers=("oidc",))
def unknown_key_id_tolerated() -> None:
    """A token with an unknown key id is not verified."""

    def verify(original: Verify, self: KeySet, token: str, header: Mapping[str, Any], algorithm: str) -> bool:
        try:
            return original(self, token, header, algorithm)
        except RpError:
            return True

    wrap(KeySet, "verify", verify)


@defect("SEC-JWKS-04", providers=OPENID)
def issuer_of_metadata_not_compared() -> None:
    """A discovery document may be about any issuer."""
    replace(openid_errors, "require_issuer", nothing)


@defect("SEC-JWKS-05", providers=OPENID)
def every_unknown_key_id_fetches() -> None:
    """The keys are fetched again for every key id that is not known."""
    replace(key_set, "COOL_DOWN", 0)


@defect("SEC-JWKS-06", providers=OPENID)
def odd_keys_spoil_the_set() -> None:
    """One invalid entry makes the whole key set unusable."""

    def understood(original: Callable[..., list[Key]], document: Mapping[str, Any]) -> list[Key]:
        entries = document.get("keys", [])
        if any(not isinstance(entry, Mapping) or entry.get("kty") not in ("RSA", "EC") for entry in entries):
            raise RpError("the key set is malformed")
        return original(document)

    wrap(key_set, "understood", understood)


@defect("OIDCPROV-17", "CONTROL-01", providers=OPENID)
def failure_of_keys_is_remembered() -> None:
    """After one failure, the issuer's keys are never fetched again."""

    def read(original: Callable[[KeySet], list[Key]], self: KeySet) -> list[Key]:
        failures: dict[str, AuthError] = vars(self).setdefault("failures", {})
        if failures:
            raise failures["first"]
        try:
            found = original(self)
        except AuthError as error:
            failures["first"] = error
            raise
        if not found:
            failures["first"] = RpError("there are no keys")
        return found

    wrap(KeySet, "_read", read)


@defect("OIDCPROV-16", "SEC-ROB-05", "PINNIPED-08", providers=OPENID)
def failure_of_discovery_is_remembered() -> None:
    """After one failure, the issuer is never discovered again."""

    def read(original: Callable[[Issuer], Mapping[str, Any]], self: Issuer) -> Mapping[str, Any]:
        failures: dict[str, AuthError] = vars(self).setdefault("failures", {})
        if failures:
            raise failures["first"]
        try:
            return original(self)
        except AuthError as error:
            failures["first"] = error
            raise

    wrap(Issuer, "_read", read)


# --- user info ---


@defect("SEC-UINFO-01", "OIDCPROV-08", "SEC-REFR-07", "OIDCPROV-09", providers=("oidc",))
def userinfo_of_somebody_else() -> None:
    """Userinfo about another subject than the ID token's is accepted."""
    replace(openid_errors, "require_subject", nothing)


@defect("SEC-UINFO-02", providers=("oidc",))
def userinfo_failure_ignored() -> None:
    """If user info cannot be had, people sign in with an empty profile."""

    def userinfo(original: Callable[..., dict[str, Any]], self: Client, *arguments: Any) -> dict[str, Any]:
        try:
            return original(self, *arguments)
        except AuthError:
            return {}

    def require(original: Callable[..., None], expected: object, found: Mapping[str, object]) -> None:
        if found:
            original(expected, found)

    wrap(Client, "userinfo", userinfo)
    wrap(openid_errors, "require_subject", require)


@defect("SEC-REFR-06", "OIDCPROV-09", providers=("oidc",))
def refresh_for_somebody_else() -> None:
    """A refresh may change the user of the session."""
    replace(openid_errors, "require_same_person", nothing)


@defect("UP-29", "OIDCPROV-12", "PROFILE-02", "SEC-IDENT-01", providers=("oidc",))
def unverified_address_counts() -> None:
    """An e-mail address counts whether or not it is verified."""

    def map_profile(original: Callable[..., Any], self: oidc.Oidc, userinfo: Mapping[str, Any]) -> Any:
        return original(self, {**userinfo, "email_verified": True})

    wrap(OpenIdProvider, "map_profile", map_profile)
