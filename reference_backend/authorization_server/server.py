"""The parts of the authorization server, put together."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Engine

from reference_backend.authorization_server.authorization_store import AuthorizationStore
from reference_backend.authorization_server.authorizations import Authorizations
from reference_backend.authorization_server.client_directory import ClientDirectory
from reference_backend.authorization_server.document_reader import DocumentReader
from reference_backend.authorization_server.features import AuthorizationServerSettings
from reference_backend.authorization_server.offline_access import OfflineAccess
from reference_backend.authorization_server.offline_store import OfflineStore
from reference_backend.authorization_server.token_endpoint import TokenEndpoint
from reference_backend.identity.catalog import Catalog
from reference_backend.identity.token_issuer import TokenIssuer


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
    engine: Engine,
    catalog: Catalog,
    issuer: TokenIssuer,
    clock: Callable[[], float],
    random_bytes: Callable[[int], bytes],
) -> AuthorizationServer:
    """Put the parts together."""
    store = AuthorizationStore(engine)
    clients = ClientDirectory(settings, store, documents, clock, random_bytes)
    offline = (
        None
        if settings.offline is None
        else OfflineAccess(settings.offline, OfflineStore(engine), clients, catalog, clock, random_bytes)
    )
    return AuthorizationServer(
        settings,
        clients,
        Authorizations(clients, store, clock, random_bytes),
        TokenEndpoint(clients, store, offline, issuer, clock),
    )
