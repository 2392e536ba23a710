"""The flow without a popup: the result is a redirect back into the app (REDIR)."""

from urllib.parse import urlsplit, urlunsplit

from reference_backend.errors import InputError, NotAllowedError
from reference_backend.formats import encoding, urls
from reference_backend.http import origins
from reference_backend.http.origins import AllowedOrigins


def is_redirect(flow: str | None) -> bool:
    """Only the exact value ``redirect`` chooses this flow (FRAME-21)."""
    return flow == "redirect"


def require_redirect_url(redirect_url: str | None) -> str:
    """The place to go back to (REDIR-07)."""
    if not redirect_url:
        raise InputError("No redirectUrl provided in request query parameters")
    return redirect_url


def require_allowed_target(allowed: AllowedOrigins, redirect_url: str) -> None:
    """Refuse to send browsers to strangers (REDIR-08, REDIR-09); at start, and again when the state comes back.

    Raises:
        InputError: not an absolute URL.
        NotAllowedError: its origin is not allowed.
    """
    try:
        origin = urls.origin(redirect_url)
    except ValueError as error:
        raise InputError("redirectUrl is invalid, failed to parse") from error
    if not origins.is_allowed(allowed, origin):
        raise NotAllowedError(f"Redirect to origin '{origin}' is not allowed")


def with_error(app_url: str, message: str) -> str:
    """The app's own URL with query parameter ``error`` and nothing else, in form encoding (REDIR-04, REDIR-05).

    Not the redirect URL: what went wrong may be that URL.
    """
    parts = urlsplit(app_url)
    return urlunsplit((parts.scheme, parts.netloc, parts.path or "/", encoding.form([("error", message)]), ""))
