"""Which environment of a provider a request is for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import Response

from reference_backend import provider_factory
from reference_backend.backend import current_backend
from reference_backend.errors import AuthError
from reference_backend.formats import query
from reference_backend.http.request import request
from reference_backend.oauth import csrf, environments
from reference_backend.oauth import routes as oauth_routes
from reference_backend.oauth.oauth_environment import Environments
from reference_backend.oauth.routes import OAuthRoutes
from tests.defects.defect import defect, replace, wrap


@defect("ENV-04", "SEC-ENV-03")
def callback_in_the_first_environment() -> None:
    """A callback does not look for its environment in the state, and takes the first one."""

    def requested(original: Callable[[Mapping[str, str]], str], parameters: Mapping[str, str]) -> str:
        name = original(parameters)
        return "development" if request.path.endswith("/frame") else name

    wrap(environments, "requested", requested)


@defect("ENV-08")
def callback_in_the_environment_of_its_query() -> None:
    """A callback follows the environment in its query, whatever the state says."""
    replace(environments, "require_same", lambda selected, in_state: None)


@defect("ENV-05", "START-02", "FRAME-01", "ENV-10", "LOGOUT-14", "GEN-04", "FE-04")
def environment_not_required() -> None:
    """A request without environment is for the first one."""

    def requested(original: Callable[[Mapping[str, str]], str], parameters: Mapping[str, str]) -> str:
        return original({"env": "development", **parameters}) if "state" not in parameters else original(parameters)

    wrap(environments, "requested", requested)


@defect("ENV-06", "START-03", "SEC-ENV-01", "LOGOUT-14", "SEC-ENV-02", "ENV-12", "FE-04")
def unknown_environment_is_the_first() -> None:
    """A request for an environment that does not exist is served by the first one."""

    def select(configured: Mapping[str, Any], name: str) -> Any:
        return configured.get(name) or next(iter(configured.values()))

    replace(environments, "select", select)


@defect("ENV-06", "SEC-ENV-02", crashes=True)
def unknown_environment_crashes() -> None:
    """A request for an environment that does not exist is a server error."""
    replace(environments, "select", lambda configured, name: configured[name])


@defect("ENV-10", "LOGOUT-14")
def csrf_header_before_the_environment() -> None:
    """Refresh and logout look at the CSRF header first and choose the environment afterwards."""

    def select(original: Callable[..., Any], configured: Environments) -> Any:
        if request.path.endswith(("/refresh", "/logout")):
            csrf.require_header(request.headers.get("X-Requested-With"))
        return original(configured)

    wrap(oauth_routes, "select", select)


@defect("ENV-09")
def environment_read_from_the_body() -> None:
    """A state in the form body of a callback chooses its environment."""

    def requested(original: Callable[[Mapping[str, str]], str], parameters: Mapping[str, str]) -> str:
        return original({**request.form_fields, **parameters})

    wrap(environments, "requested", requested)


@defect("ENV-12", "SCOPE-12")
def first_of_repeated_parameters() -> None:
    """Of a query parameter that is given twice, only the first value counts."""

    def parse(original: Callable[[str], dict[str, str]], text: str) -> dict[str, str]:
        return {name: value.partition(",")[0] for name, value in original(text).items()}

    wrap(query, "parse", parse)


@defect("ENV-07", "ENV-05", "FRAME-01")
def early_failures_of_the_callback_in_the_page() -> None:
    """A callback that fails before its environment is known answers with the page, not with JSON."""

    def frame(original: Callable[..., Response], routes: OAuthRoutes) -> Response:
        try:
            return original(routes)
        except AuthError as error:
            return oauth_routes.report_failure(error, None, current_backend().settings.app_origin)

    wrap(OAuthRoutes, "frame", frame)


@defect("ENV-01")
def environments_share_one_client() -> None:
    """All environments of a provider use the client of the first one."""

    def build(original: Callable[..., OAuthRoutes], *arguments: Any) -> OAuthRoutes:
        built = original(*arguments).environments
        return OAuthRoutes(dict.fromkeys(built, next(iter(built.values()))))

    wrap(provider_factory, "build_oauth", build)


@defect("ENV-03")
def environment_in_the_query_ignored() -> None:
    """Start takes the first environment, whichever its query asks for."""

    def requested(original: Callable[[Mapping[str, str]], str], parameters: Mapping[str, str]) -> str:
        name = original(parameters)
        return "development" if request.path.endswith("/start") else name

    wrap(environments, "requested", requested)
