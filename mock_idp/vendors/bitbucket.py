"""Bitbucket Cloud: bitbucket.org and its API, by name only, since Backstage has them hard-coded.

Facts: developer.atlassian.com, "OAuth on Bitbucket Cloud" and "Bitbucket Cloud REST API: users".
"""

from typing import Any, ClassVar

from mock_idp.addresses import Reach
from mock_idp.emulation import Quirk, Route, ServiceRequest
from mock_idp.environments import EnvironmentKind
from mock_idp.oauth.client_authentication import ClientAuthentication
from mock_idp.oauth.model import Answer, Endpoint, Grant, Reason, TokenKind
from mock_idp.oauth.policy import BearerPlace, Cors, Policy
from mock_idp.oauth.redirect_uris import RedirectMatching
from mock_idp.oauth.tokens import TokenShape
from mock_idp.people import Account
from mock_idp.randomness import URL_SAFE
from mock_idp.vendors.oauth_vendor import OAuthVendor
from mock_idp.vendors.refusals import BAD_BEARER, BAD_CLIENT, BAD_REFRESH_TOKEN, BAD_REQUEST

_DOCS = "developer.atlassian.com/cloud/bitbucket/oauth-2"
_SUPPORT = "support.atlassian.com/bitbucket-cloud/docs/use-oauth-on-bitbucket-cloud"
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
_CONSUMER_SCOPES = ("account", "email", "repository", "pullrequest")
"""What a consumer has that was registered without scopes of its own."""
_BY_EMAIL = {"resolver": "emailMatchingUserEntityProfileEmail"}


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


class Bitbucket(OAuthVendor):
    """Bitbucket Cloud's OAuth consumers and its user API, which knows no e-mail address."""

    id = "bitbucket"
    title = "Bitbucket"
    icon = "BB"
    accent = "#0052cc"
    usual_scopes = ("account", "email")
    login_annotations = ("bitbucket.org/username",)
    hosts: ClassVar = {"bitbucket.org": "", "api.bitbucket.org": ""}
    reached = Reach.BY_NAME
    routes = (
        Route("GET", "/site/oauth2/authorize", "authorize", Endpoint.AUTHORIZATION),
        Route("POST", "/site/oauth2/access_token", "token", Endpoint.TOKEN),
        Route("GET", "/2.0/user", "user", Endpoint.PROFILE),
        Route("GET", "/2.0/user/emails", "emails", Endpoint.FOLLOW_UP),
    )
    policy = Policy(
        client_authentication=frozenset(
            {
                ClientAuthentication.BASIC,
                ClientAuthentication.BODY,
                ClientAuthentication.BOTH,
            }
        ),
        required_authorization_parameters=("client_id", "response_type"),
        # The callback address of the consumer counts if the request names none.
        redirect_matching=frozenset({RedirectMatching.SUBPATH, RedirectMatching.OMITTED}),
        needs_redirect_uri_again=False,
        default_scopes=_CONSUMER_SCOPES,
        known_scopes=_SCOPES,
        checks_refreshed_scopes=False,
        bearer_places=frozenset({BearerPlace.HEADER, BearerPlace.QUERY}),
        access_token_seconds=_ACCESS_SECONDS,
        cors={Endpoint.PROFILE: Cors(), Endpoint.FOLLOW_UP: Cors()},
    )
    sources: ClassVar = {
        "client_authentication": (
            f"{_DOCS} (curl -u); in the form alone: django-allauth (github.com/pennersr/django-allauth/pull/1215, by "
            "who uses it) and grant send nothing else; both at once: social-core"
        ),
        "token_formats": "github.com/plentico/plenti/issues/280 (no JSON)",
        "default_grant_type": f"{_DOCS} (grant_type in each example)",
        "required_authorization_parameters": f"{_DOCS} (client_id and response_type alone)",
        "redirect_matching": f"{_SUPPORT} (Callback URL)",
        "needs_redirect_uri_again": f"{_DOCS} (the exchange has none)",
        "response_types": f"{_DOCS}; token is not emulated",
        "default_scopes": f"those that the consumer was registered with; without any, a choice: {_DOCS}",
        "bearer_places": (
            "social-core, bitbucket.py (query); no longer taken there: github.com/Anyape/updatepulse-server/issues/10"
        ),
        "cors": "developer.atlassian.com/cloud/bitbucket/rest/intro (CORS and hypermedia)",
    }
    token_type = "bearer"  # noqa: S105 - not a secret
    scope_member = "scopes"
    token_shapes: ClassVar = {
        TokenKind.CODE: TokenShape(length=18),
        TokenKind.ACCESS: TokenShape(length=86, alphabet=URL_SAFE),
        TokenKind.REFRESH: TokenShape(length=18),
    }
    refusals: ClassVar = {
        **dict.fromkeys(BAD_REFRESH_TOKEN, _BAD_REFRESH),
        **dict.fromkeys(BAD_BEARER, _BAD_TOKEN),
        **dict.fromkeys(BAD_CLIENT, _BAD_CLIENT),
        **dict.fromkeys(BAD_REQUEST, _BAD_REQUEST),
        Reason.WRONG_CLIENT_AUTHENTICATION: _error(
            400, "unauthorized_client", "Requests must be authenticated using OAuth client credentials"
        ),
        Reason.UNSUPPORTED_GRANT_TYPE: _error(400, "unsupported_grant_type", "Unsupported grant type"),
        Reason.UNKNOWN_CODE: _BAD_CODE,
        Reason.EXPIRED_CODE: _BAD_CODE,
        Reason.REPLAYED_CODE: _BAD_CODE,
        Reason.CODE_OF_ANOTHER_CLIENT: _BAD_CODE,
        Reason.REDIRECT_URI_MISMATCH: _BAD_CODE,
        Reason.EXPIRED_BEARER: _api_error(
            401, "Access token expired. Use your refresh token to obtain a new access token."
        ),
        Reason.INSUFFICIENT_SCOPE: _api_error(
            403,
            "Your credentials lack one or more required privilege scopes.",
            detail={"required": ["account"], "granted": []},
        ),
    }
    callbacks: ClassVar = {
        Reason.ACCESS_DENIED: {
            "error": "access_denied",
            "error_description": "The resource owner or authorization server denied the request",
        }
    }
    extra_scopes = ("repository", "pullrequest", "issue", "snippet")
    # Nobody has an e-mail address here, so that people are found by their ids.
    common_sign_in_resolvers = False
    sign_in_resolvers = (
        {"resolver": "userIdMatchingUserEntityAnnotation"},
        {"resolver": "usernameMatchingUserEntityAnnotation"},
    )
    environments = (
        EnvironmentKind("resolver-email", "Sign-in by an e-mail address, which is never there.", (_BY_EMAIL,)),
    )
    quirks = (
        Quirk(
            "credentials-in-header-or-form",
            "The token endpoint takes the client's credentials in the Authorization header, in the form, or in both. "
            "That the form alone will do is not documented: it is what clients send that are in use.",
            "developer.atlassian.com: OAuth on Bitbucket Cloud; github.com/pennersr/django-allauth/pull/1215",
        ),
        Quirk(
            "scopes-of-the-consumer",
            "A request without scopes gets those that the consumer was registered with.",
            "developer.atlassian.com: OAuth on Bitbucket Cloud",
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

    def token_members(
        self, request: ServiceRequest, grant: Grant, access_token: str, *, refreshing: bool
    ) -> dict[str, Any]:
        """What the token was made from."""
        return {"state": "refresh_token" if refreshing else "authorization_code"}

    def user(self, request: ServiceRequest) -> Answer:
        """``GET /2.0/user``.

        Raises:
            Refusal: no good access token, or one without the scope account.
        """
        account = self.bearer(request, *_ACCOUNT_SCOPES).account
        persona = account.persona
        uuid = _uuid(account)
        quoted = uuid.replace("{", "%7B").replace("}", "%7D")
        api = "https://api.bitbucket.org/2.0" if request.host in self.hosts else f"{request.base_url}/2.0"
        return Answer(
            200,
            {
                "type": "user",
                "uuid": uuid,
                "username": persona.login,
                "nickname": persona.login,
                "display_name": persona.name,
                "account_id": f"712020:{account.uuid}",
                "account_status": "active",
                "created_on": "2021-02-03T09:10:11.121314+00:00",
                "is_staff": False,
                "has_2fa_enabled": None,
                "location": None,
                "links": {
                    "self": {"href": f"{api}/users/{quoted}"},
                    "html": {"href": f"{request.base_url}/{quoted}/"},
                    "avatar": {"href": persona.picture},
                    "repositories": {"href": f"{api}/repositories/{quoted}"},
                },
            },
        )

    def emails(self, request: ServiceRequest) -> Answer:
        """``GET /2.0/user/emails``, which Backstage does not ask.

        Raises:
            Refusal: no good access token, or one without the scope email.
        """
        persona = self.bearer(request, "email").account.persona
        address = {
            "type": "email",
            "email": persona.email,
            "is_primary": True,
            "is_confirmed": persona.email_verified,
        }
        return Answer(200, {"values": [address] if persona.email else [], "page": 1, "pagelen": 10})

    def not_found(self, request: ServiceRequest) -> Answer:
        """The REST API's answer."""
        return _api_error(404, "Resource not found")

    def catalog_annotations(self, account: Account) -> dict[str, str]:
        """The annotations of Bitbucket's two resolvers."""
        return {"bitbucket.org/user-id": _uuid(account), "bitbucket.org/username": account.persona.login}


def _uuid(account: Account) -> str:
    return f"{{{account.uuid}}}"
