"""The HTTP exchanges of a case as people read them, secrets masked."""

import json
from typing import Any, Final
from urllib.parse import unquote_plus

from conformance.driver.browser import Transcript
from conformance.driver.secrets import Secrets
from conformance.driver.wire import HttpExchange, origin_of

BODY_CHARACTERS: Final = 4000
"""A longer body is cut; what was expected and what came stands in the checks."""

OUTLINE_CHARACTERS: Final = 160
"""A longer line of an outline is cut."""

OUTLINED: Final = ("set-cookie:", "location:")
"""Header fields that an outline shows."""

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


def render(transcript: Transcript, target_origin: str) -> list[dict[str, Any]]:
    """Every exchange as ``step``, ``request`` and ``response``: first line, headers and body.

    Parameters:
        transcript: the exchanges, with the secrets that must not be shown.
        target_origin: whose pages are shown; those of the mock IdP say nothing about the target.
    """
    return [
        {"step": transcript.step_of(number), **_exchange(exchange, transcript.secrets, target_origin)}
        for number, exchange in enumerate(transcript.exchanges)
    ]


def _exchange(exchange: HttpExchange, secrets: Secrets, target_origin: str) -> dict[str, Any]:
    request, response = exchange.request, exchange.response
    shown: dict[str, Any] = {
        "request": {
            "line": secrets.mask(f"{request.method} {request.url}"),
            "headers": _headers(request.headers, secrets),
            "body": _body(request.body, secrets),
        }
    }
    if response is not None:
        is_page = "html" in (response.header("content-type") or "") and origin_of(request.url) != target_origin
        body = f"«page of the mock IdP, {len(response.body)} bytes»" if is_page else _body(response.body, secrets)
        headers = _headers(response.headers, secrets)
        shown["response"] = {"line": str(response.status), "headers": headers, "body": body}
    return shown


def _headers(headers: tuple[tuple[str, str], ...], secrets: Secrets) -> list[str]:
    return [secrets.mask(f"{name}: {value}") for name, value in headers if name.lower() not in DULL_HEADERS]


def _body(body: bytes, secrets: Secrets) -> str:
    text = secrets.mask(body.decode("utf-8", "replace"))
    return text if len(text) <= BODY_CHARACTERS else f"{text[:BODY_CHARACTERS]}… ({len(text)} characters)"


def as_text(transcript: list[dict[str, Any]]) -> str:
    """A rendered transcript as text, every exchange whole."""
    lines: list[str] = []
    for number, exchange in enumerate(transcript, start=1):
        lines.append(f"── {number}, step {exchange['step']} " + "─" * 60)
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


def as_outline(transcript: list[dict[str, Any]], step: int) -> list[str]:
    """A rendered transcript in few lines: those of one step with cookies and bodies, the others as one line each."""
    lines = []
    for exchange in transcript:
        request, response = exchange["request"], exchange.get("response")
        status = response["line"] if response else "(no answer)"
        if exchange["step"] != step and exchange["step"] != step - 1:
            continue  # what led there, at most; the reports have everything
        lines.append(f"{exchange['step']:>3}  {_shortened(request['line'])} → {status}")
        if exchange["step"] != step or response is None:
            continue
        told = [header for header in response["headers"] if header.lower().startswith(OUTLINED)]
        lines += [f"       {_shortened(header)}" for header in told]
        if response["body"]:
            lines.append(f"       {_shortened(' '.join(_readable(response['body']).split()))}")
    return lines


def _shortened(text: str) -> str:
    return text if len(text) <= OUTLINE_CHARACTERS else f"{text[:OUTLINE_CHARACTERS]}…"


def _readable(body: str) -> str:
    """JSON indented and the message page's literals decoded, so that a person can read them."""
    try:
        return json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except ValueError:
        return unquote_plus(body) if "decodeURIComponent" in body else body
