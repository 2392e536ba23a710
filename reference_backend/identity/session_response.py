"""The session as the app receives it, in the page and from refresh alike (IDENT)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reference_backend.errors import InputError
from reference_backend.formats import encoding


@dataclass(frozen=True, slots=True)
class Profile:
    """The profile of the session response (IDENT, PROFILE); absent values are omitted from JSON."""

    email: str | None = None
    picture: str | None = None
    display_name: str | None = None


@dataclass(frozen=True, slots=True)
class OAuthSession:
    """Tokens of the vendor (UP-06). ``expires_in`` is passed on as received (IDENT-04)."""

    access_token: str
    scope: str | None = None
    expires_in: int | str | None = None
    id_token: str | None = None
    refresh_token: str | None = None
    token_type: str = "bearer"  # noqa: S105 - a name


@dataclass(frozen=True, slots=True)
class SignIn:
    """What a sign-in resolver returned.

    Parameters:
        token: the Backstage token.
        user_entity_ref: subject.
        ownership_entity_refs: everything the user owns as, also if the token omits it (IDENT-08).
    """

    token: str
    user_entity_ref: str
    ownership_entity_refs: tuple[str, ...]


def without_absent(members: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out members without value (IDENT-02)."""
    return {name: value for name, value in members.items() if value is not None}


def profile_json(profile: Profile) -> dict[str, Any]:
    """The ``profile`` member; empty strings stay."""
    return without_absent({"email": profile.email, "picture": profile.picture, "displayName": profile.display_name})


def provider_info(session: OAuthSession, scope: str) -> dict[str, Any]:
    """The ``providerInfo`` member of an OAuth provider; never the refresh token (IDENT-03, IDENT-04)."""
    return without_absent(
        {
            "idToken": session.id_token,
            "accessToken": session.access_token,
            "scope": scope,
            "expiresInSeconds": session.expires_in,
        }
    )


def expires_in_seconds(token: str, now: float) -> int | None:
    """Remaining whole seconds of a Backstage token (IDENT-07, IDENT-10)."""
    claims = _claims(token)
    if not claims.get("sub"):
        raise InputError("Identity response must return a token with subject claim")
    if not claims.get("exp"):
        return None
    remaining = round(float(claims["exp"]) - now)
    if remaining < 0:
        raise InputError("Identity response must not return an expired token")
    return remaining


def _claims(token: str) -> dict[str, Any]:
    if not token:
        raise InputError("Identity response must return a token")
    claims: dict[str, Any] = json.loads(encoding.from_b64url(token.split(".")[1]))
    return claims


def backstage_identity(sign_in: SignIn, now: float) -> dict[str, Any]:
    """The ``backstageIdentity`` member (IDENT-06 … IDENT-08)."""
    return without_absent(
        {
            "token": sign_in.token,
            "identity": {
                "type": "user",
                "userEntityRef": sign_in.user_entity_ref,
                "ownershipEntityRefs": list(sign_in.ownership_entity_refs),
            },
            "expiresInSeconds": expires_in_seconds(sign_in.token, now),
        }
    )


def session_response(
    profile: Profile, info: Mapping[str, Any] | None, sign_in: SignIn | None, now: float
) -> dict[str, Any]:
    """The complete object (IDENT-01, IDENT-05, PROXY-05)."""
    return without_absent(
        {
            "profile": profile_json(profile),
            "providerInfo": None if info is None else dict(info),
            "backstageIdentity": None if sign_in is None else backstage_identity(sign_in, now),
        }
    )
