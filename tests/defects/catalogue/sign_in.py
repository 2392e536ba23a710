"""Who is signed in as whom."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from reference_backend.backend import current_backend
from reference_backend.errors import AuthError
from reference_backend.identity import entity_ref, resolvers, session_response
from reference_backend.identity import resolver_context as sign_in_context
from reference_backend.identity.catalog import Entity
from reference_backend.identity.entity_ref import EntityRef
from reference_backend.identity.resolver_context import ByFilter, ByRef, ResolverContext
from reference_backend.identity.resolvers import EmailOptions, Options, Resolver, SignInInfo
from reference_backend.identity.session_response import Profile, SignIn
from reference_backend.identity.token_issuer import TokenIssuer
from reference_backend.identity.user_info_store import UserInfoStore
from reference_backend.oauth import routes as oauth_routes
from reference_backend.oauth.oauth_environment import OAuthEnvironment
from reference_backend.providers import github, profiles
from reference_backend.providers.github import GitHub
from reference_backend.providers.google import Google
from tests.defects.defect import always, defect, nothing, replace, wrap


@defect("RES-07", "SEC-IDENT-05", "FRAME-15")
def unknown_user_signed_in() -> None:
    """A user who is not in the catalog is signed in."""

    def first_match(
        original: Callable[..., SignIn], found: list[Resolver], info: SignInInfo, context: ResolverContext
    ) -> SignIn:
        try:
            return original(found, info, context)
        except AuthError:
            return context.sign_in_without_catalog(entity_ref.user("somebody"))

    wrap(resolvers, "first_match", first_match)


@defect("RES-07", "SEC-IDENT-05", "RES-32")
def everybody_may_be_outside_the_catalog() -> None:
    """Users outside the catalog are signed in although the option is not set."""
    replace(resolvers, "fallback", lambda options, name: entity_ref.user(name))


@defect("RES-24", "CTX-11")
def nobody_may_be_outside_the_catalog() -> None:
    """Users outside the catalog are refused although the option is set."""
    replace(resolvers, "fallback", always(None))


@defect("CTX-11", "RES-24")
def users_outside_the_catalog_own_everything() -> None:
    """A user outside the catalog gets the ownership references of an administrators group."""

    def sign_in(self: ResolverContext, ref: EntityRef | None) -> SignIn:
        subject = entity_ref.stringify(ref) if ref else ""
        return self.issue(subject, [subject, "group:default/admins"])

    replace(ResolverContext, "sign_in_without_catalog", sign_in)


@defect("RES-07", "RES-20")
def sign_in_errors_in_other_words() -> None:
    """The error for an unresolved user names the resolver that failed last."""

    def first_match(found: list[Resolver], info: SignInInfo, context: ResolverContext) -> SignIn:
        try:
            return found[-1](info, context)
        except AuthError as error:
            raise AuthError(f"The last resolver said: {error.message}") from error

    replace(resolvers, "first_match", first_match)


@defect("FRAME-14", "RES-07", "RES-20", "SEC-IDENT-05")
def failed_sign_in_without_identity() -> None:
    """An unresolved user gets a session without an identity."""

    def resolve(original: Callable[..., SignIn | None], environment: OAuthEnvironment, result: Any) -> SignIn | None:
        try:
            return original(environment, result)
        except AuthError:
            return None

    wrap(oauth_routes, "run_resolver", resolve)


@defect("IDENT-05", "SEC-ISS-07", "RES-08")
def identity_without_resolver() -> None:
    """Without resolvers, a user is signed in by name."""

    def resolve(original: Callable[..., SignIn | None], environment: OAuthEnvironment, result: Any) -> SignIn | None:
        if environment.resolver is None:
            return current_backend().context.sign_in_without_catalog(entity_ref.user("somebody"))
        return original(environment, result)

    wrap(oauth_routes, "run_resolver", resolve)


@defect("CTX-06", "RES-26", "SEC-IDENT-07", "RES-06")
def first_of_several_users() -> None:
    """Of several users with one address, the first is signed in."""

    def require(original: Callable[[Sequence[Entity]], Entity], found: Sequence[Entity]) -> Entity:
        return original(found[:1])

    wrap(sign_in_context, "require_single", require)


@defect("RES-06", "SEC-IDENT-06")
def any_error_moves_on() -> None:
    """A later resolver rescues what an earlier one refused."""
    replace(resolvers, "is_not_found", always(True))


@defect("RES-06")
def only_the_first_resolver() -> None:
    """Resolvers after the first are not tried."""
    wrap(resolvers, "first_match", lambda original, found, info, context: original(found[:1], info, context))


@defect("RES-31", "SEC-IDENT-03", "RES-25", "SEC-IDENT-04")
def allowed_domains_ignored() -> None:
    """Addresses of every domain may sign in."""
    replace(resolvers, "require_allowed_domain", nothing)


@defect("RES-31", "SEC-IDENT-03")
def allowed_domains_by_top_level() -> None:
    """A domain is allowed if it ends like one that is."""

    def require(original: Callable[..., None], options: EmailOptions, email: str) -> None:
        ends = {domain.rpartition(".")[2] for domain in options.allowed_domains or []}
        if not email.endswith(tuple(ends) or ("",)):
            original(options, email)

    wrap(resolvers, "require_allowed_domain", require)


@defect("RES-22")
def plus_tag_not_removed() -> None:
    """The e-mail resolver does not look for the address without its tag."""
    replace(resolvers, "without_plus", always(None))


@defect("RES-32")
def plus_tag_removed_from_the_local_part() -> None:
    """The local-part resolver removes the plus tag."""

    def resolve(options: EmailOptions, info: SignInInfo, context: ResolverContext) -> SignIn:
        email = resolvers.required_email(info.profile)
        resolvers.require_allowed_domain(options, email)
        return context.sign_in(ByRef(entity_ref.user(email.partition("@")[0].partition("+")[0])))

    replace(resolvers.COMMON["emailLocalPartMatchingUserEntityName"], "resolve", resolve)


@defect("SEC-IDENT-03", "RES-21")
def email_compared_by_its_local_part() -> None:
    """The e-mail resolver replaces the domain of the address by the company's."""

    def resolve(options: EmailOptions, info: SignInInfo, context: ResolverContext) -> SignIn:
        local = resolvers.required_email(info.profile).partition("@")[0]
        return context.sign_in(ByFilter([{"spec.profile.email": f"{local}@lumenfold.example"}]))

    replace(resolvers.COMMON["emailMatchingUserEntityProfileEmail"], "resolve", resolve)


@defect("RES-20", "RES-30", "FRAME-14")
def missing_email_is_an_empty_one() -> None:
    """A profile without e-mail is looked up all the same."""
    replace(resolvers, "required_email", lambda profile: profile.email or "nobody@nowhere.example")


@defect("SEC-ROB-10", "CFACCESS-20", providers=("oauth2", "cfaccess"))
def any_value_is_an_address() -> None:
    """The first address of a list, or the one in a mapping, counts as the e-mail address."""

    def first(profile: Profile) -> str:
        found: Any = profile.email
        if isinstance(found, dict):
            found = list(found.values())
        return str(found[0] if isinstance(found, list) else found)

    replace(resolvers, "required_email", first)


@defect("SEC-IDENT-01", "PROFILE-02", "PROFILE-06", providers=("google",))
def unverified_email_used() -> None:
    """An address that the vendor calls unverified identifies its user."""
    replace(profiles, "is_denied", always(False))


@defect("PROFILE-02", "SEC-IDENT-01", providers=("google",))
def unverified_email_taken_from_the_id_token() -> None:
    """An address that the vendor's profile calls unverified is dropped, and taken from the ID token instead."""

    def transform(original: Callable[..., Profile], vendor: Any, id_token: str | None) -> Profile:
        profile = original(vendor, id_token)
        claims = profiles.decode_id_token(id_token) if id_token else {}
        return dataclasses.replace(profile, email=profile.email or claims.get("email"))

    wrap(profiles, "transform", transform)


@defect("PROFILE-01", "FE-17")
def profile_without_email() -> None:
    """The session's profile lacks the e-mail address."""
    replace(session_response, "profile_json", lambda profile: {"displayName": profile.display_name})


@defect("PROFILE-03", "FE-17")
def profile_without_picture() -> None:
    """The session's profile lacks the picture."""
    wrap(
        profiles,
        "transform",
        lambda original, vendor, token: dataclasses.replace(original(vendor, token), picture=None),
    )


@defect("PROFILE-04", "FE-17")
def profile_named_by_id() -> None:
    """The session's profile shows the vendor's id in the place of the name."""
    replace(profiles, "display_name", lambda vendor: vendor.id)


@defect("CTX-09", "IDENT-08", "USERINFO-07", "CTX-13")
def ownership_of_every_relation() -> None:
    """Users own as everything they are a member of, systems included."""
    replace(sign_in_context, "MEMBERSHIP_PREFIX", "")


@defect("CTX-09", "IDENT-08", "USERINFO-07", "CTX-13")
def ownership_without_the_user() -> None:
    """Users own as their groups and not as themselves."""
    wrap(sign_in_context, "ownership", lambda original, entity: original(entity)[1:])


@defect("CTX-09", "IDENT-08", "CTX-13")
def ownership_without_groups() -> None:
    """Users own as themselves only."""
    wrap(sign_in_context, "ownership", lambda original, entity: original(entity)[:1])


@defect("CTX-09", "IDENT-08")
def ownership_left_out_of_the_identity() -> None:
    """The identity in the session lacks the ownership references that the token omits."""

    def issue(original: Callable[..., SignIn], self: TokenIssuer, *arguments: Any) -> SignIn:
        return dataclasses.replace(original(self, *arguments), ownership_entity_refs=())

    wrap(TokenIssuer, "issue", issue)


@defect("CTX-13", "USERINFO-03", "USERINFO-07")
def user_info_not_kept() -> None:
    """Sign-in leaves no record of the user."""
    replace(UserInfoStore, "put", nothing)


@defect("CTX-13", "USERINFO-07")
def user_info_without_ownership() -> None:
    """The record of a user does not say what the user owns as."""

    def put(original: Callable[..., None], self: UserInfoStore, ref: str, info: Mapping[str, Any], now: float) -> None:
        claims = {**info["claims"], "ent": []}
        original(self, ref, {"claims": claims}, now)

    wrap(UserInfoStore, "put", put)


@defect("RES-41", providers=("github",))
def github_username_resolver_takes_the_email() -> None:
    """GitHub's user name resolver looks at the address instead of the user name."""

    def resolve(options: Options, info: SignInInfo, context: ResolverContext) -> SignIn:
        name = (info.profile.email or "nobody").replace("@", "-at-")
        return context.sign_in(ByRef(entity_ref.user(name)))

    replace(GitHub.resolvers["usernameMatchingUserEntityName"], "resolve", resolve)


@defect("RES-42", providers=("github",))
def github_user_id_in_any_case() -> None:
    """GitHub's user id is compared without regard to case, so that it belongs to two people."""
    replace(github, "exact_matches", lambda candidates, user_id: candidates)


@defect("RES-40", providers=("google",))
def google_annotation_not_looked_up() -> None:
    """Google's resolver looks for a user named like the address instead of one with the annotation."""

    def resolve(options: Options, info: SignInInfo, context: ResolverContext) -> SignIn:
        return context.sign_in(ByRef(entity_ref.user(info.profile.email or "nobody")))

    replace(Google.resolvers["emailMatchingUserEntityAnnotation"], "resolve", resolve)
