"""The backend as a developer runs it."""

from mock_idp.profiles.base import Profile

PROFILE = Profile(
    "development",
    "NODE_ENV is development, a provider is set up wrongly, and cross-origin requests have every option.",
    overlay={
        "auth": {
            "identityTokenAlgorithm": "ES384",
            # Everything but one origin (ORIGIN-05).
            "experimentalExtraAllowedOrigins": ["!https://negated.example"],
            "providers": {"gitlab": {"development": {"clientId": "without-a-secret"}}},
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
