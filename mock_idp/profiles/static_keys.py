"""Signing keys from files, which the suite has as well, and tokens that are short-lived and say everything."""

from pathlib import Path

from mock_idp.profiles.base import BackendKey, Profile

KEYS = Path(__file__).with_name("keys")

FIRST = BackendKey("first-key", "ES256", (KEYS / "first.private.pem").read_text(encoding="ascii"))
SECOND = BackendKey("second-key", "RS256", (KEYS / "second.private.pem").read_text(encoding="ascii"))

PROFILE = Profile(
    "static-keys",
    "Signing keys from files, tokens of ten minutes with the ownership in them.",
    overlay={
        "auth": {
            "keyStore": {
                "provider": "static",
                "static": {
                    "keys": [
                        # The algorithm that is used if none is named (KEY-09).
                        {
                            "keyId": FIRST.kid,
                            "publicKeyFile": str(KEYS / "first.public.pem"),
                            "privateKeyFile": str(KEYS / "first.private.pem"),
                        },
                        {
                            "keyId": SECOND.kid,
                            "publicKeyFile": str(KEYS / "second.public.pem"),
                            "privateKeyFile": str(KEYS / "second.private.pem"),
                            "algorithm": SECOND.algorithm,
                        },
                    ]
                },
            },
            # Without effect, because the first key has an algorithm (TOKEN-10).
            "identityTokenAlgorithm": "RS256",
            # Less than is possible (TOKEN-06).
            "backstageTokenExpiration": {"minutes": 5},
            "omitIdentityTokenOwnershipClaim": False,
        }
    },
    providers=("oauth2", "github", "guest"),
    backend_keys=(FIRST, SECOND),
)
