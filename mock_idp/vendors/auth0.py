"""Auth0: each tenant by its own name, since Backstage puts ``https://`` before the configured domain.

Facts: auth0.com/docs, "Authentication API". Where it names no text, that of RFC 6749 or of the service's answers
to users who asked for help.
"""

from collections.abc import Collection
from dataclasses import replace
from typing import Any, ClassVar

from mock_idp.addresses import Addresses, Reach
from mock_idp.emulation import Quirk, Route, ServiceRequest
from mock_idp.environments import EnvironmentKind
from mock_idp.oauth.client_authentication import ClientAuthentication
from mock_idp.oauth.model import Answer, Client, Encoding, Endpoint, Grant, Reason, Refusal, TokenKind
from mock_idp.oauth.policy import (
    OFFLINE_ACCESS,
    STANDARD_RESPONSE_MODES,
    BearerPlace,
    Cors,
    CorsOrigins,
    LogoutRules,
    Pkce,
    Policy,
    RequestFormat,
    ResponseMode,
)
from mock_idp.oauth.tokens import TokenShape
from mock_idp.people import Account
from mock_idp.randomness import URL_SAFE
from mock_idp.vendors.base import redirect
from mock_idp.vendors.browser_session import clear_cookie, session_of
from mock_idp.vendors.openid_vendor import PROMPTS, OpenIdVendor
from mock_idp.vendors.refusals import BAD_CLIENT, BAD_REFRESH_TOKEN, BAD_TOKEN, BAD_VERIFIER, NOTHING_TO_REVOKE, error

ORGANIZATION = "org_Harbour7Quay0h7cD"
AUDIENCE = "https://inventory.lumenfold.example"

_DAY = 86_400
_TEN_HOURS = 36_000
_DOCS = "auth0.com/docs/api/authentication"
_CAPTURE = "DockYard/openid_connect, test/fixtures/http/auth0"
_FORM_OR_JSON = frozenset({RequestFormat.FORM, RequestFormat.JSON})
_CLAIMS = (
    *("aud", "email", "email_verified", "exp", "family_name", "given_name", "iat", "iss", "name", "nickname"),
    *("picture", "sub"),
)
_LIMITS = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")


_BAD_CODE = error(403, "invalid_grant", "Invalid authorization code")
_BAD_VERIFIER = error(403, "invalid_grant", "Failed to verify code verifier")
_BAD_REFRESH = error(403, "invalid_grant", "Unknown or invalid refresh token.")
_BAD_CLIENT = error(401, "access_denied", "Unauthorized")
_BAD_BEARER = Answer(401, "Unauthorized", Encoding.TEXT)


def _environment(name: str, description: str, **keys: Any) -> EnvironmentKind:
    return EnvironmentKind(name, description, keys=keys)


class Auth0(OpenIdVendor):
    """The tenants of Auth0; the first label of the host name is the service."""

    id = "auth0"
    title = "Auth0"
    icon = "A0"
    accent = "#eb5424"
    email_annotations = ("auth0.com/email",)
    hosts: ClassVar = {"*.auth0.com": ""}
    reached = Reach.BY_NAME
    routes = (
        Route("GET", "/authorize", "authorize", Endpoint.AUTHORIZATION),
        Route("POST", "/oauth/token", "token", Endpoint.TOKEN),
        Route("GET", "/userinfo", "userinfo", Endpoint.PROFILE),
        Route("POST", "/userinfo", "userinfo", Endpoint.PROFILE),
        Route("POST", "/oauth/revoke", "revoke", Endpoint.REVOCATION),
        Route("GET", "/v2/logout", "logout", Endpoint.LOGOUT),
        Route("GET", "/oidc/logout", "end_session", Endpoint.LOGOUT),
        Route("POST", "/oidc/logout", "end_session", Endpoint.LOGOUT),
        Route("GET", "/.well-known/openid-configuration", "discovery", Endpoint.DISCOVERY),
        Route("GET", "/.well-known/jwks.json", "jwks", Endpoint.JWKS),
    )
    policy = Policy(
        client_authentication=frozenset(
            {ClientAuthentication.BODY, ClientAuthentication.BASIC, ClientAuthentication.NONE}
        ),
        token_formats=_FORM_OR_JSON,
        revocation_formats=_FORM_OR_JSON,
        revocation_needs_client=True,
        response_types=("code", "id_token", "code id_token"),
        response_modes={**STANDARD_RESPONSE_MODES, "web_message": ResponseMode.WEB_MESSAGE},
        remembers_sessions=True,
        login_hint="login_hint",
        logout=LogoutRules(),
        cors={
            Endpoint.DISCOVERY: Cors(exposed_headers=_LIMITS),
            Endpoint.JWKS: Cors(exposed_headers=_LIMITS),
            **dict.fromkeys((Endpoint.TOKEN, Endpoint.PROFILE, Endpoint.REVOCATION), Cors(CorsOrigins.REGISTERED)),
        },
        bearer_places=frozenset({BearerPlace.HEADER, BearerPlace.QUERY, BearerPlace.FORM}),
        access_token_seconds=_DAY,
        pkce=Pkce.SUPPORTED,
        refresh_token_scope=OFFLINE_ACCESS,
        prompts=PROMPTS,
    )
    sources: ClassVar = {
        "client_authentication": f"{_CAPTURE} (token_endpoint_auth_methods_supported); no private_key_jwt here",
        "public_clients": "github.com/auth0/docs/issues/9117; auth0-spa-js",
        "token_formats": f"{_DOCS} (examples in JSON); auth0-python, authentication/base.py",
        "revocation_formats": "auth0-python, authentication/revoke_token.py (JSON); RFC 7009 section 2.1 (form)",
        "revocation_needs_client": "auth0-python, authentication/revoke_token.py",
        "revocation_of_unknown_token": "RFC 7009 section 2.2",
        "response_types": f"{_CAPTURE} (response_types_supported); those with token are not emulated",
        "response_modes": f"{_CAPTURE} (response_modes_supported); web_message, which is not listed: auth0-spa-js",
        "pkce": f"{_CAPTURE} (code_challenge_methods_supported)",
        "prompts": "auth0-spa-js, AuthorizationParams (prompt)",
        "prompt_none": "auth0-spa-js, getTokenSilently (login_required, consent_required)",
        "login_hint": "auth0-spa-js, AuthorizationParams (login_hint)",
        "logout": (
            f"{_DOCS}/logout/oidc-logout and auth-0-logout (/v2/logout: returnTo); the list of the client, of the "
            "tenant if none is named; the first of a client's list if no address is"
        ),
        "discovery": _CAPTURE,
        "introspection": f"{_CAPTURE} (none)",
        "revocation": _CAPTURE,
        "cors": "auth0.com/docs/get-started/applications/set-up-cors; auth0-spa-js (allowed web origins)",
        "cors.discovery": f"{_CAPTURE} (header fields)",
        "cors.jwks": "as the discovery document; no source of its own",
    }
    token_shapes: ClassVar = {
        TokenKind.CODE: TokenShape(length=43, alphabet=URL_SAFE),
        TokenKind.ACCESS: TokenShape("eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..", 160, URL_SAFE),
        TokenKind.REFRESH: TokenShape("v1.M", 42, URL_SAFE),
    }
    refusals: ClassVar = {
        **dict.fromkeys(BAD_REFRESH_TOKEN, _BAD_REFRESH),
        **dict.fromkeys(BAD_TOKEN, _BAD_BEARER),
        **dict.fromkeys(BAD_CLIENT, _BAD_CLIENT),
        **dict.fromkeys(BAD_VERIFIER, _BAD_VERIFIER),
        Reason.MISSING_PARAMETER: error(400, "invalid_request", "Missing required parameter"),
        Reason.UNSUPPORTED_GRANT_TYPE: error(403, "unsupported_grant_type", "Unsupported grant type"),
        Reason.UNKNOWN_CODE: _BAD_CODE,
        Reason.EXPIRED_CODE: _BAD_CODE,
        Reason.REPLAYED_CODE: _BAD_CODE,
        Reason.CODE_OF_ANOTHER_CLIENT: _BAD_CODE,
        Reason.REDIRECT_URI_MISMATCH: error(403, "unauthorized_client", "The redirect URI is wrong."),
        Reason.UNKNOWN_TOKEN: NOTHING_TO_REVOKE,
        Reason.MISSING_BEARER: _BAD_BEARER,
        Reason.INSUFFICIENT_SCOPE: _BAD_BEARER,
    }
    callbacks: ClassVar = {
        Reason.ACCESS_DENIED: {"error": "access_denied", "error_description": "User did not authorize the request"},
        Reason.LOGIN_REQUIRED: {"error": "login_required", "error_description": "Login required"},
    }
    id_token_seconds = _TEN_HOURS
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

    def claims(self, request: ServiceRequest, account: Account, scopes: Collection[str]) -> dict[str, Any]:
        """What ID token and userinfo have in common."""
        persona = account.persona
        claims: dict[str, Any] = {"sub": account.subject(f"auth0|{account.digest[:24]}")}
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

    def id_token_claims(self, request: ServiceRequest, grant: Grant) -> dict[str, Any]:
        """An issuer that ends with a slash, and a session."""
        return super().id_token_claims(request, grant) | {"iss": f"{grant.request.base_url}/", "sid": grant.grant_id}

    def logout(self, request: ServiceRequest) -> Answer:
        """``GET /v2/logout``, which is older than the one of OpenID Connect and has names of its own.

        Raises:
            Refusal: to an address that is not registered.
        """
        client = request.service.clients.by_id.get(request.query.get("client_id", ""))
        back = request.query.get("returnTo") or self.usual_return(client)
        registered = {uri.rstrip("/"): uri for uri in self.return_addresses(request, client)}
        request.service.store.end_session(session_of(request))
        if back is None:
            return Answer(200, "OK", Encoding.TEXT, headers=(clear_cookie(request),))
        if back.rstrip("/") not in registered:
            there = " or ".join(sorted(registered.values())) or "none, since nothing is registered"
            raise Refusal(
                Reason.UNREGISTERED_REDIRECT_URI,
                f"returnTo is {back!r:.200}, expected {there}; mock-idp serve --app-url URL registers another, "
                "logout_uris of POST /__idp/clients one for a client of your own.",
            )
        answer = redirect(registered[back.rstrip("/")])
        return replace(answer, headers=(*answer.headers, clear_cookie(request)))

    def return_addresses(self, request: ServiceRequest, client: Client | None) -> frozenset[str]:
        """The client's list, or the tenant's by default."""
        return client.logout_uris if client else frozenset(request.service.settings.app_urls)

    def usual_return(self, client: Client | None) -> str | None:
        """The first address of the client's list."""
        return min(client.logout_uris, default=None) if client else None

    def discovery(self, request: ServiceRequest) -> Answer:
        """``GET /.well-known/openid-configuration`` (OIDC Discovery section 4)."""
        base = request.base_url
        return Answer(
            200,
            {
                "issuer": f"{base}/",
                "authorization_endpoint": f"{base}/authorize",
                "token_endpoint": f"{base}/oauth/token",
                "userinfo_endpoint": f"{base}/userinfo",
                "revocation_endpoint": f"{base}/oauth/revoke",
                "end_session_endpoint": f"{base}/oidc/logout",
                "jwks_uri": f"{base}/.well-known/jwks.json",
                "response_types_supported": list(self.policy.response_types),
                # Auth0 does not list its own mode, nor that public clients have no secret.
                "response_modes_supported": list(STANDARD_RESPONSE_MODES),
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "scopes_supported": ["openid", "profile", "offline_access", "email"],
                "claims_supported": list(_CLAIMS),
                "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
                "code_challenge_methods_supported": ["S256", "plain"],
                "request_uri_parameter_supported": False,
                "request_parameter_supported": False,
            },
        )

    def backstage_config(self, where: Addresses) -> dict[str, Any]:
        """The tenant's domain."""
        return {"domain": where.name.removeprefix("https://")}
