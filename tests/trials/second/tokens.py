"""Defects of Backstage tokens, their keys, and the configuration that they depend on."""

from __future__ import annotations

import hmac

from cryptography.hazmat.primitives import serialization

from reference_backend.config.model import Config
from reference_backend.identity import keys, token_issuer, token_verifier
from reference_backend.identity import user_token as rules
from reference_backend.identity.token_verifier import TokenVerifier
from tests.trials.second.plays import (
    b64,
    bearer,
    claims_of,
    is_signed,
    json,
    jwt,
    live_cookies,
    own_token,
    time,
    unb64,
    unquote,
    user_token,
    userinfo,
)
from tests.trials.seed import seed, wrap

STATIC = {"providers": ("guest",), "profile": "static-keys"}


def presented_tokens(bench):
    """Status of user info for tokens that are wrong in one thing."""
    user_token_ = user_token_of(bench)
    now = int(time.time())
    made = [
        own_token(bench),
        own_token(bench, iss=None),
        own_token(bench, iss="http"),
        own_token(bench, iss=bench.auth + "/"),
        own_token(bench, aud="backstage-too"),
        own_token(bench, aud=["backstage", "other"]),
        own_token(bench, exp=now - 60),
        own_token(bench, nbf=now + 600),
        own_token(bench, header={"kid": "nobody"}),
        own_token(bench, kid="second-key"),
        *(
            f"{b64(json.dumps({'typ': 'vnd.backstage.user', 'alg': alg, 'kid': 'first-key'}).encode())}.{user_token_.split('.')[1]}."  # noqa: E501
            for alg in ("none", "nOnE")
        ),
        _with_public_key(bench, user_token_),
    ]
    query = bench.browser().get(f"{bench.auth}/v1/userinfo", params={"access_token": user_token_}).status_code
    return [*(userinfo(bench, one) for one in made), query]


def user_token_of(bench):
    """A genuine token."""
    return user_token(bench)


def _with_public_key(bench, genuine):
    """A token that is signed with the public key as if it were a shared secret."""
    key = bench.browser().get(f"{bench.auth}/.well-known/jwks.json").json()["keys"][0]
    pem = jwt.PyJWK(key).key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    head = b64(json.dumps({"typ": "vnd.backstage.user", "alg": "HS256", "kid": "first-key"}).encode())
    signed = f"{head}.{genuine.split('.')[1]}"
    return f"{signed}.{b64(hmac.digest(pem, signed.encode(), 'sha256'))}"


TOKENS = {"bites": presented_tokens, **STATIC}


@seed("CVE-2024-53861 (PyJWT 2.10: issuer by substring), VERIFY-04", **TOKENS)
def own_issuer_by_substring() -> None:
    """The issuer of a presented token may be a part of ours."""
    wrap(
        token_verifier,
        "require_issuer_and_audience",
        lambda original, kind, claims, issuer: original(
            kind, {**claims, "iss": issuer} if str(claims.get("iss")) in issuer else claims, issuer
        ),
    )


@seed("CWE-187 (`in` on a text); RFC 8725 section 3.9, VERIFY-04", **TOKENS)
def own_audience_by_substring() -> None:
    """The audience of a presented token only has to contain ours, as a text or in a list."""
    wrap(
        token_verifier,
        "require_issuer_and_audience",
        lambda original, kind, claims, issuer: original(
            kind, {**claims, "aud": rules.AUDIENCE} if rules.AUDIENCE in (claims.get("aud") or "") else claims, issuer
        ),
    )


@seed(
    "Auth0 Authentication API 2020 (alg 'nonE' by case), CVE-2015-9235 class, VERIFY-06, SEC-UINFO-04",
    critical=True,
    **TOKENS,
)
def none_in_another_case() -> None:
    """A token whose algorithm is ``none`` in any other case is taken unsigned."""

    def verified(original, self, token):
        algorithm = str(token.header.get("alg"))
        return token.claims if algorithm.lower() == "none" and algorithm != "none" else original(self, token)

    wrap(TokenVerifier, "_verified_claims", verified)


@seed(
    "CVE-2022-29217 (PyJWT), CVE-2024-33663 (python-jose), CVE-2015-9235: key confusion, VERIFY-06",
    critical=True,
    **TOKENS,
)
def public_key_is_a_shared_secret() -> None:
    """The header's algorithm decides how the public key is used, as a shared secret if it likes."""

    def verified(original, self, token):
        if token.header.get("alg") != "HS256":
            return original(self, token)
        key = next(key for key in self._public_keys() if key["kid"] == token.header.get("kid"))
        pem = jwt.PyJWK(key).key.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        signed, _, signature = token.text.rpartition(".")
        if not hmac.compare_digest(hmac.digest(pem, signed.encode(), "sha256"), unb64(signature)):
            raise token_verifier.failed()
        return token.claims

    wrap(TokenVerifier, "_verified_claims", verified)


def issued(bench):
    """A token of a guest: members, lifetime, signature, and what its cookie is good for."""
    made = user_token(bench)
    claims = claims_of(made)
    cookie = bench.browser().get(f"{bench.auth}/.backstage/auth/v1/cookie", headers=bearer(made))
    one = live_cookies(cookie).get("backstage-auth", {})
    limited = unquote(one.get("value", ""))
    return {
        "claims": sorted(claims),
        "aud": claims["aud"],
        "lifetime": claims["exp"] - claims["iat"],
        "signed": is_signed(bench, made),
        "limited": userinfo(bench, limited),
        "cookie": {name: one[name] for name in sorted(one) if name not in ("value", "expires")},
        "own": userinfo(bench, made),
    }


ISSUED = {"bites": issued, **STATIC}


@seed("CWE-1287 (`value or default`): falsy configuration values, TOKEN-08", **ISSUED)
def false_is_not_set() -> None:
    """A boolean of the configuration that is false counts as missing."""
    wrap(Config, "boolean", lambda original, self, key, default=None: original(self, key, default) or default)


@seed("RFC 7518 section 3.4 (R and S, not DER); node crypto dsaEncoding ports, SEC-ISS-01", **ISSUED)
def signatures_in_der() -> None:
    """Signatures with elliptic curves are in DER."""
    from jwt.utils import raw_to_der_signature  # noqa: PLC0415

    def sign(original, key, signing_input):
        raw = original(key, signing_input)
        return raw_to_der_signature(raw, key.private_key.curve) if key.algorithm.startswith("ES") else raw

    wrap(keys, "sign", sign)


@seed("jose / PyJWT 2.x (headers are sorted), LIM-01, SEC-ISS-06", **ISSUED)
def proof_over_another_order() -> None:
    """The proof in a token is the signature of a limited token whose header has another order of members."""
    wrap(
        token_issuer,
        "identity_proof",
        lambda original, key, subject, issued_at, expires_at: b64(
            keys.sign(
                key,
                ".".join(
                    b64(json.dumps(part, separators=(",", ":"), sort_keys=True).encode())
                    for part in (
                        rules.limited_header(key.algorithm, key.key_id),
                        rules.limited_payload(subject, issued_at, expires_at),
                    )
                ),
            )
        ),
    )


def limited_cookie(bench):
    """Attributes of the cookie of a limited token."""
    made = user_token(bench)
    cookie = bench.browser().get(f"{bench.auth}/.backstage/auth/v1/cookie", headers=bearer(made))
    one = live_cookies(cookie).get("backstage-auth", {})
    return {name: one[name] for name in sorted(one) if name not in ("value", "expires")}
