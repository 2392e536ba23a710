"""GitHub: github.com by name, GitHub Enterprise Server by path.

Facts: docs.github.com, "Authorizing OAuth apps", "Refreshing user access tokens" and the two pages on
troubleshooting OAuth errors.
"""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, ClassVar

from mock_idp.addresses import Addresses, Reach
from mock_idp.emulation import Quirk, Route, ServiceRequest
from mock_idp.environments import EnvironmentKind
from mock_idp.grants import rules
from mock_idp.oauth.client_authentication import ClientAuthentication
from mock_idp.oauth.model import Answer, Client, Encoding, Endpoint, Grant, IssuedToken, Reason, Refusal, TokenKind
from mock_idp.oauth.policy import Cors, Pkce, Policy, RequestFormat
from mock_idp.oauth.redirect_uris import RedirectMatching
from mock_idp.oauth.tokens import TokenShape
from mock_idp.people import Account
from mock_idp.vendors.github_organisations import organisations, teams
from mock_idp.vendors.oauth_vendor import Bearer, OAuthVendor, json_as_form
from mock_idp.vendors.refusals import BAD_BEARER, BAD_CLIENT, BAD_GRANT, BAD_REFRESH_TOKEN, BAD_REQUEST

GITHUB_APP = "github-app"
"""Name of the environment whose client is a GitHub App instead of an OAuth App."""

_WEB_HOST, _API_HOST = "github.com", "api.github.com"
_DOCS = "https://docs.github.com"
_AUTHORIZATION_HELP = f"{_DOCS}/apps/managing-oauth-apps/troubleshooting-authorization-request-errors/"
_TOKEN_HELP = f"{_DOCS}/apps/managing-oauth-apps/troubleshooting-oauth-app-access-token-request-errors/"
_OAUTH_DOCS = f"{_DOCS}/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps"
_REST_HELP = f"{_DOCS}/rest"
_API_CORS = Cors(
    exposed_headers=(
        "ETag",
        "Link",
        "X-GitHub-OTP",
        "X-RateLimit-Limit",
        "X-RateLimit-Remaining",
        "X-RateLimit-Reset",
        "X-OAuth-Scopes",
        "X-Accepted-OAuth-Scopes",
        "X-Poll-Interval",
    )
)
_API_VERSION = "github.v3; format=json"
_APP_ACCESS_SECONDS = 28_800
_APP_REFRESH_SECONDS = 15_897_600
_MISMATCH = "The redirect_uri MUST match the registered callback URL for this application."

_SCOPES = frozenset(
    [
        "repo",
        "repo:status",
        "repo_deployment",
        "public_repo",
        "repo:invite",
        "security_events",
        "admin:repo_hook",
        "write:repo_hook",
        "read:repo_hook",
        "admin:org",
        "write:org",
        "read:org",
        "admin:public_key",
        "write:public_key",
        "read:public_key",
        "admin:org_hook",
        "gist",
        "notifications",
        "user",
        "read:user",
        "user:email",
        "user:follow",
        "project",
        "read:project",
        "delete_repo",
        "write:packages",
        "read:packages",
        "delete:packages",
        "admin:gpg_key",
        "write:gpg_key",
        "read:gpg_key",
        "codespace",
        "workflow",
        "read:audit_log",
    ]
)

_ORGANISATION_SCOPES = frozenset({"read:org", "write:org", "admin:org", "user"})
_TEAM_SCOPES = ("read:org", "write:org", "admin:org", "repo", "user")
_NO_ORGANISATION_SCOPE = "You need at least read:org scope or user scope to list your organizations."

_LINKS = {
    "followers_url": "/followers",
    "following_url": "/following{/other_user}",
    "gists_url": "/gists{/gist_id}",
    "starred_url": "/starred{/owner}{/repo}",
    "subscriptions_url": "/subscriptions",
    "organizations_url": "/orgs",
    "repos_url": "/repos",
    "events_url": "/events{/privacy}",
    "received_events_url": "/received_events",
}
"""Member -> what follows the user's own address; nothing of it is served here."""


def _error(code: str, description: str) -> Answer:
    """GitHub answers errors of the token endpoint with status 200."""
    body = {
        "error": code,
        "error_description": description,
        "error_uri": f"{_TOKEN_HELP}#{code.replace('_', '-')}",
    }
    return Answer(200, body)


def _message(status: int, text: str) -> Answer:
    body = {"message": text, "documentation_url": _REST_HELP, "status": str(status)}
    return Answer(status, body, headers=(("X-GitHub-Media-Type", _API_VERSION),))


def _callback(code: str, description: str) -> dict[str, str]:
    anchor = code.replace("_", "-")
    return {"error": code, "error_description": description, "error_uri": f"{_AUTHORIZATION_HELP}#{anchor}"}


_BAD_CODE = _error("bad_verification_code", "The code passed is incorrect or expired.")
_BAD_CLIENT = _error("incorrect_client_credentials", "The client_id and/or client_secret passed are incorrect.")
_BAD_REFRESH = _error("bad_refresh_token", "The refresh token passed is incorrect or expired.")
_BAD_CREDENTIALS = _message(401, "Bad credentials")


class GitHub(OAuthVendor):
    """OAuth Apps by default; the client of the environment ``github-app`` is a GitHub App."""

    id = "github"
    title = "GitHub"
    icon = "GH"
    accent = "#24292f"
    usual_scopes = ("read:user", "user:email")
    login_annotations = ("github.com/user-login",)
    # The API's own host has no prefix; a GitHub Enterprise Server has it below /api/v3.
    hosts: ClassVar = {_WEB_HOST: "", _API_HOST: "/api/v3"}
    routes = (
        Route("GET", "/login/oauth/authorize", "authorize", Endpoint.AUTHORIZATION),
        Route("POST", "/login/oauth/access_token", "token", Endpoint.TOKEN),
        Route("GET", "/api/v3/user", "user", Endpoint.PROFILE),
        Route("GET", "/api/v3/user/emails", "emails", Endpoint.FOLLOW_UP),
        Route("GET", "/api/v3/user/orgs", "organisations", Endpoint.FOLLOW_UP),
        Route("GET", "/api/v3/user/teams", "teams", Endpoint.FOLLOW_UP),
        Route("POST", "/api/v3/applications/<client_id>/token", "check_token", Endpoint.INTROSPECTION),
        Route("DELETE", "/api/v3/applications/<client_id>/token", "delete_token", Endpoint.REVOCATION),
        Route("DELETE", "/api/v3/applications/<client_id>/grant", "delete_token", Endpoint.REVOCATION),
    )
    policy = Policy(
        client_authentication=frozenset({ClientAuthentication.BODY, ClientAuthentication.BASIC}),
        token_formats=frozenset({RequestFormat.FORM, RequestFormat.JSON, RequestFormat.QUERY}),
        default_grant_type="authorization_code",
        revocation_formats=frozenset({RequestFormat.JSON}),
        revocation_needs_client=True,
        needs_redirect_uri_again=False,
        # response_type is not among GitHub's parameters; it answers a code whatever it is asked for.
        required_authorization_parameters=("client_id",),
        redirect_matching=frozenset(
            {
                RedirectMatching.SUBPATH,
                RedirectMatching.SUBDOMAIN,
                RedirectMatching.ANY_LOOPBACK_PORT,
                RedirectMatching.OMITTED,
            }
        ),
        login_hint="login",
        scope_separators=" ,",
        answered_scope_separator=",",
        known_scopes=_SCOPES,
        drops_unknown_scopes=True,
        checks_refreshed_scopes=False,
        bearer_schemes=("bearer", "token"),
        access_token_seconds=None,
        issues_refresh_tokens=False,
        pkce=Pkce.SUPPORTED,
        pkce_methods=("S256",),
        # github.com/login/oauth answers pages of other origins nothing, not even a preflight.
        cors={
            Endpoint.PROFILE: _API_CORS,
            Endpoint.FOLLOW_UP: _API_CORS,
        },
    )
    sources: ClassVar = {
        "client_authentication": "github.com/r-lib/httr/issues/310 (both methods); arctic and Auth.js send Basic only",
        "public_clients": f"{_OAUTH_DOCS}: client_secret is required",
        "token_formats": f"{_OAUTH_DOCS} (query and form); PyGithub sends JSON",
        "default_grant_type": f"{_OAUTH_DOCS}: no such parameter",
        "required_authorization_parameters": f"{_OAUTH_DOCS}: table of parameters",
        "redirect_matching": f"{_OAUTH_DOCS}: Redirect URLs, Loopback redirect urls",
        "needs_redirect_uri_again": f"{_OAUTH_DOCS}: table of parameters of the exchange",
        "default_scopes": f"{_OAUTH_DOCS}: scope defaults to an empty list",
        "pkce": f"{_OAUTH_DOCS}: code_challenge_method must be S256",
        "login_hint": f"{_OAUTH_DOCS}: login",
        "bearer_places": f"{_DOCS}/rest/authentication/authenticating-to-the-rest-api",
        "introspection": f"{_DOCS}/rest/apps/oauth-applications (check a token)",
        "revocation": f"{_DOCS}/rest/apps/oauth-applications (delete an app token)",
        "revocation_of_unknown_token": f"{_DOCS}/rest/apps/oauth-applications; the status: no source",
        "revocation_needs_client": f"{_DOCS}/rest/apps/oauth-applications (basic authentication)",
        "revocation_formats": f"{_DOCS}/rest/apps/oauth-applications (body parameters)",
        "cors": f"{_DOCS}/rest/using-the-rest-api/using-cors-and-jsonp-to-make-cross-origin-requests",
        "cors.authorization": f"{_OAUTH_DOCS}: preflight requests are not supported",
        "cors.token": "github.com/isaacs/github/issues/330, github.com/github/docs/issues/22270",
    }
    app_policy = replace(
        policy,
        access_token_seconds=_APP_ACCESS_SECONDS,
        refresh_token_seconds=_APP_REFRESH_SECONDS,
        issues_refresh_tokens=True,
        rotates_refresh_token=True,
    )
    token_type = "bearer"  # noqa: S105 - not a secret
    token_shapes: ClassVar = {
        TokenKind.CODE: TokenShape(length=20, alphabet="0123456789abcdef"),
        TokenKind.ACCESS: TokenShape("gho_", 36),
        TokenKind.REFRESH: TokenShape("ghr_", 76),
    }
    app_access_token = TokenShape("ghu_", 36)
    refusals: ClassVar = {
        **dict.fromkeys(BAD_GRANT, _BAD_CODE),
        **dict.fromkeys(BAD_REFRESH_TOKEN, _BAD_REFRESH),
        **dict.fromkeys(BAD_BEARER, _BAD_CREDENTIALS),
        **dict.fromkeys(BAD_CLIENT, _BAD_CLIENT),
        **dict.fromkeys(BAD_REQUEST, _BAD_CODE),
        Reason.UNKNOWN_CLIENT: Answer(404, {"error": "Not Found"}),
        Reason.WRONG_CONTENT_TYPE: _BAD_CLIENT,
        Reason.REDIRECT_URI_MISMATCH: _error("redirect_uri_mismatch", _MISMATCH),
        Reason.UNSUPPORTED_GRANT_TYPE: _error(
            "unsupported_grant_type", "The grant_type is not supported by this endpoint."
        ),
        Reason.UNKNOWN_TOKEN: _message(404, "Not Found"),
        Reason.MISSING_BEARER: _message(401, "Requires authentication"),
        Reason.SUSPENDED_BEARER: _message(403, "Sorry. Your account was suspended."),
        # GitHub does not say that something exists which the token must not see.
        Reason.INSUFFICIENT_SCOPE: _message(404, "Not Found"),
    }
    callbacks: ClassVar = {
        Reason.ACCESS_DENIED: _callback("access_denied", "The user has denied your application access."),
        Reason.UNREGISTERED_REDIRECT_URI: _callback("redirect_uri_mismatch", _MISMATCH),
    }
    page_statuses: ClassVar = {Reason.UNKNOWN_CLIENT: 404}
    extra_scopes = ("repo", "gist", "read:org", "workflow")
    sign_in_resolvers = (
        {"resolver": "usernameMatchingUserEntityName"},
        {"resolver": "userIdMatchingUserEntityAnnotation"},
    )
    environments = (EnvironmentKind(GITHUB_APP, "A GitHub App instead of an OAuth App."),)
    reached = Reach.BY_NAME_UNLESS_CUSTOM
    custom_ids = ("ghe",)
    quirks = (
        Quirk(
            "form-encoded-answers",
            "The token endpoint answers a form unless the request accepts application/json.",
            "docs.github.com: Authorizing OAuth apps",
        ),
        Quirk(
            "errors-with-status-200",
            "Errors of the token endpoint come with status 200.",
            "docs.github.com: Troubleshooting OAuth app access token request errors",
        ),
        Quirk(
            "token-requests-in-json",
            "The token endpoint takes its parameters as JSON, too.",
            "what PyGithub sends; not documented",
        ),
        Quirk(
            "two-token-models",
            "OAuth Apps get an access token that does not expire and no refresh token; GitHub Apps get "
            "both with lifetimes, and a new refresh token each time.",
            "docs.github.com: Refreshing user access tokens",
        ),
        Quirk(
            "comma-separated-scopes",
            "Granted scopes are separated by commas in the token answer; a GitHub App's are empty.",
            "docs.github.com: Scopes for OAuth apps",
        ),
        Quirk(
            "mismatch-is-redirected",
            "A redirect URI that is not registered is answered with a redirect to the registered one.",
            "docs.github.com: Troubleshooting authorization request errors",
        ),
        Quirk(
            "an-address-for-everybody",
            "A user without a public address has one at users.noreply.github.com, which is never the primary one.",
            "github.com/desktop/desktop/pull/2601, which quotes an answer",
        ),
        Quirk(
            "organisations-by-another-refusal",
            "Without read:org or user, the list of organisations is refused with 403; other lists are not found.",
            "docs.github.com: REST API, organizations; the sentence: github.com/AlexsJones/prop-rep/pull/1",
        ),
        Quirk(
            "unknown-scopes-dropped",
            "Scopes that do not exist are left out silently.",
            "observed by users; not documented",
        ),
    )

    # --- two token models -------------------------------------------------------------------------

    def client_id(self, provider_id: str, environment: str) -> str:
        """A GitHub App is told by its client id."""
        usual = super().client_id(provider_id, environment)
        return f"Iv1.{hashlib.sha256(usual.encode()).hexdigest()[:16]}" if environment == GITHUB_APP else usual

    def policy_for(self, client: Client) -> Policy:
        """GitHub Apps have expiring tokens, OAuth Apps have not."""
        return self.app_policy if _is_app(client) else self.policy

    def grantable_scopes(self, client: Client, scopes: tuple[str, ...]) -> tuple[str, ...]:
        """A GitHub App has permissions instead of scopes."""
        return () if _is_app(client) else scopes

    def token_value(self, request: ServiceRequest, grant: Grant, kind: TokenKind) -> str:
        """Access tokens say by their prefix what they are; they are large for a persona with large tokens."""
        if kind is not TokenKind.ACCESS:
            return super().token_value(request, grant, kind)
        is_app = _is_app(grant.request.client)
        shape = self.app_access_token if is_app else self.token_shapes[kind]
        # Backstage keeps an OAuth App's access token where others have the refresh token.
        padding = 0 if is_app else request.service.persona(grant).padding
        return shape.mint(request.service.randomness.text, padding)

    def token_members(
        self, request: ServiceRequest, grant: Grant, access_token: str, *, refreshing: bool
    ) -> dict[str, Any]:
        """A GitHub App is told the lifetime of its refresh token."""
        return {"refresh_token_expires_in": _APP_REFRESH_SECONDS} if _is_app(grant.request.client) else {}

    # --- endpoints --------------------------------------------------------------------------------

    def token_encoding(self, request: ServiceRequest) -> Encoding:
        """A form, unless the request asks for JSON."""
        return Encoding.JSON if "json" in request.headers.get("accept", "") else Encoding.FORM

    def refuse(self, request: ServiceRequest, refusal: Refusal) -> Answer:
        """The API has its own answer for an app that did not prove who it is."""
        if request.endpoint in (Endpoint.INTROSPECTION, Endpoint.REVOCATION) and refusal.reason in BAD_CLIENT:
            return _BAD_CREDENTIALS
        return super().refuse(request, refusal)

    def refuse_authorization(self, request: ServiceRequest, refusal: Refusal) -> Answer:
        """Tell a registered redirect URI if another one was asked for."""
        client = request.service.clients.by_id.get(request.query.get("client_id", ""))
        if refusal.reason is Reason.UNREGISTERED_REDIRECT_URI and client and client.redirect_uris:
            return self.callback(request, None, min(client.redirect_uris), self.callback_parameters(refusal.reason))
        return super().refuse_authorization(request, refusal)

    def not_found(self, request: ServiceRequest) -> Answer:
        """The REST API's answer."""
        return _message(404, "Not Found")

    def user(self, request: ServiceRequest) -> Answer:
        """``GET /user``.

        Raises:
            Refusal: no good access token.
        """
        who = self.bearer(request)
        web_url = request.base_url
        body = _public_user(who.account, web_url, _api_url(web_url))
        return Answer(200, body, headers=_api_headers(who, ""))

    def check_token(self, request: ServiceRequest) -> Answer:
        """``POST /applications/{client_id}/token``: what an app's own token is.

        Raises:
            Refusal: the app did not prove who it is, or the token is not its own.
        """
        token, grant = self._token_of_app(request)
        api_url, client = _api_url(request.base_url), grant.request.client
        written = f"{datetime.fromtimestamp(token.issued_at, UTC):%Y-%m-%dT%H:%M:%SZ}"
        expires_at = token.expires_at and f"{datetime.fromtimestamp(token.expires_at, UTC):%Y-%m-%dT%H:%M:%SZ}"
        account = request.service.account(grant)
        return Answer(
            200,
            {
                "id": account.number,
                "url": f"{api_url}/authorizations/{account.number}",
                "app": {"client_id": client.client_id, "name": client.client_id, "url": grant.request.redirect_uri},
                "token": token.value,
                "hashed_token": hashlib.sha256(token.value.encode()).hexdigest(),
                "token_last_eight": token.value[-8:],
                "note": None,
                "note_url": None,
                "created_at": written,
                "updated_at": written,
                "scopes": list(token.scopes),
                "fingerprint": None,
                "expires_at": expires_at,
                "user": _public_user(account, request.base_url, api_url),
            },
        )

    def delete_token(self, request: ServiceRequest) -> Answer:
        """``DELETE /applications/{client_id}/token``, or the whole grant, which is the same here.

        Raises:
            Refusal: the app did not prove who it is, or the token is not its own.
        """
        token, _ = self._token_of_app(request)
        rules.revoke(request.service.store, token.value, request.service.clock.now())
        return Answer(204, None, Encoding.EMPTY)

    def token_to_revoke(self, request: ServiceRequest) -> str:
        """The API calls it by another name."""
        return json_as_form(request).form.get("access_token", "")

    def token_to_introspect(self, request: ServiceRequest) -> str:
        """The same as for deleting it."""
        return self.token_to_revoke(request)

    def _token_of_app(self, request: ServiceRequest) -> tuple[IssuedToken, Grant]:
        client, _ = self.authenticated_client(replace(request, form={}))
        value = self.token_to_revoke(request)
        found = rules.active_token(request.service.store, client, value, request.service.clock.now())
        if found is None or client.client_id != request.path_parameters["client_id"]:
            raise Refusal(Reason.UNKNOWN_TOKEN, "This is no good token of that app.")
        return found

    def emails(self, request: ServiceRequest) -> Answer:
        """``GET /user/emails``.

        Raises:
            Refusal: no good access token, or one without the scope.
        """
        who = self.bearer(request, "user:email", "user")
        persona = who.account.persona
        own = {
            "email": persona.email,
            "primary": True,
            "verified": persona.email_verified,
            "visibility": "public" if persona.email_verified else None,
        }
        # An account without an address to show still has the one that GitHub gives to everybody.
        given = {
            "email": f"{who.account.number}+{persona.login}@users.noreply.github.com",
            "primary": False,
            "verified": True,
            "visibility": None,
        }
        return Answer(200, [own if persona.email else given], headers=_api_headers(who, "user, user:email"))

    def organisations(self, request: ServiceRequest) -> Answer:
        """``GET /user/orgs``.

        Raises:
            Refusal: no good access token.
        """
        who = self.bearer(request)
        headers = _api_headers(who, ", ".join(sorted(_ORGANISATION_SCOPES)))
        if not _is_app(who.grant.request.client) and _ORGANISATION_SCOPES.isdisjoint(who.token.scopes):
            return _message(403, _NO_ORGANISATION_SCOPE)
        return Answer(200, organisations(who.account, _api_url(request.base_url)), headers=headers)

    def teams(self, request: ServiceRequest) -> Answer:
        """``GET /user/teams``.

        Raises:
            Refusal: no good access token, or one without a scope.
        """
        who = self.bearer(request)
        if not _is_app(who.grant.request.client):
            who = self.bearer(request, *_TEAM_SCOPES)
        body = teams(who.account, _api_url(request.base_url), request.base_url)
        return Answer(200, body, headers=_api_headers(who, ", ".join(_TEAM_SCOPES)))

    # --- what Backstage must be told --------------------------------------------------------------

    def backstage_config(self, where: Addresses) -> dict[str, Any]:
        """A GitHub Enterprise Server has a configurable address."""
        return {} if where.is_by_name else {"enterpriseInstanceUrl": where.http}

    def catalog_annotations(self, account: Account) -> dict[str, str]:
        """The annotation of ``userIdMatchingUserEntityAnnotation``."""
        return {"github.com/user-id": _node_id(account)}


def _api_url(web_url: str) -> str:
    """Where the API is: at a host of its own, or below the pages."""
    return f"https://{_API_HOST}" if web_url == f"https://{_WEB_HOST}" else f"{web_url}/api/v3"


def _is_app(client: Client) -> bool:
    return client.environment == GITHUB_APP


def _api_headers(who: Bearer, accepted: str) -> tuple[tuple[str, str], ...]:
    headers = (("X-GitHub-Media-Type", _API_VERSION), ("Cache-Control", "private, max-age=60, s-maxage=60"))
    if _is_app(who.grant.request.client):
        return headers
    scopes = ", ".join(sorted(who.token.scopes))
    return (*headers, ("X-OAuth-Scopes", scopes), ("X-Accepted-OAuth-Scopes", accepted))


def _node_id(account: Account) -> str:
    """The id of a user in GitHub's GraphQL API. It has letters of both cases: comparison must be exact."""
    letters = (chr(ord("a") + int(digit, 16)) for digit in account.digest[:8])
    return "U_kgDO" + "".join(letter.upper() if index % 2 else letter for index, letter in enumerate(letters))


def _public_user(account: Account, web_url: str, api_url: str) -> dict[str, Any]:
    """What ``GET /user`` says about a user, in the form that GitHub's OpenAPI description calls ``public-user``.

    Parameters:
        account: what GitHub knows about the persona.
        web_url: base URL of the pages.
        api_url: base URL of the API.
    """
    persona = account.persona
    url = f"{api_url}/users/{persona.login}"
    return {
        "login": persona.login,
        "id": account.number,
        "node_id": _node_id(account),
        "avatar_url": persona.picture,
        "gravatar_id": "",
        "url": url,
        "html_url": f"{web_url}/{persona.login}",
        **{name: url + rest for name, rest in _LINKS.items()},
        "type": "User",
        "user_view_type": "public",
        "site_admin": False,
        "name": persona.name,
        "company": None,
        "blog": "",
        "location": None,
        # Only a public address is here, and GitHub lets nobody publish one that is not verified.
        "email": persona.email if persona.email_verified else None,
        "hireable": None,
        "bio": None,
        "twitter_username": None,
        "notification_email": None,
        "public_repos": 0,
        "public_gists": 0,
        "followers": 0,
        "following": 0,
        "created_at": "2019-05-04T08:15:42Z",
        "updated_at": "2026-05-04T08:15:42Z",
    }
