"""What the mock IdP was asked, in order; tests read it, people look at it."""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any

from mock_idp.oauth.model import JsonValue

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
        faults: names of the faults that struck.
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

    def as_data(self, *, masked: bool) -> dict[str, JsonValue]:
        """The entry as plain data.

        Parameters:
            masked: True if credentials are shortened, for everybody who need not compare them.
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


class Journal:
    """A bounded list of entries; may be shared by threads.

    Parameters:
        limit: how many entries are kept; the oldest are forgotten first.
    """

    def __init__(self, limit: int) -> None:
        self._entries: deque[Entry] = deque(maxlen=limit)
        self._sequence = 0
        self._lock = Lock()

    def add(self, **fields: Any) -> Entry:
        """Add an entry; its sequence number is given here.

        Parameters:
            fields: all other fields of :class:`Entry`.
        """
        with self._lock:
            self._sequence += 1
            entry = Entry(sequence=self._sequence, **fields)
            self._entries.append(entry)
            return entry

    def bind(self, request: str, grant: str) -> None:
        """Tell the entry of an authorization request which grant came of it."""
        with self._lock:
            for index, entry in enumerate(self._entries):
                if entry.request == request:
                    self._entries[index] = replace(entry, grant=grant)

    def entries(self, wanted: Filter | None = None) -> list[Entry]:
        """The entries a filter lets through, in order."""
        with self._lock:
            entries = list(self._entries)
        return list(_filtered(entries, wanted)) if wanted else entries


def _filtered(entries: Sequence[Entry], wanted: Filter) -> Iterator[Entry]:
    by_state = _grants(entries, "state", wanted.state)
    by_code = _grants(entries, "code", wanted.code)
    for entry in entries:
        simple = (
            entry.sequence > wanted.since,
            wanted.grant in (None, entry.grant),
            wanted.vendor in (None, entry.vendor),
            wanted.service in (None, entry.service),
            wanted.endpoint in (None, entry.endpoint),
            wanted.state is None or _has(entry, "state", wanted.state) or entry.grant in by_state,
            wanted.code is None or _has(entry, "code", wanted.code) or entry.grant in by_code,
        )
        if all(simple):
            yield entry


def _grants(entries: Sequence[Entry], name: str, value: str | None) -> frozenset[str]:
    """The grants of the entries that carry a parameter with this value."""
    if value is None:
        return frozenset()
    return frozenset(entry.grant for entry in entries if entry.grant and _has(entry, name, value))


def _has(entry: Entry, name: str, value: str) -> bool:
    return (name, value) in entry.query or (name, value) in entry.form


def describe_filter(arguments: Mapping[str, str]) -> Filter:
    """Read a filter from query parameters.

    Parameters:
        arguments: parameters named like the fields of :class:`Filter`.

    Raises:
        ValueError: an unknown parameter, or ``since`` is no number; the message is one sentence.
    """
    names = ("grant", "state", "code", "vendor", "service", "endpoint", "since")
    unknown = [name for name in arguments if name not in names]
    if unknown:
        raise ValueError(f"The journal cannot be filtered by {unknown[0]!r}; it can by {', '.join(names)}.")
    fields: dict[str, Any] = dict(arguments)
    if "since" in fields:
        try:
            fields["since"] = int(fields["since"])
        except ValueError:
            raise ValueError(f"since is a sequence number, not {fields['since']!r:.40}.") from None
    return Filter(**fields)
