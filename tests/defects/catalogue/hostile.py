"""What a hostile vendor, a stranger or a flood of input can achieve: leaks, detours, mixed-up clients, crashes."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from flask import Response

from reference_backend.errors import AuthError, InputError, NotAllowedError
from reference_backend.formats import query
from reference_backend.http import bodies, cors, responses, web_message
from reference_backend.http.client import BoundedAdapter
from reference_backend.http.request import request
from reference_backend.identity import resolvers
from reference_backend.oauth import nonce, oauth_errors, provider_cookies, redirect_flow, refresh_token_holders, scopes
from reference_backend.oauth import routes as oauth_routes
from reference_backend.oauth.oauth_environment import OAuthEnvironment
from reference_backend.oauth.provider import CallbackRequest
from reference_backend.oauth.routes import OAuthRoutes
from reference_backend.oauth.state import OAuthState
from reference_backend.providers import github, profiles
from reference_backend.providers.github import GitHub
from tests.defects.defect import always, defect, nothing, replace, wrap

FOLLOWED = 3
"""More redirects than that are not followed, even by a broken backend."""


def is_address(text: str) -> bool:
    """Whether a text is an absolute address of any kind."""
    try:
        return bool(urlsplit(text).scheme) and urlsplit(text).port is not False
    except ValueError:
        return False


@defect("SEC-STATE-06")
def error_told_to_strangers() -> None:
    """The vendor's error_description is shown before the nonce is checked."""

    def complete(original: Callable[..., Response], *arguments: Any) -> Response:
        if request.parameters.get("error"):
            raise oauth_errors.callback_error(request.parameters)
        return original(*arguments)

    wrap(oauth_routes, "complete_flow", complete)


@defect("SEC-STATE-12", providers=("github", "google"))
def code_redeemed_at_start() -> None:
    """Start takes a code in its query for the answer of the vendor, and redeems it."""

    def start(original: Callable[[OAuthRoutes], Response], routes: OAuthRoutes) -> Response:
        _, environment = oauth_routes.select(routes.environments)
        if "code" in request.parameters:
            with suppress(AuthError):
                environment.provider.authenticate(CallbackRequest(request.parameters, {}, {}))
        return original(routes)

    wrap(OAuthRoutes, "start", start)


@defect("SEC-REDIR-01", "REDIR-08")
def redirect_address_unchecked() -> None:
    """A successful redirect flow redirects to whatever URL the state has."""

    def require(allowed: Any, redirect_url: str) -> None:
        del allowed
        if not is_address(redirect_url):
            raise InputError("redirectUrl is invalid, failed to parse")

    replace(redirect_flow, "require_allowed_target", require)


@defect("SEC-REDIR-02", "SEC-REDIR-03", "REDIR-08")
def errors_sent_anywhere() -> None:
    """A failed redirect flow redirects to whatever URL the state has."""

    def report(original: Callable[..., Response], error: Any, state: OAuthState | None, target: str) -> Response:
        answer = original(error, state, target)
        if "Location" in answer.headers and state is not None and is_address(state.redirect_url or ""):
            answer.headers["Location"] = str(state.redirect_url)
        return answer

    wrap(oauth_routes, "report_failure", report)


@defect("SEC-REDIR-06", crashes=True)
def unparsable_redirect_address_crashes() -> None:
    """An invalid redirectUrl causes a server error."""

    def report(original: Callable[..., Response], error: Any, state: OAuthState | None, target: str) -> Response:
        if state is not None and state.redirect_url is not None and "://" not in state.redirect_url:
            raise ValueError(state.redirect_url)
        return original(error, state, target)

    wrap(oauth_routes, "report_failure", report)


@defect("SEC-ORIG-09", "MSG-02")
def page_in_any_frame() -> None:
    """Any page may put the callback page into a frame."""
    replace(web_message, "FRAME_OPTIONS", "ALLOWALL")


@defect("SEC-ERR-07", "SEC-REFR-08")
def answers_with_tokens_are_cached() -> None:
    """Nothing keeps callback page and session answers out of caches."""
    replace(responses, "uncached", lambda response: response)


@defect("SEC-TOKX-08", providers=("github", "google"))
def redirects_followed_with_credentials() -> None:
    """A redirect of the vendor is followed with code, secret or token."""

    def send(
        original: Callable[..., requests.Response],
        self: BoundedAdapter,
        prepared: requests.PreparedRequest,
        **named: Any,
    ) -> requests.Response:
        response = original(self, prepared, **named)
        for _ in range(FOLLOWED):
            location = response.headers.get("Location")
            if not location:
                break
            again = prepared.copy()
            again.url = urljoin(prepared.url or "", location)
            response = original(self, again, **named)
        return response

    wrap(BoundedAdapter, "send", send)


@defect("SEC-REFR-04", "REFRESH-07", providers=("google",))
def missing_refresh_token_stored() -> None:
    """A refresh without a new refresh token writes a word in its place."""

    def store(
        original: Callable[..., None],
        environment: OAuthEnvironment,
        context: Any,
        old: str,
        rotated: list[str],
        holder: Any,
    ) -> None:
        if not rotated:
            responses.add_cookies(provider_cookies.set_refresh_token(environment.cookies, context, "undefined"))
        original(environment, context, old, rotated, holder)

    wrap(oauth_routes, "store_rotated", store)


@defect("SEC-REFR-09", providers=("google",))
def rotated_token_lost() -> None:
    """A new refresh token is thrown away if the profile cannot be read afterwards."""

    def store(original: Callable[..., None], *arguments: Any) -> None:
        if sys.exc_info()[0] is None:
            original(*arguments)

    wrap(oauth_routes, "store_rotated", store)


@defect("SEC-REFR-10", "SEC-ORIG-07", "HTTP-04")
def any_origin_may_read() -> None:
    """Every page may read answers, with credentials."""
    replace(cors, "allowed_origin", lambda policy, origin: origin)


@defect("SEC-ENV-05", providers=("google",))
def refresh_token_for_any_environment() -> None:
    """The refresh token of one environment is sent with the client of another."""
    replace(refresh_token_holders, "is_of_environment", always(True))


@defect("SEC-LOGOUT-06", providers=("google",))
def logout_needs_the_vendor() -> None:
    """Logout fails if the vendor is unavailable."""
    replace(oauth_routes, "end_vendor_session", lambda environment, asked: environment.provider.logout(asked))


@defect("SEC-SCOPE-04", "PROV-GITHUB-03", providers=("github",))
def scopes_reported_as_asked_for() -> None:
    """A refresh reports and keeps whatever scope it was asked for."""
    replace(github, "require_granted", nothing)
    replace(scopes, "confirmed", lambda scope, requested, known: scope)


@defect("SEC-IDENT-08", providers=("github",))
def name_to_show_is_the_login() -> None:
    """The name that people choose freely counts as their login."""

    def map_profile(original: Callable[..., Any], self: GitHub, found: Mapping[str, Any]) -> Any:
        profile = original(self, found)
        return dataclasses.replace(profile, details={**profile.details, "username": found.get("name")})

    wrap(GitHub, "map_profile", map_profile)


@defect("SEC-IDENT-10", providers=("google",))
def tag_of_an_address_ignored() -> None:
    """An address is looked up without its tag only."""

    def email(original: Callable[..., str], profile: Any) -> str:
        found = original(profile)
        return resolvers.without_plus(found) or found

    wrap(resolvers, "required_email", email)


@defect("SEC-IDENT-13", "SEC-IDENT-14", providers=("oauth2",))
def blanks_around_an_address_ignored() -> None:
    """Blanks and invisible characters around an address are taken away."""

    def email(original: Callable[..., str], profile: Any) -> str:
        return original(profile).strip(" \n\0\u200b")

    wrap(resolvers, "required_email", email)


@defect("SEC-ERR-05")
def expected_nonce_told() -> None:
    """The error about a nonce contains the expected one."""

    def match(original: Callable[[str, str], None], sent: str, expected: str) -> None:
        if sent != expected:
            raise NotAllowedError(f"Invalid nonce, expected {expected}")
        original(sent, expected)

    wrap(nonce, "require_match", match)


@defect("SEC-ROB-06", crashes=True)
def long_input_crashes() -> None:
    """A header field or address of more than 16 kB is a server error."""

    def too_long(original: Callable[..., Any], *arguments: Any) -> Any:
        if len(request.url) + sum(len(value) for _, value in request.headers) > 16_384:
            raise MemoryError
        return original(*arguments)

    wrap(oauth_routes, "select", too_long)


@defect("SEC-ROB-07")
def bodies_of_any_size() -> None:
    """Bodies are read however large they are."""
    replace(bodies, "LIMIT", 1_000_000_000)


@defect("SEC-ROB-08", crashes=True)
def repeated_parameter_crashes() -> None:
    """A parameter that comes twice is a list, where a text was expected."""

    def parse(original: Callable[[str], dict[str, str]], text: str) -> dict[str, str]:
        names = [part.partition("=")[0] for part in text.split("&")]
        if len(names) != len(set(names)):
            raise TypeError("expected a text, not a list")
        return original(text)

    wrap(query, "parse", parse)


@defect("SEC-ROB-09", providers=("google",))
def pieces_of_cookies_uncounted() -> None:
    """Every piece of a cookie is answered, however many there are."""
    replace(provider_cookies, "MAX_CHUNKS", 100_000)


@defect("SEC-ROB-12", "OUT-P7", providers=("google",))
def broken_off_answer_is_a_server_error() -> None:
    """A truncated response ends the callback with a server error instead of the message page."""

    def frame(original: Callable[..., Response], routes: OAuthRoutes) -> Response:
        response = original(routes)
        if b"Failed%20to%20obtain" in response.get_data():
            raise AuthError("Bad gateway", status=502)
        return response

    wrap(OAuthRoutes, "frame", frame)


@defect("OUT-P8", providers=("google",), crashes=True)
def profile_of_another_shape_crashes() -> None:
    """A profile that is no JSON object ends the callback with a server error."""

    def frame(original: Callable[..., Response], routes: OAuthRoutes) -> Response:
        response = original(routes)
        if b"Failed%20to%20parse%20user%20profile" in response.get_data():
            raise KeyError("id")
        return response

    wrap(OAuthRoutes, "frame", frame)


@defect("SEC-ORIG-06", providers=("oauth2",))
def names_are_cleaned() -> None:
    """Markup is taken out of names, so that they do not arrive as they are."""

    def transform(original: Callable[..., Any], *arguments: Any) -> Any:
        found = original(*arguments)
        return dataclasses.replace(found, display_name=(found.display_name or "").replace("<", "").replace("'", ""))

    wrap(profiles, "transform", transform)
