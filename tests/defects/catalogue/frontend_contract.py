"""What the frontend's own bookkeeping of sessions and scopes stumbles over."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Request, Response

from reference_backend.errors import AuthenticationError, InputError
from reference_backend.http import cors
from reference_backend.http.cookies import Cookie
from reference_backend.http.request import request
from reference_backend.identity import session_response
from reference_backend.identity.session_response import OAuthSession
from reference_backend.oauth import provider_cookies, scopes
from reference_backend.oauth import routes as oauth_routes
from reference_backend.oauth.oauth_environment import OAuthEnvironment
from reference_backend.oauth.routes import OAuthRoutes
from reference_backend.user_endpoints import routes as user_routes
from reference_backend.user_endpoints import user_cookie
from tests.defects.defect import defect, replace, wrap

Session = dict[str, Any]


@defect("FE-05", "FE-21")
def refresh_needs_a_user_token() -> None:
    """Refresh is for callers that have a Backstage token already."""

    def refresh(original: Callable[[OAuthRoutes], Response], routes: OAuthRoutes) -> Response:
        if "Authorization" not in request.headers:
            raise AuthenticationError("Missing credentials")
        return original(routes)

    wrap(OAuthRoutes, "refresh", refresh)


@defect("FE-21")
def session_in_an_envelope() -> None:
    """Refresh answers the session within an envelope, beside an error that is empty."""

    def refreshed(original: Callable[[OAuthEnvironment], Session], environment: OAuthEnvironment) -> Session:
        return {"error": None, "response": original(environment)}

    wrap(oauth_routes, "refreshed_session", refreshed)


@defect("FE-28", providers=("google",))
def cookie_good_for_one_refresh() -> None:
    """A refresh cookie is refused when it is sent a second time."""

    def refreshed(original: Callable[[OAuthEnvironment], Session], environment: OAuthEnvironment) -> Session:
        token = provider_cookies.read(request.plain_cookies, environment.cookies.refresh_token_name)
        if token in seen:
            raise InputError("Session cookie was used before")
        if token:
            seen.add(token)
        return original(environment)

    seen: set[str] = set()
    wrap(oauth_routes, "refreshed_session", refreshed)


@defect("FE-40", providers=("google",))
def id_token_at_sign_in_only() -> None:
    """Refresh keeps the vendor's new ID token to itself."""

    def info(original: Callable[..., Session], session: OAuthSession, scope: str) -> Session:
        found = original(session, scope)
        return {**found, "idToken": None} if request.path.endswith("/refresh") else found

    wrap(session_response, "provider_info", info)


@defect("FE-40", "FE-23", "FE-25", providers=("google",))
def openid_not_reported() -> None:
    """The session does not name openid, which is no permission, among the granted scopes."""

    def reported(original: Callable[..., str], *arguments: Any) -> str:
        return " ".join(scope for scope in original(*arguments).split() if scope != "openid")

    wrap(scopes, "reported", reported)


@defect("FE-77")
def preflight_knows_one_header() -> None:
    """The answer to a preflight allows the CSRF header, and no Authorization."""

    def preflight(original: Callable[..., Response | None], policy: Any, asked: Request) -> Response | None:
        response = original(policy, asked)
        if response is not None:
            response.headers["Access-Control-Allow-Headers"] = "x-requested-with"
        return response

    wrap(cors, "preflight", preflight)


@defect("FE-98", providers=("github",))
def implied_scopes_folded() -> None:
    """Of scopes that imply each other, the session names the broadest."""

    def info(original: Callable[..., Session], session: OAuthSession, scope: str) -> Session:
        named = scope.split()
        return original(session, " ".join(name for name in named if name != "read:org" or "repo" not in named))

    wrap(session_response, "provider_info", info)


@defect("FE-99", "FE-25", providers=("google",))
def one_scope_at_a_time() -> None:
    """Start asks for what is required and for the first scope beside it."""

    def combine(requested: list[str], granted: list[str], required: list[str], additional: list[str]) -> list[str]:
        extra = [scope for scope in requested if scope not in required]
        return [*required, *extra[:1], *granted, *additional]

    replace(scopes, "combine", combine)


@defect("FE-82")
def dropping_the_user_cookie_needs_a_token() -> None:
    """Clearing the user cookie requires a user token."""

    def clear(original: Callable[[], Response]) -> Response:
        if "Authorization" not in request.headers:
            raise AuthenticationError("Missing credentials")
        return original()

    wrap(user_routes, "clear_cookie", clear)


@defect("FE-80")
def user_cookie_expiry_in_seconds() -> None:
    """The expiry of the user cookie is given in milliseconds."""
    replace(user_cookie, "timestamp", lambda seconds: seconds * 1000)


@defect("FE-83")
def user_cookie_for_a_few_minutes() -> None:
    """The user cookie is over by the time at which the app wants to renew it."""

    def issue(original: Callable[..., Cookie], auth_base: str, limited: str, expires_at: float) -> Cookie:
        return original(auth_base, limited, expires_at - 55 * 60)

    wrap(user_cookie, "issue", issue)
