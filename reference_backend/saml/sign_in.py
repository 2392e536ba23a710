"""Whom an assertion signs in (SAML-04, SAML-19)."""

from collections.abc import Mapping

from reference_backend.errors import AuthenticationError
from reference_backend.identity import entity_ref
from reference_backend.identity.resolver_context import ByRef, ResolverContext
from reference_backend.identity.session_response import Profile, SignIn
from reference_backend.saml import names
from reference_backend.saml.answer import SamlIdentity, Value

EMAIL_NAMES = ("email", "mail", names.MAIL_OID)
"""Attributes that can be the e-mail address, the best one first."""


def profile(identity: SamlIdentity) -> Profile:
    """The profile of a session (SAML-04)."""
    found = (text(identity.attributes, name) for name in EMAIL_NAMES)
    return Profile(
        email=next((value for value in found if value), None),
        display_name=text(identity.attributes, "displayName"),
    )


def text(attributes: Mapping[str, Value], name: str) -> str | None:
    """One text of an attribute, the first if there are several."""
    value = attributes.get(name)
    return next(iter(value), None) if isinstance(value, list) else value


def by_name_id(identity: SamlIdentity, context: ResolverContext) -> SignIn:
    """``nameIdMatchingUserEntityName``: the user of that name (SAML-19)."""
    if not identity.name_id:
        raise AuthenticationError("No nameID found in SAML response")
    return context.sign_in(ByRef(entity_ref.user(identity.name_id)))
