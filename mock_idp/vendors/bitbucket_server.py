"""Bitbucket Server and Data Center: an instance below the mock's TLS address, since Backstage adds ``https://``.

Facts: confluence.atlassian.com, "Bitbucket OAuth 2.0 provider API", and developer.atlassian.com, "Bitbucket Data
Center REST API". The vendor documents few of its texts; those are the ones of RFC 6749.
"""

from typing import Any, ClassVar

from mock_idp.addresses import Addresses, Reach
from mock_idp.emulation import Quirk, Route, ServiceRequest
from mock_idp.oauth.model import Answer, Encoding, Endpoint, Grant, Reason, Refusal, TokenKind
from mock_idp.oauth.policy import Pkce, Policy
from mock_idp.oauth.tokens import TokenShape
from mock_idp.vendors.oauth_vendor import OAuthVendor
from mock_idp.vendors.refusals import BAD_BEARER, BAD_CLIENT, BAD_GRANT, NOTHING_TO_REVOKE, error

_DOCS = "confluence.atlassian.com/bitbucketserver089/bitbucket-oauth-2-0-provider-api-1236436692.html"
_ACCESS_SECONDS = 7200
_REFRESH_SECONDS = 90 * 24 * 3600
_SCOPES = frozenset(
    [
        "PUBLIC_REPOS",
        "ACCOUNT_WRITE",
        "REPO_READ",
        "REPO_WRITE",
        "REPO_ADMIN",
        "PROJECT_ADMIN",
        "ADMIN_WRITE",
        "SYSTEM_ADMIN",
    ]
)


def _api_error(status: int, message: str, exception: str) -> Answer:
    error = {"context": None, "message": message, "exceptionName": f"com.atlassian.bitbucket.{exception}"}
    return Answer(status, {"errors": [error]})


_BAD_CLIENT = error(401, "invalid_client", "Client authentication failed.")
_BAD_GRANT = error(
    400,
    "invalid_grant",
    "The provided authorization grant is invalid, expired, revoked, does not match the redirection URI used in the "
    "authorization request, or was issued to another client.",
)
_NOT_PERMITTED = _api_error(401, "You are not permitted to access this resource", "AuthorisationException")


class BitbucketServer(OAuthVendor):
    """An instance of Bitbucket Server with an incoming application link."""

    id = "bitbucketServer"
    title = "Bitbucket Server"
    icon = "BS"
    accent = "#205081"
    usual_scopes = ("REPO_READ",)
    reached = Reach.BY_TLS_PATH
    routes = (
        Route("GET", "/rest/oauth2/latest/authorize", "authorize", Endpoint.AUTHORIZATION),
        Route("POST", "/rest/oauth2/latest/token", "token", Endpoint.TOKEN),
        Route("POST", "/rest/oauth2/latest/revoke", "revoke", Endpoint.REVOCATION),
        Route("GET", "/plugins/servlet/applinks/whoami", "who_am_i", Endpoint.PROFILE),
        Route("GET", "/rest/api/latest/users/<name>", "user", Endpoint.FOLLOW_UP),
    )
    policy = Policy(
        known_scopes=_SCOPES,
        access_token_seconds=_ACCESS_SECONDS,
        refresh_token_seconds=_REFRESH_SECONDS,
        rotates_refresh_token=True,
        pkce=Pkce.SUPPORTED,
    )
    sources: ClassVar = {
        "client_authentication": f"{_DOCS} (client_id and client_secret as parameters)",
        "token_formats": f"{_DOCS} (parameters of the token request)",
        "default_grant_type": f"{_DOCS} (grant_type)",
        "required_authorization_parameters": f"{_DOCS} (client_id, redirect_uri, response_type); that scope may be "
        "left out: no source",
        "response_types": f"{_DOCS} (no implicit grant)",
        "pkce": f"{_DOCS} (code_challenge_method)",
        "revocation": f"{_DOCS} (revoke)",
    }
    token_type = "bearer"  # noqa: S105 - not a secret
    token_shapes: ClassVar = {
        TokenKind.CODE: TokenShape(length=64, alphabet="0123456789abcdef"),
        TokenKind.ACCESS: TokenShape("eyJhbGciOiJIUzI1NiJ9.", 160),
        TokenKind.REFRESH: TokenShape("eyJhbGciOiJIUzI1NiJ9.", 160),
    }
    refusals: ClassVar = {
        **dict.fromkeys(BAD_GRANT, _BAD_GRANT),
        **dict.fromkeys(BAD_BEARER, _NOT_PERMITTED),
        **dict.fromkeys(BAD_CLIENT, _BAD_CLIENT),
        Reason.UNKNOWN_TOKEN: NOTHING_TO_REVOKE,
        Reason.INSUFFICIENT_SCOPE: _NOT_PERMITTED,
    }
    extra_scopes = ("REPO_READ", "REPO_WRITE", "PUBLIC_REPOS", "PROJECT_ADMIN")
    quirks = (
        Quirk(
            "name-in-a-header",
            "Who is signed in is said by the header X-AUSERNAME, which every answer to a signed-in user has; without "
            "a good token the header is missing and the status is 200 all the same.",
            "developer.atlassian.com: Bitbucket Data Center; the status is not documented",
        ),
        Quirk(
            "pictures-are-relative",
            "The address of a picture comes without host, and only if a size is asked for.",
            "developer.atlassian.com: Bitbucket Data Center REST API",
        ),
        Quirk(
            "scope-in-the-answer",
            "The token answer names the granted scopes, which the vendor's example does not show.",
            "a decision of this mock: Backstage's frontend needs them",
        ),
    )

    def token_members(
        self, request: ServiceRequest, grant: Grant, access_token: str, *, refreshing: bool
    ) -> dict[str, Any]:
        """When the token was made."""
        return {"created_at": int(request.service.clock.now())}

    def refuse(self, request: ServiceRequest, refusal: Refusal) -> Answer:
        """Without a signed-in user the who-am-I servlet names none, which is no error."""
        if request.endpoint is Endpoint.PROFILE:
            return Answer(200, "", Encoding.TEXT)
        return super().refuse(request, refusal)

    def who_am_i(self, request: ServiceRequest) -> Answer:
        """``GET /plugins/servlet/applinks/whoami``.

        Raises:
            Refusal: no good access token.
        """
        name = self.bearer(request).account.persona.login
        return Answer(200, name, Encoding.TEXT, headers=(("X-AUSERNAME", name),))

    def user(self, request: ServiceRequest) -> Answer:
        """``GET /rest/api/latest/users/{name}``: any user, for every signed-in user.

        Raises:
            Refusal: no good access token.
        """
        who = self.bearer(request)
        name = request.path_parameters["name"]
        persona = request.service.people.named(self.id, name)
        if persona is None:
            return _api_error(404, f"The user {name} does not exist.", "user.NoSuchUserException")
        account = persona.account(self.id)
        body = {
            "name": persona.login,
            "active": True,
            "displayName": persona.name,
            "id": account.number,
            "slug": persona.login,
            "type": "NORMAL",
            "links": {"self": [{"href": f"{request.base_url}/users/{persona.login}"}]},
        }
        if persona.email:
            body["emailAddress"] = persona.email
        if request.query.get("avatarSize"):
            body["avatarUrl"] = f"/users/{persona.login}/avatar.png?s={request.query['avatarSize']}"
        return Answer(200, body, headers=(("X-AUSERNAME", who.account.persona.login),))

    def not_found(self, request: ServiceRequest) -> Answer:
        """The REST API's answer."""
        return _api_error(404, "Not found", "NoSuchEntityException")

    def backstage_config(self, where: Addresses) -> dict[str, Any]:
        """The instance's host with port and context path, without scheme."""
        return {"host": where.tls_host}
