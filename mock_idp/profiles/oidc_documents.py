"""The backend as authorization server for clients with metadata documents only, configured as it used to be."""

from mock_idp.client_site import CLIENT_URLS
from mock_idp.profiles.base import Profile

PROFILE = Profile(
    "oidc-documents",
    "Clients have metadata documents, by the older key, and are not registered; refresh tokens ask no catalog.",
    overlay={
        "auth": {
            "identityTokenAlgorithm": "ES512",
            "experimentalClientIdMetadataDocuments": {
                "enabled": True,
                # The last one is a mistake, which only shows where nothing before it fits (PAT-02).
                "allowedClientIdPatterns": (*CLIENT_URLS, "no-scheme.example/*"),
                "allowedRedirectUriPatterns": ("*",),
            },
            "experimentalRefreshToken": {"enabled": True, "dangerouslyDisableCatalogPresenceCheck": True},
        }
    },
)
