"""What a token request can be made from (RFC 6749 section 4.5 lets a vendor add grant types)."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from mock_idp.oauth.model import Endpoint, TokenKind


@dataclass(frozen=True, slots=True)
class GrantType:
    """One value of ``grant_type`` at the token endpoint.

    Parameters:
        handler: name of the vendor's method that answers; it takes the exchange and the authenticated client
            and returns an :class:`~mock_idp.oauth.model.Answer`.
        endpoint: the name under which faults and journal know such a request.
        credential: the form parameter that carries what the request is made from; without it the request is refused.
        kind: what that credential is, so that the grant behind it is found before the vendor is asked.
    """

    handler: str
    endpoint: Endpoint
    credential: str
    kind: TokenKind


GRANT_TYPES: Mapping[str, GrantType] = MappingProxyType(
    {
        "authorization_code": GrantType("redeem", Endpoint.TOKEN, "code", TokenKind.CODE),
        "refresh_token": GrantType("refresh", Endpoint.REFRESH, "refresh_token", TokenKind.REFRESH),
    }
)
"""What every vendor has: code (RFC 6749 section 4.1.3) and refresh token (section 6)."""
