"""Any OAuth 2.0 server without a module of its own (providers-oauth.md §11, UP-01 … UP-14)."""

from collections.abc import Mapping
from typing import ClassVar

from reference_backend.config.model import ConfigError
from reference_backend.identity.resolvers import ResolverFactory
from reference_backend.oauth.provider import ProviderSettings
from reference_backend.providers import oauth2_base
from reference_backend.providers.oauth2_base import ClientAuthentication
from reference_backend.providers.profiles import VendorProfile


class OAuth2(oauth2_base.OAuth2Provider):
    """Two addresses; the user is in the ID token, if there is one (OAUTH2-02, OAUTH2-05)."""

    vendor: ClassVar[str] = "oauth2"
    resolvers: ClassVar[Mapping[str, ResolverFactory]] = {
        "usernameMatchingUserEntityName": oauth2_base.by_username("Oauth2"),
    }

    def __init__(self, settings: ProviderSettings) -> None:
        """Read both addresses.

        Raises:
            ConfigError: one is missing, or a retired key is there (UP-31).
        """
        super().__init__(settings)
        self.authorization_url = settings.config.string("authorizationUrl")
        self.token_url = settings.config.string("tokenUrl")
        self.includes_basic_auth = settings.config.boolean("includeBasicAuth", False)
        if settings.config.has("scope"):
            raise ConfigError(
                'The oauth2 provider no longer supports the "scope" configuration option. '
                'Please use the "additionalScopes" option instead.'
            )

    def client_authentication(self, grant_type: str) -> ClientAuthentication:
        """The body, and the header beside it if so configured (UP-04, OAUTH2-04)."""
        return ClientAuthentication.BODY_AND_BASIC if self.includes_basic_auth else ClientAuthentication.BODY

    def fetch_profile(self, access_token: str) -> VendorProfile:
        """Nothing is read anywhere (OAUTH2-05)."""
        return VendorProfile()
