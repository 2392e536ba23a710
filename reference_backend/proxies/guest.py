"""The guest provider: every visitor is the same user (GUEST)."""

from typing import ClassVar

from reference_backend.errors import AuthError, NotAllowedError
from reference_backend.identity import entity_ref
from reference_backend.identity.resolver_context import ByRef, ResolverContext
from reference_backend.identity.resolvers import Resolver, SignInInfo
from reference_backend.identity.session_response import Profile, SignIn
from reference_backend.proxies.base import ProxyProvider, ProxyRequest, ProxyResult, ProxySettings

DEFAULT_USER = "user:development/guest"


class Guest(ProxyProvider):
    """Signs every visitor in as ``userEntityRef``."""

    vendor: ClassVar[str] = "guest"

    def __init__(self, settings: ProxySettings) -> None:
        """Read the optional keys."""
        super().__init__(settings)
        config = settings.config
        # Nothing but a literal true switches guests on; text that looks like it does not.
        self._enabled = self.context.development or config.get("dangerouslyAllowOutsideDevelopment") is True
        self._user: str = config.string("userEntityRef", DEFAULT_USER)
        self._ownership = config.strings("ownershipEntityRefs") or [self._user]

    def authenticate(self, request: ProxyRequest) -> ProxyResult:
        """Sign every visitor in, in development or where it is allowed (GUEST-01 … GUEST-03)."""
        del request
        require_enabled(self._enabled)
        return ProxyResult(Profile())

    def fixed_resolver(self) -> Resolver:
        """The only resolver of guests (GUEST-04, GUEST-09)."""
        return self._sign_in

    def _sign_in(self, info: SignInInfo, context: ResolverContext) -> SignIn:
        """Prefer the catalog's user; otherwise issue for the configured ref (GUEST-04 … GUEST-07)."""
        del info
        try:
            ref = entity_ref.parse(self._user, entity_ref.DEFAULT_USER_KIND)
            return context.sign_in(ByRef(ref))
        except AuthError:
            return context.issue(entity_ref.fold(self._user), self._ownership)


def require_enabled(enabled: bool) -> None:
    """Refuse guests outside development (GUEST-02)."""
    if not enabled:
        raise NotAllowedError(
            "The guest provider cannot be used outside of a development environment unless "
            "'auth.providers.guest.dangerouslyAllowOutsideDevelopment' is enabled"
        )
