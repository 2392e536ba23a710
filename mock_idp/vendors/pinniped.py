"""Pinniped Supervisor: a federation domain that gives tokens for clusters by way of RFC 8693.

Facts: pinniped.dev, "Supervisor OIDC endpoints" and "Web-based login for third-party applications"; the texts are
those of the server library that it uses.
"""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from mock_idp.environments import ISSUER_ENVIRONMENTS
from mock_idp.oauth.client_authentication import ClientAuthentication
from mock_idp.oauth.grant_types import GRANT_TYPES, GrantType
from mock_idp.oauth.model import Answer, Client, Endpoint, Grant, Reason, Refusal, TokenKind
from mock_idp.oauth.policy import Pkce, Policy
from mock_idp.oauth.tokens import SignedToken, TokenShape
from mock_idp.randomness import URL_SAFE
from mock_idp.vendors import endpoints
from mock_idp.vendors.base import Addresses, EnvironmentKind, Exchange, Quirk, Route, ServiceSpec, Vendor
from mock_idp.vendors.id_tokens import id_token

DOCUMENT = "/.well-known/openid-configuration"
TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"  # noqa: S105 - a grant type
ACCESS_TOKEN_TYPE = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105 - the name of a type
JWT_TYPE = "urn:ietf:params:oauth:token-type:jwt"
AUDIENCE_SCOPE = "pinniped:request-audience"
POST_ONLY = "post-only"
"""Name of the environment whose client sends its secret in the body."""

_ALGORITHM = "ES256"
_TWO_MINUTES = 120
_NINE_HOURS = 32_400
_SCOPES = ("openid", "offline_access", AUDIENCE_SCOPE, "username", "groups")
_MEANINGLESS = ("profile", "email", "address")


def _error(status: int, code: str, description: str) -> Answer:
    return Answer(status, {"error": code, "error_description": description})


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
    return _error(400, "invalid_grant", f"{_GRANT} {more}".rstrip())


_BAD_CLIENT = _error(
    401,
    "invalid_client",
    "Client authentication failed (e.g., unknown client, no client authentication included, or unsupported "
    "authentication method).",
)
_BAD_PKCE = _bad_grant("The PKCE code challenge did not match the code verifier.")
_BAD_SUBJECT = _error(401, "request_unauthorized", "The request could not be authorized. Invalid 'subject_token'.")


class Pinniped(Vendor):
    """A federation domain of a Supervisor. By path only: its address is configured."""

    id = "pinniped"
    title = "Pinniped"
    icon = "PI"
    accent = "#1b3951"
    loopback_name = "localhost"
    routes = (
        Route("GET", DOCUMENT, "discovery", Endpoint.DISCOVERY),
        Route("GET", "/oauth2/authorize", "authorize", Endpoint.AUTHORIZATION),
        Route("POST", "/oauth2/token", "token", Endpoint.TOKEN),
        Route("GET", "/jwks.json", "jwks", Endpoint.JWKS),
        Route("GET", "/v1alpha1/pinniped_identity_providers", "identity_providers"),
    )
    grant_types = MappingProxyType(
        {
            **GRANT_TYPES,
            TOKEN_EXCHANGE: GrantType("exchange_token", Endpoint.EXCHANGE, "subject_token", TokenKind.ACCESS),
        }
    )
    policy = Policy(
        client_authentication=frozenset({ClientAuthentication.BASIC}),
        required_authorization_parameters=("client_id", "redirect_uri", "response_type", "scope", "state"),
        known_scopes=frozenset({*_SCOPES, *_MEANINGLESS}),
        access_token_seconds=_TWO_MINUTES,
        refresh_token_seconds=_NINE_HOURS,
        rotates_refresh_token=True,
        pkce=Pkce.REQUIRED,
    )
    token_type = "bearer"  # noqa: S105 - not a secret
    token_shapes = MappingProxyType(
        {
            TokenKind.CODE: TokenShape("pin_ac_", 86, URL_SAFE),
            TokenKind.ACCESS: TokenShape("pin_at_", 86, URL_SAFE),
            TokenKind.REFRESH: TokenShape("pin_rt_", 86, URL_SAFE),
        }
    )
    refusals = MappingProxyType(
        {
            Reason.UNKNOWN_CLIENT: _BAD_CLIENT,
            Reason.WRONG_SECRET: _BAD_CLIENT,
            Reason.WRONG_CLIENT_AUTHENTICATION: _BAD_CLIENT,
            Reason.MISSING_PARAMETER: _error(400, "invalid_request", _MALFORMED),
            Reason.INVALID_PARAMETER: _error(400, "invalid_request", _MALFORMED),
            Reason.UNKNOWN_CODE: _bad_grant(),
            Reason.EXPIRED_CODE: _bad_grant(),
            Reason.REPLAYED_CODE: _bad_grant("The authorization code has already been used."),
            Reason.CODE_OF_ANOTHER_CLIENT: _bad_grant(),
            Reason.REDIRECT_URI_MISMATCH: _bad_grant(
                "The 'redirect_uri' from this request does not match the one from the authorize request."
            ),
            Reason.MISSING_VERIFIER: _BAD_PKCE,
            Reason.WRONG_VERIFIER: _BAD_PKCE,
            Reason.UNKNOWN_REFRESH_TOKEN: _bad_grant("The refresh token is malformed or not valid."),
            Reason.EXPIRED_REFRESH_TOKEN: _bad_grant("The refresh token expired."),
            Reason.REVOKED_REFRESH_TOKEN: _bad_grant("The refresh token is malformed or not valid."),
            Reason.UNKNOWN_BEARER: _BAD_SUBJECT,
            Reason.EXPIRED_BEARER: _BAD_SUBJECT,
            Reason.REVOKED_BEARER: _BAD_SUBJECT,
            Reason.INSUFFICIENT_SCOPE: _error(403, "access_denied", f"{_DENIED} Missing the '{AUDIENCE_SCOPE}' scope."),
        }
    )
    callbacks = MappingProxyType(
        {Reason.ACCESS_DENIED: MappingProxyType({"error": "access_denied", "error_description": _DENIED})}
    )
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
        """One client sends its secret in the body."""
        if client.environment == POST_ONLY:
            return replace(self.policy, client_authentication=frozenset({ClientAuthentication.BODY}))
        return self.policy

    def issues_refresh_token(self, exchange: Exchange, grant: Grant, *, first_consent: bool) -> bool:
        """Only for offline access."""
        return "offline_access" in grant.scopes

    def token_members(self, exchange: Exchange, grant: Grant, access_token: str, *, refreshing: bool) -> dict[str, Any]:
        """An ID token, if the scopes have openid."""
        if "openid" not in grant.scopes:
            return {}
        claims = {
            **_claims(exchange, grant),
            "aud": [grant.request.client.client_id],
            "auth_time": int(grant.granted_at),
        }
        token = id_token(exchange, grant, access_token, claims, algorithm=_ALGORITHM, seconds=_TWO_MINUTES)
        return {"id_token": token}

    def exchange_token(self, exchange: Exchange, client: Client) -> Answer:
        """Exchange an access token for an ID token that a cluster takes (RFC 8693 section 2).

        Raises:
            Refusal: a parameter is missing or wrong, or the access token is not good for this.
        """
        form = exchange.form
        audience = form.get("audience")
        if not audience:
            raise Refusal(Reason.MISSING_PARAMETER, "Missing 'audience' parameter.")
        _check_type(form, "subject_token_type", ACCESS_TOKEN_TYPE)
        _check_type(form, "requested_token_type", JWT_TYPE)
        who = endpoints.holder(exchange, form["subject_token"], AUDIENCE_SCOPE)
        if who.grant.request.client.client_id != client.client_id:
            raise Refusal(Reason.UNKNOWN_BEARER, "The access token belongs to another client.", who.grant.grant_id)
        now = int(exchange.service.clock.now())
        claims = {
            **_claims(exchange, who.grant),
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
        return Answer(200, body, headers=endpoints.NO_STORE)

    def discovery(self, exchange: Exchange) -> Answer:
        """``GET /.well-known/openid-configuration`` (OIDC Discovery section 4)."""
        base = exchange.base_url
        return Answer(
            200,
            {
                "issuer": base,
                "authorization_endpoint": f"{base}/oauth2/authorize",
                "token_endpoint": f"{base}/oauth2/token",
                "jwks_uri": f"{base}/jwks.json",
                "response_types_supported": ["code"],
                "response_modes_supported": ["query"],
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

    def jwks(self, exchange: Exchange) -> Answer:
        """``GET /jwks.json``: the key set (RFC 7517)."""
        return Answer(200, exchange.service.keys.jwks((_ALGORITHM,)))

    def identity_providers(self, exchange: Exchange) -> Answer:
        """``GET /v1alpha1/pinniped_identity_providers``: where people have their accounts."""
        found = {"name": "corp", "type": "ldap", "flows": ["browser_authcode"]}
        return Answer(200, {"pinniped_identity_providers": [found]})

    def backstage_config(self, where: Addresses) -> dict[str, Any]:
        """The issuer."""
        return {"federationDomain": where.http}


def _claims(exchange: Exchange, grant: Grant) -> dict[str, Any]:
    """Who it is, as far as the scopes ask."""
    persona = exchange.service.persona(grant)
    claims: dict[str, Any] = {"sub": f"https://ldap.lumenfold.example?idpName=corp&sub={persona.login}"}
    if "username" in grant.scopes:
        claims["username"] = persona.login
    if "groups" in grant.scopes:
        claims["groups"] = [group for group in persona.groups if ":" not in group]
    return claims


def _check_type(form: Mapping[str, str], name: str, expected: str) -> None:
    if form.get(name) != expected:
        raise Refusal(Reason.INVALID_PARAMETER, f"{name} is {form.get(name, '')!r:.80}, expected {expected}.")
