"""The backend as authorization server with one feature of three: clients can only be registered."""

from mock_idp.profiles.base import Profile

PROFILE = Profile(
    "oidc-registration",
    "Clients register, with the default addresses; no client metadata documents, no refresh tokens.",
    overlay={
        "auth": {
            "identityTokenAlgorithm": "RS512",
            "experimentalDynamicClientRegistration": {"enabled": True},
            # The first of these is there, so the second does not count (OIDC-05).
            "clientIdMetadataDocuments": {},
            "experimentalClientIdMetadataDocuments": {"enabled": True},
        }
    },
)
