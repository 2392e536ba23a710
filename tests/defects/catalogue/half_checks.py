"""Checks that look at half of what they should: they refuse the usual attempt and not its neighbour."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask import Response

from reference_backend.errors import AuthError
from reference_backend.http import origins, responses
from reference_backend.http.origins import AllowedOrigins
from reference_backend.http.request import request
from reference_backend.oauth import csrf, environments, nonce, provider_cookies
from reference_backend.oauth import routes as oauth_routes
from reference_backend.oauth.oauth_environment import OAuthEnvironment
from reference_backend.oauth.state import OAuthState
from tests.defects.defect import defect, wrap

Session = dict[str, object]


@defect("SEC-STATE-05")
def nonce_begins_the_same_every_time() -> None:
    """Nonces differ, but most of each is known."""

    def generate(original: Callable[..., str], random_bytes: Callable[[int], bytes]) -> str:
        return original(lambda count: bytes(count - 4) + random_bytes(4))

    wrap(nonce, "generate", generate)


@defect("SEC-STATE-11")
def refused_attempt_ends_the_newer_one() -> None:
    """An answer to an attempt that was given up takes the nonce of the newer attempt along."""

    def complete(
        original: Callable[..., Response], environment: OAuthEnvironment, flow_state: OAuthState, target: str
    ) -> Response:
        try:
            return original(environment, flow_state, target)
        except AuthError:
            responses.add_cookies(
                provider_cookies.clear_nonce(environment.cookies, oauth_routes.cookie_context(environment, target))
            )
            raise

    wrap(oauth_routes, "complete_flow", complete)


@defect("SEC-ORIG-02")
def user_of_an_origin_taken_for_the_origin() -> None:
    """What stands before the @ of an address is taken for its origin."""
    wrap(origins, "normalise_at_start", lambda original, text: original(text.partition("@")[0]))


@defect("SEC-LOGOUT-01")
def any_logout_header_will_do() -> None:
    """At logout, X-Requested-With may say anything."""

    def require(original: Callable[[str | None], None], value: str | None) -> None:
        if value is None or not request.path.endswith("/logout"):
            original(value)

    wrap(csrf, "require_header", require)


@defect("SEC-LOGOUT-02", "LOGOUT-02")
def logout_from_look_alike_origins() -> None:
    """At logout, an origin has to begin like an allowed one."""

    def require(original: Callable[..., None], allowed: AllowedOrigins, header: str | None) -> None:
        beginnings = [header[:end] for end in range(len(header) + 1)] if header else []
        if not any(origins.is_allowed(allowed, beginning) for beginning in beginnings):
            original(allowed, header)

    wrap(origins, "require_allowed_for_logout", require)


@defect("SEC-REFR-01")
def any_header_will_do_for_a_posted_refresh() -> None:
    """A refresh by POST may say anything in X-Requested-With."""

    def require(original: Callable[[str | None], None], value: str | None) -> None:
        if request.method != "POST" or not request.path.endswith("/refresh") or value is None:
            original(value)

    wrap(csrf, "require_header", require)


@defect("SEC-REFR-02")
def empty_refresh_cookie_is_a_session() -> None:
    """A refresh with an empty cookie is answered as if there was a session."""

    def refreshed(original: Callable[[OAuthEnvironment], Session], environment: OAuthEnvironment) -> Session:
        name = environment.cookies.refresh_token_name
        return {} if request.cookies.get(name) == "" else original(environment)

    wrap(oauth_routes, "refreshed_session", refreshed)


@defect("SEC-ENV-01")
def empty_environment_is_the_usual_one() -> None:
    """An empty environment stands for the one called development."""

    def requested(original: Callable[..., str], query: Mapping[str, str]) -> str:
        return "development" if query.get("env") == "" else original(query)

    wrap(environments, "requested", requested)
