"""Clients that describe themselves in a document at the address that is their id (CIMD)."""

import ipaddress
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from reference_backend.authorization_server import request_members, url_patterns
from reference_backend.authorization_server.clients import Client
from reference_backend.errors import InputError
from reference_backend.formats import encoding, urls
from reference_backend.formats.urls import Url

CLIENT_ID_PATTERNS = (
    "https://claude.ai/*",
    "https://vscode.dev/*",
    "https://chatgpt.com/oauth/codex/*/client.json",
)
"""CIMD-03."""
MAX_SIZE = 64 * 1024
"""Bytes of a document (CIMD-08)."""
TIMEOUT = 10.0
"""Seconds for a whole document, from looking up its host to its last byte (CIMD-07)."""
FORBIDDEN_AUTH_METHODS = ("client_secret_basic", "client_secret_post", "client_secret_jwt")
DEVELOPMENT_HOSTS = ("localhost", "127.0.0.1")
_DOT_SEGMENT = re.compile(r"/(\.|%2e){1,2}(/|$)", re.IGNORECASE)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def parse_client_id(client_id: str, *, development: bool) -> Url | None:
    """The address of a client's document; None if the id is not one (CIMD-01).

    Parameters:
        client_id: what the client calls itself.
        development: NODE_ENV is ``development``, where this machine need not have TLS.
    """
    try:
        url = urls.parse(client_id)
    except ValueError:
        return None
    is_local = development and url.scheme == "http" and url.hostname in DEVELOPMENT_HOSTS
    if url.scheme != "https" and not is_local:
        return None
    has_dots = _DOT_SEGMENT.search(client_id) is not None
    has_more = bool(url.query or url.fragment or url.has_credentials)
    return None if has_dots or has_more or urls.normal_path(url) == "/" else url


def find_pattern(client_id: str, url: Url, patterns: Sequence[str]) -> str:
    """The pattern that allows a client (CIMD-03, SEC-AS-15).

    Raises:
        InputError: none does.
    """
    for pattern in patterns:
        if url_patterns.matches(pattern, url):
            return pattern
    raise InputError(f"Invalid client_id '{client_id}'")


def must_be_public(pattern: str, url: Url, *, development: bool) -> bool:
    """Whether the host may only have public addresses: not if exactly this one is configured (CIMD-15)."""
    return not url_patterns.is_exact(pattern) and not (development and url.hostname in DEVELOPMENT_HOSTS)


def require_public(addresses: Sequence[str]) -> None:
    """Refuse a host with an address that is not public (CIMD-15, SEC-AS-14).

    Raises:
        InputError: one is not.
    """
    if not all(is_public(address) for address in addresses):
        raise InputError("Invalid client_id URL")


def is_public(address: str) -> bool:
    """Tell whether an IP address is unicast and publicly reachable, and leads nowhere else."""
    parsed = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(parsed, ipaddress.IPv6Address) and (
        parsed.ipv4_mapped or parsed.sixtofour or parsed.teredo or parsed in _NAT64
    ):
        return False
    return parsed.is_global and not parsed.is_multicast


def unreachable() -> InputError:
    """No document (CIMD-07, CIMD-15)."""
    return InputError("Failed to fetch client metadata")


def too_large() -> InputError:
    """Too much of a document (CIMD-08)."""
    return InputError("Client metadata document too large")


def parse(body: bytes) -> Mapping[str, Any]:
    """Read a document (CIMD-09).

    Raises:
        InputError: it is not JSON.
    """
    try:
        document = encoding.parse_json(body.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise InputError("Invalid client metadata document") from error
    return document if isinstance(document, dict) else {}


def read(document: Mapping[str, Any], client_id: str) -> Client:
    """The client that a document describes.

    Raises:
        InputError: the document is not acceptable (CIMD-10 … CIMD-13).
    """
    require_same_id(document, client_id)
    redirect_uris = read_redirect_uris(document)
    require_no_secret(document)
    require_public_method(document)
    name = document.get("client_name")
    # CIMD-14.
    shown = name if isinstance(name, str) and name and request_members.is_storable(name) else client_id
    return Client(client_id, shown, redirect_uris)


def require_same_id(document: Mapping[str, Any], client_id: str) -> None:
    """A document speaks of the client at its own address only (CIMD-10, SEC-AS-12)."""
    if document.get("client_id") != client_id:
        raise InputError("Client ID mismatch in metadata document")


def read_redirect_uris(document: Mapping[str, Any]) -> tuple[str, ...]:
    """At least one address, and nothing but addresses (CIMD-11)."""
    listed = document.get("redirect_uris")
    if not isinstance(listed, list) or not listed:
        raise InputError("Metadata must include at least one redirect_uri")
    for one in listed:
        if not isinstance(one, str) or not request_members.is_absolute_url(one):
            raise InputError(f"Invalid redirect_uri in metadata: {one if isinstance(one, str) else json.dumps(one)}")
    return tuple(listed)


def require_no_secret(document: Mapping[str, Any]) -> None:
    """A publicly readable secret is none (CIMD-12)."""
    if "client_secret" in document or "client_secret_expires_at" in document:
        raise InputError("Client metadata must not contain client_secret")


def require_public_method(document: Mapping[str, Any]) -> None:
    """Without a secret there is no authentication by one (CIMD-13)."""
    if document.get("token_endpoint_auth_method") in FORBIDDEN_AUTH_METHODS:
        raise InputError("Client metadata uses forbidden auth method")
