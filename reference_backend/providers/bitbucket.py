"""Bitbucket Cloud (providers-oauth.md §5)."""

from collections.abc import Mapping
from typing import Any, ClassVar

from reference_backend.identity import resolvers as sign_in
from reference_backend.identity.resolver_context import ByAnnotations, ResolverContext
from reference_backend.identity.resolvers import Options, ResolverFactory, SignInInfo
from reference_backend.identity.session_response import SignIn
from reference_backend.oauth import oauth_errors
from reference_backend.oauth.provider import ScopePolicy
from reference_backend.providers import oauth2_base
from reference_backend.providers.oauth2_base import ClientAuthentication
from reference_backend.providers.profiles import VendorProfile

USER_ID_ANNOTATION = "bitbucket.org/user-id"
USERNAME_ANNOTATION = "bitbucket.org/username"


def by_user_id(options: Options, info: SignInInfo, context: ResolverContext) -> SignIn:
    """``userIdMatchingUserEntityAnnotation`` (RES-49)."""
    user_id = oauth2_base.require(info.details.get("id"), "Bitbucket user profile does not contain an ID")
    return context.sign_in(ByAnnotations({USER_ID_ANNOTATION: user_id}), sign_in.fallback(options, user_id))


def by_username(options: Options, info: SignInInfo, context: ResolverContext) -> SignIn:
    """``usernameMatchingUserEntityAnnotation`` (RES-49)."""
    username = oauth2_base.require(info.details.get("username"), "Bitbucket user profile does not contain a Username")
    return context.sign_in(ByAnnotations({USERNAME_ANNOTATION: username}), sign_in.fallback(options, username))


class Bitbucket(oauth2_base.OAuth2Provider):
    """bitbucket.org; none of its URLs can be configured."""

    vendor: ClassVar[str] = "bitbucket"
    scopes: ClassVar[ScopePolicy] = ScopePolicy(required=("account",), persisted=True)
    resolvers: ClassVar[Mapping[str, ResolverFactory]] = {
        "userIdMatchingUserEntityAnnotation": ResolverFactory(Options, by_user_id),
        "usernameMatchingUserEntityAnnotation": ResolverFactory(Options, by_username),
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
            raise oauth_errors.profile_unreadable()
        user_id = oauth2_base.optional_text(found.get("uuid"))
        username = oauth2_base.optional_text(found.get("username"))
        return VendorProfile(
            id=user_id,
            username=username,
            display_name=oauth2_base.optional_text(found.get("display_name")),
            raw=found,
            details={"id": user_id, "username": username},
        )


def has_page(found: Mapping[str, Any]) -> bool:
    """Whether a user has ``links.html.href``, without which an answer is none of Bitbucket's (OUT-P8)."""
    links = found.get("links")
    page = links.get("html") if isinstance(links, Mapping) else None
    return isinstance(page, Mapping) and bool(page.get("href"))
