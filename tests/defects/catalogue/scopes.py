"""Which scopes are asked for, remembered and reported."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterable
from typing import Any

from flask import Response, g

from reference_backend.http import responses
from reference_backend.http.cookies import Cookie
from reference_backend.http.request import request
from reference_backend.oauth import oauth_environment, provider_cookies, scopes
from reference_backend.oauth import routes as oauth_routes
from reference_backend.oauth.oauth_environment import OAuthEnvironment
from reference_backend.oauth.state import OAuthState
from reference_backend.providers.google import Google
from tests.defects.defect import always, defect, replace, wrap

Lists = list[str]


@defect("SCOPE-02", "SEC-SCOPE-01")
def required_scopes_left_out() -> None:
    """The vendor is asked for nothing but what the app asked for."""
    replace(scopes, "combine", lambda requested, granted, required, additional: [*requested, *granted, *additional])


@defect("SCOPE-01", "SCOPE-02", "SCOPE-12", "FE-99")
def requested_scopes_ignored() -> None:
    """The vendor is asked for what the provider requires, whatever the app asked for."""
    replace(scopes, "combine", lambda requested, granted, required, additional: [*granted, *required, *additional])


@defect("SCOPE-02")
def required_scopes_first() -> None:
    """The required scopes come before the requested ones."""

    def combine(requested: Lists, granted: Lists, required: Lists, additional: Lists) -> Lists:
        return [*required, *requested, *granted, *additional]

    replace(scopes, "combine", combine)


@defect("SCOPE-01", "SCOPE-02", "SEC-SCOPE-01", "SCOPE-03")
def scopes_joined_by_commas() -> None:
    """Scopes are sent to the vendor with commas between them."""
    replace(scopes, "join_unique", lambda found: ",".join(dict.fromkeys(found)))


@defect("SCOPE-02")
def duplicate_scopes_kept() -> None:
    """A scope that is both requested and required is sent twice."""

    def join(found: Iterable[str]) -> str:
        return " ".join(found)

    replace(scopes, "join_unique", join)


@defect("SCOPE-01", "SCOPE-03", "SCOPE-12")
def scopes_split_at_spaces_only() -> None:
    """Commas and vertical bars do not separate scopes."""
    replace(scopes, "SEPARATORS", re.compile(r"\s"))


@defect("SCOPE-03")
def additional_scopes_ignored() -> None:
    """The scopes that the operator adds are not asked for."""
    replace(oauth_environment, "additional_scopes", always([]))


@defect("SCOPE-03")
def additional_scopes_as_text_ignored() -> None:
    """The scopes that the operator adds count only if they are a list."""

    def additional(original: Callable[[Any], list[str]], config: Any) -> list[str]:
        return [] if isinstance(config.get("additionalScopes"), str) else original(config)

    wrap(oauth_environment, "additional_scopes", additional)


@defect("SCOPE-02", "SCOPE-04", "SEC-SCOPE-02", "SCOPE-09", "FE-24", providers=("github",))
def granted_scopes_forgotten() -> None:
    """What was granted before is not asked for again."""
    replace(scopes, "combine", lambda requested, granted, required, additional: [*requested, *required, *additional])


@defect("SEC-SCOPE-03", "FRAME-15", providers=("github",))
def scope_recorded_although_the_login_failed() -> None:
    """The scope cookie is written as soon as the browser is back from the vendor."""

    def complete(
        original: Callable[..., Response], environment: OAuthEnvironment, flow_state: OAuthState, target: str
    ) -> Response:
        context = oauth_routes.cookie_context(environment, target)
        responses.add_cookies(provider_cookies.set_granted_scope(environment.cookies, context, flow_state.scope or ""))
        return original(environment, flow_state, target)

    wrap(oauth_routes, "complete_flow", complete)


@defect("FRAME-15", "SEC-IDENT-05")
def session_kept_although_nobody_was_signed_in() -> None:
    """The refresh cookie is set before the sign-in resolver has succeeded."""

    def resolve(original: Callable[..., Any], environment: OAuthEnvironment, result: Any) -> Any:
        token = result.session.refresh_token
        if token and request.path.endswith("/frame"):
            responses.add_cookies(
                provider_cookies.set_refresh_token(
                    environment.cookies, oauth_routes.cookie_context(environment, None), token
                )
            )
        return original(environment, result)

    wrap(oauth_routes, "run_resolver", resolve)


@defect("FRAME-18", providers=("github",))
def refresh_cookie_before_the_scopes() -> None:
    """The refresh cookie is written before the granted scopes are."""

    def add_cookies(more: Iterable[Cookie]) -> None:
        g.cookies = [*more, *g.get("cookies", [])]

    replace(responses, "add_cookies", add_cookies)


@defect("SCOPE-06", providers=("github",))
def scopes_in_the_words_of_the_vendor() -> None:
    """A provider that remembers scopes reports and keeps the vendor's words for them."""

    def granted(environment: OAuthEnvironment, flow_state: OAuthState, result: Any) -> str:
        del environment, flow_state
        return str(result.session.scope)

    replace(oauth_routes, "granted_scope", granted)


@defect("SCOPE-07", providers=("github",))
def scope_missing_in_the_state_accepted() -> None:
    """A state that lost its scopes counts as one for no scopes."""
    replace(scopes, "require_in_state", lambda state_scope: state_scope or "")


@defect("SCOPE-04", "SCOPE-05", "SCOPE-08", "SEC-SCOPE-05", providers=("google",))
def scopes_remembered_for_every_provider() -> None:
    """Every provider reports the requested scopes instead of the granted ones."""
    replace(Google, "scopes", dataclasses.replace(Google.scopes, persisted=True))


@defect("SCOPE-08", "SEC-SCOPE-05", "FE-23", "FE-25", "FE-40", providers=("google",))
def granted_scope_not_reported() -> None:
    """The session does not say which scopes were granted."""
    replace(scopes, "reported", always(""))


@defect("SCOPE-09", "REFRESH-08", providers=("github",))
def scope_cookie_not_renewed() -> None:
    """Refresh does not write the granted scopes again, so that they expire."""

    def set_scope(original: Callable[..., list[Cookie]], *arguments: Any) -> list[Cookie]:
        return [] if request.path.endswith("/refresh") else original(*arguments)

    wrap(provider_cookies, "set_granted_scope", set_scope)
