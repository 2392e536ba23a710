"""What an OAuth provider of the backend is.

A provider file subclasses :class:`OAuthProvider`, usually by way of ``reference_backend.providers.oauth2_base`` or
``reference_backend.providers.openid_base``, fills in the data and overrides only what it must. Routes, cookies, scopes
and sign-in are not its business: see ``reference_backend.oauth.routes``.
"""

from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from reference_backend.config.model import Config
from reference_backend.identity.resolvers import ResolverFactory
from reference_backend.identity.session_response import OAuthSession, Profile
from reference_backend.provider_context import ProviderContext

__all__ = [
    "AuthenticationResult",
    "CallbackRequest",
    "LogoutRequest",
    "OAuthProvider",
    "OAuthSession",
    "Profile",
    "ProviderSettings",
    "RefreshRequest",
    "ScopePolicy",
    "StartRequest",
]


@dataclass(frozen=True, slots=True)
class ScopePolicy:
    """How a provider treats scopes (SCOPE-02, SCOPE-04, SCOPE-13).

    Parameters:
        required: scopes the provider always asks for.
        persisted: True if granted scopes are remembered in the ``{p}-granted-scope`` cookie.
        transform: replaces the default combination; takes requested, granted, required, additional.
    """

    required: tuple[str, ...] = ()
    persisted: bool = False
    transform: Callable[[list[str], list[str], list[str], list[str]], list[str]] | None = None


@dataclass(frozen=True, slots=True)
class ProviderSettings:
    """What a provider is built from: one environment of one provider id.

    Parameters:
        provider_id: id in the URL and in cookie names; may differ from the vendor (``ghe``).
        environment: name of the environment.
        callback_url: redirect URI, absolute.
        config: the environment's own configuration (``auth.providers.{p}.{env}``).
        context: HTTP client, clock, randomness and the like.
    """

    provider_id: str
    environment: str
    callback_url: str
    config: Config
    context: ProviderContext


@dataclass(frozen=True, slots=True)
class StartRequest:
    """Input of :meth:`OAuthProvider.start`.

    Parameters:
        scope: the effective scope, space separated.
        state: the encoded state.
        query: the start query.
        session: the server-side session of this browser, written back if changed (SESSION); JSON values only.
            None if ``auth.session.secret`` is not configured.
    """

    scope: str
    state: str
    query: Mapping[str, str]
    session: MutableMapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class CallbackRequest:
    """Input of :meth:`OAuthProvider.authenticate`.

    Parameters:
        query: query of the callback.
        form: fields of its body, if it was posted.
        state: members of the decoded state.
        session: see :class:`StartRequest`; written back even if the provider refuses.
    """

    query: Mapping[str, str]
    form: Mapping[str, str]
    state: Mapping[str, str]
    session: MutableMapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class RefreshRequest:
    """Input of :meth:`OAuthProvider.refresh`.

    Parameters:
        refresh_token: value of the refresh cookie.
        scope: the effective scope, space separated.
        scope_already_granted: whether each of them was granted before; None unless scopes are persisted
            (SCOPE-10).
        keep_rotated: to be called with the vendor's new refresh token as soon as there is one, before
            anything else can fail: the old one may be void already (REFRESH-06, SEC-REFR-09).
        subject: whom the vendor vouched for at sign-in, as :attr:`AuthenticationResult.subject` said; None if that
            is not known (any more).
    """

    refresh_token: str
    scope: str
    scope_already_granted: bool | None
    keep_rotated: Callable[[str], None] = lambda token: None
    subject: str | None = None


@dataclass(frozen=True, slots=True)
class LogoutRequest:
    """Input of :meth:`OAuthProvider.logout`: the refresh cookie, if any, and the ``Origin`` header."""

    refresh_token: str | None
    origin: str | None


@dataclass(frozen=True, slots=True)
class AuthenticationResult:
    """Outcome of a callback or a refresh.

    Parameters:
        session: the vendor's tokens.
        profile: the normalised profile.
        details: what only this vendor's resolvers need (``username``, ``node_id`` …).
        subject: the vendor's id of the person, if a refresh shall be held to it (SEC-REFR-06); None otherwise.
    """

    session: OAuthSession
    profile: Profile
    details: Mapping[str, Any] = field(default_factory=dict)
    subject: str | None = None


class OAuthProvider:
    """One environment of one OAuth provider. The methods mirror the four routes.

    Class attributes:
        vendor: the vendor's id; also the file's name.
        scopes: see :class:`ScopePolicy`.
        resolvers: sign-in resolvers that only this vendor has, by name.
        common_resolvers: whether the common resolvers are added to them (§2.8 of providers-oauth.md).
    """

    vendor: ClassVar[str]
    scopes: ClassVar[ScopePolicy] = ScopePolicy()
    resolvers: ClassVar[Mapping[str, ResolverFactory]] = {}
    common_resolvers: ClassVar[bool] = True

    def __init__(self, settings: ProviderSettings) -> None:
        """Read the configuration.

        Raises:
            ConfigError: a required key is missing or has the wrong type (CFG).
        """
        self.settings = settings
        self.context = settings.context

    def state_members(self, query: Mapping[str, str]) -> Mapping[str, str]:
        """Further members of the state, taken from the start query, before it is encoded (STATE-09)."""
        del query
        return {}

    def start(self, request: StartRequest) -> str:
        """Return the URL of the vendor's authorization endpoint (START-01, UP-01)."""
        raise NotImplementedError

    def authenticate(self, request: CallbackRequest) -> AuthenticationResult:
        """Exchange the code and read the profile (FRAME-09…11). Raises an ``AuthError`` otherwise."""
        raise NotImplementedError

    def refresh(self, request: RefreshRequest) -> AuthenticationResult:
        """Renew the session (REFRESH-05). Raises an ``AuthError`` otherwise."""
        raise NotImplementedError

    def logout(self, request: LogoutRequest) -> str | None:
        """End the session upstream (LOGOUT-09); return a URL for the browser, if there is one (LOGOUT-11)."""
        return None
