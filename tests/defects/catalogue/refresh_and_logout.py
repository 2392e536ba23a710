"""Renewing and ending a session."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from flask import Response

from reference_backend import routing
from reference_backend.backend import current_backend
from reference_backend.errors import AuthError, InputError, NotAllowedError
from reference_backend.http import origins, responses
from reference_backend.http.cookies import Cookie
from reference_backend.http.origins import AllowedOrigins
from reference_backend.http.request import request
from reference_backend.identity import session_response
from reference_backend.identity.session_response import OAuthSession, SignIn
from reference_backend.identity.token_issuer import RotatingKeys, TokenIssuer
from reference_backend.oauth import csrf, provider_cookies
from reference_backend.oauth import routes as oauth_routes
from reference_backend.oauth.oauth_environment import OAuthEnvironment
from reference_backend.oauth.routes import OAuthRoutes
from reference_backend.providers.oauth2_base import OAuth2Provider
from tests.defects.defect import always, defect, nothing, replace, wrap

Session = dict[str, object]


def check_header_except_at(route: str) -> None:
    """Leave the CSRF check out at one route."""

    def require(original: Callable[[str | None], None], value: str | None) -> None:
        if not request.path.endswith(route):
            original(value)

    wrap(csrf, "require_header", require)


@defect("REFRESH-01", "SEC-REFR-01", "FE-08")
def refresh_without_csrf_header() -> None:
    """Refresh works for callers that do not send X-Requested-With, as a foreign page's form."""
    check_header_except_at("/refresh")


@defect("LOGOUT-01", "SEC-LOGOUT-01")
def logout_without_csrf_header() -> None:
    """Logout works for callers that do not send X-Requested-With, as a foreign page's form."""
    check_header_except_at("/logout")


@defect("REFRESH-01")
def csrf_header_in_any_case() -> None:
    """The value of X-Requested-With is compared without regard to case."""
    wrap(csrf, "require_header", lambda original, value: original("XMLHttpRequest" if value else value))


@defect("REFRESH-02", "REFRESH-03", "OUT-R0", "GEN-11")
def refresh_errors_not_wrapped() -> None:
    """A failed refresh answers with the inner error and its status."""

    def refresh(routes: OAuthRoutes) -> Response:
        _, environment = oauth_routes.select(routes.environments)
        csrf.require_header(request.headers.get("X-Requested-With"))
        return responses.json_response(oauth_routes.refreshed_session(environment))

    replace(OAuthRoutes, "refresh", refresh)


@defect("REFRESH-02", "SEC-REFR-02", "FE-22", "OUT-R0")
def refresh_without_session_succeeds() -> None:
    """Refresh without a session answers an empty session."""

    def refreshed(original: Callable[[OAuthEnvironment], Session], environment: OAuthEnvironment) -> Session:
        name = environment.cookies.refresh_token_name
        return original(environment) if provider_cookies.read(request.plain_cookies, name) else {}

    wrap(oauth_routes, "refreshed_session", refreshed)


@defect("REFRESH-16")
def failed_refresh_deletes_the_cookie() -> None:
    """A vendor that is down for a moment ends all sessions."""

    def refreshed(original: Callable[[OAuthEnvironment], Session], environment: OAuthEnvironment) -> Session:
        try:
            return original(environment)
        except AuthError:
            context = oauth_routes.cookie_context(environment, None)
            responses.add_cookies(provider_cookies.clear_refresh_token(environment.cookies, context))
            raise

    wrap(oauth_routes, "refreshed_session", refreshed)


@defect("REFRESH-04", "REFRESH-09", "IDENT-01", "SEC-REFR-06", "FE-55")
def resolver_not_run_at_refresh() -> None:
    """Refresh renews the vendor's session and no identity."""

    def resolve(original: Callable[..., SignIn | None], environment: OAuthEnvironment, result: Any) -> SignIn | None:
        return None if request.path.endswith("/refresh") else original(environment, result)

    wrap(oauth_routes, "run_resolver", resolve)


@defect("REFRESH-09")
def refresh_repeats_the_token() -> None:
    """Refresh answers with the Backstage token that was issued first."""

    def issue(original: Callable[..., SignIn], self: TokenIssuer, subject: str, *arguments: Any) -> SignIn:
        return issued.setdefault(subject, original(self, subject, *arguments))

    issued: dict[str, SignIn] = {}
    wrap(TokenIssuer, "issue", issue)


@defect("REFRESH-09", "SEC-REFR-06", "REDIR-03", "COOKIE-16", "SEC-COOK-08", "FE-73")
def refresh_signs_in_somebody_else() -> None:
    """Refresh answers with another user's identity."""

    def resolve(original: Callable[..., SignIn | None], environment: OAuthEnvironment, result: Any) -> SignIn | None:
        if request.path.endswith("/refresh"):
            return current_backend().context.issue("user:default/petra-reed", ["user:default/petra-reed"])
        return original(environment, result)

    wrap(oauth_routes, "run_resolver", resolve)


@defect("REFRESH-06", "SEC-REFR-03", "FE-28")
def rotated_token_not_stored() -> None:
    """The vendor's new refresh token is thrown away."""
    replace(oauth_routes, "is_rotated", always(False))


@defect("REFRESH-07", providers=("google",))
def refresh_cookie_slides() -> None:
    """Every refresh sets the refresh cookie again, although the vendor does not rotate the token."""

    def store(
        original: Callable[..., None], environment: Any, context: Any, old: str, rotated: list[str], holder: Any
    ) -> None:
        original(environment, context, old, rotated or [old], holder)

    replace(oauth_routes, "is_rotated", lambda old, new: bool(new))
    wrap(oauth_routes, "store_rotated", store)


@defect("UP-14", providers=("github",))
def profile_not_read_again() -> None:
    """Refresh repeats the profile of the sign-in."""

    def fetch(original: Callable[..., Any], self: OAuth2Provider, access_token: str) -> Any:
        if not request.path.endswith("/refresh"):
            known[self] = original(self, access_token)
        return known[self]

    known: dict[OAuth2Provider, Any] = {}
    wrap(OAuth2Provider, "fetch_profile", fetch)


@defect("FE-07", "REFRESH-12")
def refresh_needs_an_origin() -> None:
    """Refresh refuses requests without Origin, which same-origin ones are."""

    def require(original: Callable[..., None], allowed: AllowedOrigins, header: str | None) -> None:
        if not header:
            raise NotAllowedError("Origin is missing")
        original(allowed, header)

    wrap(origins, "require_allowed_for_refresh", require)


@defect("ROUTE-03", "REFRESH-14")
def refresh_by_get_only() -> None:
    """Refresh by POST leads nowhere."""

    def serve(original: Callable[[str, str], Response], provider: str, route: str) -> Response:
        if route == "refresh" and request.method == "POST":
            return routing.not_found(InputError(""))
        return original(provider, route)

    wrap(routing, "serve", serve)


@defect("REFRESH-15")
def refresh_refuses_unknown_parameters() -> None:
    """Refresh refuses query parameters that it does not know."""

    def refresh(original: Callable[[OAuthRoutes], Response], routes: OAuthRoutes) -> Response:
        if set(request.parameters) - {"env", "scope", "optional"}:
            raise InputError("Unknown parameter")
        return original(routes)

    wrap(OAuthRoutes, "refresh", refresh)


@defect("IDENT-03", "SEC-COOK-06")
def refresh_token_in_the_body() -> None:
    """The session contains the vendor's refresh token."""

    def info(original: Callable[..., Session], session: OAuthSession, scope: str) -> Session:
        return {**original(session, scope), "refreshToken": session.refresh_token}

    wrap(session_response, "provider_info", info)


@defect("FRAME-17", "REFRESH-17", providers=("google",))
def refresh_cookie_without_a_token() -> None:
    """Without a refresh token the access token is kept in its place."""

    def complete(original: Callable[..., Any], self: OAuth2Provider, callback: Any) -> Any:
        result = original(self, callback)
        kept = result.session.refresh_token or result.session.access_token
        return dataclasses.replace(result, session=dataclasses.replace(result.session, refresh_token=kept))

    wrap(OAuth2Provider, "authenticate", complete)


@defect("FRAME-16", "REDIR-02", "COOKIE-14")
def refresh_token_not_kept() -> None:
    """The callback does not keep the vendor's refresh token."""

    def set_token(original: Callable[..., list[Cookie]], *arguments: Any) -> list[Cookie]:
        return [] if request.path.endswith("/frame") else original(*arguments)

    wrap(provider_cookies, "set_refresh_token", set_token)


@defect("LOGOUT-06", "SEC-LOGOUT-04")
def refresh_cookie_survives_logout() -> None:
    """Logout leaves the refresh cookie where it is."""
    replace(provider_cookies, "clear_refresh_token", always([]))


@defect("LOGOUT-07", "SEC-LOGOUT-04", providers=("github",))
def granted_scopes_survive_logout() -> None:
    """Logout leaves the granted scopes where they are."""
    replace(provider_cookies, "clear_granted_scope", always([]))


@defect("LOGOUT-02", "SEC-LOGOUT-02")
def logout_from_a_foreign_origin() -> None:
    """Any page may sign the user out."""
    replace(origins, "require_allowed_for_logout", nothing)


@defect("LOGOUT-02")
def logout_normalises_the_origin() -> None:
    """Logout takes an Origin header for what a browser would have made of it."""

    def require(original: Callable[..., None], allowed: AllowedOrigins, header: str | None) -> None:
        original(allowed, (header or "").rstrip("/"))

    wrap(origins, "require_allowed_for_logout", require)


@defect("LOGOUT-03")
def logout_needs_an_origin() -> None:
    """Logout refuses requests without Origin."""
    replace(
        origins, "require_allowed_for_logout", lambda allowed, header: origins.require_allowed(allowed, header or "")
    )


@defect("LOGOUT-05", "FE-35")
def logout_needs_a_session() -> None:
    """Logout without a session is an error."""

    def end(original: Callable[..., str | None], environment: OAuthEnvironment, asked: Any) -> str | None:
        if not asked.refresh_token:
            raise InputError("Missing session cookie")
        return original(environment, asked)

    wrap(oauth_routes, "end_vendor_session", end)


@defect("LOGOUT-04", "FE-36")
def logout_answers_json() -> None:
    """Logout answers an empty JSON object."""

    def logout(original: Callable[[OAuthRoutes], Response], routes: OAuthRoutes) -> Response:
        original(routes)
        return responses.json_response({})

    wrap(OAuthRoutes, "logout", logout)


@defect("LOGOUT-09", "SEC-LOGOUT-05", providers=("google",))
def vendor_session_not_ended() -> None:
    """Logout does not revoke the refresh token at the vendor."""
    replace(oauth_routes, "end_vendor_session", always(None))


@defect("LOGOUT-13")
def logout_withdraws_the_keys() -> None:
    """Logout makes all Backstage tokens invalid, those of others included."""

    def logout(original: Callable[[OAuthRoutes], Response], routes: OAuthRoutes) -> Response:
        response = original(routes)
        ring = current_backend().issuer._ring
        if isinstance(ring, RotatingKeys):
            ring._store.remove_keys([key["kid"] for key in ring.public_keys()])
            ring._current = None
        return response

    wrap(OAuthRoutes, "logout", logout)


@defect("ROUTE-04", "SEC-LOGOUT-03")
def logout_by_get() -> None:
    """A mere image with the address of logout signs the user out."""

    def not_allowed(original: Callable[[Any], Response], error: Any) -> Response:
        segments = request.path.strip("/").split("/")
        if request.method == "GET" and segments[-1] == "logout":
            return responses.empty(200)
        return original(error)

    wrap(routing, "method_not_allowed", not_allowed)
