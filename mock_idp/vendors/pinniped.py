"""Pinniped Supervisor: a federation domain that gives tokens for clusters by way of RFC 8693.

Facts: pinniped.dev, "Supervisor OIDC endpoints" and "Web-based login for third-party applications"; the texts are
those of the server library that it uses.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any, ClassVar

from mock_idp.addresses import Addresses
from mock_idp.emulation import Quirk, Route, ServiceRequest
from mock_idp.environments import ISSUER_ENVIRONMENTS, EnvironmentKind, ServiceSpec
from mock_idp.oauth.client_authentication import ClientAuthentication
from mock_idp.oauth.model import NO_STORE, Answer, Client, Endpoint, Grant, Reason, Refusal, TokenKind
from mock_idp.oauth.policy import GRANT_TYPES, OFFLINE_ACCESS, GrantType, Pkce, Policy, ResponseMode
from mock_idp.oauth.redirect_uris import RedirectMatching
from mock_idp.oauth.tokens import SignedToken, TokenShape
from mock_idp.people import Account
from mock_idp.randomness import URL_SAFE
from mock_idp.vendors.openid_vendor import PROMPTS, OpenIdVendor
from mock_idp.vendors.refusals import BAD_CLIENT, BAD_TOKEN, BAD_VERIFIER, error

DOCUMENT = "/.well-known/openid-configuration"
TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"  # noqa: S105 - a grant type
ACCESS_TOKEN_TYPE = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105 - the name of a type
JWT_TYPE = "urn:ietf:params:oauth:token-type:jwt"
AUDIENCE_SCOPE = "pinniped:request-audience"
POST_ONLY = "post-only"
"""Name of the environment whose client sends its secret in the body."""

_SOURCE = "vmware-tanzu/pinniped, internal/federationdomain"
_ALGORITHM = "ES256"
_QUERY = {str(ResponseMode.QUERY): ResponseMode.QUERY}
_TWO_MINUTES = 120
_NINE_HOURS = 32_400
_SCOPES = ("openid", "offline_access", AUDIENCE_SCOPE, "username", "groups")
_MEANINGLESS = ("profile", "email", "address")


_GRANT = (
    "The provided authorization grant (e.g., authorization code, resource owner credentials) or refresh token is "
    "invalid, expired, revoked, does not match the redirection URI used in the authorization request, or was issued "
    "to another client."
)
_MALFORMED = (
    "The request is missing a required parameter, includes an invalid parameter value, includes a parameter more than "
    "once, or is otherwise malformed."
)
_DENIED = "The resource owner or authorization server denied the request."


def _bad_grant(more: str = "") -> Answer:
    return error(400, "invalid_grant", f"{_GRANT} {more}".rstrip())


_BAD_CLIENT = error(
    401,
    "invalid_client",
    "Client authentication failed (e.g., unknown client, no client authentication included, or unsupported "
    "authentication method).",
)
_BAD_PKCE = _bad_grant("The PKCE code challenge did not match the code verifier.")
_BAD_SUBJECT = error(401, "request_unauthorized", "The request could not be authorized. Invalid 'subject_token'.")


class Pinniped(OpenIdVendor):
    """A federation domain of a Supervisor. By path only: its address is configured."""

    id = "pinniped"
    title = "Pinniped"
    icon = "PI"
    accent = "#1b3951"
    usual_scopes = ("openid", "username", "groups", "offline_access")
    loopback_name = "localhost"
    routes = (
        Route("GET", DOCUMENT, "discovery", Endpoint.DISCOVERY),
        Route("GET", "/oauth2/authorize", "authorize", Endpoint.AUTHORIZATION),
        Route("POST", "/oauth2/token", "token", Endpoint.TOKEN),
        Route("GET", "/jwks.json", "jwks", Endpoint.JWKS),
        Route("GET", "/v1alpha1/pinniped_identity_providers", "identity_providers"),
    )
    grant_types: ClassVar = {
        **GRANT_TYPES,
        TOKEN_EXCHANGE: GrantType("exchange_token", Endpoint.EXCHANGE, "subject_token", TokenKind.ACCESS),
    }
    policy = Policy(
        client_authentication=frozenset({ClientAuthentication.BASIC, ClientAuthentication.NONE}),
        redirect_matching=frozenset({RedirectMatching.ANY_LOOPBACK_PORT}),
        response_modes={**_QUERY, str(ResponseMode.FORM_POST): ResponseMode.FORM_POST},
        prompts=PROMPTS,
        prompts_need_openid=True,
        required_authorization_parameters=("client_id", "redirect_uri", "response_type", "scope", "state"),
        known_scopes=frozenset({*_SCOPES, *_MEANINGLESS}),
        access_token_seconds=_TWO_MINUTES,
        refresh_token_seconds=_NINE_HOURS,
        rotates_refresh_token=True,
        pkce=Pkce.REQUIRED,
        pkce_methods=("S256",),
        refresh_token_scope=OFFLINE_ACCESS,
    )
    sources: ClassVar = {
        "client_authentication": f"{_SOURCE}/endpoints/discovery/discovery_handler.go",
        "public_clients": f"{_SOURCE}/clientregistry/clientregistry.go (one: pinniped-cli)",
        "required_authorization_parameters": "ory/fosite, authorize_request_handler.go (state)",
        "redirect_matching": "ory/fosite, authorize_helper.go",
        "response_types": f"{_SOURCE}/endpoints/discovery/discovery_handler.go",
        "response_modes": f"{_SOURCE}/clientregistry/clientregistry.go (form_post for pinniped-cli only)",
        "pkce": f"{_SOURCE}/oidc/oidc.go (EnforcePKCE, no plain)",
        "prompts": f"{_SOURCE}/endpoints/auth/auth_handler.go; ory/fosite, handler/openid/validator.go",
        "prompt_none": f"{_SOURCE}/endpoints/auth/auth_handler.go (always login_required)",
        "discovery": f"{_SOURCE}/endpoints/discovery/discovery_handler.go",
        "introspection": f"{_SOURCE}/endpoints/discovery/discovery_handler.go (none)",
        "revocation": f"{_SOURCE}/endpoints/discovery/discovery_handler.go (none)",
        **dict.fromkeys(
            ("cors.discovery", "cors.jwks", "cors.authorization", "cors.token"),
            f"{_SOURCE}/endpoints (no header fields for it)",
        ),
    }
    token_type = "bearer"  # noqa: S105 - not a secret
    token_shapes: ClassVar = {
        TokenKind.CODE: TokenShape("pin_ac_", 86, URL_SAFE),
        TokenKind.ACCESS: TokenShape("pin_at_", 86, URL_SAFE),
        TokenKind.REFRESH: TokenShape("pin_rt_", 86, URL_SAFE),
    }
    refusals: ClassVar = {
        **dict.fromkeys(BAD_TOKEN, _BAD_SUBJECT),
        **dict.fromkeys(BAD_CLIENT, _BAD_CLIENT),
        **dict.fromkeys(BAD_VERIFIER, _BAD_PKCE),
        Reason.MISSING_PARAMETER: error(400, "invalid_request", _MALFORMED),
        Reason.INVALID_PARAMETER: error(400, "invalid_request", _MALFORMED),
        Reason.UNKNOWN_CODE: _bad_grant(),
        Reason.EXPIRED_CODE: _bad_grant(),
        Reason.REPLAYED_CODE: _bad_grant("The authorization code has already been used."),
        Reason.CODE_OF_ANOTHER_CLIENT: _bad_grant(),
        Reason.REDIRECT_URI_MISMATCH: _bad_grant(
            "The 'redirect_uri' from this request does not match the one from the authorize request."
        ),
        Reason.UNKNOWN_REFRESH_TOKEN: _bad_grant("The refresh token is malformed or not valid."),
        Reason.EXPIRED_REFRESH_TOKEN: _bad_grant("The refresh token expired."),
        Reason.REVOKED_REFRESH_TOKEN: _bad_grant("The refresh token is malformed or not valid."),
        Reason.INSUFFICIENT_SCOPE: error(403, "access_denied", f"{_DENIED} Missing the '{AUDIENCE_SCOPE}' scope."),
    }
    callbacks: ClassVar = {Reason.ACCESS_DENIED: {"error": "access_denied", "error_description": _DENIED}}
    signing_algorithms = (_ALGORITHM,)
    id_token_seconds = _TWO_MINUTES
    extra_scopes = ("groups", *_MEANINGLESS)
    common_sign_in_resolvers = False
    environments = (
        EnvironmentKind(
            POST_ONLY,
            "A Supervisor that takes the client's secret in the body only.",
            service=ServiceSpec(
                (
                    {
                        "fault": "set",
                        "at": "discovery",
                        "members": {"token_endpoint_auth_methods_supported": ["client_secret_post"]},
                    },
                )
            ),
        ),
        *ISSUER_ENVIRONMENTS,
    )
    quirks = (
        Quirk(
            "tokens-for-clusters",
            f"An access token with the scope {AUDIENCE_SCOPE} can be exchanged for an ID token of any audience.",
            "RFC 8693; pinniped.dev: Supervisor token exchange",
        ),
        Quirk(
            "no-user-info",
            "Who signed in is said by the ID token only, which has username and groups.",
            "pinniped.dev: Supervisor OIDC endpoints",
        ),
        Quirk(
            "proof-keys",
            "An authorization request without code challenge is refused.",
            "pinniped.dev: OIDCClient",
        ),
        Quirk(
            "scopes-without-meaning",
            f"{', '.join(_MEANINGLESS)} are granted and change nothing.",
            "a decision of this mock: there are too few scopes for tests",
        ),
    )

    def policy_for(self, client: Client) -> Policy:
        """One client sends its secret in the body; the form post is for the command line, which is public."""
        if client.is_public:
            return self.policy
        confidential = replace(self.policy, response_modes=_QUERY)
        if client.environment == POST_ONLY:
            return replace(confidential, client_authentication=frozenset({ClientAuthentication.BODY}))
        return confidential

    def claims(self, request: ServiceRequest, account: Account, scopes: Collection[str]) -> dict[str, Any]:
        """Who it is, as far as the scopes ask."""
        persona = account.persona
        claims: dict[str, Any] = {"sub": f"https://ldap.lumenfold.example?idpName=corp&sub={persona.login}"}
        if "username" in scopes:
            claims["username"] = persona.login
        if "groups" in scopes:
            usual = [group for group in persona.groups if ":" not in group]
            claims["groups"] = usual if account.groups is None else list(account.groups)
        return claims

    def id_token_claims(self, request: ServiceRequest, grant: Grant) -> dict[str, Any]:
        """The audience as a list, and the time of the sign-in."""
        audience = [grant.request.client.client_id]
        return super().id_token_claims(request, grant) | {"aud": audience, "auth_time": int(grant.granted_at)}

    def exchange_token(self, request: ServiceRequest, client: Client, policy: Policy) -> Answer:
        """Exchange an access token for an ID token that a cluster takes (RFC 8693 section 2).

        Raises:
            Refusal: a parameter is missing or wrong, or the access token is not good for this.
        """
        form = request.form
        audience = form.get("audience")
        if not audience:
            raise Refusal(Reason.MISSING_PARAMETER, "Missing 'audience' parameter.")
        _check_type(form, "subject_token_type", ACCESS_TOKEN_TYPE)
        _check_type(form, "requested_token_type", JWT_TYPE)
        who = self.holder(request, form["subject_token"], AUDIENCE_SCOPE)
        if who.grant.request.client.client_id != client.client_id:
            raise Refusal(Reason.UNKNOWN_BEARER, "The access token belongs to another client.", who.grant.grant_id)
        now = int(request.service.clock.now())
        claims = {
            **self.claims(request, who.account, who.grant.scopes),
            "iss": who.grant.request.base_url,
            "aud": audience,
            "azp": client.client_id,
            "iat": now,
            "exp": now + _TWO_MINUTES,
        }
        body = {
            "access_token": SignedToken(claims, algorithm=_ALGORITHM),
            "issued_token_type": JWT_TYPE,
            "token_type": "N_A",
        }
        return Answer(200, body, headers=NO_STORE)

    def discovery(self, request: ServiceRequest) -> Answer:
        """``GET /.well-known/openid-configuration`` (OIDC Discovery section 4)."""
        base = request.base_url
        return Answer(
            200,
            {
                "issuer": base,
                "authorization_endpoint": f"{base}/oauth2/authorize",
                "token_endpoint": f"{base}/oauth2/token",
                "jwks_uri": f"{base}/jwks.json",
                "response_types_supported": ["code"],
                "response_modes_supported": list(self.policy.response_modes),
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": [_ALGORITHM],
                "token_endpoint_auth_methods_supported": ["client_secret_basic"],
                "scopes_supported": list(_SCOPES),
                "claims_supported": ["username", "groups", "additionalClaims"],
                "code_challenge_methods_supported": ["S256"],
                "discovery.supervisor.pinniped.dev/v1alpha1": {
                    "pinniped_identity_providers_endpoint": f"{base}/v1alpha1/pinniped_identity_providers"
                },
            },
        )

    def identity_providers(self, request: ServiceRequest) -> Answer:
        """``GET /v1alpha1/pinniped_identity_providers``: where people have their accounts."""
        found = {"name": "corp", "type": "ldap", "flows": ["browser_authcode"]}
        return Answer(200, {"pinniped_identity_providers": [found]})

    def backstage_config(self, where: Addresses) -> dict[str, Any]:
        """The issuer."""
        return {"federationDomain": where.http}


def _check_type(form: Mapping[str, str], name: str, expected: str) -> None:
    if form.get(name) != expected:
        raise Refusal(Reason.INVALID_PARAMETER, f"{name} is {form.get(name, '')!r:.80}, expected {expected}.")
