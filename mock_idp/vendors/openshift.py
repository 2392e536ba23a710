"""OpenShift: the OAuth server of a cluster and the two resources of its API that sign-in needs.

Facts: docs.openshift.com, "Authentication and authorization" and "OAuth APIs"; the server library osin.
"""

import base64
import hashlib
from typing import Any, ClassVar

from mock_idp.addresses import Addresses
from mock_idp.emulation import Quirk, Route, ServiceRequest
from mock_idp.grants import rules
from mock_idp.oauth.client_authentication import ClientAuthentication
from mock_idp.oauth.model import Answer, Endpoint, Grant, Reason, TokenKind
from mock_idp.oauth.policy import FORM_ONLY, Pkce, Policy, RequestFormat, ScopePattern
from mock_idp.oauth.redirect_uris import RedirectMatching
from mock_idp.oauth.tokens import TokenShape
from mock_idp.randomness import URL_SAFE
from mock_idp.vendors.oauth_vendor import OAuthVendor
from mock_idp.vendors.refusals import BAD_BEARER, BAD_CLIENT, BAD_GRANT, BAD_REQUEST, error

_OSIN = "openshift/osin"
_SERVER = "openshift/oauth-server, pkg/osinserver/defaults.go"
_METADATA = "docs.redhat.com, OpenShift: Authentication and authorization (OAuth server metadata)"
TOKEN_PREFIX = "sha256~"  # noqa: S105 - a marker
_ACCESS_SECONDS = 86_400
_USERS = "/apis/user.openshift.io/v1/users"
_TOKENS = "/apis/oauth.openshift.io/v1/oauthaccesstokens"

_ANNOUNCED_SCOPES = ("user:full", "user:info", "user:check-access", "user:list-scoped-projects", "user:list-projects")
_SCOPES = ScopePattern(
    r"user:(full|info|check-access|list-scoped-projects|list-projects)|role:[a-z][a-z0-9:-]*:([a-z0-9-]+|\*)(:!)?"
)
"""The scopes of users, and roles in a namespace."""


def _status(code: int, reason: str, message: str) -> Answer:
    """An error in the form of the cluster's API."""
    body = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message}
    return Answer(code, {**body, "reason": reason, "code": code})


_BAD_GRANT = error(
    400,
    "invalid_grant",
    "The provided authorization grant (e.g., authorization code, resource owner credentials) or refresh token is "
    "invalid, expired, revoked, does not match the redirection URI used in the authorization request, or was issued "
    "to another client.",
)
_BAD_CLIENT = error(400, "unauthorized_client", "The client is not authorized to request a token using this method.")
_BAD_REQUEST = error(
    400,
    "invalid_request",
    "The request is missing a required parameter, includes an invalid parameter value, includes a parameter more "
    "than once, or is otherwise malformed.",
)
_UNAUTHORIZED = _status(401, "Unauthorized", "Unauthorized")


class OpenShift(OAuthVendor):
    """A cluster. By path only: its addresses are configured."""

    id = "openshift"
    title = "OpenShift"
    icon = "OS"
    accent = "#c9190b"
    usual_scopes = ("user:full",)
    routes = (
        Route("GET", "/oauth/authorize", "authorize", Endpoint.AUTHORIZATION),
        Route("POST", "/oauth/token", "token", Endpoint.TOKEN),
        Route("GET", "/oauth/token", "token", Endpoint.TOKEN),
        Route("GET", "/.well-known/oauth-authorization-server", "discovery", Endpoint.DISCOVERY),
        Route("GET", f"{_USERS}/~", "user", Endpoint.PROFILE),
        Route("DELETE", f"{_TOKENS}/<name>", "delete_token", Endpoint.REVOCATION),
    )
    policy = Policy(
        client_authentication=frozenset(
            {
                ClientAuthentication.BODY,
                ClientAuthentication.BASIC,
                ClientAuthentication.BOTH,
                ClientAuthentication.NONE,
            }
        ),
        public_authentication=frozenset({ClientAuthentication.BODY, ClientAuthentication.BASIC}),
        public_pkce=Pkce.SUPPORTED,
        token_formats=FORM_ONLY | {RequestFormat.QUERY},
        required_authorization_parameters=("client_id", "response_type"),
        redirect_matching=frozenset(
            {
                RedirectMatching.SUBPATH,
                RedirectMatching.UNREGISTERED_LOOPBACK_PORT,
                RedirectMatching.OMITTED_IF_ONLY_ONE,
            }
        ),
        needs_redirect_uri_again=False,
        known_scopes=_SCOPES,
        code_seconds=300,
        access_token_seconds=_ACCESS_SECONDS,
        issues_refresh_tokens=False,
        pkce=Pkce.SUPPORTED,
    )
    sources: ClassVar = {
        "client_authentication": f"{_OSIN}, util.go; {_SERVER} (AllowClientSecretInParams)",
        "public_clients": f"{_OSIN}, util.go (an empty secret); {_SERVER}: no RequirePKCEForPublicClients",
        "token_formats": f"{_OSIN}, access.go (ParseForm); {_SERVER} (AllowGetAccessRequest)",
        "default_grant_type": f"{_OSIN}, access.go",
        "required_authorization_parameters": f"{_OSIN}, authorize.go",
        "redirect_matching": f"{_OSIN}, urivalidate.go and authorize.go",
        "needs_redirect_uri_again": f"{_OSIN}, access.go",
        "response_types": f"{_SERVER} (AllowedAuthorizeTypes); token is not emulated",
        "pkce": f"{_OSIN}, authorize.go; {_METADATA}",
        "discovery": _METADATA,
        "revocation": "docs.openshift.com: OAuthAccessToken",
        "cors.token": f"{_SERVER}: none",
        "cors.authorization": f"{_SERVER}: none",
    }
    token_shapes: ClassVar = {
        TokenKind.CODE: TokenShape(TOKEN_PREFIX, 43, URL_SAFE),
        TokenKind.ACCESS: TokenShape(TOKEN_PREFIX, 43, URL_SAFE),
    }
    refusals: ClassVar = {
        **dict.fromkeys(BAD_GRANT, _BAD_GRANT),
        **dict.fromkeys(BAD_BEARER, _UNAUTHORIZED),
        **dict.fromkeys(BAD_CLIENT, _BAD_CLIENT),
        **dict.fromkeys(BAD_REQUEST, _BAD_REQUEST),
        Reason.UNSUPPORTED_GRANT_TYPE: error(
            400,
            "unsupported_grant_type",
            "The authorization grant type is not supported by the authorization server.",
        ),
        Reason.INSUFFICIENT_SCOPE: _status(
            403, "Forbidden", "the scopes of this token do not allow access to the resource"
        ),
    }
    callbacks: ClassVar = {
        Reason.ACCESS_DENIED: {
            "error": "access_denied",
            "error_description": "The resource owner or authorization server denied the request.",
        },
        Reason.INVALID_SCOPE: {
            "error": "invalid_scope",
            "error_description": "The requested scope is invalid, unknown, or malformed.",
        },
    }
    page_statuses: ClassVar = {Reason.UNKNOWN_CLIENT: 400, Reason.UNREGISTERED_REDIRECT_URI: 400}
    extra_scopes = ("user:info", "user:check-access", "user:list-projects", "role:view:harbour")
    sign_in_resolvers = ({"resolver": "displayNameMatchingUserEntityName"},)
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

    def token_value(self, request: ServiceRequest, grant: Grant, kind: TokenKind) -> str:
        """Access tokens are large for a persona with large tokens: Backstage keeps them in a cookie."""
        padding = request.service.persona(grant).padding if kind is TokenKind.ACCESS else 0
        return self.token_shapes[kind].mint(request.service.randomness.text, padding)

    def discovery(self, request: ServiceRequest) -> Answer:
        """``GET /.well-known/oauth-authorization-server`` (RFC 8414 section 2)."""
        base = request.base_url
        return Answer(
            200,
            {
                "issuer": base,
                "authorization_endpoint": f"{base}/oauth/authorize",
                "token_endpoint": f"{base}/oauth/token",
                "scopes_supported": list(_ANNOUNCED_SCOPES),
                "response_types_supported": list(self.policy.response_types),
                "grant_types_supported": ["authorization_code"],
                "code_challenge_methods_supported": ["plain", "S256"],
            },
        )

    def user(self, request: ServiceRequest) -> Answer:
        """``GET /apis/user.openshift.io/v1/users/~``: whose token this is.

        Raises:
            Refusal: no good access token, or one without the scope.
        """
        account = self.bearer(request, "user:full", "user:info").account
        persona = account.persona
        body: dict[str, Any] = {
            "kind": "User",
            "apiVersion": "user.openshift.io/v1",
            "metadata": {
                "name": persona.login,
                "uid": account.uuid,
                "resourceVersion": str(account.number),
                "creationTimestamp": "2025-02-03T09:10:11Z",
            },
            "fullName": persona.name,
            "identities": [f"harbour-ldap:{persona.login}"],
            "groups": ["system:authenticated", "system:authenticated:oauth"],
        }
        return Answer(200, body)

    def delete_token(self, request: ServiceRequest) -> Answer:
        """``DELETE /apis/oauth.openshift.io/v1/oauthaccesstokens/NAME``.

        Raises:
            Refusal: no good access token, or one without the scope.
        """
        who = self.bearer(request, "user:full")
        name = request.path_parameters["name"]
        if name != token_name(who.token.value):
            resource = "oauthaccesstokens.oauth.openshift.io"
            return _status(404, "NotFound", f'{resource} "{name}" not found')
        rules.revoke(request.service.store, who.token.value, request.service.clock.now())
        details = {"name": name, "group": "oauth.openshift.io", "kind": "oauthaccesstokens", "uid": who.account.uuid}
        body = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}
        return Answer(200, body)

    def not_found(self, request: ServiceRequest) -> Answer:
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
