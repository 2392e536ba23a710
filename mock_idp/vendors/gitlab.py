"""GitLab: by path as a self-managed instance, and as gitlab.com by name.

Facts: docs.gitlab.com, "OAuth 2.0 identity provider API", "Users API" and "OpenID Connect"; texts of refusals are
those of the authorization server GitLab is built on (doorkeeper).
"""

import hashlib
from collections.abc import Collection
from dataclasses import replace
from typing import Any, ClassVar

from mock_idp.addresses import Addresses
from mock_idp.emulation import Quirk, Route, ServiceRequest
from mock_idp.grants import rules
from mock_idp.oauth.client_authentication import ClientAuthentication
from mock_idp.oauth.model import Answer, Endpoint, Grant, IssuedToken, Reason, Refusal, TokenKind, joined
from mock_idp.oauth.policy import STANDARD_RESPONSE_MODES, BearerPlace, Cors, Pkce, Policy
from mock_idp.oauth.redirect_uris import RedirectMatching
from mock_idp.oauth.tokens import TokenShape
from mock_idp.people import Account
from mock_idp.vendors.openid_vendor import OpenIdVendor
from mock_idp.vendors.refusals import BAD_CLIENT, BAD_GRANT, BAD_REQUEST, NOTHING_TO_REVOKE

_DOCS = "docs.gitlab.com/api/oauth2"
_CAPTURE = "panva/wellknown, issuers/gitlab"
_CONFIGURATION = "gitlabhq, config/initializers/doorkeeper.rb"
_CORS_SOURCE = "gitlabhq, config/application.rb (Rack::Cors)"
_DOORKEEPER = "doorkeeper-gem/doorkeeper"
_OPENID = "doorkeeper-gem/doorkeeper-openid_connect, lib/doorkeeper/openid_connect/helpers/controller.rb"
_AUTHORIZED_PAGES = Cors(request_headers=("Authorization",))
_HEX = "0123456789abcdef"
_ACCESS_SECONDS = 7200
_NO_STORE = ("Cache-Control", "no-store")
_USER_SCOPES = ("read_user", "read_api", "api")
_CLAIMS = ("name", "nickname", "preferred_username", "email", "email_verified", "profile", "picture")
_SCOPES = frozenset(
    [
        *_USER_SCOPES,
        "create_runner",
        "manage_runner",
        "k8s_proxy",
        "read_repository",
        "write_repository",
        "read_registry",
        "write_registry",
        "read_observability",
        "write_observability",
        "ai_features",
        "ai_workflows",
        "sudo",
        "admin_mode",
        "read_service_ping",
        "openid",
        "profile",
        "email",
    ]
)


def _error(status: int, code: str, description: str) -> Answer:
    challenge = f'Bearer realm="Doorkeeper", error="{code}", error_description="{description}"'
    headers = (("WWW-Authenticate", challenge), _NO_STORE)
    return Answer(status, {"error": code, "error_description": description}, headers=headers)


_BAD_GRANT = _error(
    400,
    "invalid_grant",
    "The provided authorization grant is invalid, expired, revoked, does not match the redirection URI used in the "
    "authorization request, or was issued to another client.",
)
_BAD_CLIENT = _error(
    401,
    "invalid_client",
    "Client authentication failed due to unknown client, no client authentication included, or unsupported "
    "authentication method.",
)
_BAD_REQUEST = _error(
    400,
    "invalid_request",
    "The request is missing a required parameter, includes an unsupported parameter value, or is otherwise malformed.",
)
_BAD_SCOPE = "The requested scope is invalid, unknown, or malformed."
_UNAUTHORIZED = Answer(401, {"message": "401 Unauthorized"})
_MAY_NOT_REVOKE = Answer(
    403,
    {"error": "unauthorized_client", "error_description": "You are not authorized to revoke this token"},
    headers=(_NO_STORE,),
)


class GitLab(OpenIdVendor):
    """GitLab's authorization server, its user API and its OpenID Connect endpoints."""

    id = "gitlab"
    title = "GitLab"
    icon = "GL"
    accent = "#fc6d26"
    usual_scopes = ("openid", "profile", "email", "read_user")
    login_annotations = ("gitlab.com/user-login",)
    id_annotations = ("gitlab.com/user-id",)
    # For backends that are not told of another address; the generated app-config names the mock's own.
    hosts: ClassVar = {"gitlab.com": ""}
    routes = (
        Route("GET", "/oauth/authorize", "authorize", Endpoint.AUTHORIZATION),
        Route("POST", "/oauth/token", "token", Endpoint.TOKEN),
        Route("POST", "/oauth/revoke", "revoke", Endpoint.REVOCATION),
        Route("POST", "/oauth/introspect", "introspect", Endpoint.INTROSPECTION),
        Route("GET", "/api/v4/user", "user", Endpoint.PROFILE),
        Route("GET", "/api/v4/groups", "groups", Endpoint.FOLLOW_UP),
        Route("GET", "/oauth/userinfo", "userinfo", Endpoint.FOLLOW_UP),
        Route("POST", "/oauth/userinfo", "userinfo", Endpoint.FOLLOW_UP),
        Route("GET", "/oauth/token/info", "token_info", Endpoint.FOLLOW_UP),
        Route("GET", "/.well-known/openid-configuration", "discovery", Endpoint.DISCOVERY),
        Route("GET", "/oauth/discovery/keys", "jwks", Endpoint.JWKS),
    )
    policy = Policy(
        client_authentication=frozenset(
            {
                ClientAuthentication.BODY,
                ClientAuthentication.BASIC,
                ClientAuthentication.NONE,
            }
        ),
        redirect_matching=frozenset({RedirectMatching.ANY_LOOPBACK_PORT}),
        response_modes=STANDARD_RESPONSE_MODES,
        # select_account is refused, since GitLab has nothing to select an account with.
        prompts=("none", "login", "consent", "create"),
        prompts_need_openid=True,
        remembers_sessions=True,
        default_scopes=("api",),
        known_scopes=_SCOPES,
        bearer_places=frozenset({BearerPlace.HEADER, BearerPlace.FORM, BearerPlace.QUERY}),
        access_token_seconds=_ACCESS_SECONDS,
        rotates_refresh_token=True,
        revocation_needs_client=True,
        pkce=Pkce.SUPPORTED,
        public_pkce=Pkce.SUPPORTED,
        cors={
            # These two can be read by whoever asks without header fields that need a preflight.
            Endpoint.DISCOVERY: Cors(preflight=False),
            Endpoint.JWKS: Cors(preflight=False),
            Endpoint.TOKEN: _AUTHORIZED_PAGES,
            Endpoint.REVOCATION: _AUTHORIZED_PAGES,
            Endpoint.FOLLOW_UP: _AUTHORIZED_PAGES,
            Endpoint.PROFILE: Cors(),
        },
    )
    sources: ClassVar = {
        "client_authentication": f"{_CAPTURE} (token_endpoint_auth_methods_supported)",
        "public_clients": f"gitlab.com/gitlab-org/gitlab/-/issues/352441 (no secret); {_CONFIGURATION}: no force_pkce",
        "token_formats": f"{_DOCS} (examples)",
        "default_grant_type": f"{_DOCS} (grant_type in each example)",
        "required_authorization_parameters": f"{_DOORKEEPER}, lib/doorkeeper/oauth/pre_authorization.rb",
        "redirect_matching": f"{_DOORKEEPER}, lib/doorkeeper/oauth/helpers/uri_checker.rb",
        "needs_redirect_uri_again": f"{_DOORKEEPER}, lib/doorkeeper/oauth/authorization_code_request.rb",
        "response_types": f"{_CAPTURE} (response_types_supported)",
        "response_modes": f"{_CAPTURE} (response_modes_supported)",
        "default_scopes": f"{_CONFIGURATION} (default_scopes)",
        "pkce": f"{_CAPTURE} (code_challenge_methods_supported)",
        "prompts": f"{_OPENID}; select_account is refused: gitlab.com/gitlab-org/gitlab/-/issues/377368",
        "prompt_none": _OPENID,
        "bearer_places": f"{_CONFIGURATION} (access_token_methods)",
        "revocation_needs_client": (
            f"{_DOORKEEPER}, app/controllers/doorkeeper/tokens_controller.rb: the one that the token was issued to, "
            "unless it is public"
        ),
        "revocation_of_unknown_token": f"{_DOORKEEPER}, app/controllers/doorkeeper/tokens_controller.rb",
        "logout": f"{_CAPTURE} (no end_session_endpoint)",
        "discovery": _CAPTURE,
        "introspection": f"{_CAPTURE} (introspection_endpoint)",
        "revocation": f"{_CAPTURE} (revocation_endpoint)",
        "cors": f"{_CORS_SOURCE}; preflight: {_DOCS} (Cross-origin resource sharing)",
        "cors.authorization": _CORS_SOURCE,
        "cors.introspection": _CORS_SOURCE,
    }
    token_shapes: ClassVar = {kind: TokenShape(length=64, alphabet=_HEX) for kind in TokenKind}
    refusals: ClassVar = {
        **dict.fromkeys(BAD_GRANT, _BAD_GRANT),
        **dict.fromkeys(BAD_CLIENT, _BAD_CLIENT),
        **dict.fromkeys(BAD_REQUEST, _BAD_REQUEST),
        Reason.UNKNOWN_TOKEN: NOTHING_TO_REVOKE,
        Reason.INVALID_SCOPE: _error(400, "invalid_scope", _BAD_SCOPE),
        Reason.UNSUPPORTED_GRANT_TYPE: _error(
            400,
            "unsupported_grant_type",
            "The authorization grant type is not supported by the authorization server.",
        ),
        Reason.MISSING_BEARER: _UNAUTHORIZED,
        Reason.UNKNOWN_BEARER: _UNAUTHORIZED,
        Reason.EXPIRED_BEARER: _error(
            401, "invalid_token", "Token is expired. You can either do re-authorization or token refresh."
        ),
        Reason.REVOKED_BEARER: _error(
            401, "invalid_token", "Token was revoked. You have to re-authorize from the user."
        ),
        Reason.SUSPENDED_BEARER: Answer(403, {"message": "403 Forbidden - Your account has been blocked."}),
        Reason.INSUFFICIENT_SCOPE: Answer(
            403,
            {
                "error": "insufficient_scope",
                "error_description": "The request requires higher privileges than provided by the access token.",
                "scope": "api read_api read_user",
            },
        ),
    }
    callbacks: ClassVar = {
        Reason.ACCESS_DENIED: {
            "error": "access_denied",
            "error_description": "The resource owner or authorization server denied the request.",
        },
        Reason.INVALID_SCOPE: {"error": "invalid_scope", "error_description": _BAD_SCOPE},
        Reason.UNSUPPORTED_RESPONSE_TYPE: {
            "error": "unsupported_response_type",
            "error_description": "The authorization server does not support this response type.",
        },
    }
    id_token_seconds = 120
    extra_scopes = ("read_api", "read_repository", "openid", "email")
    sign_in_resolvers = (
        {"resolver": "usernameMatchingUserEntityName"},
        {"resolver": "userIdMatchingUserEntityAnnotation"},
    )
    quirks = (
        Quirk(
            "refresh-tokens-rotate",
            "Every refresh answers a new refresh token, and the one before is void at once.",
            "docs.gitlab.com: OAuth 2.0 identity provider API",
        ),
        Quirk(
            "default-scope",
            "A request without scope is one for api.",
            "gitlab.com source: doorkeeper's default scopes",
        ),
        Quirk(
            "always-an-address",
            "An account that came from elsewhere without an e-mail address is given a made-up one.",
            "gitlab.com source: users who sign in with OmniAuth",
        ),
        Quirk(
            "two-kinds-of-errors",
            "The user API calls its error message or error_description, depending on what is wrong with the token.",
            "docs.gitlab.com: REST API authentication",
        ),
    )

    def claims(self, request: ServiceRequest, account: Account, scopes: Collection[str]) -> dict[str, Any]:
        """What GitLab says about a person, as far as the scopes allow."""
        persona = account.persona
        claims: dict[str, Any] = {"sub": str(account.number)}
        if "profile" in scopes:
            claims["name"] = persona.name
            claims["nickname"] = claims["preferred_username"] = persona.login
            claims["profile"] = f"{request.base_url}/{persona.login}"
            claims["picture"] = persona.picture
        if "email" in scopes:
            claims["email"] = _email(account)
            claims["email_verified"] = persona.email_verified
        return claims

    def userinfo(self, request: ServiceRequest) -> Answer:
        """The groups as well, by their paths.

        Raises:
            Refusal: no good access token, or one without the scope.
        """
        answer, account = super().userinfo(request), self.bearer(request).account
        return answer if account.groups is None else replace(answer, body={**answer.body, "groups": account.groups})

    def id_token_claims(self, request: ServiceRequest, grant: Grant) -> dict[str, Any]:
        """The groups a user is in directly, by another name than at the user info endpoint."""
        groups = request.service.account(grant).groups
        direct = {} if groups is None else {"groups_direct": list(groups)}
        return super().id_token_claims(request, grant) | direct

    def groups(self, request: ServiceRequest) -> Answer:
        """``GET /api/v4/groups``.

        Raises:
            Refusal: no good access token, or one without a scope for the API.
        """
        account = self.bearer(request, "read_api", "api").account
        return Answer(200, [_group(path, request.base_url) for path in account.groups or ()])

    def token_members(
        self, request: ServiceRequest, grant: Grant, access_token: str, *, refreshing: bool
    ) -> dict[str, Any]:
        """When the token was made; and an ID token, if the scopes have openid."""
        members: dict[str, Any] = {"created_at": int(request.service.clock.now())}
        return members | super().token_members(request, grant, access_token, refreshing=refreshing)

    def user(self, request: ServiceRequest) -> Answer:
        """``GET /api/v4/user``.

        Raises:
            Refusal: no good access token, or one without a scope for users.
        """
        account = self.bearer(request, *_USER_SCOPES).account
        persona = account.persona
        return Answer(
            200,
            {
                "id": account.number,
                "username": persona.login,
                "name": persona.name,
                "state": "active",
                "locked": False,
                "avatar_url": persona.picture,
                "web_url": f"{request.base_url}/{persona.login}",
                "created_at": "2021-02-03T09:10:11.121Z",
                "bio": "",
                "public_email": "",
                "last_sign_in_at": "2026-05-04T08:15:42.000Z",
                "confirmed_at": "2021-02-03T09:12:00.000Z" if persona.email_verified else None,
                "email": _email(account),
                "theme_id": 1,
                "projects_limit": 100_000,
                "identities": [],
                "can_create_group": True,
                "two_factor_enabled": True,
                "external": False,
                "private_profile": False,
                "commit_email": _email(account),
            },
        )

    def token_info(self, request: ServiceRequest) -> Answer:
        """``GET /oauth/token/info``: what an access token is, for its bearer.

        Raises:
            Refusal: no good access token.
        """
        who = self.bearer(request)
        expires_at = who.token.expires_at
        return Answer(
            200,
            {
                "resource_owner_id": who.account.number,
                "scope": list(who.token.scopes),
                "expires_in": None if expires_at is None else int(expires_at - request.service.clock.now()),
                "application": {"uid": who.grant.request.client.client_id},
                "created_at": int(who.token.issued_at),
            },
        )

    def revoke(self, request: ServiceRequest) -> Answer:
        """A token that is there can be revoked only by the client it was issued to, if that has a secret.

        Raises:
            Refusal: the client did not prove who it is, or it is another one's token; or there is nothing to revoke.
        """
        value, store = self.token_to_revoke(request), request.service.store
        grant = store.grant_of(TokenKind.REFRESH, value) or store.grant_of(TokenKind.ACCESS, value)
        if grant and not grant.request.client.is_public:
            client, _ = self.authenticated_client(request)
            if client.client_id != grant.request.client.client_id:
                detail = f"The token was issued to {grant.request.client.client_id}, not to {client.client_id}."
                raise Refusal(Reason.WRONG_CLIENT_AUTHENTICATION, detail, grant.grant_id)
        rules.revoke(store, value, request.service.clock.now())
        return Answer(200, {})

    def refuse(self, request: ServiceRequest, refusal: Refusal) -> Answer:
        """The revocation endpoint has an answer of its own for a client that may not revoke a token."""
        if request.endpoint is Endpoint.REVOCATION and refusal.reason in BAD_CLIENT:
            return _MAY_NOT_REVOKE
        return super().refuse(request, refusal)

    def introspection_members(self, request: ServiceRequest, token: IssuedToken, grant: Grant) -> dict[str, Any]:
        """Fewer members than RFC 7662 knows: nothing about the person."""
        expires_at = {} if token.expires_at is None else {"exp": int(token.expires_at)}
        return {
            "scope": joined(token.scopes),
            "client_id": grant.request.client.client_id,
            "token_type": self.token_type,
            "iat": int(token.issued_at),
            **expires_at,
        }

    def discovery(self, request: ServiceRequest) -> Answer:
        """``GET /.well-known/openid-configuration`` (OIDC Discovery section 4)."""
        base = request.base_url
        return Answer(
            200,
            {
                "issuer": base,
                "authorization_endpoint": f"{base}/oauth/authorize",
                "token_endpoint": f"{base}/oauth/token",
                "revocation_endpoint": f"{base}/oauth/revoke",
                "introspection_endpoint": f"{base}/oauth/introspect",
                "userinfo_endpoint": f"{base}/oauth/userinfo",
                "jwks_uri": f"{base}/oauth/discovery/keys",
                "scopes_supported": sorted(_SCOPES),
                "response_types_supported": list(self.policy.response_types),
                "response_modes_supported": list(self.policy.response_modes),
                "grant_types_supported": list(self.grant_types),
                "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": list(self.signing_algorithms),
                "claim_types_supported": ["normal"],
                "claims_supported": ["iss", "sub", "aud", "exp", "iat", *_CLAIMS],
                "code_challenge_methods_supported": ["plain", "S256"],
            },
        )

    def backstage_config(self, where: Addresses) -> dict[str, Any]:
        """The instance's address; Backstage calls it audience."""
        return {} if where.is_by_name else {"audience": where.http}

    def catalog_annotations(self, account: Account) -> dict[str, str]:
        """Annotations of ``userIdMatchingUserEntityAnnotation``: their key is the host of the profile's address."""
        return {f"{host}/user-id": str(account.number) for host in ("gitlab.com", "127.0.0.1", "localhost")}


def _group(path: str, base_url: str) -> dict[str, Any]:
    name = path.rpartition("/")[2]
    return {
        "id": 1_000_000 + int.from_bytes(hashlib.sha256(path.encode()).digest()[:4]) % 9_000_000,
        "web_url": f"{base_url}/groups/{path}",
        "name": name,
        "path": name,
        "description": "",
        "visibility": "private",
        "avatar_url": None,
        "full_name": path.replace("/", " / "),
        "full_path": path,
        "parent_id": None,
    }


def _email(account: Account) -> str:
    """Every account has an address: one that came from elsewhere without one is given this."""
    return account.persona.email or f"temp-email-for-oauth-{account.persona.login}@gitlab.localhost"
