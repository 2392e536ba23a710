"""OneLogin: OpenID Connect below ``/oidc/2``.

Facts: developers.onelogin.com, "OpenID Connect API". Error texts are those of the server library that has the same
addresses; OneLogin does not document its own.
"""

from collections.abc import Collection
from typing import Any, ClassVar

from mock_idp.addresses import Addresses
from mock_idp.emulation import Quirk, Route, ServiceRequest
from mock_idp.oauth.client_authentication import ClientAuthentication
from mock_idp.oauth.model import Answer, Endpoint, Grant, IssuedToken, Reason
from mock_idp.oauth.policy import (
    FORM_ONLY,
    STANDARD_RESPONSE_MODES,
    Cors,
    CorsOrigins,
    LogoutRules,
    Pkce,
    Policy,
)
from mock_idp.people import Account
from mock_idp.vendors.openid_vendor import PROMPTS, OpenIdVendor
from mock_idp.vendors.refusals import BAD_BEARER, BAD_CLIENT, BAD_GRANT, NOTHING_TO_REVOKE, error

_BASE = "/oidc/2"
_DOCS = "developers.onelogin.com/openid-connect/api"
_CAPTURE = "DockYard/openid_connect, test/fixtures/http/onelogin"
_SCOPES = ("openid", "name", "profile", "groups", "email", "params", "phone")
_CLAIMS = (
    *("sub", "email", "preferred_username", "name", "updated_at", "given_name", "family_name", "email_verified", "iss"),
)


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
    """A OneLogin account. By path unless a client insists on a host name: its address is configured."""

    id = "onelogin"
    title = "OneLogin"
    icon = "1L"
    accent = "#1c1f2a"
    hosts: ClassVar = {"*.onelogin.com": ""}
    routes = (
        Route("GET", f"{_BASE}/.well-known/openid-configuration", "discovery", Endpoint.DISCOVERY),
        Route("GET", f"{_BASE}/auth", "authorize", Endpoint.AUTHORIZATION),
        Route("POST", f"{_BASE}/token", "token", Endpoint.TOKEN),
        Route("GET", f"{_BASE}/me", "userinfo", Endpoint.PROFILE),
        Route("POST", f"{_BASE}/token/revocation", "revoke", Endpoint.REVOCATION),
        Route("POST", f"{_BASE}/token/introspection", "introspect", Endpoint.INTROSPECTION),
        Route("GET", f"{_BASE}/logout", "end_session", Endpoint.LOGOUT),
        Route("GET", f"{_BASE}/certs", "jwks", Endpoint.JWKS),
    )
    policy = Policy(
        client_authentication=frozenset(
            {ClientAuthentication.BODY, ClientAuthentication.BASIC, ClientAuthentication.NONE}
        ),
        response_types=("code", "id_token"),
        response_modes=STANDARD_RESPONSE_MODES,
        prompts=PROMPTS,
        remembers_sessions=True,
        login_hint="login_hint",
        revocation_formats=FORM_ONLY,
        revocation_needs_client=True,
        logout=LogoutRules(needs_hint=True),
        cors=dict.fromkeys(
            (
                *(Endpoint.DISCOVERY, Endpoint.JWKS, Endpoint.TOKEN, Endpoint.PROFILE, Endpoint.REVOCATION),
                Endpoint.INTROSPECTION,
            ),
            Cors(CorsOrigins.REGISTERED),
        ),
        required_authorization_parameters=("client_id", "redirect_uri", "response_type", "scope"),
        known_scopes=frozenset(_SCOPES),
        drops_unknown_scopes=True,
        pkce=Pkce.SUPPORTED,
        pkce_methods=("S256",),
    )
    sources: ClassVar = {
        "client_authentication": f"{_DOCS}/validate-token (basic or post; both at once are an error); {_CAPTURE}",
        "public_clients": f"{_DOCS}/authorization-code-grant (none, with PKCE); {_CAPTURE}",
        "token_formats": f"{_DOCS}/authorization-code-grant",
        "revocation_formats": "RFC 7009 section 2.1; the server library, panva/node-oidc-provider",
        "revocation_needs_client": f"{_CAPTURE} (revocation_endpoint_auth_methods_supported)",
        "revocation_of_unknown_token": "RFC 7009 section 2.2; the server library, panva/node-oidc-provider",
        "response_types": f"{_CAPTURE} (response_types_supported); id_token token is not emulated",
        "response_modes": f"{_CAPTURE} (response_modes_supported)",
        "pkce": f"{_CAPTURE} (code_challenge_methods_supported)",
        "prompts": "the server library, panva/node-oidc-provider",
        "prompt_none": "the server library, panva/node-oidc-provider (login_required)",
        "login_hint": "OpenID Connect Core section 3.1.2.1; OneLogin's own page: no source",
        "logout": f"{_DOCS}/logout",
        "discovery": _CAPTURE,
        "introspection": f"{_DOCS}/validate-token; {_CAPTURE}",
        "revocation": _CAPTURE,
        "cors": f"{_CAPTURE} (header field Vary: Origin); which origins: no source",
    }
    refusals: ClassVar = {
        **dict.fromkeys(BAD_GRANT, _BAD_GRANT),
        **dict.fromkeys(BAD_BEARER, _BAD_BEARER),
        **dict.fromkeys(BAD_CLIENT, _BAD_CLIENT),
        Reason.UNKNOWN_TOKEN: NOTHING_TO_REVOKE,
        Reason.MISSING_PARAMETER: error(400, "invalid_request", "missing required parameter(s)"),
        Reason.UNSUPPORTED_GRANT_TYPE: error(400, "unsupported_grant_type", "unsupported grant_type requested"),
        Reason.INVALID_SCOPE: error(400, "invalid_scope", "refresh token missing requested scope"),
        Reason.MISSING_BEARER: error(400, "invalid_request", "no access token provided"),
        Reason.INSUFFICIENT_SCOPE: error(403, "insufficient_scope", "access token missing openid scope"),
    }
    callbacks: ClassVar = {
        Reason.ACCESS_DENIED: {"error": "access_denied", "error_description": "End-User aborted interaction"},
        Reason.LOGIN_REQUIRED: {"error": "login_required", "error_description": "End-User authentication is required"},
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
            "one-method-for-each-app",
            "An app is set to Basic, POST or None (PKCE); a client that is registered without a method may use either "
            "of the first two, but never both at once.",
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

    def introspection_members(self, request: ServiceRequest, token: IssuedToken, grant: Grant) -> dict[str, Any]:
        """The issuer has a path."""
        issuer = grant.request.base_url + _BASE
        return super().introspection_members(request, token, grant) | {"iss": issuer}

    def discovery(self, request: ServiceRequest) -> Answer:
        """``GET /oidc/2/.well-known/openid-configuration`` (OIDC Discovery section 4)."""
        base = request.base_url + _BASE
        methods = sorted(self.policy.client_authentication)
        return Answer(
            200,
            {
                "authorization_endpoint": f"{base}/auth",
                "claim_types_supported": ["normal"],
                "claims_parameter_supported": False,
                "claims_supported": list(_CLAIMS),
                "code_challenge_methods_supported": list(self.policy.pkce_methods),
                "end_session_endpoint": f"{base}/logout",
                "grant_types_supported": list(self.grant_types),
                "id_token_signing_alg_values_supported": ["RS256"],
                "introspection_endpoint": f"{base}/token/introspection",
                "introspection_endpoint_auth_methods_supported": methods,
                "issuer": base,
                "jwks_uri": f"{base}/certs",
                "request_parameter_supported": False,
                "request_uri_parameter_supported": False,
                "response_modes_supported": list(self.policy.response_modes),
                "response_types_supported": list(self.policy.response_types),
                "revocation_endpoint": f"{base}/token/revocation",
                "revocation_endpoint_auth_methods_supported": methods,
                "scopes_supported": list(_SCOPES),
                "subject_types_supported": ["public"],
                "token_endpoint": f"{base}/token",
                "token_endpoint_auth_methods_supported": methods,
                "userinfo_endpoint": f"{base}/me",
            },
        )

    def not_found(self, request: ServiceRequest) -> Answer:
        """The server library's answer."""
        return error(404, "invalid_request", "unrecognized route")

    def backstage_config(self, where: Addresses) -> dict[str, Any]:
        """The issuer."""
        return {"issuer": where.http + _BASE}
