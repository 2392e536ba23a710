"""Bitbucket Cloud (providers-oauth.md §5)."""

from collections.abc import Mapping
from typing import Any, ClassVar

from reference_backend.protocol import outcomes
from reference_backend.protocol.profiles import VendorProfile
from reference_backend.protocol.session_response import SignIn
from reference_backend.providers import passport
from reference_backend.providers.base import ScopePolicy
from reference_backend.providers.passport import ClientAuthentication
from reference_backend.sign_in import resolvers as sign_in
from reference_backend.sign_in.context import ByAnnotations, ResolverContext
from reference_backend.sign_in.resolvers import Options, ResolverFactory, SignInInfo

USER_ID_ANNOTATION = "bitbucket.org/user-id"
USERNAME_ANNOTATION = "bitbucket.org/username"


def by_user_id(options: Options, info: SignInInfo, context: ResolverContext) -> SignIn:
    """``userIdMatchingUserEntityAnnotation`` (RES-49)."""
    user_id = passport.require(info.details.get("id"), "Bitbucket user profile does not contain an ID")
    return context.sign_in(ByAnnotations({USER_ID_ANNOTATION: user_id}), sign_in.fallback(options, user_id))


def by_username(options: Options, info: SignInInfo, context: ResolverContext) -> SignIn:
    """``usernameMatchingUserEntityAnnotation`` (RES-49)."""
    username = passport.require(info.details.get("username"), "Bitbucket user profile does not contain a Username")
    return context.sign_in(ByAnnotations({USERNAME_ANNOTATION: username}), sign_in.fallback(options, username))


class Bitbucket(passport.PassportProvider):
    """bitbucket.org; none of its URLs can be configured."""

    vendor: ClassVar[str] = "bitbucket"
    scopes: ClassVar[ScopePolicy] = ScopePolicy(required=("account",), persisted=True)
    resolvers: ClassVar[Mapping[str, ResolverFactory]] = {
        "userIdMatchingUserEntityAnnotation": sign_in.factory(Options, by_user_id),
        "usernameMatchingUserEntityAnnotation": sign_in.factory(Options, by_username),
    }
    authorization_url = "https://bitbucket.org/site/oauth2/authorize"
    token_url = "https://bitbucket.org/site/oauth2/access_token"  # noqa: S105 - a URL
    profile_url = "https://api.bitbucket.org/2.0/user"

    def client_authentication(self, grant_type: str) -> ClientAuthentication:
        """Bitbucket wants the header; the body is a habit of the family (BITBUCKET-02, BITBUCKET-03)."""
        return ClientAuthentication.BODY_AND_BASIC

    def map_profile(self, found: Mapping[str, Any]) -> VendorProfile:
        """Fields of ``GET /2.0/user`` (§5.5).

        Raises:
            ProfileError: there is no address of the user's page (BITBUCKET-09).
        """
        if not has_page(found):
            raise outcomes.profile_unreadable()
        user_id = passport.optional_text(found.get("uuid"))
        username = passport.optional_text(found.get("username"))
        return VendorProfile(
            id=user_id,
            username=username,
            display_name=passport.optional_text(found.get("display_name")),
            raw=found,
            details={"id": user_id, "username": username},
        )


def has_page(found: Mapping[str, Any]) -> bool:
    """Whether a user has ``links.html.href``, without which an answer is none of Bitbucket's (OUT-P8)."""
    links = found.get("links")
    page = links.get("html") if isinstance(links, Mapping) else None
    return isinstance(page, Mapping) and bool(page.get("href"))
