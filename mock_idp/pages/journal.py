"""The journal's page: one card for each sign-in."""

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import Response, request

from mock_idp.idp import Idp
from mock_idp.journal import FILTERS, Entry, Filter
from mock_idp.oauth.model import Answer, Encoding, Endpoint, Grant, Page
from mock_idp.pages.rendering import page
from mock_idp.settings import CONTROL_PREFIX, JOURNAL_PAGE_SIGN_INS
from mock_idp.transcript.export import curl
from mock_idp.transcript.sign_ins import Exchange, SignIn, describe, describe_wanted, fits, sign_ins
from mock_idp.vendors.base import Vendor
from mock_idp.web.writing import to_response


@dataclass(frozen=True, slots=True)
class Card:
    """A sign-in as its card shows it.

    Parameters:
        id: of the card on its page.
        vendor: title of the vendor.
        accent: its colour.
        person: who decided, or empty.
        client_id: who asked, or empty.
        outcome: how it stands.
        scopes: what was granted.
        faults: what it carries along.
        grant: id of the grant, or empty.
        refusals: what was refused.
        exchanges: its requests.
        curl: writes one of them as a command.
    """

    id: str
    vendor: str
    accent: str
    person: str
    client_id: str
    outcome: str
    scopes: Sequence[str]
    faults: Sequence[str]
    grant: str
    refusals: Sequence[Entry]
    exchanges: Sequence[Exchange]
    curl: Callable[[Exchange], str]


def journal_page(idp: Idp) -> Response:
    """``GET /__idp/journal.html``."""
    try:
        wanted = describe_wanted(request.args.to_dict())
    except ValueError as mistake:
        return to_response(Answer(400, Page("mistake", {"sentence": str(mistake)}), Encoding.HTML))
    found, rest = sign_ins(idp.journal.entries(wanted.entries), functools.partial(_grant, idp))
    fitting = [sign_in for sign_in in found if fits(sign_in, wanted)]
    given = {name: value for name, value in request.args.to_dict().items() if value}
    is_about_all = not (wanted.person or wanted.refused)
    shown_rest = (
        [entry for entry in reversed(rest) if wanted.endpoint in (None, entry.endpoint)] if is_about_all else []
    )
    return page(
        "journal",
        "journal",
        cards=[card(idp, sign_in) for sign_in in fitting[:JOURNAL_PAGE_SIGN_INS]],
        more=len(fitting[JOURNAL_PAGE_SIGN_INS:]),
        rest=[_exchange(idp, entry) for entry in shown_rest[:JOURNAL_PAGE_SIGN_INS]],
        curl=_curl(idp),
        given=given,
        har_query=urlencode({name: value for name, value in given.items() if name in FILTERS}),
        vendors=[*idp.vendors.values(), *idp.proxies.values()],
        everybody=idp.people.shown.values(),
        endpoints=list(Endpoint),
    )


def cards_of(idp: Idp, wanted: Filter) -> list[Card]:
    """The cards of some entries."""
    return [card(idp, sign_in) for sign_in in sign_ins(idp.journal.entries(wanted), functools.partial(_grant, idp))[0]]


def card(idp: Idp, sign_in: SignIn) -> Card:
    """Say what the card of a sign-in shows."""
    first, grant = sign_in.entries[0], sign_in.grant
    emulation = {**idp.vendors, **idp.proxies}.get(first.vendor)
    named = [entry.client_id for entry in sign_in.entries if entry.client_id]
    return Card(
        id=sign_in.id,
        vendor=emulation.title if emulation else first.vendor,
        accent=emulation.accent if isinstance(emulation, Vendor) else Vendor.accent,
        person=idp.people.ever(grant.persona).name if grant else "",
        client_id=named[0] if named else "",
        outcome=sign_in.outcome,
        scopes=grant.scopes if grant else (),
        faults=[spec.fault for spec in grant.faults] if grant else (),
        grant=grant.grant_id if grant else "",
        refusals=sign_in.refusals,
        exchanges=[_exchange(idp, entry) for entry in sign_in.entries],
        curl=_curl(idp),
    )


def _exchange(idp: Idp, entry: Entry) -> Exchange:
    return describe(entry, idp.journal.answers(entry.sequence))


def _curl(idp: Idp) -> Callable[[Exchange], str]:
    urls: dict[str, Any] = idp.listener_info.describe(None)["urls"]
    authority = f"{urls.get('http', idp.settings.idp_url)}{CONTROL_PREFIX}/ca.pem"
    return lambda exchange: curl(exchange, urls.get("proxy", ""), authority)


def _grant(idp: Idp, entry: Entry) -> Grant | None:
    service = idp.services.by_id.get(entry.service)
    return service.store.grant(entry.grant) if service and entry.grant else None
