"""From an HTTP request to a vendor and back: service, route, faults, journal."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from flask import Request, Response
from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.routing import Map, Rule

from mock_idp.emulation import Emulation, Route, Service, ServiceRequest
from mock_idp.faults.injection import FaultInjection, count_applied
from mock_idp.hosts import wildcard_parts
from mock_idp.idp import Idp
from mock_idp.journal import Sent
from mock_idp.oauth.client_authentication import offered_client_id
from mock_idp.oauth.model import FORM_POST, Answer, AuthorizationRequest, Encoding, Endpoint, Grant, Page, Refusal
from mock_idp.oauth.tokens import Unsigned, seal
from mock_idp.settings import JOURNAL_ANSWER_BYTES
from mock_idp.vendors.base import GRANT_HEADER
from mock_idp.web import cors
from mock_idp.web.reading import Received, first_values, joined_values, read
from mock_idp.web.writing import to_response

REFUSAL_HEADER = "Mock-Idp-Refusal"
"""Tells the suite, on an answer for the browser, why the vendor said no."""

_OK = 200
_LOCALHOST = ".localhost"
_SAFE_HOST = re.compile(r"[A-Za-z0-9.\-]+(:\d{1,5})?|\[[0-9A-Fa-f:.]+\](:\d{1,5})?")


@dataclass(frozen=True, slots=True)
class Destination:
    """Which service a request is for.

    Parameters:
        service: the service.
        path: below the service.
        base_url: the service's own address as the client sees it.
        host: the host name asked for, lower case, without port.
        host_parts: what each ``*`` of the host's pattern stood for.
    """

    service: Service
    path: str
    base_url: str
    host: str
    host_parts: tuple[str, ...] = ()


# --- which service --------------------------------------------------------------------------------


def find_destination(idp: Idp, request: Request, host: str) -> Destination | None:
    """Find the service whose host name was asked for, or that the first path segment names.

    Parameters:
        idp: the mock.
        request: the request.
        host: its :func:`host_name`.
    """
    found = _find_by_own_name(idp, request, host) or _find_by_name(idp, request, host)
    return found or _find_by_label(idp, request, host) or _find_by_path(idp, request, host)


def _find_by_own_name(idp: Idp, request: Request, host: str) -> Destination | None:
    """A service by an address that only the mock's owner has for it."""
    for own in idp.own_hosts.get(host, ()):
        rest = request.path.removeprefix(own.path)
        if request.path.startswith(own.path) and (not rest or rest.startswith("/")):
            return Destination(idp.services.by_id[own.service], own.target + rest, own.base_url, host)
    return None


def _find_by_name(idp: Idp, request: Request, host: str) -> Destination | None:
    for pattern, emulation in idp.host_patterns.items():
        if pattern not in emulation.hosts:
            continue  # an address of its owner's, and nothing is at this path of it
        parts = wildcard_parts(pattern, host) if "*" in pattern else () if pattern == host else None
        if parts is not None:
            own_name = next(iter(emulation.hosts))
            # A vendor whose own name is a pattern is called what the client calls it.
            base_url = f"https://{host if '*' in own_name else own_name}"
            path = emulation.hosts[pattern] + request.path
            return Destination(_service_named(idp, emulation, parts), path, base_url, host, parts)
    return None


def _service_named(idp: Idp, emulation: Emulation, host_parts: tuple[str, ...]) -> Service:
    """The service that a host name with a part of its own (tenant, team) names, else the emulation's own."""
    # Host names are in lower case, ids need not be.
    services = idp.services.by_id
    named = {service.id.lower(): service for service in services.values() if service.emulation.id == emulation.id}
    found = [named[part] for part in host_parts if part in named]
    return found[0] if found else services[emulation.id]


def _find_by_label(idp: Idp, request: Request, host: str) -> Destination | None:
    """A service by a name below localhost, for clients that cannot have a path in a self-managed server's address.

    Every name below localhost is this machine's own (RFC 6761 section 6.3).
    """
    label = host.removesuffix(_LOCALHOST)
    if label == host:
        return None
    named = {setup.id.lower(): setup.service for setup in idp.setups}
    named |= {service_id.lower(): service_id for service_id in idp.services.by_id}
    if label not in named:
        return None
    base_url = f"{request.scheme}://{request.environ['HTTP_HOST'].lower()}"
    return Destination(idp.services.by_id[named[label]], request.path, base_url, host)


def _find_by_path(idp: Idp, request: Request, host: str) -> Destination | None:
    first, _, rest = request.path.removeprefix("/").partition("/")
    service = idp.services.by_id.get(first)
    if service is None:
        return None
    # The Host header is repeated in answers, so it must look like one.
    netloc = request.environ["HTTP_HOST"] if host else "localhost"
    return Destination(service, f"/{rest}", f"{request.scheme}://{netloc}/{service.id}", host)


def host_name(request: Request) -> str:
    """The Host header without its port, lower case; empty if it is none."""
    host = str(request.environ.get("HTTP_HOST", "")).lower()
    if not _SAFE_HOST.fullmatch(host):
        return ""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]


# --- the answer -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What a vendor answered, and why it did not do what it was asked for."""

    answer: Answer
    refusal: Refusal | None = None


def answer(idp: Idp, http: Request, destination: Destination) -> Response:
    """Let a vendor answer a request, apply faults, and write it into the journal.

    Parameters:
        idp: the mock.
        http: the request as it came.
        destination: which service it is for.
    """
    received = read(http)
    asked, handler = _routed(idp, http, destination, received)
    emulation = asked.service.emulation
    request = emulation.normalized(asked)
    grant = emulation.find_grant(request)
    request = replace(request, grant=grant)
    injection = count_applied(request.service.store, request.service.faults, grant, request.endpoint)
    outcome = _with_own_claims(request, _ask(request, handler, injection))
    grant = grant or _grant_of_outcome(request.service, outcome)
    final = finish(request.service, grant, injection.change(outcome.answer))
    readable = cors.answer_headers(request.service, request.endpoint, request.headers.get("origin", ""))
    final = replace(final, headers=(*final.headers, *readable))
    facts = _facts(asked, outcome, grant)
    response = to_response(final)
    facts |= {"status": final.status, "faults": injection.names, "answer": sent(final, response)}
    _enter(idp, http, asked, received, facts)
    return response


def sent(final: Answer, response: Response) -> Sent:
    """What the journal remembers of an answer.

    Parameters:
        final: the answer, signed.
        response: the same, written.
    """
    headers = tuple(response.headers.items())
    transport = final.transport or ""
    if isinstance(final.body, Page):
        fields = final.body.values["parameters"] if final.body.template == FORM_POST else {}
        pairs = tuple((name, str(value)) for name, value in fields.items())
        return Sent(final.status, headers, page=final.body.template, fields=pairs, transport=transport)
    body = response.get_data()
    return Sent(final.status, headers, body[:JOURNAL_ANSWER_BYTES], len(body), transport=transport)


def finish(service: Service, grant: Grant | None, result: Answer) -> Answer:
    """Sign the tokens inside an answer, after which nothing may change it."""

    def sign(token: Unsigned) -> str:
        return service.sign(token, grant)

    if isinstance(result.body, Page):
        return replace(result, body=replace(result.body, values=seal(result.body.values, sign)))
    return replace(result, body=seal(result.body, sign))


def _routed(idp: Idp, http: Request, destination: Destination, received: Received) -> tuple[ServiceRequest, str]:
    """The request as plain data, and the name of the method that answers it."""
    emulation = destination.service.emulation
    form = first_values(received.form)
    route, path_parameters = _route(emulation, destination.path, http.method)
    request = ServiceRequest(
        service=destination.service,
        base_url=destination.base_url,
        method=http.method,
        path=destination.path,
        query=first_values(received.query),
        form=form,
        headers=joined_values(received.headers),
        body=received.body,
        path_parameters=path_parameters,
        endpoint=emulation.endpoint_of(route, form),
        repeated=received.repeated,
        host=destination.host,
        host_parts=destination.host_parts,
        query_text=http.query_string.decode("latin-1"),
    )
    # Where the host names no service but the request names a grant, the grant's service is meant.
    grant_id = emulation.grant_id(request)
    found = idp.services.find_grant(grant_id) if grant_id else None
    if found and found[0].emulation.id == emulation.id:
        request = replace(request, service=found[0])
    return request, route.handler


@cache
def _rules(emulation: Emulation) -> Map:
    """The routes of a vendor or proxy; a doubled slash is another address, as it is at the real services."""
    rules = [Rule(route.path, methods=[route.method], endpoint=route) for route in emulation.routes]
    return Map(rules, strict_slashes=False, merge_slashes=False)


def _route(emulation: Emulation, path: str, method: str) -> tuple[Route, Mapping[str, Any]]:
    """Find the route of a request; not_found and method_not_allowed are methods of every vendor."""
    # Routing would take two slashes at the start for one.
    if not path.startswith("//"):
        try:
            found: tuple[Route, Mapping[str, Any]] = _rules(emulation).bind("").match(path, method, return_rule=False)
        except MethodNotAllowed as error:
            allowed = tuple(sorted(set(error.valid_methods or ())))
            return Route(method, path, "method_not_allowed"), {"allowed": allowed}
        except NotFound:
            pass
        else:
            return found
    return Route(method, path, "not_found"), {}


def _ask(request: ServiceRequest, handler: str, injection: FaultInjection) -> _Outcome:
    emulation = request.service.emulation
    try:
        injection.refuse()
        if injection.replaces_handler:
            return _Outcome(Answer(200, {}))
        if handler == "method_not_allowed" and request.method == "OPTIONS":
            preflight = _preflight(request)
            if preflight:
                return _Outcome(preflight)
        return _Outcome(getattr(emulation, handler)(request))
    except Refusal as refusal:
        result = emulation.refuse(request, refusal)
        if request.endpoint is Endpoint.AUTHORIZATION:
            result = replace(result, headers=(*result.headers, (REFUSAL_HEADER, header_text(str(refusal)))))
        return _Outcome(result, refusal)


def _with_own_claims(request: ServiceRequest, outcome: _Outcome) -> _Outcome:
    """A profile with what its person's owner wants it to say as well."""
    answer = outcome.answer
    is_profile = request.endpoint is Endpoint.PROFILE and answer.status == _OK and isinstance(answer.body, dict)
    if not is_profile or request.grant is None or outcome.refusal:
        return outcome
    claims = request.service.persona(request.grant).claims_at(request.service.emulation.id)
    return replace(outcome, answer=replace(answer, body={**answer.body, **claims})) if claims else outcome


def _preflight(request: ServiceRequest) -> Answer | None:
    """The answer to a browser that asks before it sends a request, or None if this is no such question."""
    headers, methods = request.headers, request.path_parameters["allowed"]
    origin, method = headers.get("origin", ""), headers.get("access-control-request-method", "")
    if not origin or method not in methods:
        return None
    route, _ = _route(request.service.emulation, request.path, method)
    asked = headers.get("access-control-request-headers", "")
    allowed = cors.preflight_headers(request.service, route.endpoint, origin, methods, asked)
    return None if allowed is None else Answer(204, None, Encoding.EMPTY, headers=allowed)


def header_text(text: str) -> str:
    """A text as it may stand in a header field."""
    return "".join(character if " " <= character <= "~" else "?" for character in text)[:1000]


# --- the grant ------------------------------------------------------------------------------------


def _grant_of_outcome(service: Service, outcome: _Outcome) -> Grant | None:
    """The grant that came into being, or that a refusal was about."""
    grant_id = dict(outcome.answer.headers).get(GRANT_HEADER, "")
    if outcome.refusal and outcome.refusal.grant_id:
        grant_id = outcome.refusal.grant_id
    return service.store.grant(grant_id) if grant_id else None


# --- the journal ----------------------------------------------------------------------------------


def _enter(idp: Idp, http: Request, asked: ServiceRequest, received: Received, facts: Mapping[str, Any]) -> None:
    idp.journal.add(
        time=idp.clock.now(),
        method=http.method,
        scheme=http.scheme,
        host=str(http.environ.get("HTTP_HOST", "")),
        path=asked.path,
        address=http.path,
        query=received.query,
        form=received.form,
        headers=received.headers,
        service=asked.service.id,
        vendor=asked.service.emulation.id,
        endpoint=str(asked.endpoint),
        **facts,
    )


def _facts(asked: ServiceRequest, outcome: _Outcome, grant: Grant | None) -> dict[str, Any]:
    """What the journal says beside what came over the wire."""
    page = outcome.answer.body.values.get("request") if isinstance(outcome.answer.body, Page) else None
    consent = page if isinstance(page, AuthorizationRequest) else None
    about = consent or (grant.request if grant else None)
    client_id = asked.query.get("client_id") or offered_client_id(asked.headers, asked.form)
    refusal = outcome.refusal
    return {
        "client_id": client_id or (about.client.client_id if about else None),
        "request": consent.request_id if consent else None,
        "grant": grant.grant_id if grant else None,
        "reason": str(refusal.reason) if refusal else None,
        "detail": refusal.detail if refusal else None,
    }
