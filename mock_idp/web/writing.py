"""Writes an answer as an HTTP response."""

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from flask import Response, render_template, request

from mock_idp.oauth.model import FORM_POST, WEB_MESSAGE, Answer, Encoding, Page
from mock_idp.server import transport

_MEDIA_TYPES: Mapping[Encoding, str | None] = {
    Encoding.JSON: "application/json; charset=utf-8",
    Encoding.FORM: "application/x-www-form-urlencoded; charset=utf-8",
    Encoding.TEXT: "text/plain; charset=utf-8",
    Encoding.HTML: "text/html; charset=utf-8",
    Encoding.EMPTY: None,
    Encoding.BYTES: "application/octet-stream",
}

_SUBMIT = "document.forms[0].submit()"
_POST_MESSAGE = (
    "const told = document.documentElement.dataset;"
    "(window.opener || window.parent).postMessage(JSON.parse(told.message), told.origin)"
)

PAGE_HEADERS = (
    # No form-action here: browsers apply it to the redirects after a form as well.
    (
        "Content-Security-Policy",
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
    ),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Cache-Control", "no-store"),
)
"""A page with a sign-in form stands in no frame and loads nothing (RFC 9700 section 4.16)."""


def script_hash(script: str) -> str:
    """How a page names the one script that may run in it."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode('ascii')}'"


_FORM_POST_HEADERS = (
    # The one script that submits the form, and nothing else.
    ("Content-Security-Policy", f"{PAGE_HEADERS[0][1]}; script-src {script_hash(_SUBMIT)}"),
    *PAGE_HEADERS[1:],
)


def _page_headers(page: Page) -> tuple[tuple[str, str], ...]:
    """The header fields of a page; one that sends a message is framed by the page it is for, and by no other."""
    if page.template == FORM_POST:
        return _FORM_POST_HEADERS
    if page.template != WEB_MESSAGE:
        return PAGE_HEADERS
    framed = f"default-src 'none'; frame-ancestors {page.values['origin']}; base-uri 'none'"
    return (("Content-Security-Policy", f"{framed}; script-src {script_hash(_POST_MESSAGE)}"), *PAGE_HEADERS[1:])


def to_response(answer: Answer) -> Response:
    """Write an answer, whose tokens are signed already, as the response to the current request."""
    if answer.transport:
        transport.order(request.environ, answer.transport)
    body = _body(answer)
    if answer.charset:
        body = body.decode().encode(answer.charset, "replace")
    response = Response(body, status=answer.status)
    media_type = _MEDIA_TYPES[answer.encoding] if answer.content_type is None else answer.content_type
    if not media_type:
        del response.headers["Content-Type"]
    else:
        response.headers["Content-Type"] = media_type
    if isinstance(answer.body, Page):
        response.headers.extend(_page_headers(answer.body))
    for name, value in answer.headers:
        response.headers.add(name, value)
    return response


def _body(answer: Answer) -> bytes:
    body = answer.body
    if isinstance(body, Page):
        scripts = {"submit": _SUBMIT, "post_message": _POST_MESSAGE}
        return render_template(f"{body.template}.html", **body.values, **scripts).encode()
    if answer.encoding is Encoding.JSON:
        return json_bytes(body)
    if answer.encoding is Encoding.FORM:
        return _form_bytes(body)
    if answer.encoding is Encoding.EMPTY or body is None:
        return b""
    return body if isinstance(body, bytes) else str(body).encode("utf-8", "replace")


def json_bytes(value: Any) -> bytes:
    """Write JSON as UTF-8; what UTF-8 cannot say (a lone surrogate) is escaped."""
    try:
        return json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return json.dumps(value).encode()


def _form_bytes(body: Any) -> bytes:
    if not isinstance(body, Mapping):
        return b""
    pairs = [(name, value if isinstance(value, str) else json.dumps(value)) for name, value in body.items()]
    return urlencode(pairs, errors="replace").encode()
