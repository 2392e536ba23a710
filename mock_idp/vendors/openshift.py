"""OpenShift: the OAuth server of a cluster and the two resources of its API that sign-in needs.

Facts: docs.openshift.com, "Authentication and authorization" and "OAuth APIs"; the server library osin.
"""

import base64
import hashlib
import re
from types import MappingProxyType
from typing import Any

from mock_idp.oauth import refreshing
from mock_idp.oauth.client_authentication import ClientAuthentication
from mock_idp.oauth.model import Answer, Endpoint, Grant, Reason, TokenKind
from mock_idp.oauth.policy import Pkce, Policy
from mock_idp.oauth.tokens import TokenShape
from mock_idp.randomness import URL_SAFE
from mock_idp.vendors import endpoints
from mock_idp.vendors.base import Addresses, Exchange, Quirk, Route, Vendor

TOKEN_PREFIX = "sha256~"  # noqa: S105 - a marker
_ACCESS_SECONDS = 86_400
_USERS = "/apis/user.openshift.io/v1/users"
_TOKENS = "/apis/oauth.openshift.io/v1/oauthaccesstokens"


class _Scopes:
    """The scopes of users, and roles in a namespace."""

    _names = frozenset({"user:full", "user:info", "user:check-access", "user:list-projects"})
    _role = re.compile(r"role:[a-z][a-z0-9:-]*:([a-z0-9-]+|\*)(:!)?")

    def __contains__(self, scope: object) -> bool:
        return isinstance(scope, str) and (scope in self._names or self._role.fullmatch(scope) is not None)


def _error(status: int, code: str, description: str) -> Answer:
    return Answer(status, {"error": code, "error_description": description})


def _status(code: int, reason: str, message: str) -> Answer:
    """An error in the form of the cluster's API."""
    body = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message}
    return Answer(code, {**body, "reason": reason, "code": code})


_BAD_GRANT = _error(
    400,
    "invalid_grant",
    "The provided authorization grant (e.g., authorization code, resource owner credentials) or refresh token is "
    "invalid, expired, revoked, does not match the redirection URI used in the authorization request, or was issued "
    "to another client.",
)
_BAD_CLIENT = _error(400, "unauthorized_client", "The client is not authorized to request a token using this method.")
_BAD_REQUEST = _error(
    400,
    "invalid_request",
    "The request is missing a required parameter, includes an invalid parameter value, includes a parameter more "
    "than once, or is otherwise malformed.",
)
_UNAUTHORIZED = _status(401, "Unauthorized", "Unauthorized")


class OpenShift(Vendor):
    """A cluster. By path only: its addresses are configured."""

    id = "openshift"
    title = "OpenShift"
    icon = "OS"
    accent = "#c9190b"
    routes = (
        Route("GET", "/oauth/authorize", "authorize", Endpoint.AUTHORIZATION),
        Route("POST", "/oauth/token", "token", Endpoint.TOKEN),
        Route("GET", f"{_USERS}/~", "user", Endpoint.PROFILE),
        Route("DELETE", f"{_TOKENS}/<name>", "delete_token", Endpoint.REVOCATION),
    )
    policy = Policy(
        client_authentication=frozenset({ClientAuthentication.BODY, ClientAuthentication.BASIC}),
        known_scopes=_Scopes(),
        code_seconds=300,
        access_token_seconds=_ACCESS_SECONDS,
        issues_refresh_tokens=False,
        pkce=Pkce.SUPPORTED,
    )
    token_shapes = MappingProxyType(
        {
            TokenKind.CODE: TokenShape(TOKEN_PREFIX, 43, URL_SAFE),
            TokenKind.ACCESS: TokenShape(TOKEN_PREFIX, 43, URL_SAFE),
        }
    )
    refusals = MappingProxyType(
        {
            Reason.UNKNOWN_CLIENT: _BAD_CLIENT,
            Reason.WRONG_SECRET: _BAD_CLIENT,
            Reason.WRONG_CLIENT_AUTHENTICATION: _BAD_CLIENT,
            Reason.MISSING_PARAMETER: _BAD_REQUEST,
            Reason.INVALID_PARAMETER: _BAD_REQUEST,
            Reason.WRONG_CONTENT_TYPE: _BAD_REQUEST,
            Reason.UNSUPPORTED_GRANT_TYPE: _error(
                400,
                "unsupported_grant_type",
                "The authorization grant type is not supported by the authorization server.",
            ),
            Reason.UNKNOWN_CODE: _BAD_GRANT,
            Reason.EXPIRED_CODE: _BAD_GRANT,
            Reason.REPLAYED_CODE: _BAD_GRANT,
            Reason.CODE_OF_ANOTHER_CLIENT: _BAD_GRANT,
            Reason.REDIRECT_URI_MISMATCH: _BAD_GRANT,
            Reason.MISSING_VERIFIER: _BAD_GRANT,
            Reason.WRONG_VERIFIER: _BAD_GRANT,
            Reason.UNKNOWN_REFRESH_TOKEN: _BAD_GRANT,
            Reason.EXPIRED_REFRESH_TOKEN: _BAD_GRANT,
            Reason.REVOKED_REFRESH_TOKEN: _BAD_GRANT,
            Reason.MISSING_BEARER: _UNAUTHORIZED,
            Reason.UNKNOWN_BEARER: _UNAUTHORIZED,
            Reason.EXPIRED_BEARER: _UNAUTHORIZED,
            Reason.REVOKED_BEARER: _UNAUTHORIZED,
            Reason.SUSPENDED_BEARER: _UNAUTHORIZED,
            Reason.INSUFFICIENT_SCOPE: _status(
                403, "Forbidden", "the scopes of this token do not allow access to the resource"
            ),
        }
    )
    callbacks = MappingProxyType(
        {
            Reason.ACCESS_DENIED: MappingProxyType(
                {
                    "error": "access_denied",
                    "error_description": "The resource owner or authorization server denied the request.",
                }
            ),
            Reason.INVALID_SCOPE: MappingProxyType(
                {
                    "error": "invalid_scope",
                    "error_description": "The requested scope is invalid, unknown, or malformed.",
                }
            ),
        }
    )
    page_statuses = MappingProxyType({Reason.UNKNOWN_CLIENT: 400, Reason.UNREGISTERED_REDIRECT_URI: 400})
    extra_scopes = ("user:info", "user:check-access", "user:list-projects", "role:view:harbour")
    sign_in_resolvers = (MappingProxyType({"resolver": "displayNameMatchingUserEntityName"}),)
    common_sign_in_resolvers = False
    quirks = (
        Quirk(
            "no-refresh-tokens",
            "There are access tokens only, good for a day.",
            "docs.openshift.com: Configuring the internal OAuth server",
        ),
        Quirk(
            "errors-with-status-400",
            "A wrong client is refused with 400 and unauthorized_client.",
            "the server library osin",
        ),
        Quirk(
            "hashed-token-names",
            "An access token is a resource of the API, named by its hash, and ends when it is deleted.",
            "docs.openshift.com: OAuthAccessToken",
        ),
        Quirk(
            "no-email",
            "A user has a name, and no e-mail address or picture.",
            "docs.openshift.com: User [user.openshift.io/v1]",
        ),
    )

    def token_value(self, exchange: Exchange, grant: Grant, kind: TokenKind) -> str:
        """Access tokens are large for a persona with large tokens: Backstage keeps them in a cookie."""
        padding = exchange.service.persona(grant).padding if kind is TokenKind.ACCESS else 0
        return self.token_shapes[kind].mint(exchange.service.randomness.text, padding)

    def user(self, exchange: Exchange) -> Answer:
        """``GET /apis/user.openshift.io/v1/users/~``: whose token this is.

        Raises:
            Refusal: no good access token, or one without the scope.
        """
        face = endpoints.bearer(exchange, "user:full", "user:info").face
        persona = face.persona
        body: dict[str, Any] = {
            "kind": "User",
            "apiVersion": "user.openshift.io/v1",
            "metadata": {
                "name": persona.login,
                "uid": face.uuid,
                "resourceVersion": str(face.number),
                "creationTimestamp": "2025-02-03T09:10:11Z",
            },
            "fullName": persona.name,
            "identities": [f"harbour-ldap:{persona.login}"],
            "groups": ["system:authenticated", "system:authenticated:oauth"],
        }
        return Answer(200, body)

    def delete_token(self, exchange: Exchange) -> Answer:
        """``DELETE /apis/oauth.openshift.io/v1/oauthaccesstokens/NAME``.

        Raises:
            Refusal: no good access token, or one without the scope.
        """
        who = endpoints.bearer(exchange, "user:full")
        name = exchange.path_parameters["name"]
        if name != token_name(who.token.value):
            resource = "oauthaccesstokens.oauth.openshift.io"
            return _status(404, "NotFound", f'{resource} "{name}" not found')
        refreshing.revoke(exchange.service.ledger, who.token.value, exchange.service.clock.now())
        details = {"name": name, "group": "oauth.openshift.io", "kind": "oauthaccesstokens", "uid": who.face.uuid}
        body = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}
        return Answer(200, body)

    def not_found(self, exchange: Exchange) -> Answer:
        """The cluster's API's answer."""
        return _status(404, "NotFound", "the server could not find the requested resource")

    def backstage_config(self, where: Addresses) -> dict[str, Any]:
        """The OAuth server's two addresses, and the API's."""
        return {
            "authorizationUrl": f"{where.http}/oauth/authorize",
            "tokenUrl": f"{where.http}/oauth/token",
            "openshiftApiServerUrl": where.http,
        }


def token_name(token: str) -> str:
    """The name under which the API knows an access token."""
    digest = hashlib.sha256(token.removeprefix(TOKEN_PREFIX).encode("utf-8", "replace")).digest()
    return TOKEN_PREFIX + base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")
