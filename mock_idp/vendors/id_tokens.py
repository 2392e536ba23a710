"""ID tokens (OpenID Connect Core section 2), as far as they are the same at every vendor."""

from typing import TYPE_CHECKING, Any

from mock_idp.oauth.model import Grant
from mock_idp.oauth.tokens import SignedToken, left_half_hash

if TYPE_CHECKING:
    from mock_idp.vendors.base import Exchange

DEFAULT_SECONDS = 3600


def id_token(
    exchange: "Exchange",
    grant: Grant,
    access_token: str,
    claims: dict[str, Any],
    *,
    algorithm: str = "RS256",
    seconds: int = DEFAULT_SECONDS,
) -> SignedToken:
    """Make the ID token of a token answer.

    Parameters:
        exchange: the token request.
        grant: the grant it belongs to.
        access_token: the access token beside it, for ``at_hash``.
        claims: ``sub`` and the vendor's further claims; they win over the usual ones.
        algorithm: JWS algorithm.
        seconds: its lifetime.
    """
    now = int(exchange.service.clock.now())
    client_id = grant.request.client.client_id
    usual: dict[str, Any] = {
        "iss": grant.request.base_url,
        "azp": client_id,
        "aud": client_id,
        "at_hash": left_half_hash(access_token),
        "iat": now,
        "exp": now + seconds,
    }
    nonce = grant.request.parameters.get("nonce")
    if nonce is not None:
        usual["nonce"] = nonce
    padding = exchange.service.persona(grant).padding
    if padding:
        usual["padding"] = "x" * padding
    return SignedToken({**usual, **claims}, algorithm=algorithm)
