"""Acme Login, as the reference backend signs people in with it."""

from collections.abc import Mapping
from typing import Any, ClassVar

from reference_backend.identity import entity_ref
from reference_backend.identity import resolvers as sign_in
from reference_backend.identity.resolver_context import ByRef, ResolverContext
from reference_backend.identity.resolvers import Options, ResolverFactory, SignInInfo
from reference_backend.identity.session_response import SignIn
from reference_backend.oauth.provider import ProviderSettings, ScopePolicy
from reference_backend.providers.oauth2_base import OAuth2Provider, optional_text, require
from reference_backend.providers.profiles import VendorProfile


def by_account(options: Options, info: SignInInfo, context: ResolverContext) -> SignIn:
    """``accountMatchingUserEntityName``."""
    name = require(info.details.get("account"), "Acme Login profile has no account")
    return context.sign_in(ByRef(entity_ref.user(name)), sign_in.fallback(options, name))


class AcmeLogin(OAuth2Provider):
    """Signs in at ``baseUrl``."""

    vendor: ClassVar[str] = "acme-login"
    scopes: ClassVar[ScopePolicy] = ScopePolicy(required=("me:read",))
    resolvers: ClassVar[Mapping[str, ResolverFactory]] = {
        "accountMatchingUserEntityName": ResolverFactory(Options, by_account)
    }

    def __init__(self, settings: ProviderSettings) -> None:
        """Read the configuration."""
        super().__init__(settings)
        base = settings.config.string("baseUrl")
        self.authorization_url = f"{base}/oauth/authorize"
        self.token_url = f"{base}/oauth/token"
        self.profile_url = f"{base}/api/me"

    def map_profile(self, found: Mapping[str, Any]) -> VendorProfile:
        """Fields of ``/api/me``."""
        return VendorProfile(
            id=optional_text(found.get("uid")),
            username=found.get("account") or None,
            display_name=found.get("name") or None,
            email=found.get("mail") or None,
            picture=found.get("photo") or None,
            raw=found,
            details={"account": found.get("account")},
        )
