"""Reads an HTTP request as plain data: parameters, fields, headers. Nothing a client sends may raise here."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl

from flask import Request

from mock_idp.settings import MOST_FIELDS

Pairs = tuple[tuple[str, str], ...]

FORM_TYPE = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Received:
    """What came, in order, repeated names kept.

    Parameters:
        query: query parameters.
        form: fields of the body, empty if it is no form.
        headers: header fields with lower-case names.
        body: the raw body.
    """

    query: Pairs
    form: Pairs
    headers: Pairs
    body: bytes

    @property
    def repeated(self) -> frozenset[str]:
        """Names of query or form parameters that came more than once."""
        return _repeated(self.query) | _repeated(self.form)


def read(request: Request) -> Received:
    """Read the current request."""
    body = request.get_data(cache=True)
    is_form = request.mimetype == FORM_TYPE
    return Received(
        query=parse_pairs(request.query_string),
        form=parse_pairs(body) if is_form else (),
        headers=tuple([(name.lower(), value) for name, value in request.headers.items()]),
        body=body,
    )


def parse_pairs(raw: bytes) -> Pairs:
    """Parse a query or a form; more than a thousand parameters are read as none at all."""
    try:
        text = raw.decode("utf-8", "replace")
        return tuple(parse_qsl(text, keep_blank_values=True, errors="replace", max_num_fields=MOST_FIELDS))
    except ValueError:
        return ()


def first_values(pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Name -> first value."""
    return dict(reversed(pairs))


def joined_values(pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Name -> all values, joined the way HTTP joins header fields (RFC 9110 section 5.3)."""
    joined: dict[str, str] = {}
    for name, value in pairs:
        joined[name] = f"{joined[name]}, {value}" if name in joined else value
    return joined


def _repeated(pairs: Pairs) -> frozenset[str]:
    counts = Counter([name for name, _ in pairs])
    return frozenset([name for name, count in counts.items() if count > 1])
