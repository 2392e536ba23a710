"""Acme Login as the reference backend signs people in with it."""

from typing import ClassVar

from reference_backend.oauth.provider import ScopePolicy
from reference_backend.providers.oauth2_base import OAuth2Provider, by_username, optional_text
from reference_backend.providers.profiles import VendorProfile


class AcmeLogin(OAuth2Provider):
    vendor = "acme-login"
    scopes = ScopePolicy(required=("me:read",))
    resolvers: ClassVar = {"usernameMatchingUserEntityName": by_username("Acme Login")}

    def __init__(self, settings):
        super().__init__(settings)
        base = settings.config.string("baseUrl")
        self.authorization_url = f"{base}/oauth/authorize"
        self.token_url = f"{base}/oauth/token"
        self.profile_url = f"{base}/api/me"

    def map_profile(self, found):
        return VendorProfile(
            id=optional_text(found.get("uid")),
            display_name=found.get("name") or None,
            email=found.get("mail") or None,
            picture=found.get("photo") or None,
            raw=found,
            details={"username": found.get("account")},
        )
