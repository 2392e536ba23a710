"""What the routes look at in a request."""

from flask import Request, g, request

from reference_backend.protocol import cookies, query, routes
from reference_backend.protocol.cookie_jar import Exchange
from reference_backend.web import backend

RAW_URL = "reference_backend.raw_url"


def raw_url() -> str:
    """Path and query as the client sent them."""
    raw = str(request.environ.get(RAW_URL) or request.path)
    # WSGI hands bytes over as Latin-1 (PEP 3333); what is not percent-encoded is UTF-8.
    return raw.encode("latin-1", "replace").decode("utf-8", "replace")


def relative_url() -> str:
    """The raw URL below the plugin's mount (GEN-05)."""
    return routes.relative_url(raw_url())


def parameters() -> dict[str, str]:
    """Query parameters (HTTP-14)."""
    return query.parse(raw_url().partition("?")[2])


def form() -> dict[str, str]:
    """Fields of a form body (HTTP-10); empty for any other body."""
    fields: dict[str, str] = g.get("form_fields", {})
    return fields


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
