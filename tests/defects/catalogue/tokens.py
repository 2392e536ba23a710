"""Backstage tokens, the keys that verify them, and what they are accepted for."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import jwt
from flask import Response

from reference_backend.backend import current_backend
from reference_backend.errors import AuthenticationError
from reference_backend.formats import compact_jws
from reference_backend.formats.compact_jws import CompactJws
from reference_backend.http import bearer, cookies, responses
from reference_backend.http.request import request
from reference_backend.identity import keys, session_response, token_issuer, token_verifier, user_token
from reference_backend.identity.keys import SigningKey
from reference_backend.identity.token_issuer import RotatingKeys, TokenIssuer
from reference_backend.identity.token_verifier import TokenVerifier
from reference_backend.user_endpoints import routes as user_routes
from reference_backend.user_endpoints import user_cookie
from tests.defects.defect import always, defect, replace, wrap

Claims = dict[str, Any]


def expire_after(seconds: int) -> None:
    """Let user tokens, and the limited ones that follow from them, expire so long after they are issued."""

    def claims(original: Callable[..., Claims], *arguments: Any) -> Claims:
        made = original(*arguments)
        return made | {"exp": made["iat"] + seconds}

    def payload(original: Callable[..., Claims], subject: str, issued_at: int, expires_at: int) -> Claims:
        return original(subject, issued_at, issued_at + seconds)

    wrap(user_token, "claims", claims)
    wrap(user_token, "limited_payload", payload)


def change_claims(**changes: Any) -> None:
    """Put other values into the claims of user tokens; a function gets the claims."""

    def claims(original: Callable[..., Claims], *arguments: Any) -> Claims:
        made = original(*arguments)
        return made | {name: new(made) if callable(new) else new for name, new in changes.items()}

    wrap(user_token, "claims", claims)


@defect("TOKEN-03", "SEC-ISS-03")
def token_with_wrong_audience() -> None:
    """Backstage tokens have another audience."""
    replace(user_token, "AUDIENCE", "somebody-else")


@defect("TOKEN-02", "SEC-ISS-03")
def token_of_another_issuer() -> None:
    """Backstage tokens name another issuer."""
    change_claims(iss="https://elsewhere.example/api/auth")


@defect("TOKEN-04", "SEC-ISS-05")
def token_for_a_bare_name() -> None:
    """The subject of Backstage tokens is a name, not an entity reference."""
    change_claims(sub=lambda claims: claims["sub"].rpartition("/")[2])


@defect("TOKEN-05", "SEC-ISS-04", "IDENT-07")
def token_valid_for_a_year() -> None:
    """Backstage tokens live for a year."""
    expire_after(365 * 24 * 60 * 60)


@defect("TOKEN-05", "SEC-ISS-04", "IDENT-07", "FE-27", "FE-67")
def token_valid_for_a_minute() -> None:
    """Backstage tokens live for a minute."""
    expire_after(60)


@defect("IDENT-07")
def session_contradicts_the_token() -> None:
    """The session reports a token lifetime of two hours."""
    replace(session_response, "expires_in_seconds", always(7200))


@defect("TOKEN-07", "TOKEN-14")
def ownership_in_the_token() -> None:
    """Backstage tokens contain what the user owns as, until they are too long for a header."""
    replace(user_token, "without_ownership", lambda members: members)


@defect("TOKEN-14")
def token_with_further_claims() -> None:
    """Backstage tokens have an id."""
    change_claims(jti="1")


@defect("TOKEN-01", "SEC-ISS-03")
def token_of_type_jwt() -> None:
    """Backstage tokens have the general type JWT."""
    wrap(user_token, "header", lambda original, algorithm, key_id: {**original(algorithm, key_id), "typ": "JWT"})


@defect("TOKEN-01")
def key_in_the_header_of_the_token() -> None:
    """Backstage tokens bring the address of a key along."""
    wrap(user_token, "header", lambda original, *named: {**original(*named), "jku": "https://elsewhere.example"})


@defect("TOKEN-10", "SEC-ISS-03")
def other_algorithm() -> None:
    """Backstage tokens are signed with RSA."""
    wrap(keys, "generate", lambda original, algorithm: original("RS256"))


@defect("TOKEN-09", "LIM-01", "SEC-ISS-06")
def proof_over_other_bytes() -> None:
    """The proof for limited tokens was made over claims in another order."""

    def payload(original: Callable[..., Claims], *arguments: Any) -> Claims:
        return dict(sorted(original(*arguments).items()))

    wrap(user_token, "limited_payload", payload)


@defect("TOKEN-09", "LIM-01", "SEC-ISS-06")
def proof_by_another_key() -> None:
    """The proof for limited tokens was made with a key that is not published."""

    def proof(original: Callable[..., str], key: SigningKey, *arguments: Any) -> str:
        return original(keys.generate(key.algorithm), *arguments)

    wrap(token_issuer, "identity_proof", proof)


@defect("TOKEN-09", "TOKEN-14", "LIM-01", "SEC-ISS-06")
def token_without_proof() -> None:
    """Backstage tokens lack the proof from which limited tokens are made."""

    def without(original: Callable[[Mapping[str, Any]], Claims], members: Mapping[str, Any]) -> Claims:
        return {name: value for name, value in original(members).items() if name != "uip"}

    wrap(user_token, "without_ownership", without)


@defect("JWKS-02", "SEC-ISS-01")
def jwks_without_the_signing_key() -> None:
    """The published key set lacks the key that signs."""
    replace(TokenIssuer, "public_keys", always([]))


@defect("JWKS-02", "SEC-ISS-02")
def private_key_published() -> None:
    """The published key contains its private half."""

    def public_keys(original: Callable[[RotatingKeys], list[Claims]], self: RotatingKeys) -> list[Claims]:
        if self._current is None:
            return original(self)
        exported = jwt.get_algorithm_by_name("ES256").to_jwk(self._current[0].private_key)
        secret = (json.loads(exported) if isinstance(exported, str) else exported)["d"]
        return [{**key, "d": secret} for key in original(self)]

    wrap(RotatingKeys, "public_keys", public_keys)


@defect("KEY-05")
def key_with_a_name() -> None:
    """The key has a name that every installation has."""
    wrap(keys, "generate", lambda o, algorithm: SigningKey("backstage", algorithm, o(algorithm).private_key))


@defect("JWKS-03")
def key_with_further_members() -> None:
    """Generated keys say what they are for."""
    wrap(keys, "public_jwk", lambda original, *arguments: {**original(*arguments), "use": "sig"})


@defect("JWKS-04")
def key_set_cached_for_a_day() -> None:
    """The key set is cacheable for a day."""

    def user_keys(original: Callable[[], Response]) -> Response:
        response = original()
        response.headers["Cache-Control"] = "max-age=86400"
        return response

    wrap(user_routes, "user_keys", user_keys)


@defect("JWKS-04", "JWKS-01", "GEN-03", "SEC-ISS-01")
def key_set_behind_a_login() -> None:
    """The key set is shown to callers with a token only."""

    def user_keys(original: Callable[[], Response]) -> Response:
        bearer.require(request.headers.get("Authorization"))
        return original()

    wrap(user_routes, "user_keys", user_keys)


@defect("JWKS-05")
def no_service_keys() -> None:
    """There are no keys for the conversation between plugins."""

    def service_keys() -> Response:
        return responses.empty(404)

    replace(user_routes, "service_keys", service_keys)


@defect("VERIFY-06", "SEC-UINFO-04", "USERINFO-02", "LIM-02")
def signatures_not_verified() -> None:
    """User info accepts tokens without verifying their signature."""
    replace(TokenVerifier, "_verified_claims", lambda self, token: token.claims)


@defect("VERIFY-06", "SEC-UINFO-04")
def unsigned_tokens_accepted() -> None:
    """User info accepts unsigned tokens."""

    def verified(original: Callable[..., Claims], self: TokenVerifier, token: CompactJws) -> Claims:
        if token.header.get("alg") == "none":
            return dict(token.claims)
        return original(self, token)

    wrap(TokenVerifier, "_verified_claims", verified)


@defect("LIM-02")
def limited_tokens_not_verified() -> None:
    """User info accepts limited tokens without verifying their proof."""

    def verified(original: Callable[..., Claims], self: TokenVerifier, token: CompactJws) -> Claims:
        if token.header.get("typ") == user_token.LIMITED_TYPE:
            return dict(token.claims)
        return original(self, token)

    wrap(TokenVerifier, "_verified_claims", verified)


@defect("VERIFY-06")
def reasons_for_refusing_a_token() -> None:
    """The response of user info contains the reason for refusing a token."""
    replace(
        token_verifier,
        "failed",
        lambda: AuthenticationError("Signature verification failed: unknown key or wrong bytes"),
    )


@defect("VERIFY-02", crashes=True)
def undecodable_token_crashes() -> None:
    """User info fails if a token cannot be decoded."""

    def verify(original: Callable[..., Any], self: TokenVerifier, token: str, **options: Any) -> Any:
        compact_jws.decode(token)
        return original(self, token, **options)

    wrap(TokenVerifier, "verify", verify)


@defect("USERINFO-01", "SEC-UINFO-03")
def user_info_open_to_anyone() -> None:
    """User info is shown to callers without a token."""

    def show(original: Callable[[], Response]) -> Response:
        if "Authorization" not in request.headers:
            return responses.json_response({"claims": {}})
        return original()

    wrap(user_routes, "user_info", show)


@defect("SEC-UINFO-05")
def token_taken_from_the_query() -> None:
    """User info takes its token from the address, where logs keep it."""
    wrap(bearer, "require", lambda original, header: request.args.get("access_token") or original(header))


@defect("LIM-10")
def token_taken_from_the_cookie() -> None:
    """User info takes its token from the cookie, which foreign pages can make the browser send."""

    def require(original: Callable[[str | None], str], header: str | None) -> str:
        return cookies.parse_header(request.headers.get("Cookie")).get(user_cookie.NAME) or original(header)

    wrap(bearer, "require", require)


@defect("VERIFY-01")
def bearer_in_one_spelling() -> None:
    """The scheme of the Authorization header has to be spelled Bearer, with one space."""
    replace(bearer, "_BEARER", re.compile(r"Bearer (\S+)"))


@defect("USERINFO-01")
def any_scheme_is_bearer() -> None:
    """A token is looked for behind every scheme of the Authorization header."""
    replace(bearer, "_BEARER", re.compile(r"\w+ +(\S+)"))


@defect("LIM-03")
def limited_tokens_refused() -> None:
    """User info refuses limited tokens."""

    def verified(original: Callable[..., Any], self: TokenVerifier, token: str, *, allow_limited: bool) -> Any:
        del allow_limited
        return original(self, token, allow_limited=False)

    wrap(TokenVerifier, "verify", verified)


@defect("USERINFO-08", "USERINFO-03")
def user_info_of_openid_connect() -> None:
    """User info has the shape that OpenID Connect gives it."""

    def show(original: Callable[[], Response]) -> Response:
        return responses.json_response(json.loads(original().get_data()).get("claims", {}))

    wrap(user_routes, "user_info", show)


@defect("LIM-05")
def full_token_in_the_cookie() -> None:
    """The user cookie holds the full token."""
    replace(user_token, "limited_token", lambda token: token)


@defect("LIM-06")
def user_cookie_readable_by_scripts() -> None:
    """Scripts can read the user cookie."""
    replace(cookies, "HTTP_ONLY", "")


@defect("LIM-06")
def user_cookie_for_the_plugin_only() -> None:
    """The user cookie is sent to the auth plugin only."""
    replace(user_cookie, "PATH", "/api/auth")


@defect("LIM-07")
def user_cookie_without_credentials() -> None:
    """The cookie route has no complaint about a caller without token."""

    def issue(original: Callable[[], Response]) -> Response:
        if "Authorization" not in request.headers:
            return responses.json_response({"expiresAt": user_cookie.timestamp(current_backend().clock())})
        return original()

    wrap(user_routes, "issue_cookie", issue)


@defect("LIM-09", "FE-82")
def user_cookie_not_cleared() -> None:
    """Clearing the user cookie leaves it where it is."""
    replace(user_routes, "clear_cookie", lambda: responses.empty(204))
