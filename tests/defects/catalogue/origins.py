"""Which origins may start a flow, receive a session and read answers."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from flask import Request, Response

from reference_backend.formats import glob, urls
from reference_backend.http import cors, origins, responses
from reference_backend.http.cookies import Cookie
from reference_backend.http.origins import AllowedOrigins
from reference_backend.oauth import provider_cookies
from reference_backend.oauth import routes as oauth_routes
from reference_backend.oauth.state import OAuthState
from tests.defects.defect import always, defect, nothing, replace, wrap


@defect("START-05", "FRAME-05", "SEC-ORIG-01", "SEC-ORIG-03", "LOGOUT-02", "SEC-LOGOUT-02")
def origin_not_checked() -> None:
    """Any page may start a flow, receive the session and sign the user out."""
    replace(origins, "require_allowed", nothing)


@defect("SEC-ORIG-02")
def origin_compared_by_prefix() -> None:
    """An origin that begins like the app's is allowed."""

    def is_allowed(original: Callable[[AllowedOrigins, str], bool], allowed: AllowedOrigins, origin: str) -> bool:
        return origin.startswith(allowed.app_origin) or original(allowed, origin)

    wrap(origins, "is_allowed", is_allowed)


@defect("SEC-ORIG-02")
def origin_compared_by_substring() -> None:
    """An origin parameter in which the app's origin occurs anywhere is allowed."""

    def normalise(original: Callable[[str], str], text: str) -> str:
        return "http://localhost:3000" if "http://localhost:3000" in text else original(text)

    wrap(origins, "normalise_at_start", normalise)


@defect("FRAME-05", "SEC-ORIG-03")
def origin_in_the_state_trusted() -> None:
    """The origin in the state is not checked again at the callback."""

    def state_origin(flow_state: OAuthState) -> str | None:
        return origins.normalise_in_state(flow_state.origin) if flow_state.origin else None

    replace(oauth_routes, "state_origin", state_origin)


@defect("ORIGIN-06", "ORIGIN-02")
def origin_not_normalised() -> None:
    """The origin parameter is compared as it was typed."""

    def normalise(original: Callable[[str], str], text: str) -> str:
        original(text)
        return text

    wrap(origins, "normalise_at_start", normalise)


@defect("START-04")
def unparsable_origin_is_just_not_allowed() -> None:
    """An origin that is no URL is treated as one that is not on the list."""
    replace(origins, "normalise_at_start", lambda text: text)


@defect("FRAME-04")
def unparsable_origin_in_the_state() -> None:
    """An origin in the state that is no URL is treated as one that is not on the list."""
    replace(origins, "normalise_in_state", lambda text: text)


@defect("START-09", "SEC-ORIG-01")
def refused_start_sets_cookies() -> None:
    """A start with an origin that is refused has set the nonce cookie already."""

    def require(original: Callable[..., None], allowed: AllowedOrigins, origin: str) -> None:
        name = provider_cookies.nonce_name("github")
        responses.add_cookies([Cookie(name, "x", "/", 4e9, 600, secure=False, same_site="Lax")])
        original(allowed, origin)

    wrap(origins, "require_allowed", require)


@defect("ORIGIN-07", "LOGOUT-02")
def opaque_origin_allowed() -> None:
    """The origin of sandboxed pages, null, is allowed."""

    def is_allowed(original: Callable[[AllowedOrigins, str], bool], allowed: AllowedOrigins, origin: str) -> bool:
        return origin == urls.OPAQUE or original(allowed, origin)

    wrap(origins, "is_allowed", is_allowed)


@defect("ORIGIN-02")
def extra_origins_ignored() -> None:
    """Only the app's own origin is allowed, whatever is configured beside it."""
    replace(origins, "is_allowed", lambda allowed, origin: origin == allowed.app_origin)


@defect("SEC-ORIG-08")
def dot_of_a_pattern_matches_anything() -> None:
    """In the patterns of extra origins, a dot stands for any character."""

    def matches(pattern: str, candidate: str) -> bool:
        return re.fullmatch(pattern.replace("*", "[^/]*"), candidate) is not None or (
            re.fullmatch(pattern.replace("*.", "*").replace("*", "[^/]*"), candidate) is not None
        )

    replace(glob, "matches", matches)


@defect("SEC-ORIG-08", "ORIGIN-04")
def pattern_not_anchored() -> None:
    """An extra origin is allowed if it begins like one that matches a pattern."""

    def matches(pattern: str, candidate: str) -> bool:
        return re.match(re.escape(pattern).replace(r"\*", "[^/]*"), candidate) is not None

    replace(glob, "matches", matches)


@defect("ORIGIN-04")
def port_ignored() -> None:
    """An extra origin is allowed on every port."""
    wrap(glob, "matches", lambda original, pattern, candidate: original(pattern, re.sub(r":\d+$", "", candidate)))


@defect("ORIGIN-02", "SEC-ORIG-08")
def scheme_ignored() -> None:
    """An extra origin for https is allowed over http as well."""
    wrap(glob, "matches", lambda o, pattern, candidate: o(pattern, re.sub("^http:", "https:", candidate)))


@defect("HTTP-04", "SEC-ORIG-07")
def cors_reflects_any_origin() -> None:
    """Scripts of any page may read answers, with cookies."""
    replace(cors, "allowed_origin", lambda policy, origin: origin)


@defect("SEC-ORIG-07")
def cors_allows_opaque_origins() -> None:
    """Scripts of sandboxed pages may read answers, with cookies."""

    def allowed(original: Callable[..., str | None], policy: Any, origin: str | None) -> str | None:
        return origin if origin == urls.OPAQUE else original(policy, origin)

    wrap(cors, "allowed_origin", allowed)


@defect("HTTP-03", "FE-06")
def cors_not_on_errors() -> None:
    """The app may not read errors across origins."""

    def write(original: Callable[..., None], response: Response, policy: Any, request: Request) -> None:
        if response.status_code < 400:
            original(response, policy, request)

    wrap(cors, "write", write)


@defect("HTTP-03")
def cors_without_credentials() -> None:
    """The app may not send cookies across origins."""

    def write(original: Callable[..., None], response: Response, policy: Any, request: Request) -> None:
        original(response, policy, request)
        response.headers.pop("Access-Control-Allow-Credentials", None)

    wrap(cors, "write", write)


@defect("HTTP-03")
def cors_without_vary() -> None:
    """A cache may give an answer for one origin to another."""

    def write(original: Callable[..., None], response: Response, policy: Any, request: Request) -> None:
        original(response, policy, request)
        response.headers["Vary"] = "Accept-Encoding"

    wrap(cors, "write", write)


@defect("HTTP-05", "FE-06", "FE-77")
def preflight_not_answered() -> None:
    """The browser's question whether the app may send its header gets no useful answer."""
    replace(cors, "preflight", always(None))
