"""Okta: an organisation's own authorization server and its custom one ``default``.

Facts: developer.okta.com, "OpenID Connect & OAuth 2.0 API" and "Okta API error codes".
"""

from collections.abc import Collection
from typing import Any, ClassVar

from mock_idp.addresses import Addresses
from mock_idp.emulation import Quirk, Route, ServiceRequest
from mock_idp.environments import EnvironmentKind
from mock_idp.oauth.client_authentication import ClientAuthentication
from mock_idp.oauth.model import Answer, Client, Encoding, Endpoint, Grant, Reason, Refusal, TokenKind
from mock_idp.oauth.policy import OFFLINE_ACCESS, Pkce, Policy, ScopePattern
from mock_idp.oauth.tokens import TokenShape
from mock_idp.people import Account
from mock_idp.randomness import URL_SAFE
from mock_idp.vendors.openid_vendor import OpenIdVendor
from mock_idp.vendors.refusals import BAD_BEARER, BAD_CODE, BAD_REFRESH_TOKEN, BAD_VERIFIER, error

CUSTOM_SERVER = "default"
"""Id of the custom authorization server; each organisation has one of this name from the start."""

IDENTITY_PROVIDER = "0oa4c1harbour7Quay0h7"
"""Id of the identity provider that people may be sent on to."""

_PROMPTS = frozenset({"none", "login", "consent", "enroll_authenticator"})

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
_DENIED = "The resource owner or authorization server denied the request."


class Okta(OpenIdVendor):
    """An Okta organisation. By path only: its address is configured."""

    id = "okta"
    title = "Okta"
    icon = "OK"
    accent = "#00297a"
    email_annotations = ("okta.com/email",)
    routes = tuple(
        route
        for server in ("", f"/{CUSTOM_SERVER}")
        for route in (
            Route("GET", f"/oauth2{server}/v1/authorize", "authorize", Endpoint.AUTHORIZATION),
            Route("POST", f"/oauth2{server}/v1/token", "token", Endpoint.TOKEN),
            Route("POST", f"/oauth2{server}/v1/userinfo", "userinfo", Endpoint.PROFILE),
            Route("GET", f"/oauth2{server}/v1/userinfo", "userinfo", Endpoint.PROFILE),
            Route("POST", f"/oauth2{server}/v1/revoke", "revoke", Endpoint.REVOCATION),
            Route("GET", f"/oauth2{server}/v1/keys", "jwks", Endpoint.JWKS),
        )
    )
    policy = Policy(
        client_authentication=frozenset({ClientAuthentication.BODY, ClientAuthentication.BASIC}),
        required_authorization_parameters=("client_id", "redirect_uri", "response_type", "scope", "state"),
        known_scopes=_SCOPES,
        code_seconds=300,
        pkce=Pkce.SUPPORTED,
        refresh_token_scope=OFFLINE_ACCESS,
    )
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
            "A custom authorization server, and people sent on to an identity provider of theirs.",
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
            "Access tokens look like the JWTs that Okta issues, but nobody can take them apart.",
            "a decision of this mock",
        ),
    )

    def check_authorization(self, request: ServiceRequest, client: Client) -> None:
        """Check Okta's own parameters.

        Raises:
            Refusal: a value that does not exist.
        """
        prompt, idp = request.query.get("prompt"), request.query.get("idp")
        if prompt is not None and prompt not in _PROMPTS:
            raise Refusal(Reason.INVALID_PARAMETER, f"prompt is {prompt!r}, which is none of Okta's values.")
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
        server = f"/oauth2/{CUSTOM_SERVER}"
        below = server if request.path.startswith(f"{server}/") else ""
        return super().id_token_claims(request, grant) | {"iss": request.base_url + below}

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

    def not_found(self, request: ServiceRequest) -> Answer:
        """Okta's own form of an error."""
        return _own_error(404, "E0000022", "The endpoint does not support the provided HTTP method")

    def backstage_config(self, where: Addresses) -> dict[str, Any]:
        """The address of the organisation."""
        return {"audience": where.http}

    def catalog_annotations(self, account: Account) -> dict[str, str]:
        """The annotation of ``emailMatchingUserEntityAnnotation``."""
        return {"okta.com/email": account.persona.email} if account.persona.email else {}
