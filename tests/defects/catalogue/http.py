"""Routes, errors, bodies and headers: what holds for every answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response

from reference_backend import errors, routing
from reference_backend.errors import AuthError
from reference_backend.formats import encoding
from reference_backend.http import bodies, error_response, health, paths, responses
from reference_backend.http import security_headers as security
from reference_backend.http.request import BackendRequest, request
from tests.defects.defect import always, defect, nothing, replace, wrap

Members = dict[str, Any]


@defect("GEN-04", "ROUTE-05", "GEN-05", "GEN-06")
def error_without_envelope() -> None:
    """An error is a JSON object with a text."""
    replace(errors, "envelope", lambda error, method, url: {"error": error.message})


@defect("GEN-04")
def envelope_with_further_members() -> None:
    """The envelope of errors has a time stamp."""
    wrap(errors, "envelope", lambda original, *arguments: {**original(*arguments), "timestamp": 0})


@defect("GEN-09", "SEC-ERR-01", "GEN-11")
def stack_in_the_error() -> None:
    """Errors show where in the code they happened."""
    wrap(errors, "serialise", lambda original, error: {**original(error), "stack": "at /app/node_modules/x.js:1"})


@defect("GEN-11")
def error_without_cause() -> None:
    """An error that wraps another one does not show it."""

    def serialise(original: Callable[[AuthError], Members], error: AuthError) -> Members:
        return {name: value for name, value in original(error).items() if name != "cause"}

    wrap(errors, "serialise", serialise)


@defect("GEN-11", "REFRESH-02", "REFRESH-03", "UP-12")
def cause_not_in_the_text() -> None:
    """The text of an error that wraps another one does not name it."""
    replace(errors, "message_with_cause", lambda message, cause: message)


@defect("GEN-06", "START-02", "ENV-05")
def input_errors_with_status_422() -> None:
    """A malformed request is refused with status 422."""
    replace(errors, "STATUS_BY_NAME", {**errors.STATUS_BY_NAME, "InputError": 422})


@defect("GEN-06", "SEC-ORIG-01", "START-05", "SEC-ERR-06")
def every_error_with_status_500() -> None:
    """Mistakes of the client are answered as errors of the server."""
    replace(errors, "status_of", always(500))


@defect("GEN-07", "HTTP-10", "HTTP-11", "SEC-ERR-06")
def status_of_an_error_ignored() -> None:
    """The status that an error brings along is ignored."""
    replace(errors, "status_of", lambda error: errors.STATUS_BY_NAME.get(error.name, 500))


@defect("GEN-05")
def error_shows_the_full_path() -> None:
    """The URL in an error is not relative to the plugin."""
    replace(BackendRequest, "relative_url", BackendRequest.raw_url)


@defect("GEN-05")
def error_shows_a_decoded_url() -> None:
    """The URL in an error is decoded."""
    replace(BackendRequest, "relative_url", property(lambda self: paths.relative_url(self.raw_url).replace("%20", " ")))


@defect("GEN-08")
def json_without_charset() -> None:
    """The media type of JSON lacks the charset."""
    replace(responses, "JSON_TYPE", "application/json")


@defect("ROUTE-05", "ROUTE-06", "ROUTE-07", "ROUTE-01", "ROUTE-04")
def unknown_route_crashes() -> None:
    """A path that no route owns is a server error."""
    replace(paths, "unknown_provider", lambda relative_path: AuthError("Cannot read properties of undefined"))


@defect("ROUTE-06")
def unknown_route_in_html() -> None:
    """A path that no route owns is answered with a page."""
    replace(routing, "not_found", lambda error: responses.text_page("<h1>Not Found</h1>", 404))


@defect("ROUTE-07")
def switched_off_route_answers() -> None:
    """Client registration answers although it is switched off."""

    def no_route(original: Callable[[], AuthError]) -> AuthError:
        if request.path.endswith("/v1/register"):
            return errors.NotImplementedYetError("Client registration is switched off")
        return original()

    wrap(routing, "no_route", no_route)


@defect("GEN-18")
def envelope_outside_the_plugin() -> None:
    """Paths that no plugin owns are answered with the plugin's own error."""
    replace(routing, "not_found", lambda error: error_response.render(routing.no_route()))


@defect("ROUTE-01", "SEC-ROB-11")
def start_by_post() -> None:
    """Start takes a POST."""

    def not_allowed(original: Callable[[Any], Response], error: Any) -> Response:
        if request.path.endswith("/start"):
            return routing.serve(request.path.split("/")[3], "start")
        return original(error)

    wrap(routing, "method_not_allowed", not_allowed)


@defect("ROUTE-03")
def refresh_by_put() -> None:
    """Refresh takes a PUT."""

    def not_allowed(original: Callable[[Any], Response], error: Any) -> Response:
        if request.path.endswith("/refresh"):
            return responses.json_response({})
        return original(error)

    wrap(routing, "method_not_allowed", not_allowed)


@defect("ROUTE-02", "FRAME-20")
def callback_by_get_only() -> None:
    """A callback by POST leads nowhere."""

    def serve(original: Callable[[str, str], Response], provider: str, route: str) -> Response:
        if route == "frame" and request.method != "GET":
            return error_response.render(routing.no_route())
        return original(provider, route)

    wrap(routing, "serve", serve)


@defect("ROUTE-13", "SEC-ROB-01", crashes=True)
def malformed_escape_crashes() -> None:
    """A percent sign without digits in the path is a server error."""

    def unknown(original: Callable[[str], AuthError], relative_path: str) -> AuthError:
        encoding.decode_component(relative_path)
        return original(relative_path)

    wrap(paths, "unknown_provider", unknown)


@defect("HTTP-11", "HTTP-10", "GEN-07")
def bodies_not_parsed() -> None:
    """Bodies are not looked at, so that a broken one is not noticed."""
    replace(bodies, "require_json_object", nothing)


@defect("HTTP-10")
def any_json_is_a_body() -> None:
    """A body may be any JSON value, null included."""

    def require(original: Callable[[str], Any], text: str) -> Any:
        return {} if text == "null" else original(text)

    wrap(bodies, "require_json_object", require)


@defect("HTTP-08", "MSG-14")
def security_headers_missing() -> None:
    """Answers have none of the usual security headers."""
    replace(security, "write", nothing)


@defect("HTTP-08")
def server_names_its_software() -> None:
    """Answers say which software made them."""

    def write(original: Callable[..., None], response: Response, headers: dict[str, str]) -> None:
        original(response, headers)
        response.headers["X-Powered-By"] = "Express"

    wrap(security, "write", write)


@defect("GEN-17")
def health_elsewhere() -> None:
    """The health endpoints are somewhere else."""
    replace(health, "PREFIX", "/health/v1")


@defect("GEN-17")
def health_in_other_words() -> None:
    """The health endpoints answer with another text."""
    replace(health, "ok", lambda: responses.json_response({"status": "up"}))
