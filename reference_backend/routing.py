"""Which function answers which path (ROUTE, GEN-14, GEN-15, GEN-18)."""

from collections.abc import Callable
from typing import cast

from flask import Blueprint, Response, current_app
from werkzeug.exceptions import MethodNotAllowed

from reference_backend.authorization_server import routes as server_routes
from reference_backend.authorization_server.features import AuthorizationServerSettings
from reference_backend.errors import AuthError
from reference_backend.http import error_response, health, paths, responses
from reference_backend.http.request import request
from reference_backend.provider_factory import Providers
from reference_backend.user_endpoints import routes as user_routes

EXTENSION = "reference_backend.providers"
METHOD_ORDER = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")


def blueprint(authorization_server: AuthorizationServerSettings) -> Blueprint:
    """All routes; automatic OPTIONS answers are replaced by :func:`method_not_allowed`.

    Parameters:
        authorization_server: what is on; the routes of what is off do not exist (OIDC-02, SEC-AS-16).
    """
    routed = Blueprint("auth", __name__)

    def add(path: str, view: Callable[..., Response], *methods: str, **defaults: str) -> None:
        name = f"{'-'.join(methods)} {path}".replace(".", "-")
        routed.add_url_rule(path, name, view, methods=methods, defaults=defaults, provide_automatic_options=False)

    mount = paths.MOUNT
    add(f"{mount}/.well-known/jwks.json", user_routes.user_keys, "GET")
    add(f"{mount}/.backstage/auth/v1/jwks.json", user_routes.service_keys, "GET")
    add(f"{mount}/.backstage/auth/v1/cookie", user_routes.issue_cookie, "GET")
    add(f"{mount}/.backstage/auth/v1/cookie", user_routes.clear_cookie, "DELETE")
    add(f"{mount}/v1/userinfo", user_routes.user_info, "GET")
    add(f"{mount}/<provider>/start", serve, "GET", route="start")
    add(f"{mount}/<provider>/handler/frame", serve, "GET", "POST", route="frame")
    add(f"{mount}/<provider>/refresh", serve, "GET", "POST", route="refresh")
    add(f"{mount}/<provider>/logout", serve, "POST", route="logout")
    add(f"{mount}/.well-known/openid-configuration", server_routes.configuration, "GET")
    add(f"{mount}/.well-known/oauth-client/cli.json", server_routes.cli_client, "GET")
    if authorization_server.is_on:
        add(f"{mount}/v1/authorize", server_routes.authorize, "GET")
        add(f"{mount}/v1/sessions/<session_id>", server_routes.show, "GET")
        add(f"{mount}/v1/sessions/<session_id>/approve", server_routes.approve, "POST")
        add(f"{mount}/v1/sessions/<session_id>/reject", server_routes.reject, "POST")
        add(f"{mount}/v1/token", server_routes.issue_token, "POST")
        add(f"{mount}/v1/revoke", server_routes.revoke, "POST")
    if authorization_server.registration is not None:
        add(f"{mount}/v1/register", server_routes.register, "POST")
    add(f"{health.PREFIX}/readiness", health.ok, "GET")
    add(f"{health.PREFIX}/liveness", health.ok, "GET")
    return routed


def current_providers() -> Providers:
    """The providers of the running application."""
    return cast(Providers, current_app.extensions[EXTENSION])


def serve(provider: str, route: str) -> Response:
    """Answer a route of a provider.

    Parameters:
        provider: its id.
        route: one of :attr:`ProviderRoutes.ROUTES`.

    Raises:
        NotFoundError: the id is unknown, not configured or misconfigured (ROUTE-05, ROUTE-08, ROUTE-11).
    """
    routes = current_providers().routes.get(provider)
    if routes is None:
        raise no_route()
    answer: Callable[[], Response] = getattr(routes, route)
    return answer()


def no_route() -> AuthError:
    """Say why nothing answers this path (ROUTE-05 … ROUTE-09)."""
    path = request.relative_url.partition("?")[0]
    segment = paths.canonical(path).strip("/").partition("/")[0]
    known = current_providers()
    if segment in known.unconfigured:
        return paths.not_registered(known.unconfigured[segment])
    if segment in known.misconfigured:
        return paths.misconfigured(known.misconfigured[segment])
    return paths.unknown_provider(path)


def not_found(error: Exception) -> Response:
    """A path without route, or a route that this provider lacks (PROXY-02, ROUTE-14).

    Outside the plugin and at its root the answer is empty (GEN-18).
    """
    del error
    path = paths.canonical(request.raw_url.partition("?")[0])
    if path == paths.MOUNT or not path.startswith(f"{paths.MOUNT}/"):
        return responses.empty(404)
    return error_response.render(no_route())


def method_not_allowed(error: MethodNotAllowed) -> Response:
    """A route that does not take the method: as if it were not there, except for OPTIONS (HTTP-01)."""
    if request.method != "OPTIONS" or not is_owned():
        return not_found(error)
    allowed = ",".join(method for method in METHOD_ORDER if method in (error.valid_methods or []))
    response = responses.text_page(allowed, 200)
    response.headers["Allow"] = allowed
    return response


def is_owned() -> bool:
    """Tell whether the path belongs to a configured provider or to the plugin itself."""
    segments = paths.canonical(paths.relative_url(request.path)).strip("/").split("/")
    routes = current_providers().routes.get(segments[0])
    if routes is None:
        return segments[0] in ("v1", ".well-known", ".backstage")
    return routes.has(segments[-1])


def internal_error(error: Exception) -> Response:
    """An error of ours (GEN-13)."""
    return error_response.render(error_response.hidden(error))
