"""Fetches client id metadata documents (CIMD)."""

import ipaddress
import logging
import socket
from collections.abc import Sequence

from reference_backend.authorization_server import client_documents, discovery, document_fetch
from reference_backend.authorization_server.clients import Client
from reference_backend.authorization_server.features import DocumentSettings
from reference_backend.errors import AuthError, InputError
from reference_backend.formats import urls
from reference_backend.formats.urls import Url

log = logging.getLogger(__name__)


def resolve(host: str) -> Sequence[str]:
    """All addresses of a host.

    Raises:
        OSError: it has none.
    """
    return list(dict.fromkeys(str(info[4][0]) for info in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)))


class DocumentReader:
    """Reads clients from their documents.

    Parameters:
        settings: what is allowed; None while documents are off.
        auth_base: external base URL.
        development: NODE_ENV is ``development``.
    """

    def __init__(self, settings: DocumentSettings | None, auth_base: str, *, development: bool) -> None:
        self._settings = settings
        self._auth_base = auth_base
        self._development = development

    def address(self, client_id: str) -> Url | None:
        """The address of the document; None if this is no such client (CIMD-01)."""
        return client_documents.parse_client_id(client_id, development=self._development)

    def is_allowed(self, client_id: str) -> bool:
        """Whether this client was allowed (REVOKE-05)."""
        try:
            self._require_allowed(client_id)
        except AuthError:
            return False
        return True

    def read(self, client_id: str) -> Client:
        """Fetch and check a document.

        Parameters:
            client_id: its address.

        Raises:
            InputError: the client is not allowed, or its document is not acceptable.
        """
        url, must_be_public = self._require_allowed(client_id)
        if client_id == discovery.cli_client_id(self._auth_base):
            return client_documents.read(discovery.cli_document(self._auth_base), client_id)
        return client_documents.read(client_documents.parse(self._get(client_id, url, must_be_public)), client_id)

    def _require_allowed(self, client_id: str) -> tuple[Url, bool]:
        if self._settings is None:
            raise InputError("Client ID metadata documents not enabled")  # CIMD-02
        url = self.address(client_id)
        if url is None:
            raise InputError("Invalid client_id")
        pattern = client_documents.find_pattern(client_id, url, self._settings.client_ids)
        return url, client_documents.must_be_public(pattern, url, development=self._development)

    def _get(self, client_id: str, url: Url, must_be_public: bool) -> bytes:
        addresses = None
        if must_be_public:
            # Only these are called: a second look-up could give a different answer.
            addresses = self._addresses(url)
            client_documents.require_public(addresses)
        try:
            return document_fetch.get(
                urls.without_query(url), addresses, client_documents.MAX_SIZE, client_documents.TIMEOUT
            )
        except document_fetch.TooLargeError as error:
            raise client_documents.too_large() from error
        except document_fetch.FetchError as error:
            log.info("cannot fetch the client document %s: %s", client_id, error)
            raise client_documents.unreachable() from error

    def _addresses(self, url: Url) -> Sequence[str]:
        host = url.hostname.strip("[]")
        try:
            return [str(ipaddress.ip_address(host))]
        except ValueError:
            pass
        try:
            return resolve(host)
        except (OSError, UnicodeError) as error:
            log.info("cannot look up the host of a client document, %s: %s", host, error)
            raise client_documents.unreachable() from error
