"""The parts of the authorization server, put together."""

from collections.abc import Callable
from dataclasses import dataclass

from reference_backend.authorization_server.authorizations import Authorizations
from reference_backend.authorization_server.clients import ClientDirectory
from reference_backend.authorization_server.documents import DocumentReader
from reference_backend.authorization_server.offline_access import OfflineAccess
from reference_backend.authorization_server.tokens import TokenEndpoint
from reference_backend.config.authorization_server import AuthorizationServerSettings
from reference_backend.sign_in.catalog import Catalog
from reference_backend.store import Store
from reference_backend.tokens.issuer import TokenIssuer


@dataclass(frozen=True, slots=True)
class AuthorizationServer:
    """What the routes need.

    Parameters:
        settings: what is on.
        clients: who the clients are.
        authorizations: what people decide about.
        tokens: the token endpoint.
    """

    settings: AuthorizationServerSettings
    clients: ClientDirectory
    authorizations: Authorizations
    tokens: TokenEndpoint


def build(
    settings: AuthorizationServerSettings,
    documents: DocumentReader,
    store: Store,
    catalog: Catalog,
    issuer: TokenIssuer,
    clock: Callable[[], float],
    random_bytes: Callable[[int], bytes],
) -> AuthorizationServer:
    """Put the parts together."""
    clients = ClientDirectory(settings, store.authorizations, documents, clock, random_bytes)
    offline = (
        None
        if settings.offline is None
        else OfflineAccess(settings.offline, store.offline, clients, catalog, clock, random_bytes)
    )
    return AuthorizationServer(
        settings,
        clients,
        Authorizations(clients, store.authorizations, clock, random_bytes),
        TokenEndpoint(clients, store.authorizations, offline, issuer, clock),
    )
