"""The consent form: one page for all vendors, the same for people and machines."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from flask import Request, Response

from mock_idp.emulation import Service, ServiceRequest
from mock_idp.faults.catalogue import FAULTS
from mock_idp.faults.injection import count_applied
from mock_idp.faults.model import FaultSpecError
from mock_idp.hosts import matches
from mock_idp.idp import Idp
from mock_idp.journal import Filter
from mock_idp.oauth.model import Answer, AuthorizationRequest, Encoding, Endpoint, FaultSpec, Page
from mock_idp.pages.fault_fields import read_choices
from mock_idp.pages.rendering import page
from mock_idp.people import People
from mock_idp.settings import TOKENS_WANTED_SECONDS
from mock_idp.vendors.base import Vendor
from mock_idp.web.dispatch import finish, sent
from mock_idp.web.reading import Pairs, first_values, read
from mock_idp.web.writing import to_response

_FOUND = 302
_CHOOSE_FAULTS = "faults"
_SEE_OTHER = 303  # RFC 9700 section 4.12: a 307 would send the form to the client


class ConsentError(ValueError):
    """A form that cannot be carried out; the message is one sentence."""


@dataclass(frozen=True, slots=True)
class _Decision:
    request_id: str
    persona: str
    decision: str
    scopes: tuple[str, ...]
    faults: tuple[FaultSpec, ...]
    faults_text: str


def decide(idp: Idp, request: Request) -> Response:
    """Carry out ``POST /__idp/consent``: make a grant and send the browser back to the client."""
    form = read(request).form
    try:
        cookies = {"cookie": request.headers.get("Cookie", "")}
        return _carry_out(idp, _read_decision(idp.people, form), cookies)
    except (ConsentError, FaultSpecError) as mistake:
        return _refused(request, str(mistake))


def nobody_came(idp: Idp, asked: AuthorizationRequest) -> bool:
    """Whether a client's last sign-in was allowed at the vendor's own host, without a token request there.

    That is what a backend looks like which was not started by ``mock-idp run``: the browser finds the mock at the
    vendor's name, the backend asks the real vendor, and reports only that it failed.

    Parameters:
        idp: the mock.
        asked: the client's next request.
    """
    client = asked.client
    service = idp.services.by_id.get(client.service)
    grant = service.store.latest_grant(client.client_id) if service else None
    if service is None or grant is None or service.emulation.kind != "oauth":
        return False
    is_by_name = any(matches(host, urlsplit(grant.request.base_url).hostname or "") for host in idp.host_patterns)
    age = idp.clock.now() - grant.granted_at
    if not is_by_name or grant.revoked or grant.faults or age < TOKENS_WANTED_SECONDS:
        return False
    # By grant first, which is indexed; a refused request may not have told which grant it was for.
    if any(entry.endpoint == Endpoint.TOKEN for entry in idp.journal.entries(Filter(grant=grant.grant_id))):
        return False
    asked_for = idp.journal.entries(Filter(service=service.id, endpoint=Endpoint.TOKEN))
    return not any(entry.client_id == client.client_id and entry.time >= grant.granted_at for entry in asked_for)


def _refused(request: Request, sentence: str) -> Response:
    if request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json":
        return to_response(Answer(400, {"error": sentence}))
    return to_response(Answer(400, Page("mistake", {"sentence": sentence}), Encoding.HTML))


def _read_decision(people: People, form: Pairs) -> _Decision:
    fields = first_values(form)
    if fields.get("persona") not in people.by_id:
        said = repr(fields["persona"]) if "persona" in fields else "none was chosen"
        raise ConsentError(f"persona must be one of {people.in_words}; {said}.")
    if fields.get("decision") not in ("allow", "deny", _CHOOSE_FAULTS):
        raise ConsentError("decision must be allow or deny.")
    return _Decision(
        request_id=fields.get("request", ""),
        persona=fields["persona"],
        decision=fields["decision"],
        scopes=tuple(dict.fromkeys(value for name, value in form if name == "scope")),
        faults=(*read_choices(form), *_read_faults(fields.get("faults", ""))),
        faults_text=fields.get("faults", ""),
    )


def _read_faults(text: str) -> tuple[FaultSpec, ...]:
    if not text.strip():
        return ()
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise ConsentError('faults is a JSON list, for instance ["json-null"].') from None
    return FAULTS.parse(data)


def _carry_out(idp: Idp, decision: _Decision, headers: Mapping[str, str]) -> Response:
    found = idp.services.find_request(decision.request_id)
    if found is None:
        raise ConsentError("This sign-in request is not known: it was decided before, or it is too old.")
    service, asked = found
    vendor = service.emulation
    if not isinstance(vendor, Vendor):
        raise ConsentError(f"There is no consent page at {vendor.title}.")
    _check_age(service, idp.settings.request_seconds, asked)
    beyond = [scope for scope in decision.scopes if scope not in asked.scopes]
    if beyond:
        raise ConsentError(f"The client did not ask for the scope {beyond[0]!r}.")
    if decision.decision == _CHOOSE_FAULTS:
        return page(
            "consent",
            "faults",
            vendor=vendor,
            request=asked,
            chosen=decision.persona,
            kept=decision.scopes,
            choosing=FAULTS.by_id.values(),
            faults_text=decision.faults_text,
        )
    # Taken out only now, so that a form with a mistake can be sent again.
    if service.store.take_request(decision.request_id) is None:
        raise ConsentError("This sign-in request was decided a moment ago.")
    request = ServiceRequest.of_authorization(service, asked, headers)
    if decision.decision == "allow":
        kept = tuple(scope for scope in asked.scopes if scope in decision.scopes)
        grant, answer = vendor.allow(request, asked, decision.persona, kept, decision.faults)
    else:
        grant, answer = vendor.deny(request, asked, decision.persona, decision.faults)
    injection = count_applied(service.store, service.faults, grant, Endpoint.AUTHORIZATION)
    final = finish(service, grant, injection.change(answer))
    final = replace(final, status=_SEE_OTHER) if final.status == _FOUND else final
    response = to_response(final)
    idp.journal.bind(asked.request_id, grant.grant_id, sent(final, response))
    return response


def _check_age(service: Service, most: float, asked: AuthorizationRequest) -> None:
    age = service.clock.now() - asked.received_at
    if age > most:
        raise ConsentError(f"This sign-in request is {age / 60:.0f} minutes old; start again.")
