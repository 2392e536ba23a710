"""Answers of a proxy provider that the frontend cannot use."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response

from reference_backend.errors import AuthenticationError, AuthError, InputError
from reference_backend.http import paths, responses
from reference_backend.http.request import request
from reference_backend.proxies.routes import ProxyRoutes
from tests.defects.catalogue.tokens import expire_after
from tests.defects.defect import defect, replace, wrap

Refresh = Callable[[ProxyRoutes], Response]


def change_session(change: Callable[[dict[str, Any]], object]) -> None:
    """Let the session of a proxy provider be another one."""

    def refresh(original: Refresh, routes: ProxyRoutes) -> Response:
        body = original(routes).get_json()
        change(body)
        return responses.json_response(body)

    wrap(ProxyRoutes, "refresh", refresh)


@defect("FE-66")
def proxied_profile_with_nulls() -> None:
    """What a profile does not have is null instead of missing."""
    change_session(lambda body: body["profile"].setdefault("picture", None))


@defect("FE-66")
def proxied_identity_of_another_type() -> None:
    """The identity of a proxy provider does not say that it is a user."""
    change_session(lambda body: body["backstageIdentity"]["identity"].update(type="guest"))


@defect("FE-67", providers=("oauth2Proxy",))
def proxied_token_of_five_minutes() -> None:
    """Backstage tokens expire before the frontend can use one twice."""
    expire_after(300)


@defect("FE-68", providers=("oauth2Proxy",))
def proxied_refusal_without_envelope() -> None:
    """A refusal of a proxy provider is a plain sentence."""

    def refresh(original: Refresh, routes: ProxyRoutes) -> Response:
        try:
            return original(routes)
        except AuthError as error:
            return Response(error.message, 401, content_type="text/plain")

    wrap(ProxyRoutes, "refresh", refresh)


@defect("FE-66", "FE-69")
def proxied_token_opaque() -> None:
    """The Backstage token of a proxy provider is an opaque text."""
    change_session(lambda body: body["backstageIdentity"].update(token="a-session-of-ours"))


@defect("FE-71", "FE-66")
def proxied_user_without_kind() -> None:
    """The user of a proxy provider is called by the name alone."""

    def change(body: dict[str, Any]) -> None:
        identity = body["backstageIdentity"]["identity"]
        identity["userEntityRef"] = identity["userEntityRef"].rpartition("/")[2]

    change_session(change)


@defect("FE-65")
def proxied_scripts_refused() -> None:
    """Refresh of a proxy provider is for navigations only, and refuses what scripts ask."""

    def refresh(original: Refresh, routes: ProxyRoutes) -> Response:
        if "X-Requested-With" in request.headers:
            raise AuthenticationError("No scripts")
        return original(routes)

    wrap(ProxyRoutes, "refresh", refresh)


@defect("FE-57", providers=("guest",))
def unknown_guest_is_a_bad_request() -> None:
    """A provider that is not there is called a mistake of the client."""
    replace(paths, "unknown_provider", lambda relative_path: InputError("Unknown auth provider"))
