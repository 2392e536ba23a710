"""The HTTP exchanges of a case as people read them, secrets masked."""

import json
from typing import Any, Final
from urllib.parse import unquote_plus

from conformance.driver.browser import Transcript
from conformance.driver.secrets import Secrets
from conformance.driver.wire import HttpExchange

BODY_CHARACTERS: Final = 4000
"""A longer body is cut; what was expected and what came stands in the checks."""

DULL_HEADERS: Final = frozenset(
    [
        "date",
        "connection",
        "keep-alive",
        "referrer-policy",
        "strict-transport-security",
        "x-content-type-options",
        "x-dns-prefetch-control",
        "x-download-options",
        "x-frame-options",
        "x-permitted-cross-domain-policies",
        "x-xss-protection",
        "content-length",
    ]
)
"""Left out; where a check is about one of them, the check shows the value."""


def render(transcript: Transcript) -> list[dict[str, Any]]:
    """Every exchange as ``request`` and ``response``: first line, headers and body."""
    return [_exchange(exchange, transcript.secrets) for exchange in transcript.exchanges]


def _exchange(exchange: HttpExchange, secrets: Secrets) -> dict[str, Any]:
    request, response = exchange.request, exchange.response
    shown: dict[str, Any] = {
        "request": {
            "line": secrets.mask(f"{request.method} {request.url}"),
            "headers": _headers(request.headers, secrets),
            "body": _body(request.body, secrets),
        }
    }
    if response is not None:
        shown["response"] = {
            "line": str(response.status),
            "headers": _headers(response.headers, secrets),
            "body": _body(response.body, secrets),
        }
    return shown


def _headers(headers: tuple[tuple[str, str], ...], secrets: Secrets) -> list[str]:
    return [secrets.mask(f"{name}: {value}") for name, value in headers if name.lower() not in DULL_HEADERS]


def _body(body: bytes, secrets: Secrets) -> str:
    text = secrets.mask(body.decode("utf-8", "replace"))
    return text if len(text) <= BODY_CHARACTERS else f"{text[:BODY_CHARACTERS]}… ({len(text)} characters)"


def as_text(transcript: list[dict[str, Any]]) -> str:
    """A rendered transcript as text for the terminal."""
    lines: list[str] = []
    for number, exchange in enumerate(transcript, start=1):
        lines.append(f"── {number} " + "─" * 70)
        for side, arrow in (("request", ">"), ("response", "<")):
            part = exchange.get(side)
            if part is None:
                lines.append("< (no answer)")
                continue
            lines.append(f"{arrow} {part['line']}")
            lines += [f"{arrow} {header}" for header in part["headers"]]
            if part["body"]:
                lines += [f"{arrow}   {line}" for line in _readable(part["body"]).splitlines()]
    return "\n".join(lines)


def _readable(body: str) -> str:
    """JSON indented and the message page's literals decoded, so that a person can read them."""
    try:
        return json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except ValueError:
        return unquote_plus(body) if "decodeURIComponent" in body else body
