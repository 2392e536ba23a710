"""The control API: grants, and the journal."""

from collections.abc import Mapping
from typing import Any

from flask import Response, request

from mock_idp.control.bodies import GRANT_CHANGE, GRANTS_QUERY, JOURNAL_QUERY
from mock_idp.control.descriptions import describe_grant
from mock_idp.control.events import JournalFeed
from mock_idp.control.members import ControlError, read_json
from mock_idp.control.operations import ANY_OBJECT, Operations, listing, no_content, ref
from mock_idp.emulation import Service
from mock_idp.faults.catalogue import FAULTS
from mock_idp.idp import Idp
from mock_idp.journal import Entry, describe_filter
from mock_idp.oauth.model import Grant
from mock_idp.server import transport
from mock_idp.setup.members import read_members as read_table
from mock_idp.transcript.export import har
from mock_idp.transcript.sign_ins import describe as describe_exchange

_MOST_DIGITS = 15
_LOOPBACK = ("127.", "::1", "::ffff:127.")


def add(operations: Operations, idp: Idp) -> None:
    """Add operations on grants and the journal."""

    @operations.route("GET", "/grants", "All grants.", query=GRANTS_QUERY, answer=listing("grants", ref("Grant")))
    def list_grants() -> Any:
        return {"grants": _grants(idp, request.args.to_dict())}

    @operations.route("GET", "/grants/<grant_id>", "A grant.", answer=ref("Grant"))
    def grant(grant_id: str) -> Any:
        return describe_grant(*_find_grant(idp, grant_id))

    @operations.route(
        "PATCH",
        "/grants/<grant_id>",
        "Change what a grant carries along, or revoke it.",
        body=GRANT_CHANGE,
        answer=ref("Grant"),
    )
    def change_grant(grant_id: str) -> Any:
        return _change_grant(idp, grant_id, read_json())

    @operations.deleting("/grants/<grant_id>", "Forget a grant, as if it had never been given.")
    def forget_grant(grant_id: str) -> Any:
        service, _ = _find_grant(idp, grant_id)
        service.store.forget_grant(grant_id)
        return no_content()

    @operations.route(
        "GET",
        "/journal",
        "What the mock was asked, in order.",
        query=JOURNAL_QUERY,
        answer=listing("entries", ref("Entry")),
    )
    def journal() -> Any:
        masked = not _is_local()
        # Before the entries, so that whoever asks for what came since then misses none.
        latest = idp.journal.latest
        return {"latest": latest, "entries": [entry.as_data(masked=masked) for entry in _entries(idp)]}

    @operations.route(
        "GET",
        "/journal/events",
        "The journal as it happens: an event for each entry after the last that came or that is named.",
        query={"since": {"type": "integer"}},
        media_type="text/event-stream",
    )
    def journal_events() -> Any:
        feed = JournalFeed(idp.journal, _last_known(idp))
        greeting = feed.greeting()
        if request.method == "GET":
            try:
                transport.follow(request.environ, feed)
            except transport.TooManyFollowersError as error:
                raise ControlError(str(error), 503) from error
        return Response(
            greeting, content_type="text/event-stream; charset=utf-8", headers={"Cache-Control": "no-store"}
        )

    @operations.route(
        "GET",
        "/journal.har",
        "Requests and answers as an HTTP Archive (HAR 1.2), credentials shortened.",
        query=JOURNAL_QUERY,
        answer=ANY_OBJECT,
    )
    def journal_har() -> Any:
        entries = _entries(idp)
        return har(describe_exchange(entry, idp.journal.answers(entry.sequence)) for entry in entries)

    @operations.deleting("/journal", "Forget all entries; their numbers go on.")
    def clear_journal() -> Any:
        idp.journal.clear()
        return no_content()


def _entries(idp: Idp) -> list[Entry]:
    """The entries that the query asks for."""
    try:
        return idp.journal.entries(describe_filter(request.args.to_dict()))
    except ValueError as mistake:
        raise ControlError(str(mistake)) from mistake


def _last_known(idp: Idp) -> int:
    """The last entry that a follower knows: it says so itself, or its browser does when it comes back."""
    unknown = [name for name in request.args if name != "since"]
    if unknown:
        raise ControlError(f"The events cannot be filtered by {unknown[0]!r:.80}; since is a sequence number.")
    said = request.args.get("since") or request.headers.get("Last-Event-ID") or str(idp.journal.latest)
    if not said.isascii() or not said.removeprefix("-").isdecimal() or len(said) > _MOST_DIGITS:
        raise ControlError(f"since is a sequence number, not {said!r:.40}.")
    return int(said)


def _grants(idp: Idp, wanted: Mapping[str, str]) -> list[dict[str, Any]]:
    unknown = [name for name in wanted if name not in GRANTS_QUERY]
    if unknown:
        there = ", ".join(GRANTS_QUERY)
        raise ControlError(f"Grants cannot be filtered by {unknown[0]!r:.80}; they can by {there}.")
    described = (
        describe_grant(service, grant) for service in idp.services.by_id.values() for grant in service.store.grants()
    )
    return [grant for grant in described if all(grant[name] == value for name, value in wanted.items())]


def _find_grant(idp: Idp, grant_id: str) -> tuple[Service, Grant]:
    found = idp.services.find_grant(grant_id)
    if found is None:
        raise ControlError(f"There is no grant {grant_id!r:.80}.", 404)
    return found


def _change_grant(idp: Idp, grant_id: str, data: Mapping[str, Any]) -> dict[str, Any]:
    service, grant = _find_grant(idp, grant_id)
    changes = read_table(data, GRANT_CHANGE, "What changes about a grant")
    if "faults" in changes:
        changes["faults"] = FAULTS.parse(data["faults"])
    return describe_grant(service, service.store.change_grant(grant_id, **changes) or grant)


def _is_local() -> bool:
    return (request.remote_addr or "").startswith(_LOOPBACK)
