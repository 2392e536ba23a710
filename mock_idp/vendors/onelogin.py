"""OneLogin: OpenID Connect below ``/oidc/2``.

Facts: developers.onelogin.com, "OpenID Connect API". Error texts are those of the server library that has the same
addresses; OneLogin does not document its own.
"""

from types import MappingProxyType
from typing import Any

from mock_idp.oauth.model import Answer, Endpoint, Grant, Reason
from mock_idp.oauth.policy import Pkce, Policy
from mock_idp.personas import Face
from mock_idp.vendors import endpoints
from mock_idp.vendors.base import Addresses, Exchange, Quirk, Route, Vendor
from mock_idp.vendors.id_tokens import id_token

_BASE = "/oidc/2"


def _error(status: int, code: str, description: str) -> Answer:
    return Answer(status, {"error": code, "error_description": description})


_BAD_GRANT = _error(400, "invalid_grant", "grant request is invalid")
_BAD_CLIENT = _error(401, "invalid_client", "client authentication failed")
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


class OneLogin(Vendor):
    """A OneLogin account. By path only: its address is configured."""

    id = "onelogin"
    title = "OneLogin"
    icon = "1L"
    accent = "#1c1f2a"
    routes = (
        Route("GET", f"{_BASE}/auth", "authorize", Endpoint.AUTHORIZATION),
        Route("POST", f"{_BASE}/token", "token", Endpoint.TOKEN),
        Route("GET", f"{_BASE}/me", "me", Endpoint.PROFILE),
        Route("POST", f"{_BASE}/token/revocation", "revoke", Endpoint.REVOCATION),
        Route("GET", f"{_BASE}/certs", "certs", Endpoint.JWKS),
    )
    policy = Policy(
        required_authorization_parameters=("client_id", "redirect_uri", "response_type", "scope"),
        known_scopes=frozenset({"openid", "profile", "name", "email", "phone", "groups", "params"}),
        drops_unknown_scopes=True,
        pkce=Pkce.SUPPORTED,
    )
    refusals = MappingProxyType(
        {
            Reason.UNKNOWN_CLIENT: _BAD_CLIENT,
            Reason.WRONG_SECRET: _BAD_CLIENT,
            Reason.WRONG_CLIENT_AUTHENTICATION: _BAD_CLIENT,
            Reason.MISSING_PARAMETER: _error(400, "invalid_request", "missing required parameter(s)"),
            Reason.UNSUPPORTED_GRANT_TYPE: _error(400, "unsupported_grant_type", "unsupported grant_type requested"),
            Reason.INVALID_SCOPE: _error(400, "invalid_scope", "refresh token missing requested scope"),
            Reason.UNKNOWN_CODE: _BAD_GRANT,
            Reason.EXPIRED_CODE: _BAD_GRANT,
            Reason.REPLAYED_CODE: _BAD_GRANT,
            Reason.CODE_OF_ANOTHER_CLIENT: _BAD_GRANT,
            Reason.REDIRECT_URI_MISMATCH: _BAD_GRANT,
            Reason.MISSING_VERIFIER: _BAD_GRANT,
            Reason.WRONG_VERIFIER: _BAD_GRANT,
            Reason.UNKNOWN_REFRESH_TOKEN: _BAD_GRANT,
            Reason.EXPIRED_REFRESH_TOKEN: _BAD_GRANT,
            Reason.REVOKED_REFRESH_TOKEN: _BAD_GRANT,
            Reason.MISSING_BEARER: _error(400, "invalid_request", "no access token provided"),
            Reason.UNKNOWN_BEARER: _BAD_BEARER,
            Reason.EXPIRED_BEARER: _BAD_BEARER,
            Reason.REVOKED_BEARER: _BAD_BEARER,
            Reason.SUSPENDED_BEARER: _BAD_BEARER,
            Reason.INSUFFICIENT_SCOPE: _error(403, "insufficient_scope", "access token missing openid scope"),
        }
    )
    callbacks = MappingProxyType(
        {
            Reason.ACCESS_DENIED: MappingProxyType(
                {"error": "access_denied", "error_description": "End-User aborted interaction"}
            )
        }
    )
    page_statuses = MappingProxyType({Reason.UNKNOWN_CLIENT: 400, Reason.UNREGISTERED_REDIRECT_URI: 400})
    extra_scopes = ("profile", "email", "groups", "params")
    sign_in_resolvers = (MappingProxyType({"resolver": "usernameMatchingUserEntityName"}),)
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

    def token_members(self, exchange: Exchange, grant: Grant, access_token: str, *, refreshing: bool) -> dict[str, Any]:
        """An ID token, if the scopes have openid."""
        if "openid" not in grant.scopes:
            return {}
        face = exchange.service.face(grant)
        claims = {"sub": str(face.number), "iss": grant.request.base_url + _BASE}
        return {"id_token": id_token(exchange, grant, access_token, claims)}

    def me(self, exchange: Exchange) -> Answer:
        """``GET /oidc/2/me``.

        Raises:
            Refusal: no good access token, or one without openid.
        """
        return Answer(200, _claims(endpoints.bearer(exchange, "openid").face))

    def certs(self, exchange: Exchange) -> Answer:
        """``GET /oidc/2/certs``: the key set (RFC 7517)."""
        return Answer(200, exchange.service.keys.jwks())

    def not_found(self, exchange: Exchange) -> Answer:
        """The server library's answer."""
        return _error(404, "invalid_request", "unrecognized route")

    def backstage_config(self, where: Addresses) -> dict[str, Any]:
        """The issuer."""
        return {"issuer": where.http + _BASE}


def _claims(face: Face) -> dict[str, Any]:
    """What ``/me`` tells."""
    persona = face.persona
    claims: dict[str, Any] = {
        "sub": str(face.number),
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
    return claims
