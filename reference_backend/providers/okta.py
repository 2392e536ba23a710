"""Okta (providers-oauth.md §12)."""

from collections.abc import Mapping
from typing import Any, ClassVar

import requests

from reference_backend.config.model import ConfigError
from reference_backend.identity import resolvers as sign_in
from reference_backend.identity.resolver_context import ByAnnotations, ResolverContext
from reference_backend.identity.resolvers import Options, ResolverFactory, SignInInfo
from reference_backend.identity.session_response import SignIn
from reference_backend.oauth.provider import ProviderSettings, ScopePolicy, StartRequest
from reference_backend.providers import oauth2_base
from reference_backend.providers.oauth2_base import ClientAuthentication
from reference_backend.providers.profiles import VendorProfile

EMAIL_ANNOTATION = "okta.com/email"
DEFAULT_AUDIENCE = "https://okta.com"


def by_email_annotation(options: Options, info: SignInInfo, context: ResolverContext) -> SignIn:
    """``emailMatchingUserEntityAnnotation`` (RES-47)."""
    email = oauth2_base.require(info.profile.email, "Okta profile contained no email")
    return context.sign_in(ByAnnotations({EMAIL_ANNOTATION: email}), sign_in.fallback(options, email))


class Okta(oauth2_base.OAuth2Provider):
    """The organisation at ``audience``, or one of its custom authorization servers (OKTA-01)."""

    vendor: ClassVar[str] = "okta"
    scopes: ClassVar[ScopePolicy] = ScopePolicy(required=("openid", "email", "profile", "offline_access"))
    resolvers: ClassVar[Mapping[str, ResolverFactory]] = {
        "emailMatchingUserEntityAnnotation": ResolverFactory(Options, by_email_annotation),
    }
    profile_label: ClassVar[str] = "failed to fetch user profile"

    def __init__(self, settings: ProviderSettings) -> None:
        """Read the address.

        Raises:
            ConfigError: it is none (OKTA-02).
        """
        super().__init__(settings)
        audience = settings.config.string("audience", None) or DEFAULT_AUDIENCE
        if not audience.startswith(("http://", "https://")):
            raise ConfigError(
                f'The provided audience "{audience}" is not a valid URL. It must start with "https://" or "http://".'
            )
        server = settings.config.string("authServerId", None)
        base = f"{audience}/oauth2/{server}/v1" if server else f"{audience}/oauth2/v1"
        self.authorization_url = f"{base}/authorize"
        self.token_url = f"{base}/token"
        self.profile_url = f"{base}/userinfo"
        self.identity_provider = settings.config.string("idp", None)

    def authorization_parameters(self, request: StartRequest) -> Mapping[str, str]:
        """Where people are sent on to, if anywhere (OKTA-03)."""
        return {"idp": self.identity_provider} if self.identity_provider else {}

    def client_authentication(self, grant_type: str) -> ClientAuthentication:
        """The header for a code (OKTA-04, OKTA-05), the body for a refresh token (OKTA-06)."""
        return ClientAuthentication.BASIC if grant_type == oauth2_base.AUTHORIZATION_CODE else ClientAuthentication.BODY

    def request_profile(self, access_token: str) -> requests.Response:
        """A POST without a body (OKTA-07)."""
        headers = {"Authorization": f"Bearer {access_token}"}
        return self.context.http.request("POST", self.profile_url, headers=headers)

    def map_profile(self, found: Mapping[str, Any]) -> VendorProfile:
        """Fields of the userinfo endpoint; a picture can only come from the ID token (OKTA-08)."""
        return VendorProfile(
            id=oauth2_base.optional_text(found.get("sub")),
            username=oauth2_base.optional_text(found.get("preferred_username")),
            display_name=oauth2_base.optional_text(found.get("name")),
            email=found.get("email") or None,
            raw=found,
        )
