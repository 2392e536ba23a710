"""Auth0: each tenant by its own name, since Backstage puts ``https://`` before the configured domain.

Facts: auth0.com/docs, "Authentication API". Where it names no text, that of RFC 6749 or of the service's answers
to users who asked for help.
"""

from types import MappingProxyType
from typing import Any

from mock_idp.oauth.client_authentication import ClientAuthentication
from mock_idp.oauth.model import Answer, Client, Encoding, Endpoint, Grant, Reason, TokenKind
from mock_idp.oauth.policy import BearerPlace, Pkce, Policy
from mock_idp.oauth.tokens import TokenShape
from mock_idp.personas import Face
from mock_idp.randomness import URL_SAFE
from mock_idp.vendors import endpoints
from mock_idp.vendors.base import Addresses, EnvironmentKind, Exchange, Quirk, Reach, Route, Vendor
from mock_idp.vendors.id_tokens import id_token
from mock_idp.vendors.prompts import require_prompt

ORGANIZATION = "org_Harbour7Quay0h7cD"
AUDIENCE = "https://inventory.lumenfold.example"

_DAY = 86_400
_TEN_HOURS = 36_000


def _error(status: int, code: str, description: str) -> Answer:
    return Answer(status, {"error": code, "error_description": description})


_BAD_CODE = _error(403, "invalid_grant", "Invalid authorization code")
_BAD_VERIFIER = _error(403, "invalid_grant", "Failed to verify code verifier")
_BAD_REFRESH = _error(403, "invalid_grant", "Unknown or invalid refresh token.")
_BAD_CLIENT = _error(401, "access_denied", "Unauthorized")
_BAD_BEARER = Answer(401, "Unauthorized", Encoding.TEXT)


def _environment(name: str, says: str, **keys: Any) -> EnvironmentKind:
    return EnvironmentKind(name, says, keys=MappingProxyType(keys))


class Auth0(Vendor):
    """The tenants of Auth0; the first label of the host name is the service."""

    id = "auth0"
    title = "Auth0"
    icon = "A0"
    accent = "#eb5424"
    hosts = MappingProxyType({"*.auth0.com": ""})
    reached = Reach.BY_NAME
    routes = (
        Route("GET", "/authorize", "authorize", Endpoint.AUTHORIZATION),
        Route("POST", "/oauth/token", "token", Endpoint.TOKEN),
        Route("GET", "/userinfo", "userinfo", Endpoint.PROFILE),
        Route("POST", "/userinfo", "userinfo", Endpoint.PROFILE),
        Route("POST", "/oauth/revoke", "revoke", Endpoint.REVOCATION),
        Route("GET", "/v2/logout", "logout", Endpoint.LOGOUT),
        Route("GET", "/.well-known/openid-configuration", "discovery", Endpoint.DISCOVERY),
        Route("GET", "/.well-known/jwks.json", "jwks", Endpoint.JWKS),
    )
    policy = Policy(
        client_authentication=frozenset({ClientAuthentication.BODY, ClientAuthentication.BASIC}),
        bearer_places=frozenset({BearerPlace.HEADER, BearerPlace.QUERY, BearerPlace.FORM}),
        access_token_seconds=_DAY,
        pkce=Pkce.SUPPORTED,
    )
    token_shapes = MappingProxyType(
        {
            TokenKind.CODE: TokenShape(length=43, alphabet=URL_SAFE),
            TokenKind.ACCESS: TokenShape("eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..", 160, URL_SAFE),
            TokenKind.REFRESH: TokenShape("v1.M", 42, URL_SAFE),
        }
    )
    refusals = MappingProxyType(
        {
            Reason.UNKNOWN_CLIENT: _BAD_CLIENT,
            Reason.WRONG_SECRET: _BAD_CLIENT,
            Reason.WRONG_CLIENT_AUTHENTICATION: _BAD_CLIENT,
            Reason.MISSING_PARAMETER: _error(400, "invalid_request", "Missing required parameter"),
            Reason.UNSUPPORTED_GRANT_TYPE: _error(403, "unsupported_grant_type", "Unsupported grant type"),
            Reason.UNKNOWN_CODE: _BAD_CODE,
            Reason.EXPIRED_CODE: _BAD_CODE,
            Reason.REPLAYED_CODE: _BAD_CODE,
            Reason.CODE_OF_ANOTHER_CLIENT: _BAD_CODE,
            Reason.REDIRECT_URI_MISMATCH: _error(403, "unauthorized_client", "The redirect URI is wrong."),
            Reason.MISSING_VERIFIER: _BAD_VERIFIER,
            Reason.WRONG_VERIFIER: _BAD_VERIFIER,
            Reason.UNKNOWN_REFRESH_TOKEN: _BAD_REFRESH,
            Reason.EXPIRED_REFRESH_TOKEN: _BAD_REFRESH,
            Reason.REVOKED_REFRESH_TOKEN: _BAD_REFRESH,
            Reason.UNKNOWN_TOKEN: Answer(200, {}),  # RFC 7009 section 2.2: nothing to revoke is fine
            Reason.MISSING_BEARER: _BAD_BEARER,
            Reason.UNKNOWN_BEARER: _BAD_BEARER,
            Reason.EXPIRED_BEARER: _BAD_BEARER,
            Reason.REVOKED_BEARER: _BAD_BEARER,
            Reason.INSUFFICIENT_SCOPE: _BAD_BEARER,
        }
    )
    callbacks = MappingProxyType(
        {
            Reason.ACCESS_DENIED: MappingProxyType(
                {"error": "access_denied", "error_description": "User did not authorize the request"}
            ),
            Reason.LOGIN_REQUIRED: MappingProxyType({"error": "login_required", "error_description": "Login required"}),
        }
    )
    extra_scopes = ("address", "phone", "read:inventory", "write:inventory")
    environments = (
        _environment(
            "tenant-settings",
            "Everything that can be said about where people sign in, and for what.",
            audience=AUDIENCE,
            connection="harbour-users",
            connectionScope="calendar.read",
            prompt="login",
            federatedLogout=True,
        ),
        _environment("connection-scope-alone", "A scope of a connection, without connection.", connectionScope="mail"),
        _environment("auto-prompt", "No prompt is sent.", prompt="auto"),
        _environment("organization", "Members of one organization only.", organization=ORGANIZATION),
    )
    quirks = (
        Quirk(
            "issuer-with-a-slash",
            "The issuer ends with a slash, the addresses below it do not have two.",
            "auth0.com/docs: Validate ID tokens",
        ),
        Quirk(
            "403-for-bad-grants",
            "Codes and refresh tokens that are not good get the status 403.",
            "auth0.com/docs: Authentication API, status codes",
        ),
        Quirk(
            "userinfo-says-unauthorized",
            "An access token that is not good gets the plain text Unauthorized.",
            "auth0.com/docs: Authentication API, user profile",
        ),
        Quirk(
            "offline-access",
            "A refresh token comes only with the scope offline_access.",
            "auth0.com/docs: Get refresh tokens",
        ),
        Quirk(
            "parameters-it-does-not-know",
            "Parameters of an authorization request that mean nothing are ignored.",
            "RFC 6749 section 3.1",
        ),
    )

    def check_authorization(self, exchange: Exchange, client: Client) -> None:
        """Check the parameter prompt (OIDC Core section 3.1.2.1).

        Raises:
            Refusal: it has an unknown value, or is "none" while nobody is signed in.
        """
        require_prompt(exchange, "tenant")

    def issues_refresh_token(self, exchange: Exchange, grant: Grant, *, first_consent: bool) -> bool:
        """Only for offline access."""
        return "offline_access" in grant.scopes

    def token_members(self, exchange: Exchange, grant: Grant, access_token: str, *, refreshing: bool) -> dict[str, Any]:
        """An ID token, if the scopes have openid."""
        if "openid" not in grant.scopes:
            return {}
        claims = _claims(exchange.service.face(grant), frozenset(grant.scopes))
        claims |= {"iss": f"{grant.request.base_url}/", "sid": grant.grant_id}
        return {"id_token": id_token(exchange, grant, access_token, claims, seconds=_TEN_HOURS)}

    def userinfo(self, exchange: Exchange) -> Answer:
        """``GET`` or ``POST /userinfo``.

        Raises:
            Refusal: no good access token, or one without openid.
        """
        who = endpoints.bearer(exchange, "openid")
        return Answer(200, _claims(who.face, frozenset(who.token.scopes)))

    def logout(self, exchange: Exchange) -> Answer:
        """``GET /v2/logout``: send the browser back to the app, the only address that is registered here."""
        app, back = exchange.service.settings.app_url, exchange.query.get("returnTo")
        if back is None:
            return Answer(200, "OK", Encoding.TEXT)
        if back.rstrip("/") != app:
            return _error(400, "invalid_request", 'The "returnTo" querystring parameter is not registered.')
        return Answer(302, None, Encoding.EMPTY, headers=(("Location", app),))

    def discovery(self, exchange: Exchange) -> Answer:
        """``GET /.well-known/openid-configuration`` (OIDC Discovery section 4)."""
        base = exchange.base_url
        return Answer(
            200,
            {
                "issuer": f"{base}/",
                "authorization_endpoint": f"{base}/authorize",
                "token_endpoint": f"{base}/oauth/token",
                "userinfo_endpoint": f"{base}/userinfo",
                "revocation_endpoint": f"{base}/oauth/revoke",
                "jwks_uri": f"{base}/.well-known/jwks.json",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "scopes_supported": ["openid", "profile", "email", "offline_access"],
                "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
                "code_challenge_methods_supported": ["S256", "plain"],
            },
        )

    def jwks(self, exchange: Exchange) -> Answer:
        """``GET /.well-known/jwks.json``: the key set (RFC 7517)."""
        return Answer(200, exchange.service.keys.jwks())

    def backstage_config(self, where: Addresses) -> dict[str, Any]:
        """The tenant's domain."""
        return {"domain": where.name.removeprefix("https://")}


def _claims(face: Face, scopes: frozenset[str]) -> dict[str, Any]:
    """What ID token and userinfo have in common."""
    persona = face.persona
    claims: dict[str, Any] = {"sub": f"auth0|{face.digest[:24]}"}
    if "profile" in scopes:
        claims |= {
            "nickname": persona.login,
            "name": persona.name,
            "given_name": persona.given_name,
            "family_name": persona.family_name,
            "picture": persona.picture,
            "updated_at": "2026-05-04T08:15:42.000Z",
        }
    if "email" in scopes and persona.email:
        claims |= {"email": persona.email, "email_verified": persona.email_verified}
    return claims
