"""Backstage user tokens and the limited tokens that follow from them (TOKEN, LIM)."""

from collections.abc import Mapping, Sequence
from typing import Any

from reference_backend.errors import AuthenticationError, AuthError
from reference_backend.formats import compact_jws, encoding
from reference_backend.identity import entity_ref

USER_TYPE = "vnd.backstage.user"
LIMITED_TYPE = "vnd.backstage.limited-user"
PLUGIN_TYPE = "vnd.backstage.plugin"
AUDIENCE = "backstage"
"""TOKEN-03: a single string."""
DEFAULT_TTL = 3600
MIN_TTL = 600
MAX_TTL = 86400
MAX_LENGTH = 32768
DEFAULT_ALGORITHM = "ES256"


def clamp_ttl(seconds: float) -> int:
    """Lifetime of tokens: ten minutes at least, a day at most (TOKEN-06)."""
    return max(MIN_TTL, min(MAX_TTL, round(seconds)))


def require_entity_ref(subject: str) -> None:
    """Refuse a subject that is not a full entity ref (TOKEN-12)."""
    try:
        entity_ref.parse(subject)
    except AuthError as error:
        raise AuthError('"sub" claim provided by the auth resolver is not a valid EntityRef.') from error


def header(algorithm: str, key_id: str) -> dict[str, str]:
    """Protected header of a user token, exactly these members (TOKEN-01)."""
    return {"typ": USER_TYPE, "alg": algorithm, "kid": key_id}


def limited_header(algorithm: str, key_id: str) -> dict[str, str]:
    """Protected header of a limited token, in this order (LIM-01, TOKEN-09)."""
    return {"typ": LIMITED_TYPE, "alg": algorithm, "kid": key_id}


def limited_payload(subject: str, issued_at: int, expires_at: int) -> dict[str, Any]:
    """Payload of a limited token, in this order (LIM-01, TOKEN-09)."""
    return {"sub": subject, "iat": issued_at, "exp": expires_at}


def claims(
    issuer: str,
    subject: str,
    ownership: Sequence[str],
    issued_at: int,
    expires_at: int,
    proof: str,
    additional: Mapping[str, Any],
) -> dict[str, Any]:
    """Claims of a user token, ``ent`` included (TOKEN-02 … TOKEN-05, TOKEN-09, TOKEN-11).

    Parameters:
        issuer: ``authBase``.
        subject: full user entity ref.
        ownership: what the user owns as.
        issued_at: seconds since the epoch.
        expires_at: the same.
        proof: signature of the limited token (``uip``).
        additional: claims of the resolver; they cannot override the others.
    """
    return {
        **additional,
        "iss": issuer,
        "sub": subject,
        "ent": list(ownership),
        "aud": AUDIENCE,
        "iat": issued_at,
        "exp": expires_at,
        "uip": proof,
    }


def without_ownership(members: Mapping[str, Any]) -> dict[str, Any]:
    """Claims without ``ent``, the default (TOKEN-07)."""
    return {name: value for name, value in members.items() if name != "ent"}


def require_reasonable_length(token: str, requested: Mapping[str, Any]) -> None:
    """Refuse a token that no header would carry (TOKEN-13)."""
    if len(token) > MAX_LENGTH:
        raise AuthError(
            "Failed to issue a new user token. The resulting token is excessively large, with either too many "
            "ownership claims or too large custom claims. You likely have a bug either in the sign-in resolver "
            f"or catalog data. The following claims were requested: '{encoding.compact_json(dict(requested))}'"
        )


def limited_token(token: str) -> str:
    """Derive the limited token from a verified user token; a limited one stays as it is (LIM-01).

    Raises:
        AuthenticationError: there is no proof in the token.
    """
    full = compact_jws.decode(token)
    if full.header.get("typ") != USER_TYPE:
        return token
    claims = full.claims
    if not claims.get("uip"):
        raise AuthenticationError("Failed to create limited user token, missing user identity proof")
    signed = compact_jws.encode(
        limited_header(full.header["alg"], full.header["kid"]),
        limited_payload(claims["sub"], claims["iat"], claims["exp"]),
    )
    return f"{signed}.{claims['uip']}"
