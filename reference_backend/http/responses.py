"""Responses in the forms that the protocol knows."""

import json
from collections.abc import Iterable
from typing import Any

from flask import Response, current_app, g
from markupsafe import escape

from reference_backend.formats import encoding
from reference_backend.http import cookies, web_message
from reference_backend.http.cookies import Cookie

DEVELOPMENT = "DEVELOPMENT"
"""Key of the application's configuration: NODE_ENV is ``development`` (GEN-10)."""
JSON_TYPE = "application/json; charset=utf-8"
HTML_TYPE = "text/html; charset=utf-8"
TEXT_TYPE = "text/plain; charset=utf-8"


def add_cookies(more: Iterable[Cookie]) -> None:
    """Set cookies on the answer, whatever the answer will be (START-10, REFRESH-11)."""
    if "cookies" not in g:
        g.cookies = []
    g.cookies.extend(more)


def write_cookies(response: Response) -> None:
    """Write the collected cookies, one header line each (protocol.md §44.9)."""
    for cookie in g.get("cookies", []):
        response.headers.add("Set-Cookie", cookies.header(cookie))


def json_response(data: Any, status: int = 200) -> Response:
    """JSON in UTF-8 (GEN-08), indented in development (GEN-10)."""
    if current_app.config[DEVELOPMENT]:
        text = encoding.escape_surrogates(json.dumps(data, indent=2, ensure_ascii=False))
    else:
        text = encoding.compact_json(data)
    return Response(text, status, content_type=JSON_TYPE)


def empty(status: int) -> Response:
    """No body and no media type (GEN-18, LOGOUT-04)."""
    response = Response(b"", status)
    del response.headers["Content-Type"]
    return response


class _EmptyWithLength(Response):
    """An empty answer that says so even with status 204, where Werkzeug would drop the header (HTTP-05)."""

    def get_wsgi_headers(self, environ: Any) -> Any:
        """Headers as they go out."""
        headers = super().get_wsgi_headers(environ)
        headers["Content-Length"] = "0"
        return headers


def empty_with_length(status: int) -> Response:
    """No body, no media type, ``Content-Length: 0`` (HTTP-05)."""
    response = _EmptyWithLength(b"", status)
    del response.headers["Content-Type"]
    return response


def text_page(text: str, status: int) -> Response:
    """A text with the media type that Express gives it (USERINFO-05, HTTP-01)."""
    return Response(text, status, content_type=HTML_TYPE)


def to_vendor(url: str) -> Response:
    """The redirect that starts a flow (START-01)."""
    response = empty(302)
    response.headers["Location"] = url
    return response


def uncached(response: Response) -> Response:
    """Keep tokens out of caches (SEC-REFR-08, SEC-ERR-07)."""
    response.headers["Cache-Control"] = "no-store"
    return response


def web_message_page(message: dict[str, Any], target_origin: str) -> Response:
    """The page of the popup flow (MSG)."""
    script = web_message.script(message, target_origin)
    response = Response(web_message.page(script), 200, content_type=web_message.CONTENT_TYPE)
    response.headers["Content-Security-Policy"] = web_message.content_security_policy(script)
    response.headers["X-Frame-Options"] = web_message.FRAME_OPTIONS
    return uncached(response)


def to_app(url: str, accepts_html: bool) -> Response:
    """The redirect that ends a redirect flow (REDIR-01, REDIR-11)."""
    location = encoding.location(url)
    text = f"Found. Redirecting to {location}"
    if accepts_html:
        response = Response(f"<p>{escape(text)}</p>", 302, content_type=HTML_TYPE)
    else:
        response = Response(text, 302, content_type=TEXT_TYPE)
    response.headers["Location"] = location
    response.vary.add("Accept")
    return response
