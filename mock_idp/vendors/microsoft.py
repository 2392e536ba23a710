"""Microsoft Entra ID and Microsoft Graph, by name only, since Backstage has their hosts hard-coded.

Facts: learn.microsoft.com, "Microsoft identity platform and OAuth 2.0 authorization code flow", "Access tokens in the
Microsoft identity platform", "user resource type" and "profilePhoto resource type"; for errors "Microsoft Entra
authentication and authorization error codes" and "Microsoft Graph error responses and resource types".
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, ClassVar
from urllib.parse import urlsplit, urlunsplit

from mock_idp.addresses import Addresses, Reach
from mock_idp.emulation import Quirk, Route, ServiceRequest
from mock_idp.environments import EnvironmentKind
from mock_idp.oauth import authorization
from mock_idp.oauth.client_authentication import ClientAuthentication
from mock_idp.oauth.model import (
    NO_STORE,
    Answer,
    Client,
    Encoding,
    Endpoint,
    Grant,
    Reason,
    Refusal,
    TokenKind,
    split_scopes,
)
from mock_idp.oauth.policy import (
    OFFLINE_ACCESS,
    STANDARD_RESPONSE_MODES,
    Cors,
    CorsOrigins,
    LogoutRules,
    Pkce,
    Policy,
    ResponseMode,
)
from mock_idp.oauth.redirect_uris import RedirectMatching
from mock_idp.oauth.tokens import SignedToken, TokenShape
from mock_idp.people import Account
from mock_idp.randomness import HEXADECIMAL, URL_SAFE
from mock_idp.settings import COMPANY_DOMAIN
from mock_idp.vendors import entra_groups
from mock_idp.vendors.oauth_vendor import Bearer
from mock_idp.vendors.openid_vendor import OpenIdVendor

TENANT = "5f0c7a1e-3b52-4c8d-9e64-7d21a0b3c4f5"
"""Directory of the fictional company."""

CONSUMERS = "consumers"
_PERSONAL = "9188040d-6c67-4c5b-b112-36a304b66dad"
"""Directory of all personal accounts, the same for everybody."""
_MANY = frozenset({"common", "organizations"})
"""Names that stand for whichever directory somebody belongs to."""
_TENANTS = frozenset({TENANT, COMPANY_DOMAIN, CONSUMERS, _PERSONAL, *_MANY})
_GRAPH = "00000003-0000-0000-c000-000000000000"  # the same in every directory
_GRAPH_PREFIX = "https://graph.microsoft.com/"
_ACCESS_SECONDS = 4799
_REFRESH_SECONDS = 90 * 24 * 3600
_OPENID_SCOPES = ("openid", "profile", "email", OFFLINE_ACCESS)
_USER_SCOPES = ("User.Read", "User.Read.All", "User.ReadWrite")
_PERMISSIONS = (
    *_OPENID_SCOPES,
    *_USER_SCOPES,
    "User.ReadBasic.All",
    "Calendars.Read",
    "Contacts.Read",
    "Files.Read",
    "Group.Read.All",
    "GroupMember.Read.All",
    "Mail.Read",
    "Sites.Read.All",
    "Tasks.Read",
)
_CANONICAL = {name.lower(): name for name in _PERMISSIONS}
# What an administrator has consented to for everybody, so that a refresh may ask for it at any time.
_CONSENTED = frozenset({*_OPENID_SCOPES, "User.Read"})
_DOCS = "learn.microsoft.com/entra/identity-platform"
_CODE_FLOW = f"{_DOCS}/v2-oauth2-auth-code-flow"
_CAPTURES = "panva/wellknown, issuers/entra-common and entra-organizations"
_CLAIMS = (
    *("sub", "iss", "aud", "exp", "iat", "nonce", "preferred_username", "name", "tid", "ver", "at_hash", "c_hash"),
    "email",
)
# One grey pixel (ITU-T T.81).
_PHOTO = bytes.fromhex(
    "ffd8ffdb004300030202020202030202020303030304060404040404080606050609080a0a090809090a0c0f0c0a0b0e0b09090d110d0e0f"
    "101011100a0c12131210130f101010ffc9000b080001000101011100ffcc000600101005ffda0008010100003f00d2cf20ffd9"
)


_BAD_REQUEST = (400, "invalid_request", 900144, "The request body must contain a parameter that is missing.")
_TOKEN_ERRORS: Mapping[Reason, tuple[int, str, int, str]] = {
    Reason.UNKNOWN_CLIENT: (400, "unauthorized_client", 700016, "Application was not found in the directory."),
    Reason.WRONG_SECRET: (
        401,
        "invalid_client",
        7000215,
        (
            "Invalid client secret provided. Ensure the secret being sent in the request is the client secret "
            "value, not the client secret ID."
        ),
    ),
    Reason.WRONG_CLIENT_AUTHENTICATION: (
        401,
        "invalid_client",
        7000218,
        "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
    ),
    Reason.CROSS_ORIGIN: (
        400,
        "invalid_request",
        9002326,
        "Cross-origin token redemption is permitted only for the 'Single-Page Application' client-type.",
    ),
    Reason.NOT_CROSS_ORIGIN: (
        400,
        "invalid_request",
        9002327,
        "Tokens issued for the 'Single-Page Application' client-type may only be redeemed via cross-origin requests.",
    ),
    Reason.MISSING_PARAMETER: _BAD_REQUEST,
    Reason.WRONG_CONTENT_TYPE: _BAD_REQUEST,
    Reason.INVALID_PARAMETER: (400, "invalid_request", 9000411, "The request is not properly formatted."),
    Reason.UNSUPPORTED_GRANT_TYPE: (
        400,
        "unsupported_grant_type",
        70003,
        "The app requested an unsupported grant type.",
    ),
    Reason.UNSUPPORTED_RESPONSE_TYPE: (
        400,
        "unsupported_response_type",
        700054,
        "The response_type is not enabled for the application.",
    ),
    Reason.INVALID_SCOPE: (
        400,
        "invalid_grant",
        65001,
        (
            "The user or administrator has not consented to use the application. Send an interactive authorization "
            "request for this user and resource."
        ),
    ),
    Reason.UNKNOWN_CODE: (400, "invalid_grant", 9002313, "Invalid request. Request is malformed or invalid."),
    Reason.EXPIRED_CODE: (
        400,
        "invalid_grant",
        70008,
        (
            "The provided authorization code or refresh token has expired due to inactivity. Send a new "
            "interactive authorization request for this user and resource."
        ),
    ),
    Reason.REPLAYED_CODE: (
        400,
        "invalid_grant",
        54005,
        (
            "OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing "
            "refresh token."
        ),
    ),
    Reason.CODE_OF_ANOTHER_CLIENT: (
        400,
        "invalid_grant",
        70000,
        "Provided grant is invalid or malformed: it was issued to another client.",
    ),
    Reason.REDIRECT_URI_MISMATCH: (
        400,
        "invalid_grant",
        500112,
        "The reply address does not match the reply address provided when requesting the authorization code.",
    ),
    Reason.MISSING_VERIFIER: (400, "invalid_grant", 501481, "The code_verifier is missing."),
    Reason.WRONG_VERIFIER: (
        400,
        "invalid_grant",
        501481,
        "The code_verifier does not match the code_challenge supplied in the authorization request.",
    ),
    Reason.UNKNOWN_REFRESH_TOKEN: (400, "invalid_grant", 9002313, "Invalid request. Request is malformed."),
    Reason.EXPIRED_REFRESH_TOKEN: (
        400,
        "invalid_grant",
        700082,
        "The refresh token has expired due to inactivity.",
    ),
    Reason.REVOKED_REFRESH_TOKEN: (
        400,
        "invalid_grant",
        50173,
        "The provided grant has expired due to it being revoked, a fresh auth token is needed.",
    ),
}
_BAD_TOKEN = (401, "InvalidAuthenticationToken")
_GRAPH_ERRORS: Mapping[Reason, tuple[int, str, str]] = {
    Reason.MISSING_BEARER: (*_BAD_TOKEN, "Access token is empty."),
    Reason.UNKNOWN_BEARER: (*_BAD_TOKEN, "Access token validation failure."),
    Reason.REVOKED_BEARER: (*_BAD_TOKEN, "Access token validation failure."),
    Reason.SUSPENDED_BEARER: (*_BAD_TOKEN, "Access token validation failure."),
    Reason.EXPIRED_BEARER: (*_BAD_TOKEN, "Access token has expired or is not yet valid."),
    Reason.INSUFFICIENT_SCOPE: (
        403,
        "Authorization_RequestDenied",
        "Insufficient privileges to complete the operation.",
    ),
}


class _Scopes:
    """Scopes Entra knows: OpenID's, Graph's with or without its address, others by address or id of their resource."""

    _of_resource = re.compile(r"((api|https)://[\w.~-]+|[0-9a-f-]{36})(/[\w.~-]+)+", re.ASCII)

    def __contains__(self, scope: object) -> bool:
        if not isinstance(scope, str) or scope.lower().startswith(_GRAPH_PREFIX):
            return isinstance(scope, str) and _canonical(scope) in _PERMISSIONS
        return scope.lower() in _CANONICAL or self._of_resource.fullmatch(scope) is not None


class Microsoft(OpenIdVendor):
    """The company's directory in Entra ID, under each of its tenants' addresses, and its users in Graph."""

    id = "microsoft"
    title = "Microsoft"
    icon = "M"
    accent = "#0067b8"
    usual_scopes = ("openid", "profile", "email", "User.Read")
    id_annotations = ("graph.microsoft.com/user-id",)
    email_annotations = ("microsoft.com/email",)
    hosts: ClassVar = {"login.microsoftonline.com": "", "graph.microsoft.com": ""}
    reached = Reach.BY_NAME
    usual_path_parameters: ClassVar = {"tenant": TENANT}
    tenant_key = "tenantId"
    tenants = _TENANTS
    routes = (
        Route("GET", "/<tenant>/oauth2/v2.0/authorize", "authorize", Endpoint.AUTHORIZATION),
        Route("POST", "/<tenant>/oauth2/v2.0/token", "token", Endpoint.TOKEN),
        Route("GET", "/<tenant>/v2.0/.well-known/openid-configuration", "discovery", Endpoint.DISCOVERY),
        Route("GET", "/<tenant>/discovery/v2.0/keys", "jwks", Endpoint.JWKS),
        Route("GET", "/<tenant>/oauth2/v2.0/logout", "end_session", Endpoint.LOGOUT),
        Route("GET", "/v1.0/me/", "me", Endpoint.PROFILE),
        Route("GET", "/oidc/userinfo", "userinfo", Endpoint.PROFILE),
        Route("POST", "/oidc/userinfo", "userinfo", Endpoint.PROFILE),
        Route("GET", "/v1.0/me/photos/<size>/$value", "photo", Endpoint.FOLLOW_UP),
        Route("GET", "/v1.0/me/memberOf", "member_of", Endpoint.FOLLOW_UP),
        Route("POST", "/v1.0/me/getMemberObjects", "member_objects", Endpoint.FOLLOW_UP),
        Route("POST", "/v1.0/users/<id>/getMemberObjects", "member_objects", Endpoint.FOLLOW_UP),
    )
    policy = Policy(
        client_authentication=frozenset(
            {ClientAuthentication.BODY, ClientAuthentication.BASIC, ClientAuthentication.NONE}
        ),
        redirect_matching=frozenset({RedirectMatching.ANY_LOCALHOST_PORT, RedirectMatching.ANY_LOOPBACK_PORT}),
        response_types=("code", "id_token", "code id_token"),
        response_modes=STANDARD_RESPONSE_MODES,
        prompts=("login", "none", "consent", "select_account", "create"),
        remembers_sessions=True,
        login_hint="login_hint",
        logout=LogoutRules(redirect_uris_count=True, session_names_client=True),
        cors={
            Endpoint.DISCOVERY: Cors(),
            Endpoint.JWKS: Cors(),
            Endpoint.TOKEN: Cors(CorsOrigins.REGISTERED),
            Endpoint.PROFILE: Cors(),
            Endpoint.FOLLOW_UP: Cors(),
        },
        required_authorization_parameters=("client_id", "redirect_uri", "response_type", "scope"),
        known_scopes=_Scopes(),
        access_token_seconds=_ACCESS_SECONDS,
        refresh_token_seconds=_REFRESH_SECONDS,
        rotates_refresh_token=True,
        spends_replaced_refresh_token=False,
        pkce=Pkce.SUPPORTED,
        public_pkce=Pkce.SUPPORTED,
        refresh_token_scope=OFFLINE_ACCESS,
    )
    sources: ClassVar = {
        "client_authentication": f"{_CAPTURES} (token_endpoint_auth_methods_supported); no private_key_jwt here",
        "public_clients": f"{_CODE_FLOW} (client_secret; PKCE is required for single-page apps)",
        "token_formats": _CODE_FLOW,
        "required_authorization_parameters": f"{_CODE_FLOW} (request an authorization code)",
        "redirect_matching": f"{_DOCS}/reply-url (localhost exceptions; [::1] cannot be registered)",
        "needs_redirect_uri_again": f"{_CODE_FLOW} (redeem a code)",
        "response_types": f"{_CAPTURES}; id_token token is not emulated",
        "response_modes": f"{_CAPTURES} (response_modes_supported)",
        "default_scopes": f"{_CODE_FLOW} (scope is required)",
        "pkce": f"{_CODE_FLOW} (code_challenge_method)",
        "prompts": f"{_CODE_FLOW} (prompt)",
        "prompt_none": f"{_CODE_FLOW} (prompt)",
        "login_hint": f"{_CODE_FLOW} (login_hint)",
        "bearer_places": "learn.microsoft.com/graph/auth (authorization header)",
        "logout": (
            f"{_DOCS}/v2-protocols-oidc (send a sign-out request: a redirect URI of the app); "
            "msal-browser names no client there"
        ),
        "discovery": _CAPTURES,
        "introspection": f"{_CAPTURES} (none)",
        "revocation": f"{_CAPTURES} (none)",
        "cors": (
            f"{_CODE_FLOW} (redirect URIs of type spa), learn.microsoft.com/answers/questions/385914; "
            "which header fields exactly: no source"
        ),
        "cors.profile": f"{_DOCS}/userinfo; msal-browser's samples read it",
        "cors.authorization": "learn.microsoft.com/answers/questions/385914",
    }
    token_shapes: ClassVar = {
        TokenKind.CODE: TokenShape("1.AXkA", 700, URL_SAFE),
        TokenKind.ACCESS: TokenShape("EwB4A8l6BAAU", 600),  # of personal accounts; others are signed
        TokenKind.REFRESH: TokenShape("1.AXkA", 900, URL_SAFE),
    }
    callbacks: ClassVar = {
        Reason.ACCESS_DENIED: {
            "error": "access_denied",
            "error_subcode": "cancel",
            "error_description": "AADSTS65004: User declined to consent to access the app.",
        },
        Reason.LOGIN_REQUIRED: {
            "error": "login_required",
            "error_description": "AADSTS50058: A silent sign-in request was sent but no user is signed in.",
        },
        Reason.CONSENT_REQUIRED: {
            "error": "consent_required",
            "error_description": "AADSTS65001: The user or administrator has not consented to use the application.",
        },
        Reason.INVALID_SCOPE: {
            "error": "invalid_client",
            "error_description": "AADSTS650053: The application asked for a scope that doesn't exist on the resource.",
        },
    }
    id_token_seconds = 3900
    extra_scopes = ("Mail.Read", "Calendars.Read", "Files.Read", "Sites.Read.All")
    sign_in_resolvers = (
        {"resolver": "emailMatchingUserEntityAnnotation"},
        {"resolver": "userIdMatchingUserEntityAnnotation"},
    )
    environments = (
        EnvironmentKind(
            "domain-hint", "Users are sent to their directory's own page.", keys={"domainHint": "hint.test"}
        ),
        EnvironmentKind("skip-user-profile", "Graph is never asked.", keys={"skipUserProfile": True}),
        EnvironmentKind("personal", "Personal accounts, whose access tokens are opaque.", keys={"tenantId": CONSUMERS}),
    )
    quirks = (
        Quirk(
            "access-tokens-are-for-one-resource",
            "An access token is for Graph or for another resource, which its aud says; personal accounts' are opaque.",
            "learn.microsoft.com: Access tokens in the Microsoft identity platform",
        ),
        Quirk(
            "old-refresh-tokens-stay-good",
            "Every refresh answers a new refresh token, and the one before can still be used.",
            "learn.microsoft.com: Refresh tokens in the Microsoft identity platform",
        ),
        Quirk(
            "scopes-have-no-case",
            "Scopes are compared without case and answered the way Graph writes them, without offline_access.",
            "learn.microsoft.com: Scopes and permissions in the Microsoft identity platform",
        ),
        Quirk(
            "always-an-address",
            "Who has no mailbox still has a user principal name, which looks like an address.",
            "learn.microsoft.com: user resource type",
        ),
        Quirk(
            "pages-redeem-for-single-page-apps-only",
            "A token request with an Origin header is good for a public client only, and the only good one for a "
            "public client that is registered with origins.",
            "learn.microsoft.com: authorization code flow; AADSTS9002326 and AADSTS9002327",
        ),
        Quirk(
            "an-issuer-with-a-placeholder",
            "The documents of common and organizations have the literal text {tenantid} in their issuer.",
            "panva/wellknown, issuers/entra-common",
        ),
    )

    # --- endpoints --------------------------------------------------------------------------------

    def token(self, request: ServiceRequest) -> Answer:
        """The token endpoint of a tenant that exists.

        Raises:
            Refusal: something is wrong with the request.
        """
        _check_tenant(request)
        return super().token(request)

    def policy_for(self, client: Client) -> Policy:
        """Single-page apps need a code challenge, native ones do not."""
        return replace(self.policy, public_pkce=Pkce.REQUIRED) if client.origins else self.policy

    def authenticated_client(self, request: ServiceRequest) -> tuple[Client, Policy]:
        """A page redeems for a single-page app only, which is a public client, and nothing else redeems for one.

        A public client may as well be a native app, unless it is registered with origins.

        Raises:
            Refusal: it did not prove who it is, or comes from the wrong place.
        """
        client, policy = super().authenticated_client(request)
        if "origin" in request.headers and not client.is_public:
            detail = f"The request comes from a page of {request.headers['origin']!r:.80}, the client is confidential."
            raise Refusal(Reason.CROSS_ORIGIN, detail)
        if "origin" not in request.headers and client.is_public and client.origins:
            raise Refusal(Reason.NOT_CROSS_ORIGIN, "The request has no Origin header, the client is a page's.")
        return client, policy

    def callback(
        self, request: ServiceRequest, grant: Grant | None, redirect_uri: str, parameters: Mapping[str, Any]
    ) -> Answer:
        """A redirect URI without path gets the path ``/`` where the browser is redirected."""
        parts = urlsplit(redirect_uri)
        is_form = authorization.response_mode(self.policy, request.query) is ResponseMode.FORM_POST
        reached = redirect_uri if is_form or parts.path else urlunsplit(parts._replace(path="/"))
        return super().callback(request, grant, reached, parameters)

    def check_authorization(self, request: ServiceRequest, client: Client) -> None:
        """Check the tenant, and that there is one prompt at most.

        Raises:
            Refusal: a value that does not exist.
        """
        _check_tenant(request)
        prompt = request.query.get("prompt")
        if prompt not in (None, *self.policy.prompts):
            raise Refusal(Reason.INVALID_PARAMETER, f"prompt is none of {', '.join(self.policy.prompts)}.")

    def userinfo(self, request: ServiceRequest) -> Answer:
        """``GET /oidc/userinfo``, a part of Graph.

        Raises:
            Refusal: no good access token for Graph, or one without openid.
        """
        who = self._graph_user(request, "openid")
        persona, scopes = who.account.persona, who.token.scopes
        said: dict[str, Any] = {"sub": who.account.digest[:43]}
        if "profile" in scopes:
            said |= {
                "name": persona.name,
                "family_name": persona.family_name,
                "given_name": persona.given_name,
                "picture": f"{_graph_url(request.base_url)}/v1.0/me/photo/$value",
            }
        if "email" in scopes and persona.email:
            said["email"] = persona.email
        return Answer(200, said)

    def me(self, request: ServiceRequest) -> Answer:
        """``GET /v1.0/me/``.

        Raises:
            Refusal: no good access token for Graph.
        """
        account = self._graph_user(request, *_USER_SCOPES).account
        persona = account.persona
        return Answer(
            200,
            {
                "@odata.context": f"{_GRAPH_PREFIX}v1.0/$metadata#users/$entity",
                "businessPhones": [],
                "displayName": persona.name,
                "givenName": persona.given_name,
                "jobTitle": None,
                "mail": persona.email,
                "mobilePhone": None,
                "officeLocation": None,
                "preferredLanguage": None,
                "surname": persona.family_name,
                "userPrincipalName": _principal_name(account),
                "id": account.uuid,
            },
        )

    def member_of(self, request: ServiceRequest) -> Answer:
        """``GET /v1.0/me/memberOf``.

        Raises:
            Refusal: no good access token for Graph.
        """
        account = self._graph_user(request).account
        return Answer(200, entra_groups.member_of(account, _GRAPH_PREFIX, request.query))

    def member_objects(self, request: ServiceRequest) -> Answer:
        """``POST /v1.0/users/{id}/getMemberObjects``, where the overage claim sends.

        Raises:
            Refusal: no good access token for Graph.
        """
        account = self._graph_user(request).account
        if request.path_parameters.get("id", account.uuid) not in (account.uuid, _principal_name(account)):
            return self.not_found(request)
        return Answer(200, entra_groups.member_objects(account, _GRAPH_PREFIX))

    def photo(self, request: ServiceRequest) -> Answer:
        """``GET /v1.0/me/photos/{size}/$value``.

        Raises:
            Refusal: no good access token for Graph.
        """
        self._graph_user(request, *_USER_SCOPES)
        return Answer(200, _PHOTO, Encoding.BYTES, content_type="image/jpeg")

    def _graph_user(self, request: ServiceRequest, *scopes: str) -> Bearer:
        who = self.bearer(request)
        if _resource(who.token.scopes) != _GRAPH:
            raise Refusal(Reason.UNKNOWN_BEARER, "The access token is for another resource.", who.grant.grant_id)
        return self.bearer(request, *scopes)

    def discovery(self, request: ServiceRequest) -> Answer:
        """``GET /{tenant}/v2.0/.well-known/openid-configuration`` (OIDC Discovery section 4)."""
        _check_tenant(request)
        tenant = request.path_parameters["tenant"]
        base = f"{request.base_url}/{tenant}"
        return Answer(
            200,
            {
                "token_endpoint": f"{base}/oauth2/v2.0/token",
                "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
                "jwks_uri": f"{base}/discovery/v2.0/keys",
                "response_modes_supported": list(self.policy.response_modes),
                "subject_types_supported": ["pairwise"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "response_types_supported": list(self.policy.response_types),
                "scopes_supported": list(_OPENID_SCOPES),
                "issuer": _issuer(request.base_url, "{tenantid}" if tenant in _MANY else _directory(request)),
                "request_uri_parameter_supported": False,
                "userinfo_endpoint": f"{_graph_url(request.base_url)}/oidc/userinfo",
                "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                "end_session_endpoint": f"{base}/oauth2/v2.0/logout",
                "claims_supported": list(_CLAIMS),
                "tenant_region_scope": None if tenant in _MANY else "EU",
                "cloud_instance_name": "microsoftonline.com",
                "cloud_graph_host_name": "graph.windows.net",
                "msgraph_host": "graph.microsoft.com",
                "rbac_url": "https://pas.windows.net",
            },
        )

    # --- scopes and tokens ------------------------------------------------------------------------

    def grantable_scopes(self, client: Client, scopes: tuple[str, ...]) -> tuple[str, ...]:
        """Each scope once, the way Graph writes it."""
        return tuple(dict.fromkeys(_canonical(scope) for scope in scopes))

    def refreshed_scopes(self, request: ServiceRequest, grant: Grant, policy: Policy) -> tuple[str, ...]:
        """Another resource may be asked for, if a user consented to it.

        Raises:
            Refusal: there was no consent.
        """
        scopes = tuple(dict.fromkeys(_canonical(scope) for scope in split_scopes(request.form.get("scope", ""))))
        missing = [scope for scope in scopes if scope not in grant.scopes and scope not in _CONSENTED]
        if missing:
            raise Refusal(Reason.INVALID_SCOPE, f"No consent was given to {' '.join(missing)}.", grant.grant_id)
        return scopes or grant.scopes

    def token_value(self, request: ServiceRequest, grant: Grant, kind: TokenKind) -> str:
        """Access tokens are signed, except those of personal accounts."""
        if kind is not TokenKind.ACCESS or _is_personal(request):
            return super().token_value(request, grant, kind)
        resource = _resource(self._scopes(request, grant))
        account, now = request.service.account(grant), int(request.service.clock.now())
        claims = {
            "aud": resource,
            "iss": f"https://sts.windows.net/{TENANT}/",
            "iat": now,
            "nbf": now,
            "exp": now + _ACCESS_SECONDS,
            "appid": grant.request.client.client_id,
            "oid": account.uuid,
            "scp": " ".join(scope.rpartition("/")[2] for scope in _scopes_of(resource, self._scopes(request, grant))),
            "sub": account.digest[:43],
            "tid": TENANT,
            "upn": _principal_name(account),
            "uti": request.service.randomness.text(22, URL_SAFE),
            "ver": "1.0",
        }
        return request.service.sign(SignedToken(claims), grant)

    def token_members(
        self, request: ServiceRequest, grant: Grant, access_token: str, *, refreshing: bool
    ) -> dict[str, Any]:
        """The scopes of this one access token; and an ID token, if they have openid."""
        scopes = self._scopes(request, grant)
        answered = " ".join(_scopes_of(_resource(scopes), scopes))
        members: dict[str, Any] = {"scope": answered, "ext_expires_in": _ACCESS_SECONDS}
        if "openid" in scopes:
            members["id_token"] = self.id_token(request, grant, access_token)
        return members

    def claims(self, request: ServiceRequest, account: Account, scopes: Collection[str]) -> dict[str, Any]:
        """What the company's directory says about a person."""
        persona = account.persona
        claims: dict[str, Any] = {
            "iss": _issuer(request.base_url, _directory(request)),
            "nbf": int(request.service.clock.now()),
            "oid": account.uuid,
            "sub": account.digest[:43],
            "tid": _directory(request),
            "ver": "2.0",
        }
        if "profile" in scopes:
            claims |= {"name": persona.name, "preferred_username": _principal_name(account)}
        if "email" in scopes and persona.email:
            claims["email"] = persona.email
        return claims

    def id_token_claims(self, request: ServiceRequest, grant: Grant) -> dict[str, Any]:
        """As far as the scopes of the token request at hand allow."""
        account = request.service.account(grant)
        groups = entra_groups.token_claims(account, _GRAPH_PREFIX)
        return self.claims(request, account, self._scopes(request, grant)) | groups

    def _scopes(self, request: ServiceRequest, grant: Grant) -> tuple[str, ...]:
        """What the token request at hand is about."""
        if request.endpoint is Endpoint.REFRESH:
            return self.refreshed_scopes(request, grant, self.policy)
        return grant.scopes

    # --- refusals ---------------------------------------------------------------------------------

    def refuse(self, request: ServiceRequest, refusal: Refusal) -> Answer:
        """Errors carry ids and times, so that they are made each time."""
        tenant_exists = request.path_parameters.get("tenant", TENANT) in _TENANTS
        if request.endpoint is Endpoint.AUTHORIZATION:
            return super().refuse(request, refusal) if tenant_exists else self.error_page(refusal)
        if refusal.reason in _GRAPH_ERRORS:
            return _graph_error(request, *_GRAPH_ERRORS[refusal.reason])
        if not tenant_exists:
            text = f"Tenant '{request.path_parameters['tenant']}' not found."
            return _token_error(request, 400, "invalid_request", 90002, text)
        if refusal.reason in _TOKEN_ERRORS:
            return _token_error(request, *_TOKEN_ERRORS[refusal.reason])
        return super().refuse(request, refusal)

    def not_found(self, request: ServiceRequest) -> Answer:
        """Graph's answer."""
        return _graph_error(request, 404, "ResourceNotFound", "Resource not found.")

    # --- what Backstage must be told --------------------------------------------------------------

    def backstage_config(self, where: Addresses) -> dict[str, Any]:
        """The company's directory."""
        return {"tenantId": TENANT}

    def catalog_annotations(self, account: Account) -> dict[str, str]:
        """The annotations of Microsoft's two resolvers."""
        annotations = {"graph.microsoft.com/user-id": account.uuid}
        if account.persona.email:
            annotations["microsoft.com/email"] = account.persona.email
        return annotations


def _check_tenant(request: ServiceRequest) -> None:
    tenant = request.path_parameters["tenant"]
    if tenant not in _TENANTS:
        raise Refusal(
            Reason.INVALID_PARAMETER, f"There is no tenant {tenant!r}; there are {', '.join(sorted(_TENANTS))}."
        )


# --- how Entra ID and Graph say no: an error has numbers, ids and a time, so that it is made anew each time --------


def _uuid(request: ServiceRequest) -> str:
    return "-".join(request.service.randomness.text(length, HEXADECIMAL) for length in (8, 4, 4, 4, 12))


def _token_error(request: ServiceRequest, status: int, error: str, number: int, text: str) -> Answer:
    now = f"{datetime.fromtimestamp(request.service.clock.now(), UTC):%Y-%m-%d %H:%M:%SZ}"
    trace, correlation = _uuid(request), _uuid(request)
    lines = (f"AADSTS{number}: {text}", f"Trace ID: {trace}", f"Correlation ID: {correlation}", f"Timestamp: {now}")
    body = {
        "error": error,
        "error_description": "\r\n".join(lines),
        "error_codes": [number],
        "timestamp": now,
        "trace_id": trace,
        "correlation_id": correlation,
        "error_uri": f"{request.base_url}/error?code={number}",
    }
    return Answer(status, body, headers=NO_STORE)


def _graph_error(request: ServiceRequest, status: int, code: str, message: str) -> Answer:
    now = f"{datetime.fromtimestamp(request.service.clock.now(), UTC):%Y-%m-%dT%H:%M:%S}"
    inner = {"date": now, "request-id": _uuid(request), "client-request-id": _uuid(request)}
    return Answer(status, {"error": {"code": code, "message": message, "innerError": inner}})


# --- scopes ---------------------------------------------------------------------------------------


def _canonical(scope: str) -> str:
    """A scope the way Graph writes it; those of other resources stay as they are."""
    bare = scope[len(_GRAPH_PREFIX) :] if scope.lower().startswith(_GRAPH_PREFIX) else scope
    return _CANONICAL.get(bare.lower(), scope)


def _resource(scopes: tuple[str, ...]) -> str:
    """The resource that an access token with these scopes is for."""
    return next((scope.rpartition("/")[0] for scope in scopes if "/" in scope), _GRAPH)


def _scopes_of(resource: str, scopes: tuple[str, ...]) -> list[str]:
    """Those scopes that an access token for a resource has."""
    return [scope for scope in scopes if scope != OFFLINE_ACCESS and (_resource((scope,)) == resource)]


# --- what is said about a person ------------------------------------------------------------------


def _directory(request: ServiceRequest) -> str:
    """Id of the directory that a tenant's address stands for: of personal accounts, or the company's."""
    return _PERSONAL if _is_personal(request) else TENANT


def _is_personal(request: ServiceRequest) -> bool:
    return request.path_parameters.get("tenant") in (CONSUMERS, _PERSONAL)


def _issuer(base_url: str, directory: str) -> str:
    return f"{base_url}/{directory}/v2.0"


def _graph_url(base_url: str) -> str:
    """Where Graph is: at its own name, or below the service's path."""
    login, graph = Microsoft.hosts
    return f"https://{graph}" if base_url == f"https://{login}" else base_url


def _principal_name(account: Account) -> str:
    """The address, or a name in the directory's first domain for a user without a mailbox."""
    return account.persona.email or f"{account.persona.login}@onmicrosoft.{COMPANY_DOMAIN}"
