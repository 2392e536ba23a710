"""The backend as a developer runs it."""

from collections.abc import Mapping
from typing import Any

from mock_idp.profiles.base import Profile


def _with_resolver(resolver: Mapping[str, Any]) -> dict[str, Any]:
    return {"clientId": "x", "clientSecret": "x", "signIn": {"resolvers": [resolver]}}


PROFILE = Profile(
    "development",
    "NODE_ENV is development, a provider is set up wrongly, and cross-origin requests have every option.",
    overlay={
        "auth": {
            "identityTokenAlgorithm": "ES384",
            # Everything but one origin (ORIGIN-05).
            "experimentalExtraAllowedOrigins": ["!https://negated.example"],
            "providers": {
                "gitlab": {"development": {"clientId": "without-a-secret"}},
                # Resolvers that nobody knows, or with options of another type (RES-03, RES-04).
                "google": {"development": _with_resolver({"resolver": "noSuchResolver"})},
                "okta": {
                    "development": {
                        "audience": "https://okta.example",
                        **_with_resolver(
                            {
                                "resolver": "emailMatchingUserEntityProfileEmail",
                                "dangerouslyAllowSignInWithoutUserInCatalog": "perhaps",
                            }
                        ),
                    }
                },
            },
        },
        "backend": {
            "cors": {
                # The app's, and others; one of them may not start a flow (ORIGIN-09).
                "origin": ["http://localhost:*", "https://*.reader.example", "https://negated.example"],
                "methods": ["GET", "POST"],
                "allowedHeaders": ["x-requested-with", "authorization"],
                "exposedHeaders": ["etag"],
                "maxAge": 600,
                "optionsSuccessStatus": 200,
            }
        },
    },
    providers=("oauth2", "github", "guest", "guest-refused"),
    environ={"NODE_ENV": "development"},
)
