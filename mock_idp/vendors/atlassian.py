"""Atlassian: auth.atlassian.com and api.atlassian.com, by name only, since Backstage has them hard-coded.

Facts: developer.atlassian.com, "OAuth 2.0 (3LO) apps" and "User identity API".
"""

import json
import re
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from mock_idp.oauth.model import Answer, Client, Endpoint, Grant, Reason, Refusal, TokenKind
from mock_idp.oauth.policy import Policy
from mock_idp.oauth.tokens import TokenShape
from mock_idp.randomness import URL_SAFE
from mock_idp.settings import COMPANY_DOMAIN
from mock_idp.vendors import endpoints
from mock_idp.vendors.base import Exchange, Quirk, Reach, Route, Vendor

AUDIENCE = "api.atlassian.com"
_SITE = COMPANY_DOMAIN.partition(".")[0]
_INACTIVE_SECONDS = 7_776_000  # refresh tokens expire after 90 days without use


class _Scopes:
    """Offline access, and anything of the form of a product's scope."""

    _pattern = re.compile(r"offline_access|(read|write|manage|delete):[a-z][a-z0-9:._-]*")

    def __contains__(self, scope: object) -> bool:
        return isinstance(scope, str) and self._pattern.fullmatch(scope) is not None


def _error(status: int, code: str, description: str) -> Answer:
    return Answer(status, {"error": code, "error_description": description})


def _api_error(code: int, message: str) -> Answer:
    return Answer(code, {"code": code, "message": message})


_BAD_CODE = _error(403, "invalid_grant", "Invalid authorization code")
_BAD_REFRESH = _error(403, "invalid_grant", "Unknown or invalid refresh token.")
_BAD_CLIENT = _error(401, "access_denied", "Unauthorized")
_UNAUTHORIZED = _api_error(401, "Unauthorized")


class Atlassian(Vendor):
    """Atlassian's cloud."""

    id = "atlassian"
    title = "Atlassian"
    icon = "AT"
    accent = "#0052cc"
    hosts = MappingProxyType({"auth.atlassian.com": "", "api.atlassian.com": ""})
    reached = Reach.BY_NAME
    routes = (
        Route("GET", "/authorize", "authorize", Endpoint.AUTHORIZATION),
        Route("POST", "/oauth/token", "token", Endpoint.TOKEN),
        Route("GET", "/me", "me", Endpoint.PROFILE),
        Route("GET", "/oauth/token/accessible-resources", "accessible_resources", Endpoint.FOLLOW_UP),
    )
    policy = Policy(
        required_authorization_parameters=(
            "client_id",
            "redirect_uri",
            "response_type",
            "audience",
            "scope",
            "state",
            "prompt",
        ),
        known_scopes=_Scopes(),
        refresh_token_seconds=_INACTIVE_SECONDS,
        rotates_refresh_token=True,
        checks_refreshed_scopes=False,
    )
    token_shapes = MappingProxyType(
        {
            TokenKind.CODE: TokenShape("eyJhbGciOiJIUzI1NiJ9", 120, URL_SAFE),
            TokenKind.ACCESS: TokenShape("eyJraWQiOiJmZTM2", 400, URL_SAFE),
            TokenKind.REFRESH: TokenShape("eyJhbGciOiJIUzI1NiJ9", 200, URL_SAFE),
        }
    )
    refusals = MappingProxyType(
        {
            Reason.UNKNOWN_CLIENT: _BAD_CLIENT,
            Reason.WRONG_SECRET: _BAD_CLIENT,
            Reason.WRONG_CLIENT_AUTHENTICATION: _BAD_CLIENT,
            Reason.UNKNOWN_CODE: _BAD_CODE,
            Reason.EXPIRED_CODE: _BAD_CODE,
            Reason.REPLAYED_CODE: _BAD_CODE,
            Reason.CODE_OF_ANOTHER_CLIENT: _BAD_CODE,
            Reason.REDIRECT_URI_MISMATCH: _BAD_CODE,
            Reason.UNKNOWN_REFRESH_TOKEN: _BAD_REFRESH,
            Reason.EXPIRED_REFRESH_TOKEN: _BAD_REFRESH,
            Reason.REVOKED_REFRESH_TOKEN: _BAD_REFRESH,
            Reason.MISSING_BEARER: _UNAUTHORIZED,
            Reason.UNKNOWN_BEARER: _UNAUTHORIZED,
            Reason.EXPIRED_BEARER: _UNAUTHORIZED,
            Reason.SUSPENDED_BEARER: _UNAUTHORIZED,
            Reason.REVOKED_BEARER: _UNAUTHORIZED,
            Reason.INSUFFICIENT_SCOPE: _api_error(403, "Forbidden"),
        }
    )
    callbacks = MappingProxyType(
        {
            Reason.ACCESS_DENIED: MappingProxyType(
                {"error": "access_denied", "error_description": "User did not authorize the request"}
            )
        }
    )
    # Atlassian shows its own error page for everything but a refusal of the person.
    page_statuses = MappingProxyType(
        {
            Reason.UNKNOWN_CLIENT: 400,
            Reason.UNREGISTERED_REDIRECT_URI: 400,
            Reason.MISSING_PARAMETER: 400,
            Reason.INVALID_PARAMETER: 400,
            Reason.UNSUPPORTED_RESPONSE_TYPE: 400,
            Reason.INVALID_SCOPE: 400,
        }
    )
    extra_scopes = ("write:jira-work", "manage:jira-project", "read:confluence-user", "write:confluence-content")
    sign_in_resolvers = (MappingProxyType({"resolver": "usernameMatchingUserEntityName"}),)
    quirks = (
        Quirk(
            "audience-and-prompt",
            "The authorization request must have audience=api.atlassian.com and prompt=consent.",
            "developer.atlassian.com: OAuth 2.0 (3LO) apps",
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

    def check_authorization(self, exchange: Exchange, client: Client) -> None:
        """Check Atlassian's own parameters.

        Raises:
            Refusal: one has another value than the only one there is.
        """
        for name, value in (("audience", AUDIENCE), ("prompt", "consent")):
            if exchange.query.get(name) != value:
                raise Refusal(Reason.INVALID_PARAMETER, f"{name} is {exchange.query.get(name)!r}, expected {value}.")

    def issues_refresh_token(self, exchange: Exchange, grant: Grant, *, first_consent: bool) -> bool:
        """Only for offline access."""
        return "offline_access" in grant.scopes

    def find_grant(self, exchange: Exchange) -> Grant | None:
        """The grant of the credential in a request, be it a form or JSON."""
        return super().find_grant(_as_form(exchange))

    def token(self, exchange: Exchange) -> Answer:
        """Take a form or JSON.

        Raises:
            Refusal: something is wrong with the request.
        """
        return super().token(_as_form(exchange))

    def me(self, exchange: Exchange) -> Answer:
        """``GET /me``.

        Raises:
            Refusal: no good access token, or one without the scope.
        """
        face = endpoints.bearer(exchange, "read:me").face
        persona = face.persona
        body: dict[str, Any] = {
            "account_type": "atlassian",
            "account_id": f"712020:{face.uuid}",
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

    def accessible_resources(self, exchange: Exchange) -> Answer:
        """``GET /oauth/token/accessible-resources``: the sites a token is good for.

        Raises:
            Refusal: no good access token.
        """
        scopes = [scope for scope in endpoints.bearer(exchange).token.scopes if "jira" in scope]
        site = {
            "id": "1324a887-45db-4bf4-8e99-ef0ff456d421",
            "url": f"https://{_SITE}.atlassian.net",
            "name": _SITE,
            "scopes": scopes,
            "avatarUrl": f"https://pictures.{COMPANY_DOMAIN}/site.png",
        }
        return Answer(200, [site] if scopes else [])

    def not_found(self, exchange: Exchange) -> Answer:
        """The API's answer."""
        return _api_error(404, "Not Found")


def _as_form(exchange: Exchange) -> Exchange:
    """The same request with its JSON members as form fields, if it is a token request in JSON."""
    if exchange.endpoint is Endpoint.AUTHORIZATION or exchange.form or not exchange.body:
        return exchange
    if exchange.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        return exchange
    try:
        members = json.loads(exchange.body)
    except (ValueError, RecursionError):
        return exchange
    if not isinstance(members, dict):
        return exchange
    form = {name: value for name, value in members.items() if isinstance(value, str)}
    return replace(exchange, form=form, headers={**exchange.headers, "content-type": endpoints.FORM_TYPE})
