"""Atlassian (providers-oauth.md §3)."""

from collections.abc import Mapping
from typing import Any, ClassVar

import requests

from reference_backend.config.model import ConfigError
from reference_backend.formats import encoding
from reference_backend.identity.resolvers import ResolverFactory
from reference_backend.oauth import oauth_errors
from reference_backend.oauth.provider import ProviderSettings, ScopePolicy
from reference_backend.providers import oauth2_base
from reference_backend.providers.profiles import VendorProfile

RETIRED_KEYS = ("scope", "scopes")
RESOURCES_URL = "https://api.atlassian.com/oauth/token/accessible-resources"


class Atlassian(oauth2_base.OAuth2Provider):
    """auth.atlassian.com; none of its URLs can be configured."""

    vendor: ClassVar[str] = "atlassian"
    scopes: ClassVar[ScopePolicy] = ScopePolicy(
        required=("offline_access", "read:me", "read:jira-work", "read:jira-user")
    )
    resolvers: ClassVar[Mapping[str, ResolverFactory]] = {
        "usernameMatchingUserEntityName": oauth2_base.by_username("Atlassian"),
    }
    authorization_params: ClassVar[Mapping[str, str]] = {"audience": "api.atlassian.com", "prompt": "consent"}
    authorization_url = "https://auth.atlassian.com/authorize"
    token_url = "https://auth.atlassian.com/oauth/token"  # noqa: S105 - a URL
    profile_url = "https://api.atlassian.com/me"

    def __init__(self, settings: ProviderSettings) -> None:
        """Refuse retired keys.

        Raises:
            ConfigError: one is there (UP-31).
        """
        super().__init__(settings)
        if any(settings.config.has(key) for key in RETIRED_KEYS):
            raise ConfigError(
                'The atlassian provider no longer supports the "scope" or "scopes" configuration options. '
                'Please use the "additionalScopes" option instead.'
            )

    def fetch_profile(self, access_token: str) -> VendorProfile:
        """Read the profile, then the sites, which have to be readable as well (ATLASSIAN-05).

        Raises:
            ProfileError: one of both cannot be read.
        """
        profile = super().fetch_profile(access_token)
        self.require_resources(access_token)
        return profile

    def require_resources(self, access_token: str) -> None:
        """Read the sites that the token is good for; nothing is done with them.

        Raises:
            ProfileError: P7, P9, P10.
        """
        headers = {"Authorization": f"Bearer {access_token}"}
        try:
            response = self.context.http.request("GET", RESOURCES_URL, headers=headers)
        except requests.RequestException as error:
            raise oauth_errors.profile_unreachable(self.profile_label) from error
        if not oauth_errors.is_accepted_status(response.status_code):
            raise self.profile_refused(response.status_code, response.text)
        try:
            encoding.parse_json(response.content.decode("utf-8", "replace"))
        except ValueError as error:
            raise oauth_errors.profile_unreadable() from error

    def map_profile(self, found: Mapping[str, Any]) -> VendorProfile:
        """Fields of ``/me``; there is no username (ATLASSIAN-04)."""
        return VendorProfile(
            id=oauth2_base.optional_text(found.get("account_id")),
            display_name=oauth2_base.optional_text(found.get("name")),
            email=found.get("email") or None,
            picture=found.get("picture") or None,
            raw=found,
        )
