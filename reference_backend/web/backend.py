"""Everything that a request needs, built once at start-up."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from flask import current_app

from reference_backend.authorization_server.server import AuthorizationServer
from reference_backend.config.settings import Settings
from reference_backend.protocol import origins
from reference_backend.protocol.origins import AllowedOrigins
from reference_backend.sign_in.context import ResolverContext
from reference_backend.store import Store
from reference_backend.tokens.issuer import TokenIssuer
from reference_backend.tokens.verify import TokenVerifier
from reference_backend.web.entry import Entry

EXTENSION = "reference_backend"


@dataclass(frozen=True, slots=True)
class Providers:
    """All providers by id in lower case, since paths ignore case (GEN-14).

    Parameters:
        entries: what answers their routes.
        unconfigured: ids (as written) that are installed but absent from the configuration (ROUTE-08).
        misconfigured: ids (as written) that were skipped in development (ROUTE-11).
    """

    entries: Mapping[str, Entry] = field(default_factory=dict)
    unconfigured: Mapping[str, str] = field(default_factory=dict)
    misconfigured: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Backend:
    """The parts of the running backend.

    Parameters:
        settings: derived configuration.
        providers: who can sign people in.
        context: passed to resolvers.
        issuer: issues tokens and lists keys.
        verifier: verifies tokens.
        store: database.
        authorization_server: clients, consent and tokens for clients.
        clock: seconds since the epoch.
        random_bytes: so many unpredictable bytes.
    """

    settings: Settings
    providers: Providers
    context: ResolverContext
    issuer: TokenIssuer
    verifier: TokenVerifier
    store: Store
    authorization_server: AuthorizationServer
    clock: Callable[[], float]
    random_bytes: Callable[[int], bytes]

    @property
    def allowed_origins(self) -> AllowedOrigins:
        """The allow-list (ORIGIN)."""
        return self.settings.allowed_origins

    def require_allowed_origin(self, origin: str) -> None:
        """Refuse an origin that is not on the list (START-05, FRAME-05)."""
        origins.require_allowed(self.allowed_origins, origin)


def current() -> Backend:
    """The backend of the running application."""
    backend: Backend = current_app.extensions[EXTENSION]
    return backend
