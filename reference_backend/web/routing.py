"""Which function answers which path (ROUTE, GEN-14, GEN-15, GEN-18)."""

from collections.abc import Callable

from flask import Blueprint, Response, request
from werkzeug.exceptions import MethodNotAllowed

from reference_backend.config.authorization_server import AuthorizationServerSettings
from reference_backend.protocol import errors, routes
from reference_backend.protocol.errors import AuthError
from reference_backend.web import (
    backend,
    envelope,
    health,
    incoming,
    outgoing,
    user_cookie,
    user_info,
    well_known,
)
from reference_backend.web.authorization_server import consent, discovery, registration, token
from reference_backend.web.entry import Entry

METHOD_ORDER = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")


def blueprint(authorization_server: AuthorizationServerSettings) -> Blueprint:
    """All routes; automatic OPTIONS answers are replaced by :func:`method_not_allowed`.

    Parameters:
        authorization_server: what is on; the routes of what is off do not exist (OIDC-02, SEC-AS-16).
    """
    routed = Blueprint("auth", __name__)

    def add(path: str, view: Callable[..., Response], *methods: str) -> None:
        # Flask names a route after its function alone, and two modules may have one of the same name.
        name = f"{view.__module__}-{view.__name__}".replace(".", "-")
        routed.add_url_rule(path, name, view, methods=methods, provide_automatic_options=False)

    mount = routes.MOUNT
    add(f"{mount}/.well-known/jwks.json", well_known.user_keys, "GET")
    add(f"{mount}/.backstage/auth/v1/jwks.json", well_known.service_keys, "GET")
    add(f"{mount}/.backstage/auth/v1/cookie", user_cookie.issue, "GET")
    add(f"{mount}/.backstage/auth/v1/cookie", user_cookie.clear, "DELETE")
    add(f"{mount}/v1/userinfo", user_info.show, "GET")
    add(f"{mount}/<provider>/start", start, "GET")
    add(f"{mount}/<provider>/handler/frame", frame, "GET", "POST")
    add(f"{mount}/<provider>/refresh", refresh, "GET", "POST")
    add(f"{mount}/<provider>/logout", logout, "POST")
    add(f"{mount}/.well-known/openid-configuration", discovery.configuration, "GET")
    add(f"{mount}/.well-known/oauth-client/cli.json", discovery.cli_client, "GET")
    if authorization_server.is_on:
        add(f"{mount}/v1/authorize", consent.authorize, "GET")
        add(f"{mount}/v1/sessions/<session_id>", consent.show, "GET")
        add(f"{mount}/v1/sessions/<session_id>/approve", consent.approve, "POST")
        add(f"{mount}/v1/sessions/<session_id>/reject", consent.reject, "POST")
        add(f"{mount}/v1/token", token.issue, "POST")
        add(f"{mount}/v1/revoke", token.revoke, "POST")
    if authorization_server.registration is not None:
        add(f"{mount}/v1/register", registration.register, "POST")
    add(f"{health.PREFIX}/readiness", health.ok, "GET")
    add(f"{health.PREFIX}/liveness", health.ok, "GET")
    return routed


def find(provider: str) -> Entry:
    """The provider of that id.

    Raises:
        NotFoundError: it is unknown, not configured or misconfigured (ROUTE-05, ROUTE-08, ROUTE-11).
    """
    entry = backend.current().providers.entries.get(provider)
    if entry is None:
        raise no_route()
    return entry


def no_route() -> AuthError:
    """Say why nothing answers this path (ROUTE-05 … ROUTE-09)."""
    path = incoming.relative_url().partition("?")[0]
    segment = routes.canonical(path).strip("/").partition("/")[0]
    known = backend.current().providers
    if segment in known.unconfigured:
        return routes.not_registered(known.unconfigured[segment])
    if segment in known.misconfigured:
        return routes.misconfigured(known.misconfigured[segment])
    return routes.unknown_provider(path)


def start(provider: str) -> Response:
    """``/{p}/start``."""
    return find(provider).start()


def frame(provider: str) -> Response:
    """``/{p}/handler/frame``."""
    return find(provider).frame()


def refresh(provider: str) -> Response:
    """``/{p}/refresh``."""
    return find(provider).refresh()


def logout(provider: str) -> Response:
    """``/{p}/logout``."""
    return find(provider).logout()


def not_found(error: Exception) -> Response:
    """A path without route, or a route that this provider lacks (PROXY-02, ROUTE-14).

    Outside the plugin and at its root the answer is empty (GEN-18).
    """
    del error
    path = routes.canonical(incoming.raw_url().partition("?")[0])
    if path == routes.MOUNT or not path.startswith(f"{routes.MOUNT}/"):
        return outgoing.empty(404)
    return envelope.render(no_route())


def method_not_allowed(error: MethodNotAllowed) -> Response:
    """A route that does not take the method: as if it were not there, except for OPTIONS (HTTP-01)."""
    if request.method != "OPTIONS" or not is_owned():
        return not_found(error)
    allowed = ",".join(method for method in METHOD_ORDER if method in (error.valid_methods or []))
    response = outgoing.text_page(allowed, 200)
    response.headers["Allow"] = allowed
    return response


def is_owned() -> bool:
    """Tell whether the path belongs to a configured provider or to the plugin itself."""
    segments = routes.canonical(routes.relative_url(request.path)).strip("/").split("/")
    entry = backend.current().providers.entries.get(segments[0])
    if entry is None:
        return segments[0] in ("v1", ".well-known", ".backstage")
    return entry.has(segments[-1])


def protocol_error(error: AuthError) -> Response:
    """An error of the protocol."""
    return envelope.render(error)


def internal_error(error: Exception) -> Response:
    """An error of ours (GEN-13)."""
    return envelope.render(envelope.hidden(error))


__all__ = ["blueprint", "errors", "internal_error", "method_not_allowed", "not_found", "protocol_error"]
