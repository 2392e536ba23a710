"""Providers behind an auth proxy, and the guest."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from flask import Response
from werkzeug.exceptions import NotFound

from reference_backend.errors import AuthenticationError, AuthError, NotAllowedError
from reference_backend.http import responses
from reference_backend.http.cookies import Cookie
from reference_backend.http.provider_routes import ProviderRoutes
from reference_backend.http.request import request
from reference_backend.identity import entity_ref
from reference_backend.identity.resolver_context import ByRef, ResolverContext
from reference_backend.identity.resolvers import Options, SignInInfo
from reference_backend.identity.session_response import Profile, SignIn
from reference_backend.oauth import csrf
from reference_backend.proxies import guest, oauth2_proxy
from reference_backend.proxies.base import ProxyRequest, ProxyResult
from reference_backend.proxies.guest import Guest
from reference_backend.proxies.oauth2_proxy import OAuth2Proxy
from reference_backend.proxies.routes import ProxyRoutes
from tests.defects.defect import defect, nothing, replace, wrap

Refresh = Callable[[ProxyRoutes], Response]
Authenticate = Callable[[Any, ProxyRequest], ProxyResult]


def before_refresh(check: Callable[[], object]) -> None:
    """Let refresh do something first."""

    def refresh(original: Refresh, routes: ProxyRoutes) -> Response:
        check()
        return original(routes)

    wrap(ProxyRoutes, "refresh", refresh)


@defect("PROXY-07")
def proxy_sets_cookies() -> None:
    """Refresh of a proxy provider sets a cookie."""
    cookie = Cookie("guest-session", "x", "/", 4e9, 600, secure=False, same_site="Lax")
    before_refresh(lambda: responses.add_cookies([cookie]))


@defect("PROXY-04")
def proxy_needs_the_csrf_header() -> None:
    """Refresh of a proxy provider wants X-Requested-With."""
    before_refresh(lambda: csrf.require_header(request.headers.get("X-Requested-With")))


@defect("ENV-14")
def proxy_has_environments() -> None:
    """Refresh of a proxy provider refuses environments that do not exist."""

    def check() -> None:
        if request.parameters.get("env", "development") != "development":
            raise NotAllowedError("No configuration available for this environment")

    before_refresh(check)


@defect("PROXY-03")
def proxy_by_get_only() -> None:
    """Refresh of a proxy provider takes no POST."""

    def check() -> None:
        if request.method == "POST":
            raise NotFound

    before_refresh(check)


@defect("PROXY-01")
def proxy_start_unknown() -> None:
    """Start of a proxy provider is reported as unknown, not as not implemented."""

    def start(self: ProxyRoutes) -> Response:
        del self
        raise NotFound

    replace(ProxyRoutes, "start", start)
    replace(ProxyRoutes, "frame", start)


@defect("PROXY-02", "ROUTE-14")
def proxy_logout_succeeds() -> None:
    """A proxy provider has a logout, which does nothing."""

    def logout(self: ProviderRoutes) -> Response:
        del self
        return responses.empty(200)

    replace(ProviderRoutes, "logout", logout)


@defect("PROXY-06", "RES-07", "RES-55")
def proxy_errors_wrapped() -> None:
    """Errors of a proxy provider are wrapped as those of OAuth providers are."""

    def refresh(original: Refresh, routes: ProxyRoutes) -> Response:
        try:
            return original(routes)
        except AuthError as error:
            raise AuthenticationError("Refresh failed", error) from error

    wrap(ProxyRoutes, "refresh", refresh)


@defect("PROXY-05", "FE-66", "GUEST-03")
def proxy_session_without_identity() -> None:
    """The session of a proxy provider has no identity."""

    def refresh(original: Refresh, routes: ProxyRoutes) -> Response:
        body = original(routes).get_json()
        return responses.json_response({name: body[name] for name in body if name != "backstageIdentity"})

    wrap(ProxyRoutes, "refresh", refresh)


@defect("GUEST-03", providers=("guest",))
def guest_with_provider_info() -> None:
    """The guest has a profile and provider info."""
    replace(Guest, "authenticate", lambda self, request: ProxyResult(Profile(display_name="Guest"), {}))


@defect("GUEST-05", providers=("guest",))
def guest_of_another_name() -> None:
    """The guest is another user than documented."""
    replace(guest, "DEFAULT_USER", "user:default/visitor")


@defect("GUEST-01", providers=("guest",))
def guest_refused() -> None:
    """The guest is refused although the configuration allows it."""

    def refuse(enabled: bool) -> None:
        raise NotAllowedError("No guests")

    replace(guest, "require_enabled", refuse)


@defect("RES-55", "OAUTH2PROXY-07", providers=("oauth2Proxy",))
def oauth2_proxy_without_user() -> None:
    """Without the forwarded user header, the forwarded e-mail address or a default user signs in."""

    def resolve(options: Options, info: SignInInfo, context: ResolverContext) -> SignIn:
        name = info.details.get("user") or (info.profile.email or "ada-quill@").partition("@")[0]
        return context.sign_in(ByRef(entity_ref.user(name)))

    replace(OAuth2Proxy.resolvers["forwardedUserMatchingUserEntityName"], "resolve", resolve)


@defect("SEC-IDENT-09", "OAUTH2PROXY-09", providers=("oauth2Proxy",))
def oauth2_proxy_takes_entity_references() -> None:
    """The user that oauth2-proxy forwards may be an entity reference."""

    def resolve(options: Options, info: SignInInfo, context: ResolverContext) -> SignIn:
        name = info.details.get("user")
        if not name:
            raise AuthError("Request did not contain a user")
        return context.sign_in(ByRef(entity_ref.parse(name, entity_ref.DEFAULT_USER_KIND)))

    replace(OAuth2Proxy.resolvers["forwardedUserMatchingUserEntityName"], "resolve", resolve)


@defect("SEC-PROXY-10", "OAUTH2PROXY-11", providers=("oauth2Proxy",))
def oauth2_proxy_takes_the_first_of_two_users() -> None:
    """Of a user header that came twice, the first value counts."""

    def authenticate(original: Authenticate, self: OAuth2Proxy, asked: ProxyRequest) -> ProxyResult:
        first = {name: value.partition(", ")[0] for name, value in asked.headers.items()}
        return original(self, dataclasses.replace(asked, headers=first))

    wrap(OAuth2Proxy, "authenticate", authenticate)


@defect("PROXY-06", "OAUTH2PROXY-06", providers=("oauth2Proxy",))
def oauth2_proxy_token_not_looked_at() -> None:
    """A token header of oauth2-proxy that is not a JWT is accepted."""
    replace(oauth2_proxy, "require_decodable", nothing)


@defect("SEC-PROXY-09", "PROXY-06", "OAUTH2PROXY-06", providers=("oauth2Proxy",))
def oauth2_proxy_token_crashes() -> None:
    """A token header of oauth2-proxy that is not a JWT causes a server error."""

    def refuse(original: Callable[[str], None], token: str) -> None:
        try:
            original(token)
        except AuthenticationError as error:
            raise AuthError("Invalid JWT") from error

    wrap(oauth2_proxy, "require_decodable", refuse)


@defect("PROXY-05", "OAUTH2PROXY-03", providers=("oauth2Proxy",))
def oauth2_proxy_without_access_token() -> None:
    """The session of oauth2-proxy lacks the token that was forwarded."""

    def authenticate(original: Authenticate, self: OAuth2Proxy, asked: ProxyRequest) -> ProxyResult:
        return dataclasses.replace(original(self, asked), provider_info={"accessToken": ""})

    wrap(OAuth2Proxy, "authenticate", authenticate)
