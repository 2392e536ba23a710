"""Lets pages of other origins read answers, where the real service does (Fetch standard, CORS protocol)."""

from collections.abc import Collection
from urllib.parse import urlsplit

from mock_idp.emulation import Service
from mock_idp.oauth.model import Client, Endpoint
from mock_idp.oauth.policy import Cors, CorsOrigins

Headers = tuple[tuple[str, str], ...]


def answer_headers(service: Service, endpoint: Endpoint, origin: str) -> Headers:
    """The header fields of an answer to a page.

    Parameters:
        service: the service that was asked.
        endpoint: what was asked.
        origin: the page's origin; empty if no page asks.
    """
    cors = service.emulation.cors(endpoint)
    if cors is None or not origin:
        return ()
    exposed = (("Access-Control-Expose-Headers", ", ".join(cors.exposed_headers)),) if cors.exposed_headers else ()
    return (*_allowed(cors, service, origin), *exposed)


def preflight_headers(
    service: Service, endpoint: Endpoint, origin: str, methods: Collection[str], asked_headers: str
) -> Headers | None:
    """The header fields of the answer to a preflight, or None if the endpoint answers none.

    Parameters:
        service: the service that was asked.
        endpoint: what the page is about to ask.
        origin: the page's origin.
        methods: what the address can be asked by.
        asked_headers: names of the header fields that the page is about to send.
    """
    cors = service.emulation.cors(endpoint)
    if cors is None or not cors.preflight:
        return None
    allowed = _allowed(cors, service, origin)
    # A star does not stand for Authorization (Fetch standard), so what is asked for is repeated.
    headers = asked_headers if cors.request_headers == ("*",) else ", ".join(cors.request_headers)
    named = (("Access-Control-Allow-Headers", headers),) if headers else ()
    return (*allowed, ("Access-Control-Allow-Methods", ", ".join(sorted(methods))), *named)


def _allowed(cors: Cors, service: Service, origin: str) -> Headers:
    if cors.origins is CorsOrigins.REGISTERED and origin not in _registered(service.clients.by_id.values()):
        return (("Vary", "Origin"),)
    credentials = (("Access-Control-Allow-Credentials", "true"),) if cors.credentials else ()
    if cors.origins is CorsOrigins.ANY and not (cors.echoes_origin or cors.credentials):
        return (("Access-Control-Allow-Origin", "*"),)
    return (("Access-Control-Allow-Origin", origin), ("Vary", "Origin"), *credentials)


def _registered(clients: Collection[Client]) -> set[str]:
    """The origins that clients are registered with; a public client's pages are where its redirect URIs are."""
    origins = {origin for client in clients for origin in client.origins}
    uris = [uri for client in clients if client.is_public for uri in client.redirect_uris]
    return origins | {f"{parts.scheme}://{parts.netloc}" for parts in map(urlsplit, uris)}
