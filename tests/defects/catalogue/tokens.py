"""Backstage tokens, the keys that verify them, and what they are accepted for."""

from __future__ import annotations

from reference_backend.protocol import user_token
from reference_backend.tokens.issuer import TokenIssuer
from tests.defects.defect import always, defect, replace


@defect("TOKEN-03", "SEC-ISS-03")
def token_with_wrong_audience() -> None:
    """Backstage tokens are made out to somebody else."""
    replace(user_token, "AUDIENCE", "somebody-else")


@defect("JWKS-02", "SEC-ISS-01")
def jwks_without_the_signing_key() -> None:
    """The published key set lacks the key that signs."""
    replace(TokenIssuer, "public_keys", always([]))
