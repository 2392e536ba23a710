"""A generic OAuth 2.0 server that answers an ID token if it is asked for ``openid``, and has no profile endpoint.

Facts: RFC 6749, RFC 7636 and, for the ID token, OpenID Connect Core sections 2, 5.1 and 5.4.
"""

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from mock_idp.oauth.client_authentication import ClientAuthentication
from mock_idp.oauth.model import Answer, Client, Endpoint, Grant
from mock_idp.oauth.policy import Pkce, Policy
from mock_idp.vendors.base import Addresses, EnvironmentKind, Exchange, Quirk, Route, Vendor
from mock_idp.vendors.id_tokens import id_token

if TYPE_CHECKING:
    from mock_idp.personas import Face

BASIC_AUTH = "basic-auth"
"""Name of the environment whose client sends its secret in the header as well."""

TENANT = "harbour"
"""Value of a parameter that is part of the configured authorization URL."""


class OAuth2(Vendor):
    """The server behind Backstage's provider for OAuth 2.0 services that have no module of their own."""

    id = "oauth2"
    title = "OAuth 2.0"
    icon = "O2"
    accent = "#4a5568"
    routes = (
        Route("GET", "/authorize", "authorize", Endpoint.AUTHORIZATION),
        Route("POST", "/token", "token", Endpoint.TOKEN),
        Route("POST", "/revoke", "revoke", Endpoint.REVOCATION),
        Route("GET", "/keys", "keys", Endpoint.JWKS),
    )
    policy = Policy(
        client_authentication=frozenset({ClientAuthentication.BODY, ClientAuthentication.BASIC}),
        pkce=Pkce.SUPPORTED,
    )
    basic_auth_policy = replace(policy, client_authentication=frozenset({ClientAuthentication.BOTH}))
    sign_in_resolvers = (MappingProxyType({"resolver": "usernameMatchingUserEntityName"}),)
    environments = (
        EnvironmentKind(
            BASIC_AUTH,
            "The client's secret travels in header and body.",
            keys=MappingProxyType({"includeBasicAuth": True}),
        ),
    )
    quirks = (
        Quirk(
            "profile-in-the-id-token",
            "There is no profile endpoint; who signed in is said by the ID token, which comes with the scope openid.",
            "OpenID Connect Core sections 2 and 5.4",
        ),
        Quirk(
            "address-with-a-query",
            "The authorization URL in the app-config has a query, which clients must keep.",
            "RFC 6749 section 3.1",
        ),
        Quirk(
            "secret-twice",
            f"The client of the environment {BASIC_AUTH} must send its secret in header and body.",
            "RFC 6749 section 2.3 forbids it; some services want it",
        ),
    )

    def policy_for(self, client: Client) -> Policy:
        """One client authenticates in two ways at once."""
        return self.basic_auth_policy if client.environment == BASIC_AUTH else self.policy

    def token_members(self, exchange: Exchange, grant: Grant, access_token: str, *, refreshing: bool) -> dict[str, Any]:
        """An ID token, if the scopes have openid (OIDC Core section 3.1.2.1)."""
        if "openid" not in grant.scopes:
            return {}
        claims = _claims(exchange.service.face(grant), frozenset(grant.scopes))
        return {"id_token": id_token(exchange, grant, access_token, claims)}

    def keys(self, exchange: Exchange) -> Answer:
        """``GET /keys``: the key set (RFC 7517)."""
        return Answer(200, exchange.service.keys.jwks())

    def backstage_config(self, where: Addresses) -> dict[str, Any]:
        """Both addresses."""
        return {
            "authorizationUrl": f"{where.http}/authorize?tenant={TENANT}",
            "tokenUrl": f"{where.http}/token",
        }


def _claims(face: "Face", scopes: frozenset[str]) -> dict[str, Any]:
    """The claims that the scopes ask for (OIDC Core section 5.4)."""
    persona = face.persona
    claims: dict[str, Any] = {"sub": face.uuid}
    if "profile" in scopes:
        claims["name"] = persona.name
        claims["picture"] = persona.picture
    if "email" in scopes and persona.email:
        claims["email"] = persona.email
        claims["email_verified"] = persona.email_verified
    return claims
