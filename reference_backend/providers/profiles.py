"""From a vendor's profile and an ID token to the profile of the session (PROFILE)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from reference_backend.errors import AuthError
from reference_backend.formats import compact_jws
from reference_backend.identity.session_response import Profile


@dataclass(frozen=True, slots=True)
class VendorProfile:
    """What a vendor said about a person, in the terms of the passport family.

    Parameters:
        id: the vendor's id.
        username: login name.
        display_name: full name; None if absent, an empty text counts as given.
        email: first e-mail address.
        email_verified: False if the vendor says so about this address.
        picture: URL of the first picture.
        raw: the vendor's JSON.
        details: what only this vendor's resolvers look at.
    """

    id: str | None = None
    username: str | None = None
    display_name: str | None = None
    email: str | None = None
    email_verified: object = None
    picture: str | None = None
    raw: Mapping[str, Any] = field(default_factory=dict)
    details: Mapping[str, Any] = field(default_factory=dict)


def transform(vendor: VendorProfile, id_token: str | None) -> Profile:
    """Normalise a profile; an ID token fills gaps, decoded but not verified (PROFILE-01 … PROFILE-07).

    Raises:
        AuthError: there are gaps and the ID token cannot be decoded.
    """
    rejected = is_email_rejected(vendor)
    email = None if rejected else vendor.email
    picture = vendor.picture
    name = display_name(vendor)
    if id_token and ((not email and not rejected) or not picture or not name):
        claims = decode_id_token(id_token)
        if not email and not rejected:
            email = verified_email(claims)
        picture = picture or claims.get("picture")
        name = name or claims.get("name")
    return Profile(email or None, picture or None, name)


def is_email_rejected(vendor: VendorProfile) -> bool:
    """An address the vendor calls unverified is dropped, and nothing takes its place (PROFILE-02)."""
    same = bool(vendor.email) and vendor.raw.get("email") == vendor.email
    return is_denied(vendor.email_verified) or (same and is_denied(vendor.raw.get("email_verified")))


def is_denied(flag: object) -> bool:
    """Tell whether a vendor says that an address is not verified, as a boolean or as text (SEC-IDENT-02)."""
    return flag is False or (isinstance(flag, str) and flag.strip().lower() == "false")


def display_name(vendor: VendorProfile) -> str | None:
    """The first of display name, username and id that is there (PROFILE-04)."""
    candidates = (vendor.display_name, vendor.username, vendor.id)
    return next((candidate for candidate in candidates if candidate is not None), None)


def verified_email(claims: Mapping[str, Any]) -> str | None:
    """The e-mail address of an ID token, unless it says that it is not verified (PROFILE-06)."""
    return None if is_denied(claims.get("email_verified")) else claims.get("email")


def decode_id_token(id_token: str) -> dict[str, Any]:
    """Claims of an ID token (PROFILE-05, PROFILE-07)."""
    try:
        return compact_jws.decode_claims(id_token)
    except ValueError as error:
        cause = AuthError("Invalid JWT", name="JWTInvalid")
        # The outer error takes the name of the inner one.
        raise AuthError("Failed to parse id token and get profile info", cause, name=cause.name) from error
