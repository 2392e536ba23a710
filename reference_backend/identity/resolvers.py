"""Sign-in resolvers: the two common ones, and how a declared list of them works (RES)."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictStr, ValidationError

from reference_backend.config.model import Config, ConfigError
from reference_backend.errors import AuthError, NotAllowedError
from reference_backend.identity import entity_ref
from reference_backend.identity.entity_ref import EntityRef
from reference_backend.identity.resolver_context import ByFilter, ByRef, ResolverContext
from reference_backend.identity.session_response import Profile, SignIn


@dataclass(frozen=True, slots=True)
class SignInInfo:
    """Whom a resolver is to sign in.

    Parameters:
        profile: the normalised profile.
        details: what only this vendor's resolvers look at.
    """

    profile: Profile
    details: Mapping[str, Any] = field(default_factory=dict)


Resolver = Callable[[SignInInfo, ResolverContext], SignIn]


class Options(BaseModel):
    """Options that every resolver has; unknown ones are ignored (RES-04)."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    without_catalog: StrictBool = Field(False, alias="dangerouslyAllowSignInWithoutUserInCatalog")


class EmailOptions(Options):
    """Options of the two common resolvers.

    ``allowed_domains``: domains that may sign in, compared exactly (RES-31); None means all.
    """

    allowed_domains: list[StrictStr] | None = Field(None, alias="allowedDomains")


@dataclass(frozen=True)
class ResolverFactory:
    """Makes a resolver of the options that the configuration gives it (RES-04).

    Parameters:
        model: the options.
        resolve: signs a user in.
    """

    model: type[Options]
    resolve: Callable[[Any, SignInInfo, ResolverContext], SignIn]

    def create(self, options: Mapping[str, Any]) -> Resolver:
        """The resolver.

        Raises:
            ConfigError: an option has the wrong type.
        """
        return partial(self.resolve, parse_options(self.model, options))


def parse_options(model: type[Options], options: Mapping[str, Any]) -> Options:
    """Validate the options of a resolver.

    Raises:
        ConfigError: wrong type (RES-04).
    """
    try:
        return model.model_validate(dict(options))
    except ValidationError as error:
        found = error.errors()[0]
        path = ".".join(str(part) for part in found["loc"])
        raise ConfigError(f'Invalid sign-in resolver options, Validation error: {found["msg"]} at "{path}"') from error


def fallback(options: Options, name: str) -> EntityRef | None:
    """Who is signed in if the catalog has no such user: the user of that name, if the options allow it."""
    return entity_ref.user(name) if options.without_catalog else None


def required_email(profile: Profile) -> str:
    """The e-mail address of a profile (RES-20, RES-30)."""
    # A vendor may say anything at all (OUT-P8): what is no text is no address.
    if not profile.email or not isinstance(profile.email, str):
        raise AuthError("Login failed, user profile does not contain an email")
    return profile.email


def require_allowed_domain(options: EmailOptions, email: str) -> None:
    """Everything after the first ``@`` has to be in the list, if there is one (RES-25, RES-31)."""
    domain = email.partition("@")[2]
    if options.allowed_domains is not None and domain not in options.allowed_domains:
        raise NotAllowedError("Sign-in user email is not from an allowed domain")


_PLUS_ADDRESS = re.compile(r"([^@+]+)(\+[^@]+)?(@.*)")


def without_plus(email: str) -> str | None:
    """The address without ``+tag`` (RES-22); None if there is no name before it."""
    match = _PLUS_ADDRESS.fullmatch(email)
    return match[1] + match[3] if match else None


def by_profile_email(options: EmailOptions, info: SignInInfo, context: ResolverContext) -> SignIn:
    """``emailMatchingUserEntityProfileEmail`` (RES-20 … RES-26)."""
    email = required_email(info.profile)
    require_allowed_domain(options, email)
    try:
        return context.sign_in(ByFilter([{"spec.profile.email": email}]))
    except AuthError as error:
        plain = without_plus(email)
        if error.name != "NotFoundError" or plain is None:
            raise
    return context.sign_in(ByFilter([{"spec.profile.email": plain}]), fallback(options, plain))


def by_email_local_part(options: EmailOptions, info: SignInInfo, context: ResolverContext) -> SignIn:
    """``emailLocalPartMatchingUserEntityName`` (RES-30 … RES-34)."""
    email = required_email(info.profile)
    require_allowed_domain(options, email)
    local_part = email.partition("@")[0]
    return context.sign_in(ByRef(entity_ref.user(local_part)), fallback(options, local_part))


COMMON: Mapping[str, ResolverFactory] = {
    "emailMatchingUserEntityProfileEmail": ResolverFactory(EmailOptions, by_profile_email),
    "emailLocalPartMatchingUserEntityName": ResolverFactory(EmailOptions, by_email_local_part),
}
"""Resolvers of every provider (§21.3)."""


def read(config: Config, available: Mapping[str, ResolverFactory]) -> Resolver | None:
    """Read ``signIn.resolvers`` (RES-01); None if there are none (RES-08).

    Parameters:
        config: configuration of the environment or proxy provider.
        available: factories by name.

    Raises:
        ConfigError: an unknown resolver or a wrong option (RES-03, RES-04).
    """
    resolvers = [_create(entry, available) for entry in config.children("signIn.resolvers")]
    return partial(first_match, resolvers) if resolvers else None


def _create(entry: Config, available: Mapping[str, ResolverFactory]) -> Resolver:
    name = entry.string("resolver")
    if name not in available:
        raise ConfigError(f"Sign-in resolver '{name}' is not available")
    return available[name].create({key: value for key, value in entry.raw().items() if key != "resolver"})


def first_match(resolvers: list[Resolver], info: SignInInfo, context: ResolverContext) -> SignIn:
    """Try resolvers in order; only "not found" moves on to the next (RES-06, RES-07)."""
    for resolver in resolvers:
        try:
            return resolver(info, context)
        except AuthError as error:
            if not is_not_found(error):
                raise
    raise AuthError(
        "Failed to sign-in, unable to resolve user identity. Please verify that your catalog contains the "
        "expected User entities that would match your configured sign-in resolver."
    )


def is_not_found(error: AuthError) -> bool:
    """Tell whether the next resolver gets a chance (RES-06)."""
    return error.name == "NotFoundError"
