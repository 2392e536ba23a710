"""GitHub and GitHub Enterprise (providers-oauth.md §7, PROV-GITHUB).

OAuth Apps issue tokens that never expire and cannot be refreshed. The session cookie then holds the access
token itself, marked by a prefix, and a "refresh" checks that it still works.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

from reference_backend.errors import AuthError, ConflictError, NotFoundError
from reference_backend.identity import entity_ref
from reference_backend.identity import resolver_context as sign_in_context
from reference_backend.identity.catalog import Entity
from reference_backend.identity.resolver_context import ResolverContext
from reference_backend.identity.resolvers import Options, ResolverFactory, SignInInfo
from reference_backend.identity.session_response import SignIn
from reference_backend.oauth.oauth_errors import ProfileError
from reference_backend.oauth.provider import (
    AuthenticationResult,
    CallbackRequest,
    OAuthSession,
    ProviderSettings,
    RefreshRequest,
    ScopePolicy,
)
from reference_backend.providers import oauth2_base
from reference_backend.providers.profiles import VendorProfile

ACCESS_TOKEN_PREFIX = "access-token-v2."  # noqa: S105 - a marker
USER_ID_ANNOTATION = "github.com/user-id"
UNAUTHORIZED = 401


def by_user_id(options: Options, info: SignInInfo, context: ResolverContext) -> SignIn:
    """``userIdMatchingUserEntityAnnotation`` (RES-42): node ids differ in case, the catalog's search does not."""
    user_id = oauth2_base.require(info.details.get("node_id"), "GitHub user profile does not contain a user ID")
    wanted = sign_in_context.annotation_filter({USER_ID_ANNOTATION: user_id})
    candidates = context.catalog.query([wanted])
    exact = exact_matches(candidates, user_id)
    if len(exact) > 1:
        raise ConflictError("User lookup resulted in multiple exact matches")
    if exact:
        return context.sign_in_entity(exact[0])
    if candidates:
        raise AuthError("GitHub user ID does not match the catalog user")
    if options.without_catalog:
        return context.sign_in_without_catalog(entity_ref.user(user_id))
    raise NotFoundError("User not found")


def exact_matches(candidates: list[Entity], user_id: str) -> list[Entity]:
    """Users whose annotation is the id, case included (RES-42)."""
    return [entity for entity in candidates if entity.annotation(USER_ID_ANNOTATION) == user_id]


class GitHub(oauth2_base.OAuth2Provider):
    """github.com, or the instance at ``enterpriseInstanceUrl`` (PROV-GITHUB-01)."""

    vendor: ClassVar[str] = "github"
    scopes: ClassVar[ScopePolicy] = ScopePolicy(required=("read:user",), persisted=True)
    resolvers: ClassVar[Mapping[str, ResolverFactory]] = {
        "usernameMatchingUserEntityName": oauth2_base.by_username("GitHub"),
        "userIdMatchingUserEntityAnnotation": ResolverFactory(Options, by_user_id),
    }

    def __init__(self, settings: ProviderSettings) -> None:
        """Read the URL of the instance, if it is not github.com."""
        super().__init__(settings)
        enterprise = settings.config.string("enterpriseInstanceUrl", None)
        base = enterprise.removesuffix("/") if enterprise else "https://github.com"
        self.authorization_url = f"{base}/login/oauth/authorize"
        self.token_url = f"{base}/login/oauth/access_token"
        self.profile_url = f"{base}/api/v3/user" if enterprise else "https://api.github.com/user"

    def authenticate(self, request: CallbackRequest) -> AuthenticationResult:
        """Sign in; without refresh token and expiry the access token becomes the session (PROV-GITHUB-02)."""
        result = super().authenticate(request)
        session = result.session
        if not session.refresh_token and not session.expires_in:
            kept = replace(session, refresh_token=ACCESS_TOKEN_PREFIX + session.access_token)
            return replace(result, session=kept)
        return result

    def refresh(self, request: RefreshRequest) -> AuthenticationResult:
        """Check the stored access token, or refresh (PROV-GITHUB-03, PROV-GITHUB-04)."""
        if not request.refresh_token.startswith(ACCESS_TOKEN_PREFIX):
            return super().refresh(request)
        require_granted(request.scope_already_granted)
        access_token = request.refresh_token.removeprefix(ACCESS_TOKEN_PREFIX)
        try:
            profile = self.fetch_profile(access_token)
        except ProfileError as error:
            if error.upstream_status == UNAUTHORIZED:
                raise AuthError("Invalid access token") from error
            raise
        session = OAuthSession(access_token, request.scope, refresh_token=request.refresh_token)
        return self.result(profile, session)

    def map_profile(self, found: Mapping[str, Any]) -> VendorProfile:
        """Fields of ``GET /user`` (§7.5)."""
        return VendorProfile(
            id=oauth2_base.optional_text(found.get("id")),
            username=oauth2_base.optional_text(found.get("login")),
            display_name=oauth2_base.optional_text(found.get("name")),
            email=found.get("email") or None,
            picture=found.get("avatar_url") or None,
            raw=found,
            details={"username": found.get("login"), "node_id": found.get("node_id")},
        )


def require_granted(scope_already_granted: bool | None) -> None:
    """A stored access token cannot gain scopes (PROV-GITHUB-03)."""
    if not scope_already_granted:
        raise AuthError("Refresh failed, session has not been granted the requested scope")
