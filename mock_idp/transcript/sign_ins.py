"""Groups the journal's entries into sign-ins, and says of each request what people want to know."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import parse_qsl, quote

from mock_idp.journal import FILTERS, Entry, Filter, Pairs, Sent, describe_filter
from mock_idp.oauth.model import Endpoint, Grant
from mock_idp.transcript.decoding import Decoded, decode_json, decode_pairs
from mock_idp.transcript.masking import mask_pairs, mask_text, query_text

GrantOf = Callable[[Entry], Grant | None]
"""Finds the grant that an entry is about, if it is remembered."""

OWN_FILTERS: Final = ("person", "refused")
_DULL: Final = frozenset(
    [
        "accept-encoding",
        "accept-language",
        "cache-control",
        "connection",
        "content-length",
        "content-security-policy",
        "dnt",
        "host",
        "pragma",
        "priority",
        "referrer-policy",
        "upgrade-insecure-requests",
        "user-agent",
        "x-content-type-options",
    ]
)
"""Header fields that are the same for everybody; an archive (HAR) has them."""
_PAGES: Final[Mapping[str, str]] = {
    "consent": "The sign-in page.",
    "refused": "A page that says why not.",
    "signed_out": "A page that says that the user is signed out.",
    "form_post": "A page whose form goes to the client by itself.",
    "web_message": "A page that sends a message to the page around it.",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which sign-ins are wanted; None means any.

    Parameters:
        entries: which entries they are made of.
        endpoint: one of their requests went there.
        person: id of who decided.
        refused: True for those with a refusal only.
    """

    entries: Filter = field(default_factory=Filter)
    endpoint: str | None = None
    person: str | None = None
    refused: bool = False


def describe_wanted(arguments: Mapping[str, str]) -> Wanted:
    """Read filters from query parameters; an empty one means any.

    Raises:
        ValueError: an unknown parameter, or one with a value that it cannot have; the message is one sentence.
    """
    given = {name: value for name, value in arguments.items() if value}
    unknown = [name for name in arguments if name not in (*FILTERS, *OWN_FILTERS)]
    if unknown:
        there = ", ".join((*FILTERS, *OWN_FILTERS))
        raise ValueError(f"The journal cannot be filtered by {unknown[0]!r:.80}; it can by {there}.")
    own = {name: given.pop(name, None) for name in (*OWN_FILTERS, "endpoint")}
    if own["refused"] not in (None, "1"):
        raise ValueError(f"refused is 1 or left out, not {own['refused']!r:.80}.")
    return Wanted(describe_filter(given), own["endpoint"], own["person"], own["refused"] == "1")


@dataclass(frozen=True, slots=True)
class Shown:
    """An answer as people see it.

    Parameters:
        status: HTTP status.
        headers: header fields, credentials shortened.
        text: body, credentials shortened.
        note: what was answered in place of a body, or empty.
        decoded: the tokens in it.
    """

    status: int
    headers: Pairs
    text: str
    note: str
    decoded: Sequence[Decoded]

    @property
    def told_headers(self) -> Pairs:
        """The header fields that say something about this answer."""
        return _telling(self.headers)


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and what was answered, credentials shortened.

    Parameters:
        entry: the journal's entry, as it is; pages show nothing of it that may be a credential.
        time: when, as text.
        url: the address that was asked, with its query.
        query: its parameters.
        form: the fields of its body.
        headers: its header fields.
        decoded: the tokens in it.
        answers: what was answered: at once and, at a consent page, after the decision.
    """

    entry: Entry
    time: str
    url: str
    query: Pairs
    form: Pairs
    headers: Pairs
    decoded: Sequence[Decoded]
    answers: Sequence[Shown]

    @property
    def told_headers(self) -> Pairs:
        """The header fields that say something about this request."""
        return _telling(self.headers)


def _telling(headers: Pairs) -> Pairs:
    return tuple(
        (name, value) for name, value in headers if name.lower() not in _DULL and not name.lower().startswith("sec-")
    )


@dataclass(frozen=True, slots=True)
class SignIn:
    """What belongs to one sign-in, in order.

    Parameters:
        id: names it on a page; stays the same while it goes on.
        entries: its requests.
        grant: what was decided, if anything.
    """

    id: str
    entries: tuple[Entry, ...]
    grant: Grant | None

    @property
    def refusals(self) -> tuple[Entry, ...]:
        """Its requests that a vendor refused."""
        return tuple(entry for entry in self.entries if entry.reason)

    @property
    def outcome(self) -> str:
        """How it stands, in a word or two."""
        if self.grant is None and any(entry.grant for entry in self.entries):
            return "not remembered"
        if self.grant is None:
            is_open = any(entry.request for entry in self.entries) and not self.refusals
            return "refused" if self.refusals else "waits for a decision" if is_open else "answered"
        if self.grant.revoked and not self.grant.scopes and not _redeemed(self.entries):
            return "denied"
        return "refused in part" if self.refusals else "allowed"


def _redeemed(entries: Sequence[Entry]) -> bool:
    return any(entry.endpoint == Endpoint.TOKEN and not entry.reason for entry in entries)


def sign_ins(entries: Sequence[Entry], grant_of: GrantOf) -> tuple[list[SignIn], list[Entry]]:
    """Group entries.

    Parameters:
        entries: in order.
        grant_of: finds their grants.

    Returns:
        The sign-ins, the latest first; and the entries that belong to none: metadata and keys, mostly.
    """
    groups: dict[str, list[Entry]] = {}
    rest = []
    for entry in entries:
        if entry.grant or entry.request:
            groups.setdefault(f"grant-{entry.grant}" if entry.grant else f"request-{entry.request}", []).append(entry)
        elif entry.reason:
            groups[f"entry-{entry.sequence}"] = [entry]
        else:
            rest.append(entry)
    found = [SignIn(name, tuple(group), grant_of(group[0])) for name, group in groups.items()]
    return sorted(found, key=lambda one: one.entries[-1].sequence, reverse=True), rest


def fits(sign_in: SignIn, wanted: Wanted) -> bool:
    """Say whether a sign-in is wanted."""
    persona = sign_in.grant.persona if sign_in.grant else None
    return (
        wanted.person in (None, persona)
        and (not wanted.refused or bool(sign_in.refusals))
        and (wanted.endpoint is None or any(entry.endpoint == wanted.endpoint for entry in sign_in.entries))
    )


def describe(entry: Entry, answers: Sequence[Sent]) -> Exchange:
    """Say what people want to know about a request.

    Parameters:
        entry: the request.
        answers: what was answered, as far as it is remembered.
    """
    query = mask_pairs(entry.query)
    form, headers = mask_pairs(entry.form), mask_pairs(entry.headers)
    path = quote(entry.address or entry.path)
    text = query_text(query)
    return Exchange(
        entry=entry,
        time=datetime.fromtimestamp(entry.time, UTC).strftime("%H:%M:%S"),
        url=f"{entry.scheme}://{entry.host}{path}{'?' if text else ''}{text}",
        query=query,
        form=form,
        headers=headers,
        decoded=decode_pairs((*entry.query, *entry.form, *entry.headers)),
        answers=[_shown(answer) for answer in answers],
    )


def _shown(answer: Sent) -> Shown:
    media_type = dict(answer.headers).get("Content-Type", "")
    text = answer.body.decode("utf-8", "replace")
    is_whole = len(answer.body) == answer.length
    notes = [_PAGES.get(answer.page, "A page.")] if answer.page else []
    if answer.transport:
        notes.append(f"Instead of carrying this, the connection did: {answer.transport}.")
    if not is_whole:
        notes.append(f"The first {len(answer.body)} of {answer.length} bytes.")
    shown = Shown(answer.status, mask_pairs(answer.headers), "", " ".join(notes), decode_pairs(answer.fields))
    if answer.fields:
        return replace(shown, text=json.dumps(dict(mask_pairs(answer.fields)), indent=2, ensure_ascii=False))
    is_packed = any(name.lower() == "content-encoding" for name, _ in answer.headers)
    if "\0" in text or not text or is_packed:
        return shown
    return replace(shown, text=mask_text(text, media_type), decoded=[*shown.decoded, *_opened(text, answer.headers)])


def _opened(text: str, headers: Pairs) -> list[Decoded]:
    media_type = dict(headers).get("Content-Type", "")
    if "x-www-form-urlencoded" in media_type:
        try:
            return decode_pairs(tuple(parse_qsl(text)))
        except ValueError:
            return []
    try:
        value: Any = json.loads(text)
    except (ValueError, RecursionError):
        return []
    return decode_json(value)
