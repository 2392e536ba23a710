"""What a proxy provider of the backend is: alike in shape to ``reference_backend.oauth.provider``.

A proxy in front of the backend has authenticated the user and says so in headers. There is one route,
``refresh``, and no environment, cookie or state (PROXY).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from reference_backend.config.model import Config
from reference_backend.identity.resolvers import Resolver, ResolverFactory
from reference_backend.identity.session_response import Profile
from reference_backend.provider_context import ProviderContext

__all__ = ["Profile", "ProxyProvider", "ProxyRequest", "ProxyResult", "ProxySettings"]


@dataclass(frozen=True, slots=True)
class ProxySettings:
    """What a proxy provider is built from.

    Parameters:
        provider_id: id in the URL; may differ from the vendor.
        config: its configuration (``auth.providers.{p}``, PROXY-10).
        context: HTTP client, clock, environment variables and the like.
    """

    provider_id: str
    config: Config
    context: ProviderContext


@dataclass(frozen=True, slots=True)
class ProxyRequest:
    """Input of :meth:`ProxyProvider.authenticate`.

    Parameters:
        headers: request headers, names in lower case; repeated ones joined with ", ", bytes as Latin-1.
        cookies: request cookies, decoded.
    """

    headers: Mapping[str, str]
    cookies: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ProxyResult:
    """Outcome of an authentication.

    Parameters:
        profile: the normalised profile.
        provider_info: the provider's own member of the response; None leaves it out (PROXY-05).
        details: what only this vendor's resolvers need.
    """

    profile: Profile
    provider_info: Mapping[str, Any] | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


class ProxyProvider:
    """One proxy provider.

    Class attributes:
        vendor: the vendor's id.
        resolvers: sign-in resolvers that only this vendor has, by name. Those of
            ``reference_backend.identity.resolvers.COMMON`` are added, and win over one of the same name unless
            ``own_resolvers_win``.
        own_resolvers_win: see above (providers-proxy.md §1.6).
    """

    vendor: ClassVar[str]
    resolvers: ClassVar[Mapping[str, ResolverFactory]] = {}
    own_resolvers_win: ClassVar[bool] = False

    def __init__(self, settings: ProxySettings) -> None:
        """Read the configuration.

        Raises:
            ConfigError: a required key is missing or has the wrong type (CFG).
        """
        self.settings = settings
        self.context = settings.context

    def authenticate(self, request: ProxyRequest) -> ProxyResult:
        """Read and check what the proxy says. Raises an ``AuthError`` otherwise (PROXY-06)."""
        raise NotImplementedError

    def fixed_resolver(self) -> Resolver | None:
        """A resolver that replaces the configured ones (PROXY-09)."""
        return None
