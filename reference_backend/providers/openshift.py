"""OpenShift (providers-oauth.md §15, PROV-OPENSHIFT).

There are no refresh tokens. The session cookie holds the access token, and a "refresh" checks that it still works.
"""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

import requests

from reference_backend.errors import AuthError
from reference_backend.identity import entity_ref
from reference_backend.identity import resolvers as sign_in
from reference_backend.identity.resolver_context import ByRef, ResolverContext
from reference_backend.identity.resolvers import Options, ResolverFactory, SignInInfo
from reference_backend.identity.session_response import SignIn
from reference_backend.oauth import oauth_errors
from reference_backend.oauth.oauth_errors import ProfileError
from reference_backend.oauth.provider import (
    AuthenticationResult,
    CallbackRequest,
    LogoutRequest,
    OAuthSession,
    ProviderSettings,
    RefreshRequest,
    ScopePolicy,
)
from reference_backend.providers import oauth2_base
from reference_backend.providers.profiles import VendorProfile

TOKEN_PREFIX = "sha256~"  # noqa: S105 - a marker
UNAUTHORIZED = 401


def by_display_name(options: Options, info: SignInInfo, context: ResolverContext) -> SignIn:
    """``displayNameMatchingUserEntityName`` (RES-51)."""
    name = oauth2_base.require(info.profile.display_name, "OpenShift user profile does not contain a displayName")
    return context.sign_in(ByRef(entity_ref.user(name)), sign_in.fallback(options, name))


class OpenShift(oauth2_base.OAuth2Provider):
    """The cluster whose addresses are configured."""

    vendor: ClassVar[str] = "openshift"
    scopes: ClassVar[ScopePolicy] = ScopePolicy(required=("user:full",))
    resolvers: ClassVar[Mapping[str, ResolverFactory]] = {
        "displayNameMatchingUserEntityName": ResolverFactory(Options, by_display_name),
    }
    common_resolvers: ClassVar[bool] = False

    def __init__(self, settings: ProviderSettings) -> None:
        """Read the addresses."""
        super().__init__(settings)
        api = settings.config.string("openshiftApiServerUrl")
        self.authorization_url = settings.config.string("authorizationUrl")
        self.token_url = settings.config.string("tokenUrl")
        self.profile_url = f"{api}/apis/user.openshift.io/v1/users/~"
        self.tokens_url = f"{api}/apis/oauth.openshift.io/v1/oauthaccesstokens"

    def authenticate(self, request: CallbackRequest) -> AuthenticationResult:
        """Sign in; the access token becomes the session (PROV-OPENSHIFT-01)."""
        result = super().authenticate(request)
        return replace(result, session=replace(result.session, refresh_token=result.session.access_token))

    def refresh(self, request: RefreshRequest) -> AuthenticationResult:
        """Check the stored access token (PROV-OPENSHIFT-01, OPENSHIFT-04)."""
        token = request.refresh_token
        profile = self.fetch_profile(token)
        return self.result(profile, OAuthSession(token, request.scope, refresh_token=token))

    def profile_refused(self, status: int, body: str) -> ProfileError:
        """The status is all that is said (OPENSHIFT-05)."""
        return ProfileError(f"HTTP error! Status: {status}", upstream_status=status)

    def read_profile(self, body: str) -> VendorProfile:
        """Tell an answer without content from one that is none (OPENSHIFT-07)."""
        if not body:
            raise ProfileError("No data provided!")
        return super().read_profile(body)

    def map_profile(self, found: Mapping[str, Any]) -> VendorProfile:
        """The user's name is all there is (OPENSHIFT-03).

        Raises:
            ProfileError: there is none (OPENSHIFT-06).
        """
        metadata = found.get("metadata")
        name = metadata.get("name") if isinstance(metadata, dict) else None
        if not isinstance(name, str):
            raise oauth_errors.profile_unreadable()
        return VendorProfile(display_name=name, raw=found)

    def logout(self, request: LogoutRequest) -> str | None:
        """Delete the token at the cluster, under its hashed name (OPENSHIFT-08).

        Raises:
            AuthError: there is no token, or the cluster does not take it (LOGOUT-10).
        """
        token = oauth2_base.require(request.refresh_token, "access token/refresh token needs to be set for logout")
        try:
            self.fetch_profile(token)
        except ProfileError:
            return None  # the token is void already
        headers = {"Authorization": f"Bearer {token}"}
        try:
            response = self.context.http.request("DELETE", f"{self.tokens_url}/{token_name(token)}", headers=headers)
        except requests.RequestException as error:
            raise AuthError(f"Failed to revoke the session, {oauth2_base.transport_text(error)}") from error
        if response.status_code == UNAUTHORIZED:
            raise AuthError("unauthorized")
        return None


def token_name(token: str) -> str:
    """The name under which the cluster knows an access token (OPENSHIFT-08)."""
    digest = hashlib.sha256(token[len(TOKEN_PREFIX) :].encode()).digest()
    return TOKEN_PREFIX + base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")
