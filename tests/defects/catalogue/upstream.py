"""What the backend says to the vendor, and what it makes of the answers."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import requests
from flask import Response

from reference_backend.errors import AuthError
from reference_backend.identity.session_response import OAuthSession
from reference_backend.oauth import oauth_errors
from reference_backend.oauth.oauth_errors import ProfileError
from reference_backend.oauth.provider import CallbackRequest
from reference_backend.oauth.routes import OAuthRoutes
from reference_backend.providers import github, oauth2_base
from reference_backend.providers.github import GitHub
from reference_backend.providers.oauth2_base import OAuth2Provider, TokenEndpointError
from reference_backend.providers.profiles import VendorProfile
from tests.defects.defect import defect, nothing, replace, wrap

Answer = dict[str, Any]


def change_callback(change: Callable[[CallbackRequest], CallbackRequest]) -> None:
    """Let providers see another callback than the one that came."""

    def complete(original: Callable[..., Any], self: OAuth2Provider, callback: CallbackRequest) -> Any:
        return original(self, change(callback))

    wrap(OAuth2Provider, "authenticate", complete)


def change_token_answer(change: Callable[[Answer], Answer]) -> None:
    """Let providers see another answer of the token endpoint than the one that came."""
    wrap(oauth2_base, "read_token_answer", lambda original, response: change(original(response)))


def without(members: Mapping[str, Any], *names: str) -> Answer:
    """A mapping without some of its members."""
    return {name: value for name, value in members.items() if name not in names}


@defect("SEC-TOKX-06", "UP-08", "OUT-P1")
def denial_ignored() -> None:
    """An error in the callback is overlooked, and a code beside it is redeemed."""
    change_callback(lambda callback: dataclasses.replace(callback, query=without(callback.query, "error")))


@defect("UP-08", "OUT-P1")
def denial_is_a_failure() -> None:
    """A denied consent is reported like any other failure."""
    replace(oauth_errors, "rejected", oauth_errors.failed)


@defect("UP-09")
def description_of_the_error_hidden() -> None:
    """An error in the callback is reported without its description."""
    replace(
        oauth_errors,
        "callback_error",
        lambda query: oauth_errors.rejected("") if "denied" in query["error"] else hidden(),
    )


@defect("FRAME-10", "OUT-P0")
def missing_code_redeemed() -> None:
    """A callback without code asks the vendor for a token with the code undefined."""
    change_callback(lambda one: dataclasses.replace(one, query={"code": "undefined", **one.query}))


@defect("SEC-TOKX-03")
def failed_exchange_repeated() -> None:
    """A code that was refused is redeemed once more."""

    def context(original: Callable[..., OAuthSession], self: OAuth2Provider, code: str) -> OAuthSession:
        try:
            return original(self, code)
        except AuthError:
            return original(self, code)

    wrap(OAuth2Provider, "exchange_code", context)


@defect("UP-07", "OUT-P3")
def token_error_without_description() -> None:
    """An error of the token endpoint is reported without the vendor's description."""
    replace(oauth_errors, "token_refused", lambda body: oauth_errors.no_token())


@defect("UP-10", "OUT-P5")
def unparsable_token_error_says_nothing() -> None:
    """An HTML error page of the token endpoint is reported without a message."""

    def refused(original: Callable[[str], AuthError], body: str) -> AuthError:
        return AuthError("Encountered invalid error") if "<html" in body else original(body)

    wrap(oauth_errors, "token_refused", refused)


@defect("SEC-TOKX-04", "SEC-TOKX-05", "OUT-P6")
def missing_access_token_accepted() -> None:
    """An answer of the token endpoint without access token counts as a success."""
    change_token_answer(lambda answer: {"access_token": "undefined", **answer})
    wrap(OAuth2Provider, "fetch_profile", unless_it_fails)


@defect("SEC-ROB-03", "OUT-P7")
def failing_vendor_brings_the_callback_down() -> None:
    """A vendor that is down ends the callback with a server error."""

    def frame(original: Callable[..., Response], routes: OAuthRoutes) -> Response:
        response = original(routes)
        if b"Failed%20to%20obtain" in response.get_data():
            raise AuthError("Bad gateway", status=502)
        return response

    wrap(OAuthRoutes, "frame", frame)


@defect("SEC-UINFO-02", "OUT-P9", "OUT-P10", providers=("google",))
def failed_profile_is_an_empty_one() -> None:
    """A profile that cannot be read counts as one without anything in it."""
    wrap(OAuth2Provider, "fetch_profile", unless_it_fails)


@defect("SEC-TOKX-07", providers=("github",))
def access_token_in_the_address() -> None:
    """The profile is asked for with the access token in the query, where logs keep it."""

    def ask(self: OAuth2Provider, access_token: str) -> requests.Response:
        address = f"{self.profile_url}?access_token={access_token}"
        headers = {"Authorization": f"Bearer {access_token}"}
        return self.context.http.request("GET", address, headers=headers)

    replace(OAuth2Provider, "request_profile", ask)


@defect("UP-06", providers=("google",))
def id_token_not_passed_on() -> None:
    """The session lacks the vendor's ID token."""
    change_token_answer(lambda answer: without(answer, "id_token"))


@defect("IDENT-04")
def lifetime_made_up() -> None:
    """The session reports a token lifetime of one minute, whatever the vendor sent."""
    change_token_answer(lambda answer: {**answer, "expires_in": 60})


@defect("UP-03", providers=("google", "github"))
def credentials_left_to_a_header() -> None:
    """The code is exchanged with the client's secret in a header instead of the body."""

    def basic(self: OAuth2Provider, grant_type: str) -> oauth2_base.ClientAuthentication:
        del self, grant_type
        return oauth2_base.ClientAuthentication.BASIC

    replace(OAuth2Provider, "client_authentication", basic)


@defect("UP-11", providers=("google", "github"))
def refresh_with_another_token() -> None:
    """The vendor is asked for a new token with something that is not the refresh token of the cookie."""

    def context(original: Callable[..., OAuthSession], self: OAuth2Provider, token: str, scope: str) -> OAuthSession:
        return original(self, token[::-1], scope)

    wrap(OAuth2Provider, "exchange_refresh_token", context)


@defect("UP-12", "OUT-R1", providers=("google",))
def refresh_shows_the_answer_of_the_vendor() -> None:
    """A failed refresh shows what the vendor answered."""

    def context(original: Callable[..., OAuthSession], self: OAuth2Provider, *arguments: str) -> OAuthSession:
        try:
            return original(self, *arguments)
        except AuthError as error:
            cause = error.__cause__
            raise AuthError(str(cause)) if isinstance(cause, TokenEndpointError) else error from error

    wrap(OAuth2Provider, "exchange_refresh_token", context)


@defect("UP-13", "OUT-R2", providers=("google",))
def refresh_without_access_token_accepted() -> None:
    """An answer to a refresh without access token counts as a success."""
    change_token_answer(lambda answer: {"access_token": "undefined", **answer})
    wrap(OAuth2Provider, "fetch_profile", unless_it_fails)


@defect("PROV-GITHUB-01", providers=("ghe",))
def enterprise_profile_at_another_path() -> None:
    """The user of a GitHub Enterprise instance is read at the path of github.com."""

    def create(original: Callable[..., None], self: GitHub, settings: Any) -> None:
        original(self, settings)
        self.profile_url = self.profile_url.replace("/api/v3/user", "/user")

    wrap(GitHub, "__init__", create)


@defect("PROV-GITHUB-02", providers=("github",))
def stored_access_token_unmarked() -> None:
    """The refresh cookie holds the access token behind another prefix."""
    replace(github, "ACCESS_TOKEN_PREFIX", "access-token.")


@defect("PROV-GITHUB-03", "SCOPE-10", providers=("github",))
def stored_access_token_gains_scopes() -> None:
    """A stored access token is reported to have whatever scope is asked for."""
    replace(github, "require_granted", nothing)


@defect("PROV-GITHUB-04", providers=("github",))
def revoked_access_token_not_recognised() -> None:
    """A stored access token that GitHub refuses is reported as a broken profile."""
    replace(github, "UNAUTHORIZED", 418)


def unless_it_fails(original: Callable[..., VendorProfile], self: OAuth2Provider, token: str) -> VendorProfile:
    """The profile, or an empty one."""
    try:
        return original(self, token)
    except ProfileError:
        return VendorProfile()


def hidden() -> AuthError:
    """A failure that says nothing."""
    return oauth_errors.failed("something went wrong")
