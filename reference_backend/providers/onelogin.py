"""OneLogin (providers-oauth.md §13)."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

from reference_backend.identity.resolvers import ResolverFactory
from reference_backend.oauth.provider import AuthenticationResult, ProviderSettings, RefreshRequest, StartRequest
from reference_backend.providers import oauth2_base
from reference_backend.providers.profiles import VendorProfile

ONLY_SCOPE = "openid"


class OneLogin(oauth2_base.OAuth2Provider):
    """The issuer that is configured; whatever scopes are asked for, it receives one (ONELOGIN-01, ONELOGIN-02)."""

    vendor: ClassVar[str] = "onelogin"
    resolvers: ClassVar[Mapping[str, ResolverFactory]] = {
        "usernameMatchingUserEntityName": oauth2_base.by_username("OneLogin"),
    }

    def __init__(self, settings: ProviderSettings) -> None:
        """Read the issuer."""
        super().__init__(settings)
        issuer = settings.config.string("issuer")
        self.authorization_url = f"{issuer}/auth"
        self.token_url = f"{issuer}/token"
        self.profile_url = f"{issuer}/me"

    def start(self, request: StartRequest) -> str:
        """Ask for one scope (ONELOGIN-02)."""
        return super().start(replace(request, scope=ONLY_SCOPE))

    def refresh(self, request: RefreshRequest) -> AuthenticationResult:
        """Ask for the same one again (ONELOGIN-02)."""
        return super().refresh(replace(request, scope=ONLY_SCOPE))

    def map_profile(self, found: Mapping[str, Any]) -> VendorProfile:
        """Fields of ``/me``; a picture can only come from the ID token (ONELOGIN-04)."""
        return VendorProfile(
            id=oauth2_base.optional_text(found.get("sub")),
            username=oauth2_base.optional_text(found.get("preferred_username")),
            display_name=oauth2_base.optional_text(found.get("name")),
            email=found.get("email") or None,
            raw=found,
            details={"username": found.get("preferred_username")},
        )
