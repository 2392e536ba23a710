"""Bitbucket Server and Data Center (providers-oauth.md §6)."""

from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import quote

import requests

from reference_backend.errors import AuthError
from reference_backend.formats import encoding
from reference_backend.oauth import oauth_errors
from reference_backend.oauth.provider import ProviderSettings
from reference_backend.providers import oauth2_base
from reference_backend.providers.profiles import VendorProfile

NAME_HEADER = "X-Ausername"
PICTURE_SIZE = "256"


class BitbucketServer(oauth2_base.OAuth2Provider):
    """The instance at ``host`` (BITBUCKETSERVER-01); it has the two common resolvers only (§6.8)."""

    vendor: ClassVar[str] = "bitbucketServer"

    def __init__(self, settings: ProviderSettings) -> None:
        """Read the host; the scheme is always https."""
        super().__init__(settings)
        self.base_url = f"https://{settings.config.string('host')}"
        self.authorization_url = f"{self.base_url}/rest/oauth2/latest/authorize"
        self.token_url = f"{self.base_url}/rest/oauth2/latest/token"

    def fetch_profile(self, access_token: str) -> VendorProfile:
        """Ask who this is, then for the user of that name (BITBUCKETSERVER-04).

        Raises:
            AuthError: one of the two cannot be read (BITBUCKETSERVER-06, BITBUCKETSERVER-07).
        """
        name = self.fetch_name(access_token)
        failure = AuthError(f"Failed to retrieve the user '{name}'")
        url = f"{self.base_url}/rest/api/latest/users/{quote(name, safe='')}"
        try:
            response = self.ask(url, access_token, {"avatarSize": PICTURE_SIZE})
        except requests.RequestException as error:
            raise failure from error
        if not response.ok:
            raise failure
        try:
            found = encoding.parse_json(response.content.decode("utf-8", "replace"))
        except ValueError as error:
            raise oauth_errors.profile_unreadable() from error
        if not isinstance(found, dict) or found.get("id") is None:
            raise oauth_errors.profile_unreadable()
        return self.map_profile(found)

    def fetch_name(self, access_token: str) -> str:
        """The name in a header of the who-am-I address, whatever else is in the answer (BITBUCKETSERVER-04).

        Raises:
            AuthError: there is none (BITBUCKETSERVER-06).
        """
        failure = AuthError("Failed to retrieve the username of the logged in user")
        try:
            response = self.ask(f"{self.base_url}/plugins/servlet/applinks/whoami", access_token)
        except requests.RequestException as error:
            raise failure from error
        name = response.headers.get(NAME_HEADER)
        if not name:
            raise failure
        return name

    def ask(self, url: str, access_token: str, params: Mapping[str, str] | None = None) -> requests.Response:
        """Ask the instance with the user's token."""
        headers = {"Authorization": f"Bearer {access_token}"}
        return self.context.http.request("GET", url, params=params, headers=headers)

    def map_profile(self, found: Mapping[str, Any]) -> VendorProfile:
        """Fields of the user; the picture's address is relative (BITBUCKETSERVER-05)."""
        picture = found.get("avatarUrl")
        return VendorProfile(
            id=oauth2_base.optional_text(found.get("id")),
            username=oauth2_base.optional_text(found.get("name")),
            display_name=oauth2_base.optional_text(found.get("displayName")),
            email=found.get("emailAddress") or None,
            picture=f"{self.base_url}{picture}" if picture else None,
            raw=found,
        )
