"""A generic OAuth 2.0 server that answers an ID token if it is asked for ``openid``, and has no profile endpoint.

Facts: RFC 6749, RFC 7636 and, for the ID token, OpenID Connect Core sections 2, 5.1 and 5.4.
"""

from dataclasses import replace
from typing import Any, ClassVar

from mock_idp.addresses import Addresses
from mock_idp.emulation import Quirk, Route
from mock_idp.environments import EnvironmentKind
from mock_idp.oauth.client_authentication import ClientAuthentication
from mock_idp.oauth.model import Client, Endpoint, Reason
from mock_idp.oauth.policy import Cors, Pkce, Policy
from mock_idp.vendors.openid_vendor import OpenIdVendor
from mock_idp.vendors.refusals import NOTHING_TO_REVOKE

BASIC_AUTH = "basic-auth"
"""Name of the environment whose client sends its secret in the header as well."""

TENANT = "harbour"
"""Value of a parameter that is part of the configured authorization URL."""


class OAuth2(OpenIdVendor):
    """The server behind Backstage's provider for OAuth 2.0 services that have no module of their own."""

    id = "oauth2"
    title = "OAuth 2.0"
    icon = "O2"
    accent = "#4a5568"
    routes = (
        Route("GET", "/authorize", "authorize", Endpoint.AUTHORIZATION),
        Route("POST", "/token", "token", Endpoint.TOKEN),
        Route("POST", "/revoke", "revoke", Endpoint.REVOCATION),
        Route("POST", "/introspect", "introspect", Endpoint.INTROSPECTION),
        Route("GET", "/keys", "jwks", Endpoint.JWKS),
    )
    policy = Policy(
        client_authentication=frozenset(
            {
                ClientAuthentication.BODY,
                ClientAuthentication.BASIC,
                ClientAuthentication.NONE,
            }
        ),
        pkce=Pkce.SUPPORTED,
        cors=dict.fromkeys((Endpoint.TOKEN, Endpoint.JWKS, Endpoint.REVOCATION), Cors()),
    )
    # Nobody's service: what the standards make a must, and both of what they leave open.
    sources: ClassVar = {
        "client_authentication": "RFC 6749 section 2.3.1",
        "public_clients": "RFC 6749 section 2.1, RFC 9700 section 2.1.1",
        "token_formats": "RFC 6749 section 4.1.3",
        "revocation_formats": "RFC 7009 section 2.1 (form); the query is a choice of this mock",
        "default_grant_type": "RFC 6749 section 4.1.3",
        "required_authorization_parameters": "RFC 6749 section 4.1.1",
        "redirect_matching": "RFC 9700 section 2.1",
        "needs_redirect_uri_again": "RFC 6749 section 4.1.3",
        "response_types": "RFC 6749 section 4.1.1",
        "response_modes": "RFC 6749 section 4.1.2 (query)",
        "default_scopes": "RFC 6749 section 3.3 (a default, or refused)",
        "prompts": "RFC 6749 section 4.1.1 has none",
        "prompt_none": "RFC 6749 section 4.1.1 has none",
        "login_hint": "RFC 6749 section 4.1.1 has none",
        "pkce": "RFC 7636 section 4.2",
        "bearer_places": "RFC 6750 section 2.1",
        "logout": "RFC 6749 has none",
        "discovery": "RFC 8414 is optional",
        "revocation_of_unknown_token": "RFC 7009 section 2.2",
        "introspection": "RFC 7662",
        "revocation": "RFC 7009",
        "cors": "RFC 7009 section 2.3, RFC 9700 section 2.6",
    }
    refusals: ClassVar = {Reason.UNKNOWN_TOKEN: NOTHING_TO_REVOKE}
    basic_auth_policy = replace(policy, client_authentication=frozenset({ClientAuthentication.BOTH}))
    profile_claims = ("name", "picture")
    sign_in_resolvers = ({"resolver": "usernameMatchingUserEntityName"},)
    environments = (
        EnvironmentKind(
            BASIC_AUTH,
            "The client's secret travels in header and body.",
            keys={"includeBasicAuth": True},
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

    def backstage_config(self, where: Addresses) -> dict[str, Any]:
        """Both addresses."""
        return {
            "authorizationUrl": f"{where.http}/authorize?tenant={TENANT}",
            "tokenUrl": f"{where.http}/token",
        }
