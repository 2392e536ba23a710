"""Who the clients are: registered ones, and those that describe themselves (DCR, CIMD)."""

import uuid
from collections.abc import Callable
from typing import Any

from reference_backend.authorization_server import clients, oidc_error, redirect_uris
from reference_backend.authorization_server.authorization_store import AuthorizationStore
from reference_backend.authorization_server.clients import Client, Credentials, Presented
from reference_backend.authorization_server.document_reader import DocumentReader
from reference_backend.authorization_server.features import AuthorizationServerSettings
from reference_backend.errors import InputError


class ClientDirectory:
    """Finds, registers and authenticates clients.

    Parameters:
        settings: what is on.
        store: registered clients.
        documents: reads the others'.
        clock: seconds since the epoch.
        random_bytes: so many unpredictable bytes.
    """

    def __init__(
        self,
        settings: AuthorizationServerSettings,
        store: AuthorizationStore,
        documents: DocumentReader,
        clock: Callable[[], float],
        random_bytes: Callable[[int], bytes],
    ) -> None:
        self._settings = settings
        self._store = store
        self._documents = documents
        self._clock = clock
        self._random_bytes = random_bytes

    def register(self, members: dict[str, Any]) -> tuple[Client, str | None]:
        """Register a client (DCR-01, DCR-09, DCR-14).

        Parameters:
            members: of the request, checked.

        Returns:
            The client, and its secret, which cannot be read later; None for a public client.

        Raises:
            AuthError: a redirect URI is not allowed, or a pattern malformed.
        """
        if self._settings.registration is None:
            raise InputError("Dynamic client registration is not enabled")
        for redirect_uri in members["redirect_uris"]:
            redirect_uris.require_allowed(redirect_uri, self._settings.registration.redirect_uris)
        is_public = members.get("token_endpoint_auth_method") == clients.NO_AUTHENTICATION
        secret = None if is_public else self.random_id()
        client = Client(
            client_id=self.random_id(),
            name=members.get("client_name", clients.DEFAULT_NAME),
            redirect_uris=tuple(members["redirect_uris"]),
            secret_digest=None if secret is None else clients.digest(secret),
            response_types=tuple(members.get("response_types", clients.DEFAULT_RESPONSE_TYPES)),
            grant_types=tuple(members.get("grant_types", clients.DEFAULT_GRANT_TYPES)),
            scope=members.get("scope"),
        )
        self._store.add_client(client, self._clock())
        return client, secret

    def random_id(self) -> str:
        """A random UUID: 122 unguessable bits (SEC-AS-21)."""
        return str(uuid.UUID(bytes=self._random_bytes(16), version=4))

    def find(self, client_id: str) -> Client:
        """A client, read from its document if it has one (CIMD-19, ASESS-17).

        Raises:
            InputError: there is no such client (CIMD-02, AUTHZ-05), or its document is not acceptable.
        """
        if self.has_document(client_id):
            return self._documents.read(client_id)
        client = self._store.get_client(client_id)
        if client is None:
            raise InputError("Invalid client_id")
        return client

    def has_document(self, client_id: str) -> bool:
        """Tell the two kinds of client ids apart (CIMD-01)."""
        return self._documents.address(client_id) is not None

    def require_redirect_uri(self, client: Client, redirect_uri: str) -> None:
        """Refuse an address that is not the client's (AUTHZ-06, CIMD-16, CIMD-17, SEC-AS-01).

        Raises:
            InputError: it is not.
        """
        if not self.has_document(client.client_id):
            redirect_uris.require_registered(redirect_uri, client.redirect_uris)
            return
        allowed = self._settings.documents.redirect_uris if self._settings.documents else ()
        redirect_uris.require_allowed(redirect_uri, allowed)
        redirect_uris.require_in_document(redirect_uri, client.redirect_uris)

    def authenticate(self, credentials: Credentials) -> str:
        """Authenticate a client that has a secret (OFFLINE-10).

        Returns:
            Its client id.

        Raises:
            OidcError: id or secret is missing or wrong.
        """
        client_id, secret = credentials.client_id, credentials.secret
        if not client_id or not secret:
            raise oidc_error.unauthenticated_client()
        client = None if self.has_document(client_id) else self._store.get_client(client_id)
        if client is None or not clients.has_secret(client, secret):
            raise invalid_credentials()
        return client_id

    def require_holder(self, issued_to: str, presented: Presented, what: str) -> None:
        """Let only the client use what was issued to it (CODE-14, OFFLINE-12, OFFLINE-13, SEC-AS-08, SEC-AS-09).

        A client with a secret has to authenticate. A public one may leave its id out: what it holds, and the code
        verifier, are all it can show anyway.

        Parameters:
            issued_to: client id.
            presented: what the caller said, authenticated if it tried to.
            what: names the credential in the error text.

        Raises:
            OidcError: the client did not authenticate.
            AuthenticationError: it is another client.
        """
        clients.require_same(issued_to, presented.credentials.client_id, what)
        if not presented.wants_authentication and not self._is_public(issued_to):
            raise oidc_error.unauthenticated_client()

    def _is_public(self, client_id: str) -> bool:
        """A client that once got something is not asked for its document again (CIMD-19)."""
        if self.has_document(client_id):
            return True
        client = self._store.get_client(client_id)
        return client is not None and client.is_public

    def authenticate_if_tried(self, presented: Presented) -> None:
        """A client that tries to authenticate has to succeed (OFFLINE-09, OFFLINE-10)."""
        if presented.wants_authentication:
            self.authenticate(presented.credentials)

    def identify_for_revocation(self, presented: Presented) -> str:
        """Who wants to revoke: a client with its secret, or a public one by its allowed id (REVOKE-03 … REVOKE-05).

        Returns:
            Its client id.

        Raises:
            OidcError: it did not say who it is, or could not prove it.
        """
        client_id = presented.credentials.client_id
        if not client_id:
            raise oidc_error.unauthenticated_client()
        if self.has_document(client_id):
            if not self._documents.is_allowed(client_id):
                raise invalid_credentials()
            return client_id
        if not presented.credentials.secret:
            if not self._is_public(client_id):
                raise invalid_credentials()
            return client_id
        return self.authenticate(presented.credentials)


def invalid_credentials() -> oidc_error.OidcError:
    """One text for unknown clients and wrong secrets (OFFLINE-10, REVOKE-04)."""
    return oidc_error.unauthenticated_client("Invalid client credentials")
