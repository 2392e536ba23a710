"""Atlassian: auth.atlassian.com and api.atlassian.com, by name only, since Backstage has them hard-coded.

Facts: developer.atlassian.com, "OAuth 2.0 (3LO) apps" and "User identity API".
"""

from typing import Any, ClassVar

from mock_idp.addresses import Reach
from mock_idp.emulation import Quirk, Route, ServiceRequest
from mock_idp.oauth.client_authentication import ClientAuthentication
from mock_idp.oauth.model import Answer, Client, Endpoint, Reason, Refusal, TokenKind
from mock_idp.oauth.policy import OFFLINE_ACCESS, Policy, RequestFormat, ScopePattern
from mock_idp.oauth.tokens import TokenShape
from mock_idp.randomness import URL_SAFE
from mock_idp.settings import COMPANY_DOMAIN
from mock_idp.vendors.oauth_vendor import OAuthVendor
from mock_idp.vendors.refusals import BAD_AUTHORIZATION_REQUEST, BAD_BEARER, BAD_CLIENT, BAD_REFRESH_TOKEN, error

AUDIENCE = "api.atlassian.com"
_DOCS = "developer.atlassian.com/cloud/jira/platform/oauth-2-3lo-apps"
_NEWER_DOCS = "developer.atlassian.com/cloud/oauth/getting-started/implementing-oauth-3lo"
_TRIED = "github.com/nextauthjs/next-auth/pull/11987 (tried by its author)"
_SITE = COMPANY_DOMAIN.partition(".")[0]
_INACTIVE_SECONDS = 7_776_000  # refresh tokens expire after 90 days without use

_SCOPES = ScopePattern(r"offline_access|(read|write|manage|delete):[a-z][a-z0-9:._-]*")
"""Offline access, and anything of the form of a product's scope."""


def _api_error(code: int, message: str) -> Answer:
    return Answer(code, {"code": code, "message": message})


_BAD_CODE = error(403, "invalid_grant", "Invalid authorization code")
_BAD_REFRESH = error(403, "invalid_grant", "Unknown or invalid refresh token.")
_BAD_CLIENT = error(401, "access_denied", "Unauthorized")
_UNAUTHORIZED = _api_error(401, "Unauthorized")


class Atlassian(OAuthVendor):
    """Atlassian's cloud."""

    id = "atlassian"
    title = "Atlassian"
    icon = "AT"
    accent = "#0052cc"
    usual_scopes = ("read:me", "offline_access")
    hosts: ClassVar = {"auth.atlassian.com": "", "api.atlassian.com": ""}
    reached = Reach.BY_NAME
    routes = (
        Route("GET", "/authorize", "authorize", Endpoint.AUTHORIZATION),
        Route("POST", "/oauth/token", "token", Endpoint.TOKEN),
        Route("GET", "/me", "me", Endpoint.PROFILE),
        Route("GET", "/oauth/token/accessible-resources", "accessible_resources", Endpoint.FOLLOW_UP),
    )
    policy = Policy(
        client_authentication=frozenset({ClientAuthentication.BODY, ClientAuthentication.BASIC}),
        required_authorization_parameters=("client_id", "redirect_uri", "response_type", "scope", "state"),
        prompts=("consent",),
        token_formats=frozenset({RequestFormat.FORM, RequestFormat.JSON}),
        known_scopes=_SCOPES,
        refresh_token_seconds=_INACTIVE_SECONDS,
        rotates_refresh_token=True,
        checks_refreshed_scopes=False,
        refresh_token_scope=OFFLINE_ACCESS,
    )
    sources: ClassVar = {
        "client_authentication": f"{_DOCS} (body); Basic: {_TRIED}, Auth.js sends nothing else",
        "public_clients": f"{_DOCS} (client_secret is required)",
        "token_formats": f"{_DOCS} (JSON); the form: Auth.js and passport-atlassian-oauth2 send it",
        "default_grant_type": f"{_DOCS} (grant_type)",
        "required_authorization_parameters": f"{_NEWER_DOCS} (no audience); that prompt may be left out: {_TRIED}",
        "redirect_matching": f"{_NEWER_DOCS} (the callback URL configured for the app)",
        "needs_redirect_uri_again": f"{_DOCS} (redirect_uri of the exchange)",
        "response_types": f"{_NEWER_DOCS} (response_type)",
        "default_scopes": f"{_NEWER_DOCS} (scope is required)",
        "prompts": f"{_NEWER_DOCS} (prompt)",
        "bearer_places": f"{_DOCS} (Authorization: Bearer)",
    }
    token_shapes: ClassVar = {
        TokenKind.CODE: TokenShape("eyJhbGciOiJIUzI1NiJ9", 120, URL_SAFE),
        TokenKind.ACCESS: TokenShape("eyJraWQiOiJmZTM2", 400, URL_SAFE),
        TokenKind.REFRESH: TokenShape("eyJhbGciOiJIUzI1NiJ9", 200, URL_SAFE),
    }
    refusals: ClassVar = {
        **dict.fromkeys(BAD_REFRESH_TOKEN, _BAD_REFRESH),
        **dict.fromkeys(BAD_BEARER, _UNAUTHORIZED),
        **dict.fromkeys(BAD_CLIENT, _BAD_CLIENT),
        Reason.UNKNOWN_CODE: _BAD_CODE,
        Reason.EXPIRED_CODE: _BAD_CODE,
        Reason.REPLAYED_CODE: _BAD_CODE,
        Reason.CODE_OF_ANOTHER_CLIENT: _BAD_CODE,
        Reason.REDIRECT_URI_MISMATCH: _BAD_CODE,
        Reason.INSUFFICIENT_SCOPE: _api_error(403, "Forbidden"),
    }
    callbacks: ClassVar = {
        Reason.ACCESS_DENIED: {"error": "access_denied", "error_description": "User did not authorize the request"}
    }
    # Atlassian shows its own error page for everything but a refusal of the person.
    page_statuses: ClassVar = {
        **dict.fromkeys(BAD_AUTHORIZATION_REQUEST, 400),
    }
    extra_scopes = ("write:jira-work", "manage:jira-project", "read:confluence-user", "write:confluence-content")
    sign_in_resolvers = ({"resolver": "usernameMatchingUserEntityName"},)
    quirks = (
        Quirk(
            "audience-and-prompt",
            "An audience other than api.atlassian.com is refused, and so is a prompt other than consent; both may be "
            "left out.",
            "developer.atlassian.com: OAuth 2.0 (3LO) apps, Implementing OAuth 2.0 (3LO)",
        ),
        Quirk(
            "rotating-refresh-tokens",
            "Each refresh answers a new refresh token; the old one is refused with 403.",
            "developer.atlassian.com: OAuth 2.0 (3LO) apps",
        ),
        Quirk(
            "offline-access",
            "A refresh token comes only with the scope offline_access.",
            "developer.atlassian.com: OAuth 2.0 (3LO) apps",
        ),
        Quirk(
            "json-or-form",
            "The token endpoint takes JSON, which is what the documentation shows, and a form.",
            "developer.atlassian.com: OAuth 2.0 (3LO) apps; the form is observed by users",
        ),
    )

    def check_authorization(self, request: ServiceRequest, client: Client) -> None:
        """Check Atlassian's own parameter.

        Raises:
            Refusal: it has another value than the only one there is.
        """
        audience = request.query.get("audience", AUDIENCE)
        if audience != AUDIENCE:
            raise Refusal(Reason.INVALID_PARAMETER, f"audience is {audience!r}, expected {AUDIENCE}.")

    def me(self, request: ServiceRequest) -> Answer:
        """``GET /me``.

        Raises:
            Refusal: no good access token, or one without the scope.
        """
        account = self.bearer(request, "read:me").account
        persona = account.persona
        body: dict[str, Any] = {
            "account_type": "atlassian",
            "account_id": f"712020:{account.uuid}",
            "name": persona.name,
            "picture": persona.picture,
            "account_status": "active",
            "nickname": persona.login,
            "zoneinfo": "Europe/Lisbon",
            "locale": "en-GB",
            "extended_profile": {"job_title": "Pilot", "organization": "Lumenfold", "location": "Porto"},
        }
        if persona.email:
            body |= {"email": persona.email, "email_verified": persona.email_verified}
        return Answer(200, body)

    def accessible_resources(self, request: ServiceRequest) -> Answer:
        """``GET /oauth/token/accessible-resources``: the sites a token is good for.

        Raises:
            Refusal: no good access token.
        """
        scopes = [scope for scope in self.bearer(request).token.scopes if "jira" in scope]
        site = {
            "id": "1324a887-45db-4bf4-8e99-ef0ff456d421",
            "url": f"https://{_SITE}.atlassian.net",
            "name": _SITE,
            "scopes": scopes,
            "avatarUrl": f"https://pictures.{COMPANY_DOMAIN}/site.png",
        }
        return Answer(200, [site] if scopes else [])

    def not_found(self, request: ServiceRequest) -> Answer:
        """The API's answer."""
        return _api_error(404, "Not Found")
