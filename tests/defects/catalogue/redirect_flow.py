"""The flow that ends in a redirect back into the app."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response, abort, g

from reference_backend.backend import current_backend
from reference_backend.http import responses
from reference_backend.http.cookies import Cookie
from reference_backend.http.origins import AllowedOrigins
from reference_backend.identity import session_response
from reference_backend.oauth import redirect_flow
from reference_backend.oauth import routes as oauth_routes
from reference_backend.oauth.state import OAuthState
from tests.defects.defect import always, defect, nothing, replace, wrap


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
    replace(redirect_flow, "may_receive_errors", always(False))


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
    replace(redirect_flow, "with_error", lambda redirect_url, message: redirect_url)


@defect("REDIR-04")
def second_error_parameter() -> None:
    """The error is appended to the redirectUrl although it has one already."""

    def appended(redirect_url: str, message: str) -> str:
        address, hash_sign, fragment = redirect_url.partition("#")
        mark = "&" if "?" in address else "/?"
        return f"{address}{mark}error={message.replace(' ', '+').replace(',', '%2C')}{hash_sign}{fragment}"

    replace(redirect_flow, "with_error", appended)


@defect("REDIR-05")
def error_percent_encoded() -> None:
    """Spaces of the error are written as %20 in the redirectUrl."""
    wrap(redirect_flow, "with_error", lambda original, url, message: original(url, message).replace("+", "%20"))


@defect("REDIR-07", "FE-48")
def redirect_flow_needs_no_address() -> None:
    """A redirect flow without an address goes to the app's front page."""

    def require(state: OAuthState) -> str:
        return state.redirect_url or current_backend().settings.app_origin

    replace(redirect_flow, "require_redirect_url", require)


# What is no address at all crashes where it is written into the redirect.
@defect("REDIR-08", "FE-49", crashes=True)
def redirect_to_any_host() -> None:
    """A redirect flow ends wherever the state says."""
    replace(redirect_flow, "require_allowed_target", nothing)


@defect("REDIR-09", crashes=True)
def malformed_redirect_address_crashes() -> None:
    """An invalid redirectUrl causes a server error."""

    def require(original: Callable[..., None], allowed: AllowedOrigins, redirect_url: str) -> None:
        if not redirect_url.startswith("http"):
            abort(500)
        original(allowed, redirect_url)

    wrap(redirect_flow, "require_allowed_target", require)


@defect("REDIR-10")
def error_in_a_cookie() -> None:
    """A failed redirect flow says why in a cookie, as an earlier release did."""

    def with_error(original: Callable[[str, str], str], redirect_url: str, message: str) -> str:
        responses.add_cookies([Cookie("auth-error", message, "/", 4e9, 600, secure=False, same_site="Lax")])
        return original(redirect_url, message)

    wrap(redirect_flow, "with_error", with_error)
