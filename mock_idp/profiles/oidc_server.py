"""The backend as authorization server, with everything on that belongs to it."""

from mock_idp.client_site import CLIENT_URLS
from mock_idp.profiles.base import Profile
from mock_idp.settings import COMPANY_DOMAIN

CALLBACK_HOST = f"callback.{COMPANY_DOMAIN}"

REDIRECT_URI_PATTERNS = (
    "http://localhost:*/*",
    "http://127.0.0.1:*/*",
    "http://[::1]:*/*",
    # One for each rule about patterns (PAT-03 to PAT-06); the defaults' www.cursor.com is not among them (DCR-07).
    "cursor://*",
    f"https://*.wild.{CALLBACK_HOST}/cb*",
    f"https://any-port.{CALLBACK_HOST}:*/cb",
    f"https://{CALLBACK_HOST}/cb",
    f"https://root.{CALLBACK_HOST}",
)

CLIENT_ID_PATTERNS = (
    # Without a wildcard no address is looked up, so these work without a name server.
    *CLIENT_URLS,
    # With one, the host has to have a public address (CIMD-15).
    f"https://*.wild.apps.{COMPANY_DOMAIN}/*",
    "https://*:*/clientSite/*",
)

PROFILE = Profile(
    "oidc-server",
    "The backend is an authorization server: client registration, client metadata documents, refresh tokens.",
    overlay={
        "auth": {
            "identityTokenAlgorithm": "PS384",
            "experimentalDynamicClientRegistration": {
                "enabled": True,
                "allowedRedirectUriPatterns": REDIRECT_URI_PATTERNS,
            },
            "clientIdMetadataDocuments": {"enabled": True, "allowedClientIdPatterns": CLIENT_ID_PATTERNS},
            # Few, so that the oldest session goes soon (OFFLINE-16).
            "experimentalRefreshToken": {"enabled": True, "maxTokensPerUser": 3},
        },
        # Somebody who is no user (ASESS-08, ASESS-15, LIM-11, USERINFO-04).
        "backend": {
            "auth": {
                "externalAccess": [
                    {"type": "static", "options": {"token": "token-of-an-external-service", "subject": "a-service"}},
                    {
                        "type": "static",
                        "options": {"token": "token-for-two-plugins", "subject": "b-service"},
                        "accessRestrictions": [{"plugin": "catalog"}, {"plugin": "auth"}],
                    },
                    {
                        "type": "static",
                        "options": {"token": "token-for-other-plugins", "subject": "c-service"},
                        "accessRestrictions": [{"plugin": "catalog"}, {"plugin": "search"}],
                    },
                ]
            }
        },
    },
)
