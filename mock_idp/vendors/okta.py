"""Okta: an organisation's own authorization server and its custom one ``default``.

Facts: developer.okta.com, "OpenID Connect & OAuth 2.0 API" and "Okta API error codes".
"""

from collections.abc import Collection
from typing import Any, ClassVar

from mock_idp.addresses import Addresses
from mock_idp.emulation import Quirk, Route, ServiceRequest
from mock_idp.environments import EnvironmentKind
from mock_idp.oauth.client_authentication import ClientAuthentication
from mock_idp.oauth.model import (
    Answer,
    Client,
    Encoding,
    Endpoint,
    Grant,
    IssuedToken,
    Reason,
    Refusal,
    TokenKind,
)
from mock_idp.oauth.policy import (
    FORM_ONLY,
    OFFLINE_ACCESS,
    STANDARD_RESPONSE_MODES,
    Cors,
    CorsOrigins,
    LogoutRules,
    Pkce,
    Policy,
    ResponseMode,
    ScopePattern,
)
from mock_idp.oauth.tokens import TokenShape
from mock_idp.people import Account
from mock_idp.randomness import URL_SAFE
from mock_idp.vendors.openid_vendor import OpenIdVendor
from mock_idp.vendors.refusals import (
    BAD_BEARER,
    BAD_CODE,
    BAD_REFRESH_TOKEN,
    BAD_VERIFIER,
    NOTHING_TO_REVOKE,
    error,
)

CUSTOM_SERVER = "default"
"""Id of the custom authorization server; each organisation has one of this name from the start."""
_CUSTOM_PATH = f"/oauth2/{CUSTOM_SERVER}/"

IDENTITY_PROVIDER = "0oa4c1harbour7Quay0h7"
"""Id of the identity provider to which users may be redirected."""

_DOCS = "developer.okta.com/docs/api/openapi/okta-oauth/oauth"
_CAPTURES = "DockYard/openid_connect, test/fixtures/http/okta; a custom server's: micronaut-security's tests"
_CLAIMS = (
    *("iss", "sub", "aud", "iat", "exp", "nonce", "name", "preferred_username", "given_name", "family_name"),
    *("email", "email_verified", "zoneinfo", "locale", "updated_at", "at_hash", "c_hash"),
)
_SERVER_SCOPES = {
    "": ("openid", "email", "profile", "address", "phone", OFFLINE_ACCESS, "groups"),
    f"/{CUSTOM_SERVER}": ("openid", "profile", "email", "address", "phone", OFFLINE_ACCESS, "device_sso"),
}
"""What the discovery document of each server lists."""

_SCOPES = ScopePattern(r"openid|profile|email|address|phone|offline_access|groups|device_sso|okta\.(?s:.*)")
"""The scopes of OpenID Connect, and those of Okta's own API."""


def _own_error(status: int, code: str, summary: str) -> Answer:
    """Okta's own form of an error, which it uses beside that of RFC 6749."""
    body = {
        "errorCode": code,
        "errorSummary": summary,
        "errorLink": code,
        "errorId": "oaeHarbour",
        "errorCauses": [],
    }
    return Answer(status, body)


def _challenge(status: int, code: str, description: str) -> Answer:
    """The userinfo endpoint says what is wrong in a header, and nothing in the body."""
    value = (
        'Bearer authorization_uri="https://okta.com/oauth2/v1/authorize", realm="https://okta.com", scope="openid", '
        f'error="{code}", error_description="{description}", resource="/oauth2/v1/userinfo"'
    )
    return Answer(status, None, Encoding.EMPTY, headers=(("WWW-Authenticate", value),))


_BAD_CODE = error(400, "invalid_grant", "The authorization code is invalid or has expired.")
_BAD_REFRESH = error(400, "invalid_grant", "The refresh token is invalid or expired.")
_BAD_VERIFIER = error(400, "invalid_grant", "PKCE verification failed.")
_BAD_BEARER = _challenge(401, "invalid_token", "The access token is invalid")
_NO_CLIENT = error(
    401, "invalid_client", "Client authentication failed. Either the client or the client credentials are invalid."
)
_NOBODY = "The client specified not to prompt, but the user is not logged in."
_DENIED = "The resource owner or authorization server denied the request."


class Okta(OpenIdVendor):
    """An Okta organisation. By path unless a client insists on a host name: its address is configured."""

    id = "okta"
    title = "Okta"
    icon = "OK"
    accent = "#00297a"
    email_annotations = ("okta.com/email",)
    hosts: ClassVar = {"*.okta.com": "", "*.oktapreview.com": "", "*.okta-emea.com": ""}
    routes = tuple(
        route
        for server in ("", f"/{CUSTOM_SERVER}")
        for route in (
            Route("GET", f"/oauth2{server}/v1/authorize", "authorize", Endpoint.AUTHORIZATION),
            Route("POST", f"/oauth2{server}/v1/token", "token", Endpoint.TOKEN),
            Route("POST", f"/oauth2{server}/v1/userinfo", "userinfo", Endpoint.PROFILE),
            Route("GET", f"/oauth2{server}/v1/userinfo", "userinfo", Endpoint.PROFILE),
            Route("POST", f"/oauth2{server}/v1/revoke", "revoke", Endpoint.REVOCATION),
            Route("POST", f"/oauth2{server}/v1/introspect", "introspect", Endpoint.INTROSPECTION),
            Route("GET", f"/oauth2{server}/v1/logout", "end_session", Endpoint.LOGOUT),
            Route("POST", f"/oauth2{server}/v1/logout", "end_session", Endpoint.LOGOUT),
            Route("GET", f"/oauth2{server}/v1/keys", "jwks", Endpoint.JWKS),
            *(
                Route("GET", f"{server and f'/oauth2{server}'}/.well-known/{document}", "discovery", Endpoint.DISCOVERY)
                for document in ("openid-configuration", "oauth-authorization-server")
            ),
        )
    )
    policy = Policy(
        client_authentication=frozenset(
            {ClientAuthentication.BODY, ClientAuthentication.BASIC, ClientAuthentication.NONE}
        ),
        registered_authentication=frozenset({ClientAuthentication.SECRET_JWT}),
        bare_basic_at=frozenset({Endpoint.REVOCATION}),
        response_types=("code", "id_token", "code id_token"),
        response_modes={**STANDARD_RESPONSE_MODES, "okta_post_message": ResponseMode.BARE_MESSAGE},
        prompts=("none", "login", "consent", "enroll_authenticator"),
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
        required_authorization_parameters=("client_id", "redirect_uri", "response_type", "scope", "state"),
        known_scopes=_SCOPES,
        code_seconds=300,
        pkce=Pkce.SUPPORTED,
        pkce_methods=("S256",),
        refresh_token_scope=OFFLINE_ACCESS,
    )
    sources: ClassVar = {
        "client_authentication": (
            "developer.okta.com/docs/api/openapi/okta-oauth/guides/client-auth (one method for each app, one in each "
            "request); no private_key_jwt here"
        ),
        "public_clients": (
            "developer.okta.com/docs/api/openapi/okta-oauth/guides/client-auth (none); okta-auth-js, revokeToken.ts"
        ),
        "token_formats": f"{_DOCS}: token",
        "revocation_formats": f"{_DOCS}/orgas/revoke",
        "revocation_needs_client": f"{_DOCS}/orgas/revoke",
        "revocation_of_unknown_token": f"{_DOCS}/orgas/revoke; RFC 7009 section 2.2",
        "response_types": f"{_CAPTURES}; those with token are not emulated",
        "response_modes": f"{_CAPTURES} (response_modes_supported)",
        "pkce": f"{_CAPTURES} (code_challenge_methods_supported)",
        "prompts": "okta-auth-js, README (authorize options)",
        "prompt_none": "okta-auth-js, README (token.getWithoutPrompt); the text of the error: no source",
        "login_hint": "okta-auth-js, README (authorize options)",
        "logout": (
            "support.okta.com: the purpose of id_token_hint in the /logout API; "
            "developer.okta.com/docs/guides/sign-users-out (registered sign-out addresses)"
        ),
        "discovery": f"{_DOCS}: well-known configurations; {_CAPTURES}",
        "introspection": _CAPTURES,
        "revocation": _CAPTURES,
        "cors": (
            f"{_DOCS} (marked CORS; the organisation's trusted origins, which are the origins of registered clients "
            "here); whether documents and keys need a trusted origin: no source"
        ),
        "cors.authorization": f"{_DOCS}/orgas/authorizewithpost (no AJAX)",
    }
    token_shapes: ClassVar = {
        TokenKind.CODE: TokenShape(length=43, alphabet=URL_SAFE),
        TokenKind.ACCESS: TokenShape("eyJraWQi", 400, URL_SAFE),
        TokenKind.REFRESH: TokenShape(length=43, alphabet=URL_SAFE),
    }
    refusals: ClassVar = {
        **dict.fromkeys(BAD_CODE, _BAD_CODE),
        **dict.fromkeys(BAD_REFRESH_TOKEN, _BAD_REFRESH),
        **dict.fromkeys(BAD_BEARER, _BAD_BEARER),
        **dict.fromkeys(BAD_VERIFIER, _BAD_VERIFIER),
        Reason.UNKNOWN_TOKEN: NOTHING_TO_REVOKE,
        Reason.UNKNOWN_CLIENT: _own_error(401, "invalid_client", "Invalid value for 'client_id' parameter."),
        Reason.WRONG_SECRET: error(
            401, "invalid_client", "The client secret supplied for a confidential client is invalid."
        ),
        Reason.WRONG_CLIENT_AUTHENTICATION: _NO_CLIENT,
        Reason.MISSING_PARAMETER: error(400, "invalid_request", "A required parameter is missing."),
        Reason.UNSUPPORTED_GRANT_TYPE: error(400, "unsupported_grant_type", "The grant type is not supported."),
        Reason.INVALID_SCOPE: error(
            400, "invalid_scope", "One or more scopes are not configured for the authorization server resource."
        ),
        Reason.REDIRECT_URI_MISMATCH: error(
            400, "invalid_grant", "The 'redirect_uri' does not match the redirection URI of the authorization code."
        ),
        Reason.INSUFFICIENT_SCOPE: _challenge(
            403, "insufficient_scope", "The access token must provide access to at least one of these scopes"
        ),
    }
    callbacks: ClassVar = {
        Reason.ACCESS_DENIED: {"error": "access_denied", "error_description": _DENIED},
        Reason.LOGIN_REQUIRED: {"error": "login_required", "error_description": _NOBODY},
        Reason.INVALID_SCOPE: {
            "error": "invalid_scope",
            "error_description": "One or more scopes are not configured for the authorization server resource.",
        },
    }
    # Okta shows its own page unless client and redirect URI are known.
    page_statuses: ClassVar = {Reason.UNKNOWN_CLIENT: 400, Reason.UNREGISTERED_REDIRECT_URI: 400}
    extra_scopes = ("groups", "phone", "address", "okta.users.read.self")
    sign_in_resolvers = ({"resolver": "emailMatchingUserEntityAnnotation"},)
    environments = (
        EnvironmentKind(
            "authorization-server",
            "A custom authorization server that redirects users to another identity provider.",
            keys={"authServerId": CUSTOM_SERVER, "idp": IDENTITY_PROVIDER},
        ),
    )
    quirks = (
        Quirk(
            "basic-with-a-colon",
            "The token endpoint takes the scheme 'Basic:' for 'Basic'.",
            "observed by users of a client library; not documented",
        ),
        Quirk(
            "userinfo-by-post",
            "The userinfo endpoint answers GET and POST, and says what is wrong in a header only.",
            "developer.okta.com: OpenID Connect & OAuth 2.0 API",
        ),
        Quirk(
            "two-forms-of-errors",
            "Some errors have errorCode and errorSummary in place of error and error_description.",
            "developer.okta.com: Okta API error codes",
        ),
        Quirk(
            "offline-access",
            "A refresh token comes only with the scope offline_access.",
            "developer.okta.com: Refresh access tokens and rotate refresh tokens",
        ),
        Quirk(
            "opaque-access-token",
            "Access tokens look like the JWTs that Okta issues, but are opaque.",
            "a decision of this mock",
        ),
    )

    def check_authorization(self, request: ServiceRequest, client: Client) -> None:
        """Check Okta's own parameters.

        Raises:
            Refusal: a value that does not exist.
        """
        idp = request.query.get("idp")
        if idp is not None and idp != IDENTITY_PROVIDER:
            raise Refusal(Reason.INVALID_PARAMETER, f"idp is {idp!r}; there is only {IDENTITY_PROVIDER}.")

    def claims(self, request: ServiceRequest, account: Account, scopes: Collection[str]) -> dict[str, Any]:
        """What ID token and userinfo have in common."""
        persona = account.persona
        claims: dict[str, Any] = {"sub": account.subject(f"00u{account.digest[:17]}")}
        if "profile" in scopes:
            claims["name"] = persona.name
            claims["preferred_username"] = persona.email or persona.login
        if "email" in scopes and persona.email:
            claims["email"] = persona.email
            claims["email_verified"] = persona.email_verified
        # A custom server's groups claim can be told to be always in the ID token; the organisation's never is.
        is_said = request.endpoint is Endpoint.PROFILE or request.path.startswith(f"/oauth2/{CUSTOM_SERVER}/")
        if "groups" in scopes and account.groups is not None and is_said:
            claims["groups"] = list(account.groups)
        return claims

    def id_token_claims(self, request: ServiceRequest, grant: Grant) -> dict[str, Any]:
        """The organisation's issuer, or its custom authorization server's.

        The token is thin, because an access token comes with it: the rest is for userinfo to say.
        """
        return super().id_token_claims(request, grant) | {"iss": _issuer(request)}

    def introspection_members(self, request: ServiceRequest, token: IssuedToken, grant: Grant) -> dict[str, Any]:
        """The issuer of the server that is asked."""
        return super().introspection_members(request, token, grant) | {"iss": _issuer(request)}

    def userinfo(self, request: ServiceRequest) -> Answer:
        """``POST /oauth2/v1/userinfo``, which says more than the ID token.

        Raises:
            Refusal: no good access token, or one without openid.
        """
        who = self.bearer(request, "openid")
        claims = self.claims(request, who.account, who.token.scopes)
        if "profile" in who.token.scopes:
            persona = who.account.persona
            names = {"given_name": persona.given_name, "family_name": persona.family_name}
            claims |= {**names, "locale": "en_GB", "zoneinfo": "Europe/Lisbon", "updated_at": 1_746_346_542}
        return Answer(200, claims)

    def discovery(self, request: ServiceRequest) -> Answer:
        """The metadata of a server, at two addresses (OIDC Discovery section 4, RFC 8414)."""
        server = f"/{CUSTOM_SERVER}" if request.path.startswith(_CUSTOM_PATH) else ""
        base = f"{request.base_url}/oauth2{server}/v1"
        methods = sorted(self.policy.client_authentication | self.policy.registered_authentication)
        return Answer(
            200,
            {
                "issuer": _issuer(request),
                "authorization_endpoint": f"{base}/authorize",
                "token_endpoint": f"{base}/token",
                "userinfo_endpoint": f"{base}/userinfo",
                "jwks_uri": f"{base}/keys",
                "response_types_supported": list(self.policy.response_types),
                "response_modes_supported": list(self.policy.response_modes),
                "grant_types_supported": list(self.grant_types),
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "scopes_supported": list(_SERVER_SCOPES[server]),
                "token_endpoint_auth_methods_supported": methods,
                "claims_supported": list(_CLAIMS),
                "code_challenge_methods_supported": list(self.policy.pkce_methods),
                "introspection_endpoint": f"{base}/introspect",
                "introspection_endpoint_auth_methods_supported": methods,
                "revocation_endpoint": f"{base}/revoke",
                "revocation_endpoint_auth_methods_supported": methods,
                "end_session_endpoint": f"{base}/logout",
            },
        )

    def not_found(self, request: ServiceRequest) -> Answer:
        """Okta's own form of an error."""
        return _own_error(404, "E0000022", "The endpoint does not support the provided HTTP method")

    def backstage_config(self, where: Addresses) -> dict[str, Any]:
        """The address of the organisation."""
        return {"audience": where.http}

    def catalog_annotations(self, account: Account) -> dict[str, str]:
        """The annotation of ``emailMatchingUserEntityAnnotation``."""
        return {"okta.com/email": account.persona.email} if account.persona.email else {}


def _issuer(request: ServiceRequest) -> str:
    """The issuer of the server that a request is for."""
    below = _CUSTOM_PATH.rstrip("/") if request.path.startswith(_CUSTOM_PATH) else ""
    return request.base_url + below
