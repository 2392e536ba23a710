"""Google (providers-oauth.md §9)."""

from collections.abc import Mapping
from typing import Any, ClassVar

import requests

from reference_backend.errors import AuthError
from reference_backend.formats import encoding
from reference_backend.identity import resolvers as sign_in
from reference_backend.identity.resolver_context import ByAnnotations, ResolverContext
from reference_backend.identity.resolvers import Options, ResolverFactory, SignInInfo
from reference_backend.identity.session_response import SignIn
from reference_backend.oauth import oauth_errors
from reference_backend.oauth.oauth_errors import ProfileError
from reference_backend.oauth.provider import LogoutRequest, ScopePolicy
from reference_backend.providers import oauth2_base
from reference_backend.providers.profiles import VendorProfile

EMAIL_ANNOTATION = "google.com/email"
REVOCATION_URL = "https://oauth2.googleapis.com/revoke"
OK = 200


def by_email_annotation(options: Options, info: SignInInfo, context: ResolverContext) -> SignIn:
    """``emailMatchingUserEntityAnnotation`` (RES-40)."""
    email = oauth2_base.require(info.profile.email, "Google profile contained no email")
    return context.sign_in(ByAnnotations({EMAIL_ANNOTATION: email}), sign_in.fallback(options, email))


class Google(oauth2_base.OAuth2Provider):
    """accounts.google.com; none of its URLs can be configured."""

    vendor: ClassVar[str] = "google"
    scopes: ClassVar[ScopePolicy] = ScopePolicy(
        required=(
            "openid",
            "https://www.googleapis.com/auth/userinfo.email",
            "https://www.googleapis.com/auth/userinfo.profile",
        )
    )
    resolvers: ClassVar[Mapping[str, ResolverFactory]] = {
        "emailMatchingUserEntityAnnotation": ResolverFactory(Options, by_email_annotation),
    }
    authorization_params: ClassVar[Mapping[str, str]] = {
        "access_type": "offline",
        "prompt": "consent",
        "include_granted_scopes": "true",
    }
    authorization_url = "https://accounts.google.com/o/oauth2/v2/auth"
    token_url = "https://www.googleapis.com/oauth2/v4/token"  # noqa: S105 - a URL
    profile_url = "https://www.googleapis.com/oauth2/v3/userinfo"

    def profile_refused(self, status: int, body: str) -> ProfileError:
        """Google has two shapes of errors, and their texts are shown (§9.5)."""
        try:
            found = encoding.parse_json(body)
        except ValueError:
            found = None
        error = found.get("error") if isinstance(found, dict) else None
        if isinstance(error, dict) and error.get("message"):
            return ProfileError(str(error["message"]), name="GooglePlusAPIError", upstream_status=status)
        if error and found.get("error_description"):
            return ProfileError(str(found["error_description"]), name="UserInfoError", upstream_status=status)
        return super().profile_refused(status, body)

    def map_profile(self, found: Mapping[str, Any]) -> VendorProfile:
        """Fields of the userinfo endpoint (§9.5)."""
        return VendorProfile(
            id=oauth2_base.optional_text(found.get("sub")),
            display_name=oauth2_base.optional_text(found.get("name")),
            email=found.get("email") or None,
            email_verified=found.get("email_verified"),
            picture=found.get("picture") or None,
            raw=found,
        )

    def logout(self, request: LogoutRequest) -> str | None:
        """Revoke the refresh token (§9.7); if that fails, it is logged, and not reported to the user (LOGOUT-10)."""
        if request.refresh_token:
            try:
                response = self.context.http.request("POST", REVOCATION_URL, params={"token": request.refresh_token})
            except requests.RequestException as error:
                raise AuthError(f"Failed to revoke the session, {oauth2_base.transport_text(error)}") from error
            if response.status_code != OK:
                raise revocation_failed(response)
        return None


def revocation_failed(response: requests.Response) -> AuthError:
    """The vendor's status and error code (§9.7)."""
    try:
        found = encoding.parse_json(response.text)
    except ValueError:
        found = None
    error = found.get("error") if isinstance(found, dict) else None
    text = error if isinstance(error, str) else oauth_errors.NO_REVOCATION
    return AuthError(text, status=response.status_code)
