"""OneLogin: OpenID Connect below ``/oidc/2``.

Facts: developers.onelogin.com, "OpenID Connect API". Error texts are those of the server library that has the same
addresses; OneLogin does not document its own.
"""

from collections.abc import Collection
from typing import Any, ClassVar

from mock_idp.addresses import Addresses
from mock_idp.emulation import Quirk, Route, ServiceRequest
from mock_idp.oauth.model import Answer, Endpoint, Grant, Reason
from mock_idp.oauth.policy import Pkce, Policy
from mock_idp.people import Account
from mock_idp.vendors.openid_vendor import OpenIdVendor
from mock_idp.vendors.refusals import BAD_BEARER, BAD_CLIENT, BAD_GRANT, error

_BASE = "/oidc/2"


_BAD_GRANT = error(400, "invalid_grant", "grant request is invalid")
_BAD_CLIENT = error(401, "invalid_client", "client authentication failed")
_BAD_BEARER = Answer(
    401,
    {"error": "invalid_token", "error_description": "invalid token provided"},
    headers=(
        (
            "WWW-Authenticate",
            'Bearer realm="OneLogin", error="invalid_token", error_description="invalid token provided"',
        ),
    ),
)


class OneLogin(OpenIdVendor):
    """A OneLogin account. By path only: its address is configured."""

    id = "onelogin"
    title = "OneLogin"
    icon = "1L"
    accent = "#1c1f2a"
    routes = (
        Route("GET", f"{_BASE}/auth", "authorize", Endpoint.AUTHORIZATION),
        Route("POST", f"{_BASE}/token", "token", Endpoint.TOKEN),
        Route("GET", f"{_BASE}/me", "userinfo", Endpoint.PROFILE),
        Route("POST", f"{_BASE}/token/revocation", "revoke", Endpoint.REVOCATION),
        Route("GET", f"{_BASE}/certs", "jwks", Endpoint.JWKS),
    )
    policy = Policy(
        required_authorization_parameters=("client_id", "redirect_uri", "response_type", "scope"),
        known_scopes=frozenset({"openid", "profile", "name", "email", "phone", "groups", "params"}),
        drops_unknown_scopes=True,
        pkce=Pkce.SUPPORTED,
    )
    refusals: ClassVar = {
        **dict.fromkeys(BAD_GRANT, _BAD_GRANT),
        **dict.fromkeys(BAD_BEARER, _BAD_BEARER),
        **dict.fromkeys(BAD_CLIENT, _BAD_CLIENT),
        Reason.MISSING_PARAMETER: error(400, "invalid_request", "missing required parameter(s)"),
        Reason.UNSUPPORTED_GRANT_TYPE: error(400, "unsupported_grant_type", "unsupported grant_type requested"),
        Reason.INVALID_SCOPE: error(400, "invalid_scope", "refresh token missing requested scope"),
        Reason.MISSING_BEARER: error(400, "invalid_request", "no access token provided"),
        Reason.INSUFFICIENT_SCOPE: error(403, "insufficient_scope", "access token missing openid scope"),
    }
    callbacks: ClassVar = {
        Reason.ACCESS_DENIED: {"error": "access_denied", "error_description": "End-User aborted interaction"}
    }
    page_statuses: ClassVar = {Reason.UNKNOWN_CLIENT: 400, Reason.UNREGISTERED_REDIRECT_URI: 400}
    extra_scopes = ("profile", "email", "groups", "params")
    sign_in_resolvers = ({"resolver": "usernameMatchingUserEntityName"},)
    quirks = (
        Quirk(
            "everything-for-openid",
            "The address /me tells name and e-mail even if the only scope is openid.",
            "a decision of this mock: Backstage asks for nothing else, and people do sign in",
        ),
        Quirk(
            "secret-in-the-body",
            "The client is registered with the token endpoint authentication method POST; Basic is refused.",
            "developers.onelogin.com: Token endpoint authentication methods",
        ),
    )

    def claims(self, request: ServiceRequest, account: Account, scopes: Collection[str]) -> dict[str, Any]:
        """What ``/me`` tells."""
        persona = account.persona
        claims: dict[str, Any] = {
            "sub": str(account.number),
            "preferred_username": persona.login,
            "name": persona.name,
            "given_name": persona.given_name,
            "family_name": persona.family_name,
            "updated_at": 1_746_346_542,
        }
        if persona.email:
            claims["email"] = persona.email
            # OneLogin says nothing about addresses that it verified.
            if not persona.email_verified:
                claims["email_verified"] = False
        if "groups" in scopes and account.groups is not None:
            claims["groups"] = list(account.groups)
        return claims

    def id_token_claims(self, request: ServiceRequest, grant: Grant) -> dict[str, Any]:
        """Who it is, and the groups if their scope was asked for."""
        account = request.service.account(grant)
        told = {"groups": list(account.groups)} if "groups" in grant.scopes and account.groups is not None else {}
        return {"sub": str(account.number), "iss": grant.request.base_url + _BASE, **told}

    def not_found(self, request: ServiceRequest) -> Answer:
        """The server library's answer."""
        return error(404, "invalid_request", "unrecognized route")

    def backstage_config(self, where: Addresses) -> dict[str, Any]:
        """The issuer."""
        return {"issuer": where.http + _BASE}
