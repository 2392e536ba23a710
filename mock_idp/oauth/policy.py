"""The numbers and rules of a vendor that the shared endpoints obey, and what its token requests can be made from."""

import re
from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from mock_idp.oauth.client_authentication import ClientAuthentication
from mock_idp.oauth.model import Endpoint, TokenKind
from mock_idp.settings import ACCESS_TOKEN_SECONDS, CODE_SECONDS

OFFLINE_ACCESS = "offline_access"
"""The scope that asks for a refresh token (OpenID Connect Core section 11)."""


class Pkce(StrEnum):
    """What a vendor does with a code challenge (RFC 7636)."""

    REQUIRED = "required"
    SUPPORTED = "supported"
    IGNORED = "ignored"


class BearerPlace(StrEnum):
    """Where a client may put its access token (RFC 6750 section 2)."""

    HEADER = "header"
    FORM = "form"
    QUERY = "query"


class ScopePattern:
    """The scopes a vendor knows, where there are too many to list them.

    Parameters:
        pattern: a regular expression that a whole scope fits.
    """

    def __init__(self, pattern: str) -> None:
        self._pattern = re.compile(pattern, re.ASCII)

    def __contains__(self, scope: object) -> bool:
        return isinstance(scope, str) and self._pattern.fullmatch(scope) is not None


@dataclass(frozen=True, slots=True)
class Policy:
    """The numbers and rules of a vendor that the shared endpoints obey.

    Parameters:
        client_authentication: accepted methods of client authentication.
        client_authentication_at: grant type -> methods accepted there instead.
        required_authorization_parameters: parameters without which the authorization endpoint refuses.
        scope_separators: characters that separate scopes in a request.
        answered_scope_separator: what separates them in a token answer.
        known_scopes: scopes this vendor knows, or None if any text is one.
        drops_unknown_scopes: True if unknown scopes are left out silently rather than refused.
        checks_refreshed_scopes: False if the scope parameter of a refresh request is ignored.
        allows_repeated_parameters: True if a repeated parameter is tolerated (RFC 6749 section 3.1 forbids it).
        bearer_places: accepted places of the access token.
        bearer_schemes: accepted schemes of the Authorization header, lower case.
        code_seconds: lifetime of a code.
        access_token_seconds: lifetime of an access token, or None if it does not expire.
        refresh_token_seconds: lifetime of a refresh token, or None if it does not expire.
        issues_refresh_tokens: False if the token answer never has a refresh token.
        refresh_token_scope: scope without which a code is exchanged for no refresh token, or None.
        rotates_refresh_token: True if each refresh answers a new refresh token.
        spends_replaced_refresh_token: False if the old one stays good beside the new one.
        pkce: what happens to a code challenge.
    """

    client_authentication: frozenset[ClientAuthentication] = frozenset({ClientAuthentication.BODY})
    client_authentication_at: Mapping[str, frozenset[ClientAuthentication]] = field(default_factory=dict)
    required_authorization_parameters: tuple[str, ...] = ("client_id", "redirect_uri", "response_type")
    scope_separators: str = " "
    answered_scope_separator: str = " "
    known_scopes: Container[str] | None = None
    drops_unknown_scopes: bool = False
    checks_refreshed_scopes: bool = True
    allows_repeated_parameters: bool = False
    bearer_places: frozenset[BearerPlace] = frozenset({BearerPlace.HEADER})
    bearer_schemes: tuple[str, ...] = ("bearer",)
    code_seconds: float = CODE_SECONDS
    access_token_seconds: float | None = ACCESS_TOKEN_SECONDS
    refresh_token_seconds: float | None = None
    issues_refresh_tokens: bool = True
    refresh_token_scope: str | None = None
    rotates_refresh_token: bool = False
    spends_replaced_refresh_token: bool = True
    pkce: Pkce = Pkce.IGNORED

    def accepted_authentication(self, grant_type: str) -> frozenset[ClientAuthentication]:
        """The methods of client authentication accepted in a request of this grant type."""
        return self.client_authentication_at.get(grant_type, self.client_authentication)


@dataclass(frozen=True, slots=True)
class GrantType:
    """One value of ``grant_type`` at the token endpoint.

    Parameters:
        handler: name of the vendor's method that answers; it takes the request, the authenticated client
            and the effective policy, and returns an :class:`~mock_idp.oauth.model.Answer`.
        endpoint: the name under which faults and journal know such a request.
        credential: the form parameter that carries what the request is made from; without it the request is refused.
        kind: what that credential is, so that the grant behind it is found before the vendor is asked.
    """

    handler: str
    endpoint: Endpoint
    credential: str
    kind: TokenKind


GRANT_TYPES: Mapping[str, GrantType] = {
    "authorization_code": GrantType("redeem", Endpoint.TOKEN, "code", TokenKind.CODE),
    "refresh_token": GrantType("refresh", Endpoint.REFRESH, "refresh_token", TokenKind.REFRESH),
}
"""What every vendor has: code (RFC 6749 section 4.1.3) and refresh token (section 6)."""
