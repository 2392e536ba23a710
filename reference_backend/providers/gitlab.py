"""GitLab (providers-oauth.md §8)."""

from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import urlsplit

from reference_backend.identity import resolvers as sign_in
from reference_backend.identity.resolver_context import ByAnnotations, ResolverContext
from reference_backend.identity.resolvers import Options, ResolverFactory, SignInInfo
from reference_backend.identity.session_response import SignIn
from reference_backend.oauth.provider import ProviderSettings, ScopePolicy
from reference_backend.providers import oauth2_base
from reference_backend.providers.profiles import VendorProfile

DEFAULT_INSTANCE = "https://gitlab.com"


def by_user_id(options: Options, info: SignInInfo, context: ResolverContext) -> SignIn:
    """``userIdMatchingUserEntityAnnotation`` (RES-44): ids of different instances have different keys."""
    user_id = oauth2_base.require(info.details.get("id"), "GitLab user profile does not contain a user ID")
    url = oauth2_base.require(info.details.get("profile_url"), "GitLab user profile does not contain a profile URL")
    query = ByAnnotations({f"{urlsplit(url).hostname}/user-id": user_id})
    return context.sign_in(query, sign_in.fallback(options, user_id))


class GitLab(oauth2_base.OAuth2Provider):
    """gitlab.com, or the instance at ``audience`` (GITLAB-01)."""

    vendor: ClassVar[str] = "gitlab"
    scopes: ClassVar[ScopePolicy] = ScopePolicy(required=("read_user",))
    resolvers: ClassVar[Mapping[str, ResolverFactory]] = {
        "usernameMatchingUserEntityName": oauth2_base.by_username("GitLab"),
        "userIdMatchingUserEntityAnnotation": ResolverFactory(Options, by_user_id),
    }

    def __init__(self, settings: ProviderSettings) -> None:
        """Read the address of the instance, if it is not gitlab.com; a trailing slash stays (§8.1)."""
        super().__init__(settings)
        base = settings.config.string("audience", None) or DEFAULT_INSTANCE
        self.authorization_url = f"{base}/oauth/authorize"
        self.token_url = f"{base}/oauth/token"
        self.profile_url = f"{base}/api/v4/user"

    def map_profile(self, found: Mapping[str, Any]) -> VendorProfile:
        """Fields of ``GET /user`` (§8.5)."""
        user_id = oauth2_base.optional_text(found.get("id"))
        return VendorProfile(
            id=user_id,
            username=oauth2_base.optional_text(found.get("username")),
            display_name=oauth2_base.optional_text(found.get("name")),
            email=found.get("email") or None,
            picture=found.get("avatar_url") or None,
            raw=found,
            details={"id": user_id, "username": found.get("username"), "profile_url": found.get("web_url")},
        )
