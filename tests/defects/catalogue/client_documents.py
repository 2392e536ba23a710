"""Clients that describe themselves: which addresses are fetched, and what a document may say."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Sequence
from typing import Any

import requests

from reference_backend.authorization_server import client_documents, document_fetch, redirect_uris
from reference_backend.authorization_server.document_reader import DocumentReader
from reference_backend.errors import InputError
from reference_backend.formats import urls
from reference_backend.formats.urls import Url
from tests.defects.catalogue.client_registration import on_server
from tests.defects.defect import always, nothing, replace, wrap


@on_server("CIMD-10", "SEC-AS-12")
def document_of_another_client() -> None:
    """A document may speak of another client."""
    replace(client_documents, "require_same_id", nothing)


@on_server("CIMD-10")
def client_id_in_any_case() -> None:
    """Upper and lower case of the client id in a document are the same."""

    def require_same_id(original: Callable[..., None], document: dict[str, Any], client_id: str) -> None:
        if str(document.get("client_id")).lower() != client_id.lower():
            original(document, client_id)

    wrap(client_documents, "require_same_id", require_same_id)


@on_server("CIMD-12", "SEC-AS-20")
def document_with_a_secret() -> None:
    """A document may hold a secret."""
    replace(client_documents, "require_no_secret", nothing)


@on_server("CIMD-12")
def document_with_an_empty_secret() -> None:
    """A document may hold an empty secret."""
    wrap(
        client_documents,
        "require_no_secret",
        lambda original, document: original({name: value for name, value in document.items() if value}),
    )


@on_server("CIMD-13", "SEC-AS-20")
def document_with_secret_based_authentication() -> None:
    """A client with a document may authenticate with a secret."""
    replace(client_documents, "require_public_method", nothing)


@on_server("CIMD-13")
def one_forbidden_method_is_forgotten() -> None:
    """One of the methods that need a secret is allowed."""
    replace(client_documents, "FORBIDDEN_AUTH_METHODS", client_documents.FORBIDDEN_AUTH_METHODS[:2])


@on_server("CIMD-11", "SEC-AS-20")
def document_with_anything_as_address() -> None:
    """What a document lists as redirect URIs is not looked at."""

    def read(document: dict[str, Any]) -> tuple[str, ...]:
        listed = document.get("redirect_uris")
        found = [one for one in listed if isinstance(one, str)] if isinstance(listed, list) else []
        return tuple(found) or ("http://localhost:8765/callback",)

    replace(client_documents, "read_redirect_uris", read)


@on_server("CIMD-03", "SEC-AS-15")
def every_address_is_a_client() -> None:
    """Every https address may be a client."""
    replace(client_documents, "find_pattern", lambda client_id, url, patterns: client_id)


@on_server("CIMD-15", "SEC-AS-14")
def addresses_inside_are_asked() -> None:
    """Documents are fetched from inside the network."""
    replace(client_documents, "is_public", always(value=True))


@on_server("CIMD-01", "SEC-AS-15")
def client_id_with_more_than_a_path() -> None:
    """A client id may have a query, a fragment or credentials, which are left out."""

    def parse(original: Callable[..., Url | None], client_id: str, *, development: bool) -> Url | None:
        try:
            url = urls.parse(client_id)
        except ValueError:
            return None
        plain = dataclasses.replace(url, query="", fragment="", has_credentials=False)
        return original(urls.without_query(plain), development=development)

    wrap(client_documents, "parse_client_id", parse)


@on_server("CIMD-01")
def client_id_with_dot_segments() -> None:
    """A client id may have dot segments."""
    replace(client_documents, "_DOT_SEGMENT", re.compile("(?!)"))


@on_server("CIMD-07", "SEC-AS-13")
def redirects_are_followed() -> None:
    """A redirect instead of a document is followed."""

    def get(original: Callable[..., bytes], url: str, addresses: Any, limit: int, timeout: float) -> bytes:
        try:
            return original(url, addresses, limit, timeout)
        except document_fetch.FetchError:
            try:
                requests.get(url, headers={"Accept": "application/json"}, timeout=timeout)
            except requests.RequestException as error:
                raise document_fetch.FetchError(str(error)) from error
            raise

    wrap(document_fetch, "get", get)


@on_server("CIMD-07")
def every_status_is_a_document() -> None:
    """The status of an answer does not matter."""
    replace(document_fetch, "OK_STATUSES", range(100, 600))


@on_server("CIMD-08", "SEC-AS-20")
def documents_of_any_size() -> None:
    """A document may be as large as it likes."""
    replace(client_documents, "MAX_SIZE", 100 * 1024 * 1024)


@on_server("CIMD-09")
def no_json_is_an_empty_document() -> None:
    """What is no JSON counts as an empty document."""

    def parse(original: Callable[..., Any], body: bytes) -> Any:
        try:
            return original(body)
        except InputError:
            return {}

    wrap(client_documents, "parse", parse)


@on_server("CIMD-14")
def client_called_by_its_id() -> None:
    """A client with a document is always called by its id."""
    wrap(
        client_documents,
        "read",
        lambda original, document, client_id: dataclasses.replace(original(document, client_id), name=client_id),
    )


@on_server("CIMD-14")
def client_without_name_refused() -> None:
    """A client metadata document without client_name is refused."""

    def read(original: Callable[..., Any], document: Any, client_id: str) -> Any:
        if "client_name" not in document:
            raise InputError("Metadata must include a client_name")
        return original(document, client_id)

    wrap(client_documents, "read", read)


@on_server("CIMD-14")
def client_without_name_called_by_its_host() -> None:
    """A client without client_name is shown by the host of its client id."""

    def read(original: Callable[..., Any], document: Any, client_id: str) -> Any:
        found = original(document, client_id)
        is_named = "client_name" in document
        return found if is_named else dataclasses.replace(found, name=urls.parse(client_id).hostname)

    wrap(client_documents, "read", read)


@on_server("CIMD-19", "ASESS-17")
def documents_are_kept() -> None:
    """A client metadata document is fetched once and cached without expiry."""
    kept: dict[str, Any] = {}

    def read(original: Callable[..., Any], self: DocumentReader, client_id: str) -> Any:
        if client_id not in kept:
            kept[client_id] = original(self, client_id)
        return kept[client_id]

    wrap(DocumentReader, "read", read)


@on_server("CIMD-17", "SEC-AS-02")
def any_path_of_a_loopback_address() -> None:
    """A client may come back to any path of a loopback address."""
    replace(redirect_uris, "same_but_for_port", lambda one, other: one.hostname == other.hostname)


@on_server("CIMD-17")
def loopback_port_is_fixed() -> None:
    """A client may come back to the port only that its document names."""

    def require_in_document(redirect_uri: str, registered: Sequence[str]) -> None:
        redirect_uris.require_registered(redirect_uri, registered)

    replace(redirect_uris, "require_in_document", require_in_document)
