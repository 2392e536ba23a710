"""The numbers and rules of a vendor that the shared endpoints obey, and what its token requests can be made from."""

import re
from collections.abc import Container, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from mock_idp.oauth.client_authentication import ClientAuthentication
from mock_idp.oauth.model import Client, Endpoint, TokenKind
from mock_idp.oauth.redirect_uris import RedirectMatching
from mock_idp.settings import ACCESS_TOKEN_SECONDS, CODE_SECONDS

OFFLINE_ACCESS = "offline_access"
"""The scope that asks for a refresh token (OpenID Connect Core section 11)."""


class Pkce(StrEnum):
    """What a vendor does with a code challenge (RFC 7636)."""

    REQUIRED = "required"
    SUPPORTED = "supported"
    IGNORED = "ignored"


class BearerPlace(StrEnum):
    """Where a client may put its access token (RFC 6750 section 2)."""

    HEADER = "header"
    FORM = "form"
    QUERY = "query"


class RequestFormat(StrEnum):
    """How a client may write its request to the token or revocation endpoint."""

    FORM = "form"
    JSON = "JSON"
    QUERY = "query string"


class ResponseMode(StrEnum):
    """How the answer travels to the redirect URI (OAuth 2.0 Multiple Response Type Encoding Practices section 2.1)."""

    QUERY = "query"
    FRAGMENT = "fragment"
    FORM_POST = "form_post"
    WEB_MESSAGE = "web_message"
    BARE_MESSAGE = "the same message without an envelope"


class CorsOrigins(StrEnum):
    """Whose pages may read an endpoint's answers (Fetch standard, CORS protocol)."""

    ANY = "any origin"
    REGISTERED = "the origins that clients are registered with"


@dataclass(frozen=True, slots=True)
class Cors:
    """What an endpoint tells the browser about pages of other origins.

    Parameters:
        origins: whose pages may read the answers.
        exposed_headers: answer headers that they may read, beside those that every page may.
        request_headers: request headers they may send, ``*`` for all they ask for.
        credentials: True if cookies may travel along.
        echoes_origin: True if the origin is named even where any may come.
        preflight: False if a request that needs a preflight cannot be made.
    """

    origins: CorsOrigins = CorsOrigins.ANY
    exposed_headers: tuple[str, ...] = ()
    request_headers: tuple[str, ...] = ("*",)
    credentials: bool = False
    echoes_origin: bool = False
    preflight: bool = True


@dataclass(frozen=True, slots=True)
class LogoutRules:
    """How a browser signs out at a vendor and comes back.

    Parameters:
        return_parameter: name of the parameter that says where to go afterwards.
        needs_hint: True if an ID token must say whose session it is (``id_token_hint``).
        redirect_uris_count: True if a client's redirect URIs are good addresses to come back to, beside its own list.
        session_names_client: True if a request that names no client comes from any that the browser's session knows.
    """

    return_parameter: str = "post_logout_redirect_uri"
    needs_hint: bool = False
    redirect_uris_count: bool = False
    session_names_client: bool = False


STANDARD_RESPONSE_MODES: Mapping[str, ResponseMode] = {
    str(mode): mode for mode in (ResponseMode.QUERY, ResponseMode.FRAGMENT, ResponseMode.FORM_POST)
}
"""The values of ``response_mode`` in standards (the third is of OAuth 2.0 Form Post Response Mode)."""

FORM_ONLY = frozenset({RequestFormat.FORM})


class ScopePattern:
    """The scopes a vendor knows, where there are too many to list them.

    Parameters:
        pattern: a regular expression that a whole scope fits.
    """

    def __init__(self, pattern: str) -> None:
        self._pattern = re.compile(pattern, re.ASCII)

    def __contains__(self, scope: object) -> bool:
        return isinstance(scope, str) and self._pattern.fullmatch(scope) is not None


@dataclass(frozen=True, slots=True)
class Policy:
    """The numbers and rules of a vendor that the shared endpoints obey.

    Parameters:
        client_authentication: accepted methods of client authentication; ``none`` among them says that there are
            public clients.
        public_authentication: how a public client says who it is, with an empty secret where that is a method with one.
        registered_authentication: further methods, of clients that are registered for just that one.
        client_authentication_at: grant type -> methods accepted there instead.
        basic_is_form_encoded: False if id and secret in an Authorization header are taken as they are, although
            RFC 6749 section 2.3.1 has them form-encoded.
        bare_basic_at: endpoints where a public client may name itself in an Authorization header with an empty secret.
        token_formats: how a token request may be written.
        default_grant_type: what a token request without ``grant_type`` is, or empty if it is refused.
        needs_redirect_uri_again: False if a token request may leave out the redirect URI of the authorization request.
        revocation_formats: how a revocation request may be written.
        revocation_needs_client: True if a client must prove who it is to revoke a token (RFC 7009 section 2.1).
        required_authorization_parameters: parameters without which the authorization endpoint refuses.
        redirect_matching: which redirect URIs are taken for a registered one, beside that one itself.
        response_types: supported values of ``response_type``.
        response_modes: supported value of ``response_mode`` -> how the answer travels; empty if the parameter means
            nothing.
        prompts: known values of ``prompt``; empty if the parameter means nothing. With ``none`` the user never sees
            a page (OIDC Core section 3.1.2.1).
        prompts_need_openid: True if the parameter means nothing in a request without the scope ``openid``.
        remembers_sessions: True if a cookie remembers who consented to which client, so that ``prompt=none`` can
            succeed.
        login_hint: name of the parameter that preselects who signs in, or empty if there is none.
        default_scopes: what a request without scopes asks for, if its client is not registered with others.
        scope_separators: characters that separate scopes in a request.
        answered_scope_separator: what separates them in a token answer.
        known_scopes: scopes this vendor knows, or None if any text is one.
        drops_unknown_scopes: True if unknown scopes are left out silently rather than refused.
        checks_refreshed_scopes: False if the scope parameter of a refresh request is ignored.
        allows_repeated_parameters: True if a repeated parameter is tolerated (RFC 6749 section 3.1 forbids it).
        bearer_places: accepted places of the access token.
        bearer_schemes: accepted schemes of the Authorization header, lower case.
        code_seconds: lifetime of a code.
        access_token_seconds: lifetime of an access token, or None if it does not expire.
        refresh_token_seconds: lifetime of a refresh token, or None if it does not expire.
        issues_refresh_tokens: False if the token answer never has a refresh token.
        refresh_token_scope: scope without which a code is exchanged for no refresh token, or None.
        rotates_refresh_token: True if each refresh answers a new refresh token.
        spends_replaced_refresh_token: False if the old one stays good beside the new one.
        pkce: what happens to a code challenge.
        public_pkce: the same for public clients.
        pkce_methods: supported values of ``code_challenge_method``.
        logout: how a browser signs out, or None if it cannot.
        cors: what each endpoint tells browsers about pages of other origins; nothing where it is missing.
    """

    client_authentication: frozenset[ClientAuthentication] = frozenset({ClientAuthentication.BODY})
    public_authentication: frozenset[ClientAuthentication] = frozenset({ClientAuthentication.NONE})
    registered_authentication: frozenset[ClientAuthentication] = frozenset()
    client_authentication_at: Mapping[str, frozenset[ClientAuthentication]] = field(default_factory=dict)
    basic_is_form_encoded: bool = True
    bare_basic_at: frozenset[Endpoint] = frozenset()
    token_formats: frozenset[RequestFormat] = FORM_ONLY
    default_grant_type: str = ""
    needs_redirect_uri_again: bool = True
    revocation_formats: frozenset[RequestFormat] = frozenset({RequestFormat.FORM, RequestFormat.QUERY})
    revocation_needs_client: bool = False
    required_authorization_parameters: tuple[str, ...] = ("client_id", "redirect_uri", "response_type")
    redirect_matching: frozenset[RedirectMatching] = frozenset()
    response_types: tuple[str, ...] = ("code",)
    response_modes: Mapping[str, ResponseMode] = field(default_factory=dict)
    prompts: tuple[str, ...] = ()
    prompts_need_openid: bool = False
    remembers_sessions: bool = False
    login_hint: str = ""
    default_scopes: tuple[str, ...] = ()
    scope_separators: str = " "
    answered_scope_separator: str = " "
    known_scopes: Container[str] | None = None
    drops_unknown_scopes: bool = False
    checks_refreshed_scopes: bool = True
    allows_repeated_parameters: bool = False
    bearer_places: frozenset[BearerPlace] = frozenset({BearerPlace.HEADER})
    bearer_schemes: tuple[str, ...] = ("bearer",)
    code_seconds: float = CODE_SECONDS
    access_token_seconds: float | None = ACCESS_TOKEN_SECONDS
    refresh_token_seconds: float | None = None
    issues_refresh_tokens: bool = True
    refresh_token_scope: str | None = None
    rotates_refresh_token: bool = False
    spends_replaced_refresh_token: bool = True
    pkce: Pkce = Pkce.IGNORED
    public_pkce: Pkce = Pkce.REQUIRED
    pkce_methods: tuple[str, ...] = ("S256", "plain")
    logout: LogoutRules | None = None
    cors: Mapping[Endpoint, Cors] = field(default_factory=dict)

    @property
    def has_public_clients(self) -> bool:
        """Whether a client can be registered without a secret."""
        return ClientAuthentication.NONE in self.client_authentication

    def towards(self, client: Client) -> "Policy":
        """The policy towards one client, whose registration says how it authenticates.

        A public client has nothing to authenticate with, and a confidential one must (RFC 6749 section 2.1).
        """
        if client.is_public:
            methods = self.public_authentication
            return replace(self, client_authentication=methods, client_authentication_at={}, pkce=self.public_pkce)
        if client.authentication_method:
            registered = frozenset({ClientAuthentication(client.authentication_method)})
            return replace(self, client_authentication=registered, client_authentication_at={})
        return replace(self, client_authentication=self.client_authentication - {ClientAuthentication.NONE})

    def accepted_authentication(self, grant_type: str) -> frozenset[ClientAuthentication]:
        """The methods of client authentication accepted in a request of this grant type."""
        return self.client_authentication_at.get(grant_type, self.client_authentication)


@dataclass(frozen=True, slots=True)
class GrantType:
    """One value of ``grant_type`` at the token endpoint.

    Parameters:
        handler: name of the vendor's method that answers; it takes the request, the authenticated client
            and the effective policy, and returns an :class:`~mock_idp.oauth.model.Answer`.
        endpoint: the name under which faults and journal know such a request.
        credential: the form parameter that carries what the request is made from; without it the request is refused.
        kind: what that credential is, so that the grant behind it is found before the vendor is asked.
    """

    handler: str
    endpoint: Endpoint
    credential: str
    kind: TokenKind


GRANT_TYPES: Mapping[str, GrantType] = {
    "authorization_code": GrantType("redeem", Endpoint.TOKEN, "code", TokenKind.CODE),
    "refresh_token": GrantType("refresh", Endpoint.REFRESH, "refresh_token", TokenKind.REFRESH),
}
"""What every vendor has: code (RFC 6749 section 4.1.3) and refresh token (section 6)."""
