"""What the mock IdP was asked, in order; tests read it, people look at it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any

from mock_idp.oauth.model import JsonValue
from mock_idp.settings import JOURNAL_ANSWERS

Pairs = tuple[tuple[str, str], ...]

SECRET_NAMES = frozenset(
    [
        "client_secret",
        "code",
        "access_token",
        "refresh_token",
        "id_token",
        "token",
        "assertion",
        "client_assertion",
        "code_verifier",
        "password",
        "subject_token",
        "authorization",
        "cookie",
        "connect.sid",
        "samlresponse",
        # What auth proxies add and read.
        "cf-access-jwt-assertion",
        "cf_authorization",
        "x-amzn-oidc-accesstoken",
        "x-amzn-oidc-data",
        "x-goog-iap-jwt-assertion",
        "x-ms-token-aad-id-token",
    ]
)
_SHOWN = 4


@dataclass(frozen=True, slots=True)
class Sent:
    """What was answered, for people; a page is not kept, only what its form sends on.

    Parameters:
        status: HTTP status.
        headers: header fields in order.
        body: the beginning of the body, as it was sent.
        length: how many bytes the whole body had.
        page: template of the page that was shown, or empty.
        fields: the fields of the form that the page sends by itself.
        transport: what the connection did instead of carrying the answer, or empty.
    """

    status: int
    headers: Pairs
    body: bytes = b""
    length: int = 0
    page: str = ""
    fields: Pairs = ()
    transport: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One request to a vendor.

    Parameters:
        sequence: counts up from 1.
        time: seconds since the epoch.
        service: id of the service.
        vendor: id of the vendor.
        endpoint: what the address is for.
        method: HTTP method.
        scheme: ``http`` or ``https``.
        host: the Host header.
        path: path below the service, percent-decoded.
        query: query parameters in order, repeated ones kept.
        form: form fields in order, repeated ones kept.
        headers: header fields with lower-case names.
        status: status that was answered.
        client_id: the client that asked, if it said so.
        request: id of the authorization request, if that is what it was.
        grant: id of the grant that is concerned, if there is one.
        reason: why the vendor said no, or None.
        detail: one sentence about it, or None.
        faults: names of the faults that were applied.
        address: path of the address as the client asked for it, percent-decoded.
    """

    sequence: int
    time: float
    service: str
    vendor: str
    endpoint: str
    method: str
    scheme: str
    host: str
    path: str
    query: Pairs
    form: Pairs
    headers: Pairs
    status: int
    client_id: str | None = None
    request: str | None = None
    grant: str | None = None
    reason: str | None = None
    detail: str | None = None
    faults: tuple[str, ...] = ()
    address: str = ""

    def as_data(self, *, masked: bool) -> dict[str, JsonValue]:
        """The entry as plain data.

        Parameters:
            masked: True if credentials are shortened, for readers who need not compare them.
        """
        hide = _hidden if masked else tuple
        query, form, headers = hide(self.query), hide(self.form), hide(self.headers)
        return {
            "sequence": self.sequence,
            "time": self.time,
            "service": self.service,
            "vendor": self.vendor,
            "endpoint": self.endpoint,
            "method": self.method,
            "scheme": self.scheme,
            "host": self.host,
            "path": self.path,
            "query": _by_name(query),
            "query_pairs": [list(pair) for pair in query],
            "form": _by_name(form),
            "form_pairs": [list(pair) for pair in form],
            "headers": dict(headers),
            "status": self.status,
            "client_id": self.client_id,
            "request": self.request,
            "grant": self.grant,
            "refusal": {"reason": self.reason, "detail": self.detail} if self.reason else None,
            "faults": list(self.faults),
        }


def _by_name(pairs: Pairs) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return values


def masked(value: str) -> str:
    """Shorten a credential so that two can be told apart but none can be used."""
    scheme, space, rest = value.rpartition(" ")
    return f"{scheme}{space}{rest[:_SHOWN]}…({len(rest)} characters)" if rest else value


def _hidden(pairs: Pairs) -> Pairs:
    return tuple((name, masked(value) if name.lower() in SECRET_NAMES else value) for name, value in pairs)


FILTERS = ("grant", "state", "code", "vendor", "service", "endpoint", "since")
"""By what the journal can be filtered."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which entries are wanted; None means any.

    Parameters:
        grant: id of a grant; includes the authorization request that led to it.
        state: value of the state parameter; includes what the same grant caused later.
        code: an authorization code; includes what the same grant caused.
        vendor: id of a vendor.
        service: id of a service.
        endpoint: what the address is for.
        since: only entries with a higher sequence number.
    """

    grant: str | None = None
    state: str | None = None
    code: str | None = None
    vendor: str | None = None
    service: str | None = None
    endpoint: str | None = None
    since: int = 0


_Key = tuple[str, str]
_INDEXED_PARAMETERS: Mapping[str, str] = {"state": "state", "code": "code", "RelayState": "state"}
"""Name of a parameter -> as what it is found; SAML's RelayState is what OAuth calls state."""


def _nobody(entry: "Entry") -> None:
    """Whom a journal tells of its entries at first."""


class Journal:
    """A bounded list of entries; may be shared by threads.

    Tests ask for one grant, code or state among thousands of entries, many times a second, so these are indexed.

    Parameters:
        limit: how many entries are kept; the oldest are forgotten first.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._answers: dict[int, tuple[Sent, ...]] = {}  # by sequence number, of the newest entries only
        self._changes = 0
        self.told: Callable[[Entry], None] = _nobody
        """Called with every new entry."""
        self._entries: dict[int, Entry] = {}  # by sequence number, the oldest first
        self._index: dict[_Key, set[int]] = {}
        self._sequence = 0
        self._lock = Lock()

    def add(self, answer: Sent | None = None, **fields: Any) -> Entry:
        """Add an entry; its sequence number is given here.

        Parameters:
            answer: what was answered.
            fields: all other fields of :class:`Entry`.
        """
        entry = self._add(answer, fields)
        self.told(entry)
        return entry

    def _add(self, answer: Sent | None, fields: Mapping[str, Any]) -> Entry:
        with self._lock:
            self._changes += 1
            self._sequence += 1
            entry = Entry(sequence=self._sequence, **fields)
            self._put(entry)
            oldest = self._entries.pop(self._sequence - self._limit, None)
            if oldest:
                self._forget(oldest)
            if answer:
                self._answers[self._sequence] = (answer,)
            self._answers.pop(self._sequence - min(JOURNAL_ANSWERS, self._limit), None)
            return entry

    def clear(self) -> None:
        """Forget all entries; sequence numbers go on."""
        with self._lock:
            self._entries.clear()
            self._index.clear()
            self._answers.clear()
            self._changes += 1

    def bind(self, request: str, grant: str, answer: Sent | None = None) -> None:
        """Tell the entry of an authorization request which grant came of it.

        Parameters:
            request: id of the request.
            grant: id of the grant.
            answer: what the browser was answered after the decision.
        """
        with self._lock:
            self._changes += 1
            for sequence in sorted(self._found("request", request)):
                if answer and sequence in self._answers:
                    self._answers[sequence] += (answer,)
                entry = self._entries[sequence]
                self._forget(entry)
                self._put(replace(entry, grant=grant))

    @property
    def latest(self) -> int:
        """Sequence number of the newest entry; 0 if there was none."""
        return self._sequence

    @property
    def changes(self) -> int:
        """How often something changed; two equal numbers mean that nothing did."""
        return self._changes

    def answers(self, sequence: int) -> tuple[Sent, ...]:
        """What an entry's request was answered: at once and, at a consent page, after the decision.

        Empty if that is not known any more.
        """
        return self._answers.get(sequence, ())

    def entries(self, wanted: Filter | None = None) -> list[Entry]:
        """The entries a filter lets through, in order."""
        wanted = wanted or Filter()
        with self._lock:
            candidates = [self._entries[sequence] for sequence in self._candidates(wanted)]
        return [entry for entry in candidates if _fits(entry, wanted)]

    def _put(self, entry: Entry) -> None:
        self._entries[entry.sequence] = entry
        for key in _keys(entry):
            self._index.setdefault(key, set()).add(entry.sequence)

    def _forget(self, entry: Entry) -> None:
        """Take an entry out of the index."""
        for key in _keys(entry):
            sequences = self._index[key]
            sequences.discard(entry.sequence)
            if not sequences:
                del self._index[key]

    def _found(self, name: str, value: str) -> set[int]:
        return self._index.get((name, value), set())

    def _candidates(self, wanted: Filter) -> Sequence[int]:
        """Sequence numbers of the entries that can fit, by what is indexed, in order."""
        found = []
        if wanted.grant is not None:
            found.append(self._found("grant", wanted.grant))
        for name, value in (("state", wanted.state), ("code", wanted.code)):
            if value is not None:
                found.append(self._with_their_grants(self._found(name, value)))
        if found:
            return sorted(set.intersection(*found))
        # Sequence numbers have no gaps.
        first = max(self._sequence - len(self._entries), wanted.since) + 1
        return range(first, self._sequence + 1)

    def _with_their_grants(self, sequences: set[int]) -> set[int]:
        """These entries, and everything else that belongs to their grants."""
        grants = {self._entries[sequence].grant for sequence in sequences}
        return sequences.union(*(self._found("grant", grant) for grant in grants if grant))


def _keys(entry: Entry) -> set[_Key]:
    """Under what an entry is found."""
    named = {("grant", entry.grant), ("request", entry.request)}
    pairs = (*entry.query, *entry.form)
    parameters = {(_INDEXED_PARAMETERS[name], value) for name, value in pairs if name in _INDEXED_PARAMETERS}
    return {(name, value) for name, value in named if value} | parameters


def _fits(entry: Entry, wanted: Filter) -> bool:
    """Say whether an entry fits what is not indexed."""
    return (
        entry.sequence > wanted.since
        and wanted.vendor in (None, entry.vendor)
        and wanted.service in (None, entry.service)
        and wanted.endpoint in (None, entry.endpoint)
    )


def describe_filter(arguments: Mapping[str, str]) -> Filter:
    """Read a filter from query parameters.

    Parameters:
        arguments: parameters named like the fields of :class:`Filter`.

    Raises:
        ValueError: an unknown parameter, or ``since`` is no number; the message is one sentence.
    """
    unknown = [name for name in arguments if name not in FILTERS]
    if unknown:
        raise ValueError(f"The journal cannot be filtered by {unknown[0]!r:.80}; it can by {', '.join(FILTERS)}.")
    fields: dict[str, Any] = dict(arguments)
    if "since" in fields:
        try:
            fields["since"] = int(fields["since"])
        except ValueError:
            raise ValueError(f"since is a sequence number, not {fields['since']!r:.40}.") from None
    return Filter(**fields)
