"""Microsoft Entra ID, with the profile from Microsoft Graph (providers-oauth.md §10, PROV-MICROSOFT)."""

import base64
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, ClassVar

import requests

from reference_backend.formats import compact_jws
from reference_backend.identity import resolvers as sign_in
from reference_backend.identity.resolver_context import ByAnnotations, ResolverContext
from reference_backend.identity.resolvers import Options, ResolverFactory, SignInInfo
from reference_backend.identity.session_response import SignIn
from reference_backend.oauth.provider import (
    AuthenticationResult,
    CallbackRequest,
    ProviderSettings,
    RefreshRequest,
    ScopePolicy,
    StartRequest,
)
from reference_backend.providers import oauth2_base
from reference_backend.providers.profiles import VendorProfile

AUTHORITY = "https://login.microsoftonline.com"
GRAPH = "https://graph.microsoft.com"
GRAPH_AUDIENCE = "00000003-0000-0000-c000-000000000000"
GRAPH_SCOPE = "openid email User.Read offline_access"
PROFILE_PERMISSIONS = frozenset({"user.read", "user.read.all"})
EMAIL_ANNOTATION = "microsoft.com/email"
USER_ID_ANNOTATION = "graph.microsoft.com/user-id"
OK = 200


def by_email_annotation(options: Options, info: SignInInfo, context: ResolverContext) -> SignIn:
    """``emailMatchingUserEntityAnnotation`` (RES-45)."""
    email = oauth2_base.require(info.profile.email, "Microsoft profile contained no email")
    return context.sign_in(ByAnnotations({EMAIL_ANNOTATION: email}), sign_in.fallback(options, email))


def by_user_id(options: Options, info: SignInInfo, context: ResolverContext) -> SignIn:
    """``userIdMatchingUserEntityAnnotation`` (RES-46)."""
    user_id = oauth2_base.require(info.details.get("id"), "Microsoft profile contained no id")
    return context.sign_in(ByAnnotations({USER_ID_ANNOTATION: user_id}), sign_in.fallback(options, user_id))


def effective_scopes(requested: list[str], usual: list[str]) -> list[str]:
    """An access token is for one resource, so another one is asked for alone (PROV-MICROSOFT-02)."""
    return [*requested, "offline_access"] if any("/" in scope for scope in requested) else usual


def is_for_graph(access_token: str) -> bool:
    """Tell whether Graph would answer who this is; a token that cannot be read is tried (MICROSOFT-05)."""
    try:
        claims = compact_jws.decode_claims(access_token)
    except ValueError:
        return True
    permissions = str(claims.get("scp") or "").lower().split(" ")
    bare = {permission.removeprefix(f"{GRAPH}/") for permission in permissions}
    return claims.get("aud") == GRAPH_AUDIENCE and bool(bare & PROFILE_PERMISSIONS)


class Microsoft(oauth2_base.OAuth2Provider):
    """One tenant of Entra ID; the hosts cannot be configured (MICROSOFT-01)."""

    vendor: ClassVar[str] = "microsoft"
    scopes: ClassVar[ScopePolicy] = ScopePolicy(
        required=("email", "openid", "offline_access", "user.read"),
        transform=lambda requested, granted, required, additional: effective_scopes(
            requested, [*requested, *granted, *required, *additional]
        ),
    )
    resolvers: ClassVar[Mapping[str, ResolverFactory]] = {
        "emailMatchingUserEntityAnnotation": ResolverFactory(Options, by_email_annotation),
        "userIdMatchingUserEntityAnnotation": ResolverFactory(Options, by_user_id),
    }
    profile_label: ClassVar[str] = "failed to fetch user profile"
    profile_url = f"{GRAPH}/v1.0/me/"
    photo_url = f"{GRAPH}/v1.0/me/photos/96x96/$value"

    def __init__(self, settings: ProviderSettings) -> None:
        """Read the tenant and what is particular to it."""
        super().__init__(settings)
        tenant = settings.config.string("tenantId")
        self.authorization_url = f"{AUTHORITY}/{tenant}/oauth2/v2.0/authorize"
        self.token_url = f"{AUTHORITY}/{tenant}/oauth2/v2.0/token"
        self.domain_hint = settings.config.string("domainHint", None)
        self.skips_profile = settings.config.boolean("skipUserProfile", False)

    def authorization_parameters(self, request: StartRequest) -> Mapping[str, str]:
        """The domain hint, if there is one (PROV-MICROSOFT-01)."""
        return {"domain_hint": self.domain_hint} if self.domain_hint else {}

    def authenticate(self, request: CallbackRequest) -> AuthenticationResult:
        """Sign in; if the token was for something else, ask who it is with another one (PROV-MICROSOFT-03)."""
        result = super().authenticate(request)
        return self.with_profile(result, result.session.refresh_token)

    def refresh(self, request: RefreshRequest) -> AuthenticationResult:
        """The same at a refresh, where the vendor may keep the refresh token (PROV-MICROSOFT-03)."""
        result = super().refresh(request)
        refresh_token = result.session.refresh_token or request.refresh_token
        return self.with_profile(result, refresh_token, request.keep_rotated)

    def with_profile(
        self, result: AuthenticationResult, refresh_token: str | None, keep: Callable[[str], None] = lambda token: None
    ) -> AuthenticationResult:
        """Fetch a missing profile with a token for Graph; the app keeps the token it asked for (MICROSOFT-06)."""
        if result.details or self.skips_profile or not refresh_token:
            return result
        graph = self.exchange_refresh_token(refresh_token, GRAPH_SCOPE)
        newest = graph.refresh_token or refresh_token
        keep(newest)
        return self.result(self.fetch_profile(graph.access_token), replace(result.session, refresh_token=newest))

    def fetch_profile(self, access_token: str) -> VendorProfile:
        """Ask Graph, if the token is meant for it; else everything is empty (MICROSOFT-05, MICROSOFT-07)."""
        if self.skips_profile or not is_for_graph(access_token):
            return VendorProfile()
        return replace(super().fetch_profile(access_token), picture=self.fetch_photo(access_token))

    def fetch_photo(self, access_token: str) -> str | None:
        """The photo as a data URI (MICROSOFT-08); without one people sign in all the same (MICROSOFT-09)."""
        headers = {"Authorization": f"Bearer {access_token}"}
        try:
            response = self.context.http.request("GET", self.photo_url, headers=headers)
        except requests.RequestException:
            return None
        if response.status_code != OK:
            return None
        return f"data:image/jpeg;base64,{base64.b64encode(response.content).decode('ascii')}"

    def map_profile(self, found: Mapping[str, Any]) -> VendorProfile:
        """Fields of ``GET /me/`` (§10.5)."""
        user_id = oauth2_base.optional_text(found.get("id"))
        return VendorProfile(
            id=user_id,
            display_name=oauth2_base.optional_text(found.get("displayName")),
            email=found.get("mail") or found.get("userPrincipalName") or None,
            raw=found,
            details={"id": user_id},
        )
