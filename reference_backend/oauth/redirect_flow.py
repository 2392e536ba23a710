"""The flow without a popup: the result is a redirect back into the app (REDIR)."""

from urllib.parse import urlsplit, urlunsplit

from reference_backend.errors import InputError, NotAllowedError
from reference_backend.formats import encoding, urls
from reference_backend.http import origins
from reference_backend.http.origins import AllowedOrigins
from reference_backend.oauth.state import OAuthState


def is_redirect(state: OAuthState) -> bool:
    """Only the exact value ``redirect`` chooses this flow (FRAME-21)."""
    return state.flow == "redirect"


def require_redirect_url(state: OAuthState) -> str:
    """The place to go back to (REDIR-07)."""
    if not state.redirect_url:
        raise InputError("No redirectUrl provided in request query parameters")
    return state.redirect_url


def require_allowed_target(allowed: AllowedOrigins, redirect_url: str) -> None:
    """Refuse to send browsers to strangers (REDIR-08, REDIR-09).

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


def may_receive_errors(allowed: AllowedOrigins, state: OAuthState | None) -> bool:
    """Tell whether a failure is reported by a redirect rather than by the page (REDIR-04, REDIR-06)."""
    if state is None or not is_redirect(state) or not state.redirect_url:
        return False
    try:
        require_allowed_target(allowed, state.redirect_url)
    except (InputError, NotAllowedError):
        return False
    return True


def with_error(redirect_url: str, message: str) -> str:
    """The redirect URL with query parameter ``error``, re-serialised in form encoding (REDIR-04, 05)."""
    parts = urlsplit(redirect_url)
    # As in URLSearchParams.set: in the place of the first ``error``, or at the end.
    query = encoding.parse_form(parts.query)
    names = [name for name, _ in query]
    position = names.index("error") if "error" in names else len(query)
    others = [pair for pair in query if pair[0] != "error"]
    replaced = [*others[:position], ("error", message), *others[position:]]
    return urlunsplit((parts.scheme, parts.netloc, parts.path or "/", encoding.form(replaced), parts.fragment))
