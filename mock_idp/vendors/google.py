"""Google: accounts.google.com and its API hosts, by name only, since Backstage has them hard-coded.

Facts: developers.google.com, "Using OAuth 2.0 for Web Server Applications" and "OpenID Connect".
"""

from collections.abc import Collection
from typing import Any, ClassVar

from mock_idp.addresses import Reach
from mock_idp.emulation import Quirk, Route, ServiceRequest
from mock_idp.oauth.model import Answer, Client, Endpoint, Grant, Reason, Refusal, TokenKind
from mock_idp.oauth.policy import BearerPlace, Pkce, Policy, ScopePattern
from mock_idp.oauth.tokens import TokenShape
from mock_idp.personas import Account
from mock_idp.randomness import URL_SAFE
from mock_idp.vendors.openid_vendor import OpenIdVendor
from mock_idp.vendors.refusals import BAD_AUTHORIZATION_REQUEST, BAD_BEARER, BAD_REFRESH_TOKEN, error

_SCOPE_PREFIX = "https://www.googleapis.com/auth/"
_EMAIL_SCOPES = frozenset({"email", f"{_SCOPE_PREFIX}userinfo.email"})
_PROFILE_SCOPES = frozenset({"profile", f"{_SCOPE_PREFIX}userinfo.profile"})
_ACCESS_SECONDS = 3599  # one second passes between issuing a token and writing the answer
_PROMPTS = frozenset({"none", "consent", "select_account"})

_SCOPES = ScopePattern(r"openid|email|profile|https://www\.googleapis\.com/auth/[a-z][a-z0-9._/-]*")
"""Three short names, and anything of the form of an API scope."""

_BAD_GRANT = error(400, "invalid_grant", "Bad Request")
_DEAD_TOKEN = error(400, "invalid_grant", "Token has been expired or revoked.")
_NO_CREDENTIALS = Answer(
    401,
    {"error": "invalid_request", "error_description": "Invalid Credentials"},
    headers=(("WWW-Authenticate", 'Bearer realm="https://accounts.google.com/", error="invalid_token"'),),
)


class Google(OpenIdVendor):
    """Google's identity platform."""

    id = "google"
    title = "Google"
    icon = "G"
    accent = "#1a73e8"
    hosts: ClassVar = {
        "accounts.google.com": "",
        "www.googleapis.com": "",
        "oauth2.googleapis.com": "",
        "openidconnect.googleapis.com": "",
    }
    reached = Reach.BY_NAME
    routes = (
        Route("GET", "/o/oauth2/v2/auth", "authorize", Endpoint.AUTHORIZATION),
        # Two older addresses, which clients of many years still use.
        Route("GET", "/o/oauth2/auth", "authorize", Endpoint.AUTHORIZATION),
        Route("POST", "/o/oauth2/token", "token", Endpoint.TOKEN),
        Route("POST", "/oauth2/v4/token", "token", Endpoint.TOKEN),
        Route("POST", "/token", "token", Endpoint.TOKEN),
        Route("GET", "/oauth2/v3/userinfo", "userinfo", Endpoint.PROFILE),
        Route("GET", "/v1/userinfo", "userinfo", Endpoint.PROFILE),
        Route("POST", "/revoke", "revoke", Endpoint.REVOCATION),
        Route("GET", "/.well-known/openid-configuration", "discovery", Endpoint.DISCOVERY),
        Route("GET", "/oauth2/v3/certs", "jwks", Endpoint.JWKS),
    )
    policy = Policy(
        required_authorization_parameters=("client_id", "redirect_uri", "response_type", "scope"),
        known_scopes=_SCOPES,
        bearer_places=frozenset({BearerPlace.HEADER, BearerPlace.QUERY}),
        access_token_seconds=_ACCESS_SECONDS,
        pkce=Pkce.SUPPORTED,
    )
    token_shapes: ClassVar = {
        TokenKind.CODE: TokenShape("4/0A", 70, URL_SAFE),
        TokenKind.ACCESS: TokenShape("ya29.a0", 160, URL_SAFE),
        TokenKind.REFRESH: TokenShape("1//0", 99, URL_SAFE),
    }
    refusals: ClassVar = {
        **dict.fromkeys(BAD_REFRESH_TOKEN, _DEAD_TOKEN),
        **dict.fromkeys(BAD_BEARER, _NO_CREDENTIALS),
        Reason.UNKNOWN_CLIENT: error(401, "invalid_client", "The OAuth client was not found."),
        Reason.WRONG_SECRET: error(401, "invalid_client", "Unauthorized"),
        Reason.WRONG_CLIENT_AUTHENTICATION: error(400, "invalid_request", "client_secret is missing."),
        Reason.MISSING_PARAMETER: error(400, "invalid_request", "Missing required parameter."),
        Reason.INVALID_PARAMETER: error(400, "invalid_request", "OAuth 2 parameters can only have a single value."),
        Reason.INVALID_SCOPE: error(400, "invalid_scope", "Bad Request"),
        Reason.WRONG_CONTENT_TYPE: error(400, "invalid_request", "Could not parse the request body."),
        Reason.UNSUPPORTED_GRANT_TYPE: error(400, "unsupported_grant_type", "Invalid grant_type."),
        Reason.UNKNOWN_CODE: error(400, "invalid_grant", "Malformed auth code."),
        Reason.EXPIRED_CODE: _BAD_GRANT,
        Reason.REPLAYED_CODE: _BAD_GRANT,
        Reason.CODE_OF_ANOTHER_CLIENT: _BAD_GRANT,
        Reason.REDIRECT_URI_MISMATCH: error(400, "redirect_uri_mismatch", "Bad Request"),
        Reason.MISSING_VERIFIER: error(400, "invalid_grant", "Missing code verifier."),
        Reason.WRONG_VERIFIER: error(400, "invalid_grant", "Invalid code verifier."),
        Reason.UNKNOWN_REFRESH_TOKEN: _BAD_GRANT,
        Reason.INSUFFICIENT_SCOPE: Answer(
            403,
            {
                "error": {
                    "code": 403,
                    "message": "Request had insufficient authentication scopes.",
                    "status": "PERMISSION_DENIED",
                }
            },
        ),
        Reason.UNKNOWN_TOKEN: error(400, "invalid_token", "Token expired or revoked"),
    }
    callbacks: ClassVar = {Reason.ACCESS_DENIED: {"error": "access_denied"}}
    # Google shows its own error page for everything but a refusal of the person.
    page_statuses: ClassVar = {
        **dict.fromkeys(BAD_AUTHORIZATION_REQUEST, 400),
        Reason.UNKNOWN_CLIENT: 401,
    }
    userinfo_scopes = ("openid", *_EMAIL_SCOPES, *_PROFILE_SCOPES)
    extra_scopes = (
        f"{_SCOPE_PREFIX}calendar.readonly",
        f"{_SCOPE_PREFIX}drive.readonly",
        f"{_SCOPE_PREFIX}gmail.readonly",
        f"{_SCOPE_PREFIX}cloud-platform",
    )
    sign_in_resolvers = ({"resolver": "emailMatchingUserEntityAnnotation"},)
    quirks = (
        Quirk(
            "refresh-token-on-consent",
            "A refresh token comes only with access_type=offline, and only at the first consent or with "
            "prompt=consent; a refresh answers none.",
            "developers.google.com: Using OAuth 2.0 for Web Server Applications",
        ),
        Quirk(
            "token-in-query",
            "userinfo takes the access token from the query, revoke takes the token from query or form.",
            "developers.google.com: OpenID Connect",
        ),
        Quirk(
            "denied-without-description",
            "A refusal of the person carries no error_description.",
            "developers.google.com: Using OAuth 2.0 for Web Server Applications",
        ),
        Quirk(
            "grants-stand-alone",
            "include_granted_scopes is checked but adds nothing: grants of other tests must not show here.",
            "a decision of this mock",
        ),
    )

    def check_authorization(self, request: ServiceRequest, client: Client) -> None:
        """Check Google's own parameters.

        Raises:
            Refusal: a value that does not exist.
        """
        query = request.query
        _check_choice(query.get("access_type"), frozenset({"online", "offline"}), "access_type")
        _check_choice(query.get("include_granted_scopes"), frozenset({"true", "false"}), "include_granted_scopes")
        prompts = query.get("prompt", "").split()
        for prompt in prompts:
            _check_choice(prompt, _PROMPTS, "prompt")
        if "none" in prompts and len(prompts) > 1:
            raise Refusal(Reason.INVALID_PARAMETER, "prompt=none stands alone (OIDC Core section 3.1.2.1).")

    def issues_refresh_token(self, grant: Grant, *, first_consent: bool) -> bool:
        """Only for offline access, and only when the person was really asked."""
        parameters = grant.request.parameters
        asked = first_consent or "consent" in parameters.get("prompt", "").split()
        return parameters.get("access_type") == "offline" and asked

    def claims(self, request: ServiceRequest, account: Account, scopes: Collection[str]) -> dict[str, Any]:
        """What Google says about a person, as far as the scopes allow."""
        persona = account.persona
        # 21 digits: more than a JavaScript number can hold, which is why it is a text.
        claims: dict[str, Any] = {"sub": f"1{int(account.digest, 16) % 10**20:020}"}
        if not _PROFILE_SCOPES.isdisjoint(scopes):
            claims["name"] = persona.name
            claims["given_name"] = persona.given_name
            claims["family_name"] = persona.family_name
            claims["picture"] = persona.picture
        if persona.email and not _EMAIL_SCOPES.isdisjoint(scopes):
            claims["email"] = persona.email
            claims["email_verified"] = persona.email_verified
            claims["hd"] = persona.email.partition("@")[2]
        return claims

    def discovery(self, request: ServiceRequest) -> Answer:
        """``GET /.well-known/openid-configuration`` (OIDC Discovery section 4)."""
        apis = _api_urls(request.base_url)
        return Answer(
            200,
            {
                "issuer": request.base_url,
                "authorization_endpoint": f"{request.base_url}/o/oauth2/v2/auth",
                "token_endpoint": f"{apis['oauth2.googleapis.com']}/token",
                "userinfo_endpoint": f"{apis['openidconnect.googleapis.com']}/v1/userinfo",
                "revocation_endpoint": f"{apis['oauth2.googleapis.com']}/revoke",
                "jwks_uri": f"{apis['www.googleapis.com']}/oauth2/v3/certs",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "scopes_supported": ["openid", "email", "profile"],
                "token_endpoint_auth_methods_supported": ["client_secret_post"],
                "code_challenge_methods_supported": ["plain", "S256"],
            },
        )

    def catalog_annotations(self, account: Account) -> dict[str, str]:
        """The annotation of ``emailMatchingUserEntityAnnotation``."""
        return {"google.com/email": account.persona.email} if account.persona.email else {}


def _check_choice(value: str | None, choices: frozenset[str], name: str) -> None:
    if value is not None and value not in choices:
        detail = f"{name} is {value!r}, which is none of {', '.join(sorted(choices))}."
        raise Refusal(Reason.INVALID_PARAMETER, detail)


def _api_urls(base_url: str) -> dict[str, str]:
    """Where the API hosts are: at their own names, or all below the service's path."""
    by_name = base_url == f"https://{next(iter(Google.hosts))}"
    return {host: f"https://{host}" if by_name else base_url for host in Google.hosts}
