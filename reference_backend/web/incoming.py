"""What the routes look at in a request."""

from typing import Any

from flask import Request, g, request

from reference_backend.protocol import cookies, query, routes
from reference_backend.protocol.cookie_jar import Exchange
from reference_backend.web import backend, bodies

RAW_URL = "reference_backend.raw_url"


def raw_url() -> str:
    """Path and query as the client sent them."""
    raw = str(request.environ.get(RAW_URL) or request.path)
    # WSGI hands bytes over as Latin-1 (PEP 3333); what is not percent-encoded is UTF-8.
    return raw.encode("latin-1", "replace").decode("utf-8", "replace")


def relative_url() -> str:
    """The raw URL below the plugin's mount (GEN-05)."""
    return routes.relative_url(raw_url())


def path_segment(index: int) -> str:
    """A segment of the path below the mount, as it was sent."""
    return routes.segment(relative_url().partition("?")[0], index)


def parameters() -> dict[str, str]:
    """Query parameters (HTTP-14)."""
    return query.parse(raw_url().partition("?")[2])


def query_members() -> dict[str, Any]:
    """Query parameters that are not taken for texts if they are lists or objects (AUTHZ-02)."""
    return query.members(raw_url().partition("?")[2])


def form() -> dict[str, str]:
    """Fields of a form body (HTTP-10); empty for any other body. Of a repeated field the first counts."""
    if request.mimetype != bodies.FORM:
        return {}
    return {name: value[0] if isinstance(value, list) else value for name, value in body().items()}


def body() -> Any:
    """The body, JSON or form (OIDC-06); an empty object for any other."""
    return g.get("body", {})


def received_cookies() -> dict[str, str]:
    """Cookies of the request (COOKIE-22, COOKIE-23)."""
    found = cookies.parse_header(request.headers.get("Cookie"))
    return cookies.without_signed(found) if backend.current().settings.signed_cookies else found


def exchange(origin: str | None) -> Exchange:
    """What this request contributes to cookies.

    Parameters:
        origin: effective app origin (COOKIE-06).
    """
    return Exchange(received_cookies(), backend.current().clock(), origin)


def origin_header() -> str | None:
    """The raw ``Origin`` header."""
    return request.headers.get("Origin") or None


def lower_case_headers(source: Request) -> dict[str, str]:
    """All headers by lower-case name."""
    return {name.lower(): value for name, value in source.headers.items()}
