"""What the core talks about: clients, authorization requests, grants, tokens and answers.

Everything here is immutable. A change of state is a new value put into the store
(:class:`~mock_idp.grants.store.GrantStore`).
"""

# ruff: noqa: S105 - texts with "token" and "secret" in them are names here

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

JsonValue = Any
"""Whatever ``json.dumps`` takes; vendors' bodies are too varied for a narrower type."""


@dataclass(frozen=True, slots=True)
class Client:
    """A client application registered at one service (RFC 6749 section 2).

    Parameters:
        client_id: public identifier.
        client_secret: shared secret, as text.
        service: id of the service it is registered at, usually the vendor's id.
        provider: the provider id of the target that uses it (``github``, ``ghe``).
        environment: the environment of that provider (``development``).
        redirect_uris: redirect URIs, compared as exact strings unless the vendor is more lenient.
        is_public: True if it has no secret (RFC 6749 section 2.1).
        authentication_method: the one way it is registered to authenticate, or empty if any of the vendor's will do.
        scopes: what it gets if it asks for no scopes.
        logout_uris: where a browser may go after it was signed out.
        origins: origins of pages that may read answers, beside those of a public client's redirect URIs.
    """

    client_id: str
    client_secret: str
    service: str
    provider: str
    environment: str
    redirect_uris: frozenset[str]
    is_public: bool = False
    authentication_method: str = ""
    scopes: tuple[str, ...] = ()
    logout_uris: frozenset[str] = frozenset()
    origins: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """A checked request to the authorization endpoint (RFC 6749 section 4.1.1).

    Parameters:
        request_id: unguessable id that the consent form sends back.
        client: the client that asks.
        redirect_uri: where the answer goes; one of the client's registered ones.
        scopes: scopes asked for, in order, without duplicates.
        state: the client's opaque value, or None.
        parameters: all query parameters as received (``nonce``, ``code_challenge``, vendor's own).
        received_at: seconds since the epoch.
        base_url: address under which the client reached the service; an issuer is built from it.
        path: the authorization endpoint that was asked, below the service.
        path_parameters: what the route's rule captured there (a tenant).
    """

    request_id: str
    client: Client
    redirect_uri: str
    scopes: tuple[str, ...]
    state: str | None
    parameters: Mapping[str, str]
    received_at: float
    base_url: str = ""
    path: str = ""
    path_parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FaultSpec:
    """A fault by name, with its parameters, as the consent form specified it (see ``mock_idp.faults.model``)."""

    fault: str
    parameters: Mapping[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Grant:
    """One decision of a persona at a consent page. All tokens descend from it and share its faults.

    Parameters:
        grant_id: identifies the grant in the journal and in the control API.
        request: the authorization request that was allowed.
        persona: the persona's id.
        scopes: what the persona allowed, a subset of what was asked.
        faults: misbehaviour that this grant carries along.
        granted_at: seconds since the epoch.
        revoked: True once the persona or a revocation request took it back, and if consent was denied.
    """

    grant_id: str
    request: AuthorizationRequest
    persona: str
    scopes: tuple[str, ...]
    faults: tuple[FaultSpec, ...]
    granted_at: float
    revoked: bool = False


class TokenKind(StrEnum):
    """The kinds of credential that descend from a grant."""

    CODE = "code"
    ACCESS = "access_token"
    REFRESH = "refresh_token"


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A credential the mock handed out.

    Parameters:
        kind: what it is.
        value: the text on the wire.
        grant_id: the grant it descends from.
        scopes: what it allows.
        issued_at: seconds since the epoch.
        expires_at: seconds since the epoch, or None if it does not expire.
        spent: True once a single-use credential was used, or a rotated refresh token replaced.
    """

    kind: TokenKind
    value: str
    grant_id: str
    scopes: tuple[str, ...]
    issued_at: float
    expires_at: float | None
    spent: bool = False


class Endpoint(StrEnum):
    """What an address of a vendor is for. Faults name the endpoint at which they are applied."""

    AUTHORIZATION = "authorization"
    TOKEN = "token"
    REFRESH = "refresh"  # the token endpoint, asked with grant_type=refresh_token
    EXCHANGE = "exchange"  # the token endpoint, asked with a token exchange (RFC 8693)
    PROFILE = "profile"
    FOLLOW_UP = "follow-up"  # photo, e-mail list, accessible resources …
    REVOCATION = "revocation"
    INTROSPECTION = "introspection"
    DISCOVERY = "discovery"
    JWKS = "jwks"
    LOGOUT = "logout"
    CLIENT_METADATA = "client-metadata"  # a client's website, not the vendor's
    OTHER = "other"


class Encoding(StrEnum):
    """How a body is written."""

    JSON = "json"
    FORM = "form"
    TEXT = "text"
    HTML = "html"
    EMPTY = "empty"
    BYTES = "bytes"


NO_STORE = (("Cache-Control", "no-store"), ("Pragma", "no-cache"))
"""Header fields of answers with credentials in them (RFC 6749 section 5.1)."""

FORM_POST = "form_post"
"""Template of a page that sends a form to the client by itself; values ``action`` and ``parameters``."""

WEB_MESSAGE = "web_message"
"""Template of a page that sends a message to the page around it; values ``origin`` and ``message``."""


@dataclass(frozen=True, slots=True)
class Page:
    """The body of an HTML answer that the web layer renders, so that vendors need no templates.

    Parameters:
        template: name of the template without extension (``consent``, ``refused``, :data:`FORM_POST`).
        values: what the template is given.
    """

    template: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a vendor answers, before it is written to the wire.

    Parameters:
        status: HTTP status code.
        body: JSON-able data (JSON), a mapping of strings (FORM), text, bytes or a :class:`Page` (HTML).
            JSON may contain a :class:`~mock_idp.oauth.tokens.SignedToken`, which is signed last.
        encoding: how ``body`` is written.
        content_type: overrides the encoding's usual media type; empty for none.
        headers: further headers in order, repeated names allowed.
        transport: None, or what the connection does instead (``reset``, ``stall``, ``truncate``…).
        charset: None for UTF-8, or how a text is written instead.
    """

    status: int
    body: JsonValue = None
    encoding: Encoding = Encoding.JSON
    content_type: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    transport: str | None = None
    charset: str | None = None


class Reason(StrEnum):
    """Why the mock refuses a request. Each vendor maps a reason to the answer the real service gives."""

    UNKNOWN_CLIENT = "unknown client"
    WRONG_SECRET = "wrong client secret"
    WRONG_CLIENT_AUTHENTICATION = "client authentication in the wrong place"
    INVALID_CLIENT_ASSERTION = "client assertion is invalid"
    CROSS_ORIGIN = "token request with Origin, for a client that is no single-page app"
    NOT_CROSS_ORIGIN = "token request without Origin, for a single-page app"
    UNREGISTERED_REDIRECT_URI = "redirect URI not registered"
    MISSING_PARAMETER = "required parameter missing"
    INVALID_PARAMETER = "parameter has a value this vendor refuses"
    UNSUPPORTED_RESPONSE_TYPE = "response type not supported"
    INVALID_SCOPE = "scope not known to this vendor"
    ACCESS_DENIED = "the persona denied consent"
    LOGIN_REQUIRED = "no user is signed in"
    CONSENT_REQUIRED = "no consent was given to that"
    UNKNOWN_CODE = "code never issued"
    EXPIRED_CODE = "code expired"
    REPLAYED_CODE = "code used before"
    CODE_OF_ANOTHER_CLIENT = "code issued to another client"
    REDIRECT_URI_MISMATCH = "redirect URI differs from the authorization request"
    MISSING_VERIFIER = "PKCE verifier missing"
    WRONG_VERIFIER = "PKCE verifier does not match the challenge"
    UNKNOWN_REFRESH_TOKEN = "refresh token never issued"
    EXPIRED_REFRESH_TOKEN = "refresh token expired"
    REVOKED_REFRESH_TOKEN = "refresh token revoked or replaced"
    UNSUPPORTED_GRANT_TYPE = "grant type not supported"
    WRONG_CONTENT_TYPE = "token request is not a form"
    MISSING_BEARER = "no access token"
    UNKNOWN_BEARER = "access token never issued"
    EXPIRED_BEARER = "access token expired"
    REVOKED_BEARER = "access token revoked"
    SUSPENDED_BEARER = "the access token's user is suspended"
    INSUFFICIENT_SCOPE = "access token lacks a scope"
    UNKNOWN_TOKEN = "token to revoke is not known"
    UNREGISTERED_LOGOUT_URI = "post-logout redirect URI not registered"


class Refusal(Exception):  # noqa: N818 - the glossary's word, and it is no error of ours
    """A correct "no" of a vendor.

    Parameters:
        reason: why.
        detail: one sentence for the journal and the error page: what was wrong, and what was expected.
        grant_id: the grant the refused credential descends from, if it is known.
    """

    def __init__(self, reason: Reason, detail: str, grant_id: str | None = None) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
        self.grant_id = grant_id


def split_scopes(text: str, separators: str = " ") -> tuple[str, ...]:
    """Split a scope parameter, keep the order, drop duplicates and empty parts (RFC 6749 section 3.3).

    Parameters:
        text: the parameter as received.
        separators: each character of it separates; RFC 6749 has only the space, some vendors take commas.
    """
    for separator in separators[1:]:
        text = text.replace(separator, separators[0])
    return tuple(dict.fromkeys(part for part in text.split(separators[0]) if part))


def joined(scopes: Sequence[str], separator: str = " ") -> str:
    """Join scopes the way a vendor writes them."""
    return separator.join(scopes)
