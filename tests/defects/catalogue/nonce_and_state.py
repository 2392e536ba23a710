"""The nonce cookie and the state that have to belong together, and when they are looked at."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from flask import Response

from reference_backend.backend import current_backend
from reference_backend.errors import NotAllowedError
from reference_backend.formats import encoding
from reference_backend.http import origins
from reference_backend.http.cookies import Cookie
from reference_backend.http.request import BackendRequest, request
from reference_backend.oauth import nonce, provider_cookies, state
from reference_backend.oauth import routes as oauth_routes
from reference_backend.oauth.oauth_environment import OAuthEnvironment
from reference_backend.oauth.provider import CallbackRequest
from reference_backend.oauth.routes import OAuthRoutes
from reference_backend.oauth.state import OAuthState
from tests.defects.defect import always, defect, nothing, replace, wrap


@defect("FRAME-07", "SEC-STATE-02", "SEC-STATE-03")
def nonce_not_compared() -> None:
    """The callback takes any nonce cookie, whatever nonce is in the state."""
    replace(nonce, "require_match", nothing)


@defect("FRAME-06", "SEC-STATE-01")
def nonce_cookie_not_required() -> None:
    """A callback in a browser that has no nonce cookie is accepted."""

    def require_match(original: Callable[[str, str], None], sent: str, expected: str) -> None:
        if sent:
            original(sent, expected)

    replace(nonce, "require_cookie", lambda cookie_nonce: cookie_nonce or "")
    wrap(nonce, "require_match", require_match)


@defect("START-07", "SEC-STATE-05")
def nonce_too_short() -> None:
    """The nonce has four random bytes."""
    replace(nonce, "NONCE_BYTES", 4)


@defect("START-07", "SEC-STATE-05")
def nonce_reused() -> None:
    """Every flow has the same nonce."""
    replace(nonce, "generate", always("AAAAAAAAAAAAAAAAAAAAAA=="))


@defect("START-08")
def nonce_of_another_flow_in_the_cookie() -> None:
    """The nonce cookie does not hold the nonce of the state."""

    def set_nonce(original: Callable[..., list[Cookie]], settings: Any, context: Any, text: str) -> list[Cookie]:
        return original(settings, context, text[::-1])

    wrap(provider_cookies, "set_nonce", set_nonce)
    replace(nonce, "require_match", nothing)


@defect("START-08", "COOKIE-10", "FE-105")
def nonce_lives_for_a_day() -> None:
    """A flow may take a day."""
    replace(provider_cookies, "NONCE_MAX_AGE", 24 * 60 * 60)


@defect("SEC-STATE-11")
def second_attempt_keeps_the_first_nonce() -> None:
    """A second start in one browser leaves the first nonce in the cookie, and neither attempt can be finished."""

    def set_nonce(original: Callable[..., list[Cookie]], settings: Any, context: Any, text: str) -> list[Cookie]:
        if settings.nonce_name in context.received:
            return []
        return original(settings, context, text)

    # The narrow path would hide the cookie from start.
    replace(provider_cookies, "nonce_path", provider_cookies.path)
    wrap(provider_cookies, "set_nonce", set_nonce)


@defect("FRAME-03", "SEC-STATE-04")
def state_not_required() -> None:
    """A callback without state counts as one whose state fits the browser."""

    def decode(original: Callable[[str], OAuthState], text: str) -> OAuthState:
        if text:
            return original(text)
        name = provider_cookies.nonce_name(request.path.split("/")[3])
        return OAuthState(nonce=request.plain_cookies.get(name, "x"), env=request.parameters.get("env", ""))

    wrap(state, "decode", decode)


@defect("FRAME-03", "STATE-06")
def state_without_nonce_accepted() -> None:
    """A state without nonce is read as one with an empty nonce."""
    replace(state, "require_nonce", lambda found: found.setdefault("nonce", ""))


@defect("FRAME-08", "SEC-STATE-02", "SEC-STATE-01", "SEC-ORIG-03", "SEC-STATE-04")
def vendor_asked_before_the_checks() -> None:
    """The code is redeemed at the vendor before state, origin and nonce are looked at."""

    def frame(original: Callable[..., Response], routes: OAuthRoutes) -> Response:
        _, environment = oauth_routes.select(routes.environments)
        with_code = CallbackRequest(request.parameters, request.form_fields, {})
        try:
            result = environment.provider.authenticate(with_code)
        except Exception:
            return original(routes)
        redeemed.append(result)
        return original(routes)

    redeemed: list[Any] = []
    wrap(OAuthRoutes, "frame", frame)


@defect("FRAME-08")
def nonce_checked_before_the_origin() -> None:
    """The callback looks at the nonce first and at the state's origin afterwards."""

    def complete(
        original: Callable[..., Response], environment: OAuthEnvironment, flow_state: OAuthState, target: str
    ) -> Response:
        name = environment.cookies.nonce_name
        nonce.require_match(nonce.require_cookie(request.plain_cookies.get(name)), flow_state.nonce)
        origins.require_allowed(current_backend().settings.allowed_origins, target)
        return original(environment, flow_state, target)

    def state_origin(flow_state: OAuthState) -> str | None:
        return origins.normalise_in_state(flow_state.origin) if flow_state.origin else None

    replace(oauth_routes, "state_origin", state_origin)
    wrap(oauth_routes, "complete_flow", complete)


@defect("STATE-01")
def state_in_upper_case() -> None:
    """The hex of the state has capital letters."""
    wrap(state, "encode", lambda original, members: original(members).upper())


@defect("STATE-02")
def absent_members_in_the_state() -> None:
    """Members of the state that have no value are written as empty texts."""

    def members(original: Callable[[OAuthState], dict[str, str]], one: OAuthState) -> dict[str, str]:
        return {"origin": "", "redirectUrl": "", "flow": "", "scope": "", **original(one)}

    wrap(state, "members", members)


@defect("STATE-03")
def state_in_another_order() -> None:
    """The members of the state come in reverse order."""
    wrap(state, "members", lambda original, one: dict(reversed(original(one).items())))


@defect("STATE-04", "ORIGIN-06")
def origin_in_the_state_as_received() -> None:
    """The state carries the origin as it was typed, path and all."""

    def encode(original: Callable[[OAuthState], str], one: OAuthState) -> str:
        return original(dataclasses.replace(one, origin=request.parameters.get("origin")))

    wrap(state, "encode", encode)


@defect("STATE-05", "FE-45")
def redirect_address_cut_in_the_state() -> None:
    """The state carries the redirectUrl without its query."""

    def encode(original: Callable[[OAuthState], str], one: OAuthState) -> str:
        address = one.redirect_url and one.redirect_url.partition("?")[0]
        return original(dataclasses.replace(one, redirect_url=address))

    wrap(state, "encode", encode)


@defect("STATE-07")
def state_read_strictly() -> None:
    """A state is refused if anything follows its hex."""

    def strict_hex(text: str) -> bytes:
        try:
            return bytes.fromhex(text)
        except ValueError as error:
            raise NotAllowedError("OAuth state is invalid, missing env") from error

    replace(encoding, "lenient_hex", strict_hex)


@defect("SEC-ROB-02", "ENV-07", "STATE-06", crashes=True)
def garbage_in_the_state_crashes() -> None:
    """A state that is no hex is a server error."""
    replace(encoding, "lenient_hex", bytes.fromhex)


@defect("FRAME-19", "FE-106")
def nonce_not_used_up() -> None:
    """A callback leaves the nonce in the browser, and a second one with the same state asks the vendor again."""
    replace(provider_cookies, "clear_nonce", always([]))


@defect("FRAME-20")
def code_in_a_form_ignored() -> None:
    """A callback by POST finds no code in its form body."""
    replace(BackendRequest, "form_fields", {})
