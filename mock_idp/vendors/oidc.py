"""An OpenID provider as the standard describes it, with the texts of a common server.

Facts: OpenID Connect Core and Discovery, RFC 6749, RFC 7636, RFC 9207; keycloak.org for the texts of refusals.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from mock_idp.addresses import Addresses
from mock_idp.emulation import Quirk, Route, ServiceRequest
from mock_idp.environments import ISSUER_ENVIRONMENTS, EnvironmentKind, ServiceSpec
from mock_idp.oauth.client_authentication import ClientAuthentication
from mock_idp.oauth.model import Answer, Client, Endpoint, Grant, Reason
from mock_idp.oauth.policy import STANDARD_RESPONSE_MODES, Cors, LogoutRules, Pkce, Policy
from mock_idp.vendors.openid_vendor import PROMPTS, OpenIdVendor
from mock_idp.vendors.refusals import BAD_REFRESH_TOKEN, BAD_TOKEN, NOTHING_TO_REVOKE, error

DOCUMENT = "/.well-known/openid-configuration"

_METHODS = {
    "secret-in-the-body": ClientAuthentication.BODY,
    "secret-as-jwt": ClientAuthentication.SECRET_JWT,
    "public-client": ClientAuthentication.NONE,
}
"""Environment -> the one method of client authentication that its client is registered for."""
_ALGORITHMS = {"es256": "ES256", "hs256": "HS256"}
"""Environment -> the algorithm of ID tokens that its client is registered for."""


_CREDENTIALS = "Invalid client or Invalid client credentials"
_BAD_CODE = error(400, "invalid_grant", "Code not valid")
_DEAD_TOKEN = error(400, "invalid_grant", "Token is not active")
_BAD_BEARER = Answer(
    401,
    {"error": "invalid_token", "error_description": "Token verification failed"},
    headers=(
        (
            "WWW-Authenticate",
            'Bearer realm="oidc", error="invalid_token", error_description="Token verification failed"',
        ),
    ),
)


def _environment(name: str, description: str, service: ServiceSpec | None = None, **keys: Any) -> EnvironmentKind:
    return EnvironmentKind(name, description, keys=keys, service=service)


def _misleading(**members: Any) -> ServiceSpec:
    """A service whose discovery document says something else."""
    return ServiceSpec(({"fault": "set", "at": "discovery", "members": members},))


def _unpromised() -> ServiceSpec:
    name = "authorization_response_iss_parameter_supported"
    return ServiceSpec(({"fault": "remove", "at": "discovery", "members": [name]},))


class Oidc(OpenIdVendor):
    """The issuer behind Backstage's generic OpenID Connect provider; every provider id has one for itself."""

    id = "oidc"
    title = "OpenID Connect"
    icon = "ID"
    accent = "#c2571a"
    custom_ids = ("acme-sso",)
    serves_each_id = True
    routes = (
        Route("GET", DOCUMENT, "discovery", Endpoint.DISCOVERY),
        Route("GET", "/authorize", "authorize", Endpoint.AUTHORIZATION),
        Route("POST", "/token", "token", Endpoint.TOKEN),
        Route("GET", "/userinfo", "userinfo", Endpoint.PROFILE),
        Route("POST", "/userinfo", "userinfo", Endpoint.PROFILE),
        Route("POST", "/revoke", "revoke", Endpoint.REVOCATION),
        Route("POST", "/introspect", "introspect", Endpoint.INTROSPECTION),
        Route("GET", "/logout", "end_session", Endpoint.LOGOUT),
        Route("POST", "/logout", "end_session", Endpoint.LOGOUT),
        Route("GET", "/jwks", "jwks", Endpoint.JWKS),
    )
    policy = Policy(
        client_authentication=frozenset(
            {
                ClientAuthentication.BASIC,
                ClientAuthentication.BODY,
                ClientAuthentication.NONE,
            }
        ),
        required_authorization_parameters=("client_id", "redirect_uri", "response_type", "scope"),
        registered_authentication=frozenset({ClientAuthentication.SECRET_JWT}),
        response_types=("code", "id_token", "code id_token"),
        response_modes=STANDARD_RESPONSE_MODES,
        prompts=PROMPTS,
        remembers_sessions=True,
        login_hint="login_hint",
        logout=LogoutRules(),
        cors=dict.fromkeys(
            (Endpoint.DISCOVERY, Endpoint.JWKS, Endpoint.TOKEN, Endpoint.PROFILE, Endpoint.REVOCATION), Cors()
        ),
        revocation_needs_client=True,
        code_seconds=60,
        access_token_seconds=300,
        pkce=Pkce.SUPPORTED,
        public_pkce=Pkce.SUPPORTED,
    )
    # Nobody's service: what the standards make a must, and both of what they leave open.
    sources: ClassVar = {
        "client_authentication": "OpenID Connect Core section 9, RFC 6749 section 2.3.1",
        "public_clients": "RFC 6749 section 2.1",
        "token_formats": "RFC 6749 section 4.1.3",
        "revocation_formats": "RFC 7009 section 2.1 (form)",
        "default_grant_type": "RFC 6749 section 4.1.3",
        "required_authorization_parameters": "OpenID Connect Core section 3.1.2.1",
        "redirect_matching": "OpenID Connect Core section 3.1.2.1 (exactly)",
        "needs_redirect_uri_again": "OpenID Connect Core section 3.1.3.2",
        "response_types": "OpenID Connect Core section 3; those with token are not emulated",
        "response_modes": "OAuth 2.0 Multiple Response Type Encoding Practices, OAuth 2.0 Form Post Response Mode",
        "default_scopes": "OpenID Connect Core section 3.1.2.1 (scope is required)",
        "pkce": "RFC 7636 section 4.2",
        "prompts": "OpenID Connect Core section 3.1.2.1",
        "prompt_none": "OpenID Connect Core section 3.1.2.6",
        "login_hint": "OpenID Connect Core section 3.1.2.1",
        "bearer_places": "RFC 6750 section 2.1",
        "revocation_needs_client": "RFC 7009 section 2.1",
        "revocation_of_unknown_token": "RFC 7009 section 2.2",
        "logout": "OpenID Connect RP-Initiated Logout 1.0 sections 2 and 3",
        "discovery": "OpenID Connect Discovery section 4",
        "introspection": "RFC 7662",
        "revocation": "RFC 7009",
        "cors": "OpenID Connect Core section 5.3 and Discovery section 4 (SHOULD), RFC 7009 section 2.3",
    }
    refusals: ClassVar = {
        **dict.fromkeys(BAD_REFRESH_TOKEN, _DEAD_TOKEN),
        **dict.fromkeys(BAD_TOKEN, _BAD_BEARER),
        Reason.UNKNOWN_CLIENT: error(401, "invalid_client", _CREDENTIALS),
        Reason.WRONG_CLIENT_AUTHENTICATION: error(401, "invalid_client", _CREDENTIALS),
        Reason.INVALID_CLIENT_ASSERTION: error(401, "invalid_client", _CREDENTIALS),
        Reason.WRONG_SECRET: error(401, "unauthorized_client", _CREDENTIALS),
        Reason.UNKNOWN_CODE: _BAD_CODE,
        Reason.EXPIRED_CODE: _BAD_CODE,
        Reason.REPLAYED_CODE: _BAD_CODE,
        Reason.CODE_OF_ANOTHER_CLIENT: _BAD_CODE,
        Reason.REDIRECT_URI_MISMATCH: error(400, "invalid_grant", "Incorrect redirect_uri"),
        Reason.MISSING_VERIFIER: error(400, "invalid_grant", "PKCE code verifier not specified"),
        Reason.WRONG_VERIFIER: error(400, "invalid_grant", "PKCE verification failed: Code mismatch"),
        Reason.UNKNOWN_REFRESH_TOKEN: error(400, "invalid_grant", "Invalid refresh token"),
        Reason.UNKNOWN_TOKEN: NOTHING_TO_REVOKE,
    }
    callbacks: ClassVar = {Reason.ACCESS_DENIED: {"error": "access_denied"}}
    # Both kinds of keys are published; each client gets ID tokens of one kind.
    signing_algorithms = ("RS256", "ES256")
    extra_scopes = ("offline_access", "phone", "address", "groups")
    environments = (
        _environment("default-prompt", "No page is shown (prompt=none, the default).", prompt=None),
        _environment("login-prompt", "The user has to sign in again.", prompt="login"),
        _environment(
            "search-params",
            "Further parameters for the authorization request, some of which must not get through.",
            startUrlSearchParams={
                "audience": "harbour",
                "scope": "stolen",
                "state": "stolen",
                "nonce": "stolen",
                "code_challenge": "stolen",
            },
        ),
        _environment(
            "secret-in-the-body",
            "The client's secret travels in the body.",
            tokenEndpointAuthMethod="client_secret_post",
        ),
        _environment(
            "secret-as-jwt",
            "The client's secret signs an assertion.",
            tokenEndpointAuthMethod="client_secret_jwt",
        ),
        _environment("public-client", "A client without a secret.", tokenEndpointAuthMethod="none"),
        _environment("es256", "ID tokens are signed with an elliptic curve.", tokenSignedResponseAlg="ES256"),
        _environment("hs256", "ID tokens are signed with the client's secret.", tokenSignedResponseAlg="HS256"),
        _environment("impatient", "The backend waits for half a second.", timeout={"milliseconds": 500}),
        _environment("unpromised-issuer", "An issuer that does not say that it names itself.", _unpromised()),
        _environment(
            "without-userinfo",
            "An issuer that has no user info endpoint.",
            ServiceSpec(({"fault": "remove", "at": "discovery", "members": ["userinfo_endpoint"]},)),
        ),
        _environment(
            "without-revocation",
            "An issuer that has no revocation endpoint.",
            ServiceSpec(({"fault": "remove", "at": "discovery", "members": ["revocation_endpoint"]},)),
        ),
        _environment(
            "endpoint-query",
            "An issuer whose authorization endpoint has a query.",
            ServiceSpec(({"fault": "endpoint-with-query", "at": "discovery"},)),
        ),
        _environment(
            "plain-challenge",
            "An issuer that knows only plain code challenges.",
            _misleading(code_challenge_methods_supported=["plain"]),
        ),
        _environment(
            "unlisted-challenge",
            "An issuer that does not say which code challenges it knows.",
            ServiceSpec(({"fault": "remove", "at": "discovery", "members": ["code_challenge_methods_supported"]},)),
        ),
        *ISSUER_ENVIRONMENTS,
    )
    quirks = (
        Quirk(
            "issuer-in-the-callback",
            "Every answer to the browser names the issuer, as the discovery document promises.",
            "RFC 9207",
        ),
        Quirk(
            "refresh-token-for-everybody",
            "A refresh token comes without the scope offline_access as well.",
            "keycloak.org: Server Administration Guide, offline access",
        ),
        Quirk(
            "nobody-is-signed-in",
            "With prompt=none the answer is login_required, unless this browser consented to that client before, or "
            "the mock was started with --auto-login.",
            "OpenID Connect Core section 3.1.2.6",
        ),
    )

    def make_client(self, service: str, provider: str, environment: str, redirect_uris: Sequence[str]) -> Client:
        """Some clients are registered for another method of authentication."""
        client = super().make_client(service, provider, environment, redirect_uris)
        method = _METHODS.get(environment)
        return replace(client, authentication_method=method or "", is_public=method is ClientAuthentication.NONE)

    def callback(
        self, request: ServiceRequest, grant: Grant | None, redirect_uri: str, parameters: Mapping[str, str]
    ) -> Answer:
        """Name the issuer beside the answer (RFC 9207 section 2)."""
        return super().callback(request, grant, redirect_uri, {**parameters, "iss": request.base_url})

    def id_token_claims(self, request: ServiceRequest, grant: Grant) -> dict[str, Any]:
        """The thin token of a server that has user info."""
        claims = super().id_token_claims(request, grant)
        claims.pop("picture", None)
        return claims | {"auth_time": int(grant.granted_at)}

    def id_token_algorithm(self, client: Client) -> str:
        """Some clients are registered for another algorithm."""
        return _ALGORITHMS.get(client.environment, super().id_token_algorithm(client))

    def discovery(self, request: ServiceRequest) -> Answer:
        """``GET /.well-known/openid-configuration`` (OIDC Discovery section 4)."""
        base = request.base_url
        return Answer(
            200,
            {
                "issuer": base,
                "authorization_endpoint": f"{base}/authorize",
                "token_endpoint": f"{base}/token",
                "userinfo_endpoint": f"{base}/userinfo",
                "revocation_endpoint": f"{base}/revoke",
                "introspection_endpoint": f"{base}/introspect",
                "end_session_endpoint": f"{base}/logout",
                "jwks_uri": f"{base}/jwks",
                "response_types_supported": list(self.policy.response_types),
                "response_modes_supported": list(self.policy.response_modes),
                "prompt_values_supported": list(self.policy.prompts),
                "grant_types_supported": list(self.grant_types),
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": [*self.signing_algorithms, "HS256"],
                "scopes_supported": ["openid", "profile", "email", *self.extra_scopes],
                "token_endpoint_auth_methods_supported": sorted(
                    self.policy.client_authentication | self.policy.registered_authentication
                ),
                "token_endpoint_auth_signing_alg_values_supported": ["HS256"],
                "code_challenge_methods_supported": ["S256"],
                "authorization_response_iss_parameter_supported": True,
                "claims_supported": ["sub", "name", "preferred_username", "email", "email_verified", "picture"],
            },
        )

    def backstage_config(self, where: Addresses) -> dict[str, Any]:
        """Where the issuer is found: by its document, or by its own name alone (OIDC Discovery section 4)."""
        document = f"{where.http}{DOCUMENT}" if where.service == self.id else where.http
        # Without a prompt, nobody would ever see the consent page.
        return {"metadataUrl": document, "prompt": "auto"}
