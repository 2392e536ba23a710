"""The flow that ends in a redirect back into the app."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from flask import Response, abort, g

from reference_backend.backend import current_backend
from reference_backend.http import responses
from reference_backend.http.cookies import Cookie
from reference_backend.identity import session_response
from reference_backend.oauth import redirect_flow
from reference_backend.oauth import routes as oauth_routes
from reference_backend.oauth.state import OAuthState
from tests.defects.defect import defect, nothing, replace, wrap


@defect("REDIR-01", "SEC-REDIR-04", "FE-46")
def token_in_the_redirect_address() -> None:
    """The redirect into the app carries the Backstage token in its query."""

    def respond(original: Callable[..., dict[str, Any]], *arguments: Any) -> dict[str, Any]:
        g.answer = original(*arguments)
        return dict(g.answer)

    def to_app(original: Callable[[str], Response], url: str) -> Response:
        token = g.answer["backstageIdentity"]["token"] if "answer" in g else ""
        return original(f"{url.partition('#')[0]}&token={token}")

    wrap(session_response, "session_response", respond)
    wrap(oauth_routes, "to_app", to_app)


@defect("REDIR-01")
def redirect_address_loses_its_fragment() -> None:
    """The redirect into the app drops what stands behind the hash sign."""
    wrap(oauth_routes, "to_app", lambda original, url: original(url.partition("#")[0]))


@defect("REDIR-02", "REDIR-03", "FE-46")
def redirect_flow_sets_no_cookies() -> None:
    """A finished redirect flow leaves no session behind."""

    def to_app(original: Callable[[str], Response], url: str) -> Response:
        g.cookies = []
        return original(url)

    wrap(oauth_routes, "to_app", to_app)


@defect("REDIR-04", "REDIR-06", "FE-47")
def redirect_flow_fails_in_the_page() -> None:
    """A failed redirect flow ends in the page of the popup flow."""
    wrap(oauth_routes, "report_failure", lambda original, error, flow_state, target: original(error, None, target))


@defect("REDIR-06")
def failed_checks_end_in_the_page() -> None:
    """A wrong nonce in a redirect flow is reported by the page, only errors of the vendor by the redirect."""

    def report(
        original: Callable[..., Response], error: Exception, flow_state: OAuthState | None, target: str
    ) -> Response:
        return original(error, None if "nonce" in str(error) else flow_state, target)

    wrap(oauth_routes, "report_failure", report)


@defect("REDIR-04", "FE-47")
def redirect_without_the_error() -> None:
    """A failed redirect flow goes back into the app without saying so."""
    replace(redirect_flow, "with_error", lambda app_url, message: app_url)


@defect("REDIR-04", "FE-47")
def error_under_another_name() -> None:
    """A failed redirect flow says what went wrong in a parameter that the app does not read."""
    wrap(redirect_flow, "with_error", lambda original, *told: original(*told).replace("?error=", "?error_message="))


@defect("REDIR-12")
def error_at_the_redirect_address() -> None:
    """A failed redirect flow goes to the address that it was started with."""

    def report(
        original: Callable[..., Response], error: Exception, flow_state: OAuthState | None, target: str
    ) -> Response:
        answer = original(error, flow_state, target)
        place = urlsplit(flow_state.redirect_url or "") if flow_state and flow_state.flow == "redirect" else None
        if place and place.netloc == urlsplit(target).netloc:
            query = urlsplit(answer.headers["Location"]).query
            answer.headers["Location"] = place._replace(path=place.path or "/", query=query).geturl()
        return answer

    wrap(oauth_routes, "report_failure", report)


@defect("REDIR-05")
def error_percent_encoded() -> None:
    """Spaces of the error are written as %20 in the redirectUrl."""
    wrap(redirect_flow, "with_error", lambda original, url, message: original(url, message).replace("+", "%20"))


@defect("REDIR-07", "FE-48")
def redirect_flow_needs_no_address() -> None:
    """A redirect flow without an address goes to the app's front page."""

    def require(redirect_url: str | None) -> str:
        return redirect_url or current_backend().settings.app_origin

    replace(redirect_flow, "require_redirect_url", require)


@defect("REDIR-08", "FE-49")
def redirect_to_any_host() -> None:
    """A redirect flow ends wherever the state says."""
    replace(redirect_flow, "require_allowed_target", nothing)


@defect("REDIR-09", crashes=True)
def malformed_redirect_address_crashes() -> None:
    """An invalid redirectUrl causes a server error."""

    def report(
        original: Callable[..., Response], error: Exception, flow_state: OAuthState | None, target: str
    ) -> Response:
        if flow_state is not None and flow_state.redirect_url and not flow_state.redirect_url.startswith("http"):
            abort(500)
        return original(error, flow_state, target)

    wrap(oauth_routes, "report_failure", report)


@defect("REDIR-10")
def error_in_a_cookie() -> None:
    """A failed redirect flow says why in a cookie, as an earlier release did."""

    def with_error(original: Callable[[str, str], str], redirect_url: str, message: str) -> str:
        responses.add_cookies([Cookie("auth-error", message, "/", 4e9, 600, secure=False, same_site="Lax")])
        return original(redirect_url, message)

    wrap(redirect_flow, "with_error", with_error)
