"""From an HTTP request to a vendor and back: face, service, route, faults, journal."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from flask import Request, Response
from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.routing import Map, Rule

from mock_idp.edge.hosts import wildcard_parts
from mock_idp.idp import Idp
from mock_idp.oauth.client_authentication import offered_client_id
from mock_idp.oauth.model import (
    Answer,
    AuthorizationRequest,
    Endpoint,
    Grant,
    Page,
    Refusal,
)
from mock_idp.oauth.tokens import Unsigned, seal
from mock_idp.service import Service
from mock_idp.source import Exchange, Source
from mock_idp.vendors import endpoints
from mock_idp.web.answers import to_response
from mock_idp.web.reading import Received, first_values, joined_values, read
from mock_idp.web.strikes import Strikes

REFUSAL_HEADER = "Mock-Idp-Refusal"
"""Tells the suite, on an answer for the browser, why the vendor said no."""

_SAFE_HOST = re.compile(r"[A-Za-z0-9.\-]+(:\d{1,5})?|\[[0-9A-Fa-f:.]+\](:\d{1,5})?")


@dataclass(frozen=True, slots=True)
class Destination:
    """Which service a request is for.

    Parameters:
        service: the service.
        path: below the service.
        base_url: the service's own address as the client sees it.
        host_parts: what each ``*`` of the host's pattern stood for.
    """

    service: Service
    path: str
    base_url: str
    host_parts: tuple[str, ...] = ()


# --- which service --------------------------------------------------------------------------------


def find_by_name(idp: Idp, request: Request) -> Destination | None:
    """Find the service whose host name was asked for."""
    host = host_name(request)
    for source in idp.sources.values():
        for pattern, prefix in source.hosts.items():
            parts = wildcard_parts(pattern, host)
            if parts is not None:
                own_name = next(iter(source.hosts))
                # A vendor whose own name is a pattern is called what the client calls it.
                base_url = f"https://{host if '*' in own_name else own_name}"
                return Destination(_service_named(idp, source, parts), prefix + request.path, base_url, parts)
    return None


def _service_named(idp: Idp, source: Source, host_parts: tuple[str, ...]) -> Service:
    """The service that a host name with a part of its own (tenant, team) names, else the source's own."""
    # Host names are in lower case, ids need not be.
    named = {service.id.lower(): service for service in idp.services.by_id.values() if service.source.id == source.id}
    found = [named[part] for part in host_parts if part in named]
    return found[0] if found else idp.services.by_id[source.id]


def find_by_path(idp: Idp, request: Request) -> Destination | None:
    """Find the service that the first path segment names."""
    first, _, rest = request.path.removeprefix("/").partition("/")
    service = idp.services.by_id.get(first)
    if service is None:
        return None
    return Destination(service, f"/{rest}", f"{request.scheme}://{safe_host(request)}/{service.id}")


def host_name(request: Request) -> str:
    """The Host header without its port, lower case; empty if it is none."""
    host = str(request.environ.get("HTTP_HOST", "")).lower()
    if not _SAFE_HOST.fullmatch(host):
        return ""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]


def safe_host(request: Request) -> str:
    """The Host header if it looks like one, since it is repeated in answers."""
    host: str = request.environ.get("HTTP_HOST", "")
    return host if _SAFE_HOST.fullmatch(host) else "localhost"


# --- the answer -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What a vendor answered, and why it did not do what it was asked for."""

    answer: Answer
    refusal: Refusal | None = None


def answer(idp: Idp, request: Request, destination: Destination) -> Response:
    """Let a vendor answer a request, let faults strike, and write it into the journal."""
    received = read(request)
    exchange, handler = _route(_exchange(request, destination, received))
    exchange = _at_service_of_grant(idp, exchange)
    service = exchange.service
    grant = service.source.find_grant(exchange)
    strikes = Strikes(service, grant, exchange.endpoint)
    outcome = _ask(exchange, handler, strikes)
    grant = grant or _grant_of_outcome(service, outcome)
    final = finish(service, grant, strikes.change(outcome.answer))
    facts = _facts(exchange, outcome, grant)
    _enter(idp, request, exchange, received, {**facts, "status": final.status, "faults": strikes.names})
    return to_response(final)


def finish(service: Service, grant: Grant | None, result: Answer) -> Answer:
    """Sign the tokens inside an answer, after which nothing may change it."""

    def sign(token: Unsigned) -> str:
        return service.sign(token, grant)

    if isinstance(result.body, Page):
        return replace(result, body=replace(result.body, values=seal(result.body.values, sign)))
    return replace(result, body=seal(result.body, sign))


def _exchange(request: Request, destination: Destination, received: Received) -> Exchange:
    return Exchange(
        service=destination.service,
        base_url=destination.base_url,
        method=request.method,
        path=destination.path,
        query=first_values(received.query),
        form=first_values(received.form),
        headers=joined_values(received.headers),
        body=received.body,
        repeated=received.repeated,
        host=host_name(request),
        host_parts=destination.host_parts,
        query_text=request.query_string.decode("latin-1"),
    )


def _at_service_of_grant(idp: Idp, exchange: Exchange) -> Exchange:
    """Where the host names no service but the request names a grant, the grant's service is meant."""
    source = exchange.service.source
    grant_id = source.grant_id(exchange)
    found = idp.services.find_grant(grant_id) if grant_id else None
    return replace(exchange, service=found[0]) if found and found[0].source.id == source.id else exchange


@cache
def _rules(source: Source) -> Map:
    """The routes of a vendor or proxy; a doubled slash is another address, as it is at the real services."""
    rules = [Rule(route.path, methods=[route.method], endpoint=route) for route in source.routes]
    return Map(rules, strict_slashes=False, merge_slashes=False)


def _route(exchange: Exchange) -> tuple[Exchange, str]:
    """Find the vendor's method for a request; not_found and method_not_allowed are methods of every vendor."""
    if exchange.path.startswith("//"):
        # Routing would take these for one slash.
        return exchange, "not_found"
    try:
        route, parts = _rules(exchange.service.source).bind("").match(exchange.path, exchange.method)
    except MethodNotAllowed as error:
        allowed = tuple(sorted(set(error.valid_methods or ())))
        return replace(exchange, path_parameters={"allowed": allowed}), "method_not_allowed"
    except NotFound:
        return exchange, "not_found"
    endpoint = route.endpoint
    if endpoint is Endpoint.TOKEN:
        grant_type = exchange.vendor.grant_types.get(exchange.form.get("grant_type", ""))
        endpoint = grant_type.endpoint if grant_type else endpoint
    return replace(exchange, path_parameters=parts, endpoint=endpoint), route.handler


def _ask(exchange: Exchange, handler: str, strikes: Strikes) -> _Outcome:
    source = exchange.service.source
    try:
        strikes.refuse()
        if strikes.replace_the_vendor:
            return _Outcome(Answer(200, {}))
        return _Outcome(getattr(source, handler)(exchange))
    except Refusal as refusal:
        result = source.refuse(exchange, refusal)
        if exchange.endpoint is Endpoint.AUTHORIZATION:
            result = replace(result, headers=(*result.headers, (REFUSAL_HEADER, header_text(str(refusal)))))
        return _Outcome(result, refusal)


def header_text(text: str) -> str:
    """A text as it may stand in a header field."""
    return "".join(character if " " <= character <= "~" else "?" for character in text)[:1000]


# --- the grant ------------------------------------------------------------------------------------


def _grant_of_outcome(service: Service, outcome: _Outcome) -> Grant | None:
    """The grant that came into being, or that a refusal was about."""
    grant_id = dict(outcome.answer.headers).get(endpoints.GRANT_HEADER, "")
    if outcome.refusal and outcome.refusal.grant_id:
        grant_id = outcome.refusal.grant_id
    return service.ledger.grant(grant_id) if grant_id else None


# --- the journal ----------------------------------------------------------------------------------


def _enter(idp: Idp, request: Request, exchange: Exchange, received: Received, facts: Mapping[str, Any]) -> None:
    names = {"service": exchange.service.id, "vendor": exchange.service.source.id, "endpoint": str(exchange.endpoint)}
    idp.journal.add(**_wire(idp, request, received), **names, path=exchange.path, **facts)


def _wire(idp: Idp, request: Request, received: Received) -> dict[str, Any]:
    """What came over the wire, as the journal keeps it."""
    return {
        "time": idp.clock.now(),
        "method": request.method,
        "scheme": request.scheme,
        "host": str(request.environ.get("HTTP_HOST", "")),
        "query": received.query,
        "form": received.form,
        "headers": received.headers,
    }


def _facts(exchange: Exchange, outcome: _Outcome, grant: Grant | None) -> dict[str, Any]:
    """What the journal says beside what came over the wire."""
    asked = _authorization_request(outcome.answer)
    about = asked or (grant.request if grant else None)
    refusal = outcome.refusal
    return {
        "client_id": _client_id(exchange) or (about.client.client_id if about else None),
        "request": asked.request_id if asked else None,
        "grant": grant.grant_id if grant else None,
        "reason": str(refusal.reason) if refusal else None,
        "detail": refusal.detail if refusal else None,
    }


def _authorization_request(result: Answer) -> AuthorizationRequest | None:
    """The request that a consent page is about."""
    values: Any = result.body.values if isinstance(result.body, Page) else {}
    request = values.get("request")
    return request if isinstance(request, AuthorizationRequest) else None


def _client_id(exchange: Exchange) -> str | None:
    return exchange.query.get("client_id") or offered_client_id(exchange.headers, exchange.form) or None
