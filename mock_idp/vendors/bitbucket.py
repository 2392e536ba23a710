"""Bitbucket Cloud: bitbucket.org and its API, by name only, since Backstage has them hard-coded.

Facts: developer.atlassian.com, "OAuth on Bitbucket Cloud" and "Bitbucket Cloud REST API: users".
"""

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from mock_idp.oauth.client_authentication import ClientAuthentication
from mock_idp.oauth.model import Answer, Endpoint, Grant, Reason, TokenKind
from mock_idp.oauth.policy import BearerPlace, Policy
from mock_idp.oauth.tokens import TokenShape
from mock_idp.randomness import URL_SAFE
from mock_idp.vendors import endpoints
from mock_idp.vendors.base import EnvironmentKind, Exchange, Quirk, Reach, Route, Vendor

if TYPE_CHECKING:
    from mock_idp.personas import Face

_ACCESS_SECONDS = 7200
_ACCOUNT_SCOPES = ("account", "account:write")
_SCOPES = frozenset(
    [
        *_ACCOUNT_SCOPES,
        "email",
        # No longer in the list of the documentation, but Backstage's ScmAuth asks for it (FE-96).
        "team",
        "project",
        "project:admin",
        "repository",
        "repository:write",
        "repository:admin",
        "repository:delete",
        "pullrequest",
        "pullrequest:write",
        "issue",
        "issue:write",
        "wiki",
        "webhook",
        "snippet",
        "snippet:write",
        "pipeline",
        "pipeline:write",
        "pipeline:variable",
        "runner",
        "runner:write",
    ]
)
_BY_EMAIL = MappingProxyType({"resolver": "emailMatchingUserEntityProfileEmail"})


def _error(status: int, code: str, description: str) -> Answer:
    return Answer(status, {"error_description": description, "error": code})


def _api_error(status: int, message: str, **further: Any) -> Answer:
    """The REST API nests its message."""
    return Answer(status, {"type": "error", "error": {"message": message, **further}})


_BAD_CLIENT = _error(400, "unauthorized_client", "Invalid OAuth client credentials")
_BAD_CODE = _error(400, "invalid_grant", "The specified code is not valid.")
_BAD_REFRESH = _error(400, "invalid_request", "Invalid refresh_token")
_BAD_REQUEST = _error(400, "invalid_request", "The request is missing a required parameter or is malformed.")
_BAD_TOKEN = _api_error(401, "Token is invalid, expired, or not supported for this endpoint.")


class Bitbucket(Vendor):
    """Bitbucket Cloud's OAuth consumers and its user API, which knows no e-mail address."""

    id = "bitbucket"
    title = "Bitbucket"
    icon = "BB"
    accent = "#0052cc"
    hosts = MappingProxyType({"bitbucket.org": "", "api.bitbucket.org": ""})
    reached = Reach.BY_NAME
    routes = (
        Route("GET", "/site/oauth2/authorize", "authorize", Endpoint.AUTHORIZATION),
        Route("POST", "/site/oauth2/access_token", "token", Endpoint.TOKEN),
        Route("GET", "/2.0/user", "user", Endpoint.PROFILE),
        Route("GET", "/2.0/user/emails", "emails", Endpoint.FOLLOW_UP),
    )
    policy = Policy(
        # The callback address of the consumer counts if the request names none.
        client_authentication=frozenset({ClientAuthentication.BASIC, ClientAuthentication.BOTH}),
        known_scopes=_SCOPES,
        checks_refreshed_scopes=False,
        bearer_places=frozenset({BearerPlace.HEADER, BearerPlace.QUERY}),
        access_token_seconds=_ACCESS_SECONDS,
    )
    token_type = "bearer"  # noqa: S105 - not a secret
    scope_member = "scopes"
    token_shapes = MappingProxyType(
        {
            TokenKind.CODE: TokenShape(length=18),
            TokenKind.ACCESS: TokenShape(length=86, alphabet=URL_SAFE),
            TokenKind.REFRESH: TokenShape(length=18),
        }
    )
    refusals = MappingProxyType(
        {
            Reason.UNKNOWN_CLIENT: _BAD_CLIENT,
            Reason.WRONG_SECRET: _BAD_CLIENT,
            Reason.WRONG_CLIENT_AUTHENTICATION: _error(
                400, "unauthorized_client", "Requests must be authenticated using OAuth client credentials"
            ),
            Reason.MISSING_PARAMETER: _BAD_REQUEST,
            Reason.INVALID_PARAMETER: _BAD_REQUEST,
            Reason.WRONG_CONTENT_TYPE: _BAD_REQUEST,
            Reason.UNSUPPORTED_GRANT_TYPE: _error(400, "unsupported_grant_type", "Unsupported grant type"),
            Reason.UNKNOWN_CODE: _BAD_CODE,
            Reason.EXPIRED_CODE: _BAD_CODE,
            Reason.REPLAYED_CODE: _BAD_CODE,
            Reason.CODE_OF_ANOTHER_CLIENT: _BAD_CODE,
            Reason.REDIRECT_URI_MISMATCH: _BAD_CODE,
            Reason.UNKNOWN_REFRESH_TOKEN: _BAD_REFRESH,
            Reason.EXPIRED_REFRESH_TOKEN: _BAD_REFRESH,
            Reason.REVOKED_REFRESH_TOKEN: _BAD_REFRESH,
            Reason.MISSING_BEARER: _BAD_TOKEN,
            Reason.UNKNOWN_BEARER: _BAD_TOKEN,
            Reason.REVOKED_BEARER: _BAD_TOKEN,
            Reason.SUSPENDED_BEARER: _BAD_TOKEN,
            Reason.EXPIRED_BEARER: _api_error(
                401, "Access token expired. Use your refresh token to obtain a new access token."
            ),
            Reason.INSUFFICIENT_SCOPE: _api_error(
                403,
                "Your credentials lack one or more required privilege scopes.",
                detail={"required": ["account"], "granted": []},
            ),
        }
    )
    callbacks = MappingProxyType(
        {
            Reason.ACCESS_DENIED: MappingProxyType(
                {
                    "error": "access_denied",
                    "error_description": "The resource owner or authorization server denied the request",
                }
            )
        }
    )
    extra_scopes = ("repository", "pullrequest", "issue", "snippet")
    # Nobody has an e-mail address here, so that people are found by their ids.
    common_sign_in_resolvers = False
    sign_in_resolvers = (
        MappingProxyType({"resolver": "userIdMatchingUserEntityAnnotation"}),
        MappingProxyType({"resolver": "usernameMatchingUserEntityAnnotation"}),
    )
    environments = (
        EnvironmentKind("resolver-email", "Sign-in by an e-mail address, which is never there.", (_BY_EMAIL,)),
    )
    quirks = (
        Quirk(
            "credentials-in-the-header",
            "The token endpoint wants the client's credentials in the Authorization header; those in the body alone "
            "are refused.",
            "developer.atlassian.com: OAuth on Bitbucket Cloud; for the body reports of users",
        ),
        Quirk(
            "scopes-instead-of-scope",
            "The token answer says scopes, not scope.",
            "developer.atlassian.com: OAuth on Bitbucket Cloud",
        ),
        Quirk(
            "no-email",
            "The user has neither e-mail address nor picture where Backstage looks; addresses have an endpoint of "
            "their own.",
            "developer.atlassian.com: Bitbucket Cloud REST API",
        ),
        Quirk(
            "braces-around-ids",
            "A user's uuid has braces around it.",
            "developer.atlassian.com: Bitbucket Cloud REST API, object identities",
        ),
    )

    def token_members(self, exchange: Exchange, grant: Grant, access_token: str, *, refreshing: bool) -> dict[str, Any]:
        """What the token was made from."""
        return {"state": "refresh_token" if refreshing else "authorization_code"}

    def user(self, exchange: Exchange) -> Answer:
        """``GET /2.0/user``.

        Raises:
            Refusal: no good access token, or one without the scope account.
        """
        face = endpoints.bearer(exchange, *_ACCOUNT_SCOPES).face
        persona = face.persona
        uuid = _uuid(face)
        quoted = uuid.replace("{", "%7B").replace("}", "%7D")
        api = "https://api.bitbucket.org/2.0" if exchange.host in self.hosts else f"{exchange.base_url}/2.0"
        return Answer(
            200,
            {
                "type": "user",
                "uuid": uuid,
                "username": persona.login,
                "nickname": persona.login,
                "display_name": persona.name,
                "account_id": f"712020:{face.uuid}",
                "account_status": "active",
                "created_on": "2021-02-03T09:10:11.121314+00:00",
                "is_staff": False,
                "has_2fa_enabled": None,
                "location": None,
                "links": {
                    "self": {"href": f"{api}/users/{quoted}"},
                    "html": {"href": f"{exchange.base_url}/{quoted}/"},
                    "avatar": {"href": persona.picture},
                    "repositories": {"href": f"{api}/repositories/{quoted}"},
                },
            },
        )

    def emails(self, exchange: Exchange) -> Answer:
        """``GET /2.0/user/emails``, which Backstage does not ask.

        Raises:
            Refusal: no good access token, or one without the scope email.
        """
        persona = endpoints.bearer(exchange, "email").face.persona
        address = {
            "type": "email",
            "email": persona.email,
            "is_primary": True,
            "is_confirmed": persona.email_verified,
        }
        return Answer(200, {"values": [address] if persona.email else [], "page": 1, "pagelen": 10})

    def not_found(self, exchange: Exchange) -> Answer:
        """The REST API's answer."""
        return _api_error(404, "Resource not found")

    def catalog_annotations(self, face: "Face") -> dict[str, str]:
        """The annotations of Bitbucket's two resolvers."""
        return {"bitbucket.org/user-id": _uuid(face), "bitbucket.org/username": face.persona.login}


def _uuid(face: "Face") -> str:
    return f"{{{face.uuid}}}"
