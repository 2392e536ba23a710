"""Microsoft Entra ID and Microsoft Graph, by name only, since Backstage has their hosts hard-coded.

Facts: learn.microsoft.com, "Microsoft identity platform and OAuth 2.0 authorization code flow", "Access tokens in the
Microsoft identity platform", "user resource type" and "profilePhoto resource type".
"""

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from mock_idp.oauth.model import Answer, Client, Encoding, Endpoint, Grant, Reason, Refusal, TokenKind, split_scopes
from mock_idp.oauth.policy import Pkce, Policy
from mock_idp.oauth.tokens import SignedToken, TokenShape
from mock_idp.randomness import URL_SAFE
from mock_idp.settings import COMPANY_DOMAIN
from mock_idp.vendors import callbacks, endpoints, microsoft_errors
from mock_idp.vendors.base import Addresses, EnvironmentKind, Exchange, Quirk, Reach, Route, Vendor
from mock_idp.vendors.id_tokens import id_token

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mock_idp.personas import Face

TENANT = "5f0c7a1e-3b52-4c8d-9e64-7d21a0b3c4f5"
"""Directory of the fictional company."""

CONSUMERS = "consumers"
_TENANTS = frozenset({TENANT, COMPANY_DOMAIN, "common", "organizations", CONSUMERS})
_GRAPH = "00000003-0000-0000-c000-000000000000"  # the same in every directory
_GRAPH_PREFIX = "https://graph.microsoft.com/"
_ACCESS_SECONDS = 4799
_REFRESH_SECONDS = 90 * 24 * 3600
_OFFLINE = "offline_access"
_OPENID_SCOPES = ("openid", "profile", "email", _OFFLINE)
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
_CANONICAL = MappingProxyType({name.lower(): name for name in _PERMISSIONS})
# What an administrator has consented to for everybody, so that a refresh may ask for it at any time.
_CONSENTED = frozenset({*_OPENID_SCOPES, "User.Read"})
_PROMPTS = frozenset({"login", "none", "consent", "select_account", "create"})
_RESPONSE_MODES = frozenset({"query", "form_post"})
# One grey pixel (ITU-T T.81).
_PHOTO = bytes.fromhex(
    "ffd8ffdb004300030202020202030202020303030304060404040404080606050609080a0a090809090a0c0f0c0a0b0e0b09090d110d0e0f"
    "101011100a0c12131210130f101010ffc9000b080001000101011100ffcc000600101005ffda0008010100003f00d2cf20ffd9"
)


class _Scopes:
    """Scopes Entra knows: OpenID's, Graph's with or without its address, others by address or id of their resource."""

    _of_resource = re.compile(r"((api|https)://[\w.~-]+|[0-9a-f-]{36})(/[\w.~-]+)+", re.ASCII)

    def __contains__(self, scope: object) -> bool:
        if not isinstance(scope, str) or scope.lower().startswith(_GRAPH_PREFIX):
            return isinstance(scope, str) and _canonical(scope) in _PERMISSIONS
        return scope.lower() in _CANONICAL or self._of_resource.fullmatch(scope) is not None


class Microsoft(Vendor):
    """The company's directory in Entra ID, under each of its tenants' addresses, and its users in Graph."""

    id = "microsoft"
    title = "Microsoft"
    icon = "M"
    accent = "#0067b8"
    hosts = MappingProxyType({"login.microsoftonline.com": "", "graph.microsoft.com": ""})
    reached = Reach.BY_NAME
    routes = (
        Route("GET", "/<tenant>/oauth2/v2.0/authorize", "authorize", Endpoint.AUTHORIZATION),
        Route("POST", "/<tenant>/oauth2/v2.0/token", "token", Endpoint.TOKEN),
        Route("GET", "/<tenant>/v2.0/.well-known/openid-configuration", "discovery", Endpoint.DISCOVERY),
        Route("GET", "/<tenant>/discovery/v2.0/keys", "keys", Endpoint.JWKS),
        Route("GET", "/v1.0/me/", "me", Endpoint.PROFILE),
        Route("GET", "/v1.0/me/photos/<size>/$value", "photo", Endpoint.FOLLOW_UP),
    )
    policy = Policy(
        required_authorization_parameters=("client_id", "redirect_uri", "response_type", "scope"),
        known_scopes=_Scopes(),
        access_token_seconds=_ACCESS_SECONDS,
        refresh_token_seconds=_REFRESH_SECONDS,
        rotates_refresh_token=True,
        spends_replaced_refresh_token=False,
        pkce=Pkce.SUPPORTED,
    )
    token_shapes = MappingProxyType(
        {
            TokenKind.CODE: TokenShape("1.AXkA", 700, URL_SAFE),
            TokenKind.ACCESS: TokenShape("EwB4A8l6BAAU", 600),  # of personal accounts; others are signed
            TokenKind.REFRESH: TokenShape("1.AXkA", 900, URL_SAFE),
        }
    )
    callbacks = MappingProxyType(
        {
            Reason.ACCESS_DENIED: MappingProxyType(
                {
                    "error": "access_denied",
                    "error_subcode": "cancel",
                    "error_description": "AADSTS65004: User declined to consent to access the app.",
                }
            ),
            Reason.INVALID_SCOPE: MappingProxyType(
                {
                    "error": "invalid_client",
                    "error_description": "AADSTS650053: The application asked for a scope that doesn't exist on the "
                    "resource.",
                }
            ),
        }
    )
    extra_scopes = ("Mail.Read", "Calendars.Read", "Files.Read", "Sites.Read.All")
    sign_in_resolvers = (
        MappingProxyType({"resolver": "emailMatchingUserEntityAnnotation"}),
        MappingProxyType({"resolver": "userIdMatchingUserEntityAnnotation"}),
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
    )

    # --- endpoints --------------------------------------------------------------------------------

    def token(self, exchange: Exchange) -> Answer:
        """The token endpoint of a tenant that exists.

        Raises:
            Refusal: something is wrong with the request.
        """
        _check_tenant(exchange)
        return super().token(exchange)

    def check_authorization(self, exchange: Exchange, client: Client) -> None:
        """Check the tenant and Entra's own parameters.

        Raises:
            Refusal: a value that does not exist.
        """
        _check_tenant(exchange)
        query = exchange.query
        for name, choices in (("prompt", _PROMPTS), ("response_mode", _RESPONSE_MODES)):
            if query.get(name) not in (None, *choices):
                raise Refusal(Reason.INVALID_PARAMETER, f"{name} is none of {', '.join(sorted(choices))}.")

    def callback(
        self, exchange: Exchange, grant: Grant | None, redirect_uri: str, parameters: "Mapping[str, str]"
    ) -> Answer:
        """By a form, if the client asks for it."""
        if exchange.query.get("response_mode") == "form_post":
            return callbacks.form_post(redirect_uri, parameters, exchange.query.get("state"))
        return super().callback(exchange, grant, redirect_uri, parameters)

    def me(self, exchange: Exchange) -> Answer:
        """``GET /v1.0/me/``.

        Raises:
            Refusal: no good access token for Graph.
        """
        face = _graph_user(exchange).face
        persona = face.persona
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
                "userPrincipalName": _principal_name(face),
                "id": face.uuid,
            },
        )

    def photo(self, exchange: Exchange) -> Answer:
        """``GET /v1.0/me/photos/{size}/$value``.

        Raises:
            Refusal: no good access token for Graph.
        """
        _graph_user(exchange)
        return Answer(200, _PHOTO, Encoding.BYTES, content_type="image/jpeg")

    def discovery(self, exchange: Exchange) -> Answer:
        """``GET /{tenant}/v2.0/.well-known/openid-configuration`` (OIDC Discovery section 4)."""
        base = f"{exchange.base_url}/{exchange.path_parameters['tenant']}"
        return Answer(
            200,
            {
                "issuer": _issuer(exchange.base_url),
                "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                "token_endpoint": f"{base}/oauth2/v2.0/token",
                "jwks_uri": f"{base}/discovery/v2.0/keys",
                "response_types_supported": ["code"],
                "response_modes_supported": sorted(_RESPONSE_MODES),
                "scopes_supported": list(_OPENID_SCOPES),
                "subject_types_supported": ["pairwise"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "token_endpoint_auth_methods_supported": ["client_secret_post"],
            },
        )

    def keys(self, exchange: Exchange) -> Answer:
        """``GET /{tenant}/discovery/v2.0/keys``: the key set (RFC 7517)."""
        return Answer(200, exchange.service.keys.jwks())

    # --- scopes and tokens ------------------------------------------------------------------------

    def grantable_scopes(self, client: Client, scopes: tuple[str, ...]) -> tuple[str, ...]:
        """Each scope once, the way Graph writes it."""
        return tuple(dict.fromkeys(_canonical(scope) for scope in scopes))

    def refreshed_scopes(self, exchange: Exchange, grant: Grant, policy: Policy) -> tuple[str, ...]:
        """Another resource may be asked for, if somebody consented to it.

        Raises:
            Refusal: nobody did.
        """
        scopes = tuple(dict.fromkeys(_canonical(scope) for scope in split_scopes(exchange.form.get("scope", ""))))
        missing = [scope for scope in scopes if scope not in grant.scopes and scope not in _CONSENTED]
        if missing:
            raise Refusal(Reason.INVALID_SCOPE, f"Nobody consented to {' '.join(missing)}.", grant.grant_id)
        return scopes or grant.scopes

    def issues_refresh_token(self, exchange: Exchange, grant: Grant, *, first_consent: bool) -> bool:
        """Only for offline access."""
        return _OFFLINE in grant.scopes

    def token_value(self, exchange: Exchange, grant: Grant, kind: TokenKind) -> str:
        """Access tokens are signed, except those of personal accounts."""
        if kind is not TokenKind.ACCESS or exchange.path_parameters.get("tenant") == CONSUMERS:
            return super().token_value(exchange, grant, kind)
        resource = _resource(self._scopes(exchange, grant))
        face, now = exchange.service.face(grant), int(exchange.service.clock.now())
        claims = {
            "aud": resource,
            "iss": f"https://sts.windows.net/{TENANT}/",
            "iat": now,
            "nbf": now,
            "exp": now + _ACCESS_SECONDS,
            "appid": grant.request.client.client_id,
            "oid": face.uuid,
            "scp": " ".join(scope.rpartition("/")[2] for scope in _scopes_of(resource, self._scopes(exchange, grant))),
            "sub": face.digest[:43],
            "tid": TENANT,
            "upn": _principal_name(face),
            "uti": exchange.service.randomness.text(22, URL_SAFE),
            "ver": "1.0",
        }
        return exchange.service.sign(SignedToken(claims), grant)

    def token_members(self, exchange: Exchange, grant: Grant, access_token: str, *, refreshing: bool) -> dict[str, Any]:
        """The scopes of this one access token; and an ID token, if they have openid."""
        scopes = self._scopes(exchange, grant)
        answered = " ".join(_scopes_of(_resource(scopes), scopes))
        members: dict[str, Any] = {"scope": answered, "ext_expires_in": _ACCESS_SECONDS}
        if "openid" in scopes:
            claims = _claims(exchange, exchange.service.face(grant), scopes)
            members["id_token"] = id_token(exchange, grant, access_token, claims, seconds=3900)
        return members

    def _scopes(self, exchange: Exchange, grant: Grant) -> tuple[str, ...]:
        """What the token request at hand is about."""
        if exchange.endpoint is Endpoint.REFRESH:
            return self.refreshed_scopes(exchange, grant, self.policy)
        return grant.scopes

    # --- refusals ---------------------------------------------------------------------------------

    def refuse(self, exchange: Exchange, refusal: Refusal) -> Answer:
        """Errors carry ids and times, so that they are made anew each time."""
        tenant_exists = exchange.path_parameters.get("tenant", TENANT) in _TENANTS
        if exchange.endpoint is Endpoint.AUTHORIZATION:
            return super().refuse(exchange, refusal) if tenant_exists else self.error_page(refusal)
        answer = microsoft_errors.of_graph(exchange, refusal) or microsoft_errors.at_token_endpoint(
            exchange, refusal, tenant_exists=tenant_exists
        )
        return answer or super().refuse(exchange, refusal)

    def not_found(self, exchange: Exchange) -> Answer:
        """Graph's answer."""
        return microsoft_errors.not_in_graph(exchange)

    # --- what Backstage must be told --------------------------------------------------------------

    def backstage_config(self, where: Addresses) -> dict[str, Any]:
        """The company's directory."""
        return {"tenantId": TENANT}

    def catalog_annotations(self, face: "Face") -> dict[str, str]:
        """The annotations of Microsoft's two resolvers."""
        annotations = {"graph.microsoft.com/user-id": face.uuid}
        if face.persona.email:
            annotations["microsoft.com/email"] = face.persona.email
        return annotations


def _check_tenant(exchange: Exchange) -> None:
    tenant = exchange.path_parameters["tenant"]
    if tenant not in _TENANTS:
        raise Refusal(
            Reason.INVALID_PARAMETER, f"There is no tenant {tenant!r}; there are {', '.join(sorted(_TENANTS))}."
        )


def _graph_user(exchange: Exchange) -> endpoints.Bearer:
    who = endpoints.bearer(exchange)
    if _resource(who.token.scopes) != _GRAPH:
        raise Refusal(Reason.UNKNOWN_BEARER, "The access token is for another resource.", who.grant.grant_id)
    return endpoints.bearer(exchange, *_USER_SCOPES)


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
    return [scope for scope in scopes if scope != _OFFLINE and (_resource((scope,)) == resource)]


# --- what is said about a person ------------------------------------------------------------------


def _issuer(base_url: str) -> str:
    return f"{base_url}/{TENANT}/v2.0"


def _principal_name(face: "Face") -> str:
    """The address, or a name in the directory's first domain for somebody without a mailbox."""
    return face.persona.email or f"{face.persona.login}@onmicrosoft.{COMPANY_DOMAIN}"


def _claims(exchange: Exchange, face: "Face", scopes: tuple[str, ...]) -> dict[str, Any]:
    persona = face.persona
    claims: dict[str, Any] = {
        "iss": _issuer(exchange.base_url),
        "nbf": int(exchange.service.clock.now()),
        "oid": face.uuid,
        "sub": face.digest[:43],
        "tid": TENANT,
        "ver": "2.0",
    }
    if "profile" in scopes:
        claims |= {"name": persona.name, "preferred_username": _principal_name(face)}
    if "email" in scopes and persona.email:
        claims["email"] = persona.email
    return claims
