"""The page that hands the result of a popup to the app."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from flask import Response

from reference_backend import errors
from reference_backend.backend import current_backend
from reference_backend.formats import encoding
from reference_backend.http import origins, responses, web_message
from reference_backend.http import security_headers as security
from reference_backend.http.request import request
from reference_backend.identity import session_response
from reference_backend.oauth import routes as oauth_routes
from reference_backend.oauth.routes import OAuthRoutes
from reference_backend.oauth.state import OAuthState
from tests.defects.defect import StaleDefectError, always, defect, replace, wrap


def edit_script(old: str, new: str) -> None:
    """Change a line of the page's script.

    Raises:
        StaleDefectError: the line is not there any more.
    """

    def edited(original: Callable[..., str], message: dict[str, Any], target_origin: str) -> str:
        return original(message, target_origin).replace(old, new)

    if old not in web_message.script({}, "https://app.example"):
        raise StaleDefectError(f"the script of the message page does not contain {old!r}")
    wrap(web_message, "script", edited)


@defect("MSG-10", "SEC-ORIG-04")
def session_posted_to_any_origin() -> None:
    """The page posts the session to whichever origin the opener has by now."""
    replace(web_message, "PAYLOAD_TARGET", "'*'")


@defect("FRAME-09", "FRAME-12", "SEC-ERR-03")
def error_swallowed_as_success() -> None:
    """A failed callback is reported as an empty session."""

    def success(error: dict[str, str]) -> dict[str, Any]:
        del error
        return web_message.success({"profile": {}, "providerInfo": {}})

    replace(web_message, "failure", success)


@defect("FRAME-02", "FRAME-12", "SEC-ERR-03", "UP-08", "MSG-15")
def callback_errors_as_json() -> None:
    """A failed callback is answered with a JSON error, which the opener does not receive."""

    def report(error: Exception, flow_state: OAuthState | None, target: str) -> Response:
        raise error

    replace(oauth_routes, "report_failure", report)


@defect("MSG-15", "FRAME-02")
def callback_errors_with_status_400() -> None:
    """The page of a failed callback has an error status."""

    def report(original: Callable[..., Response], *arguments: Any) -> Response:
        response = original(*arguments)
        response.status_code = 400
        return response

    wrap(oauth_routes, "report_failure", report)


@defect("FRAME-12", "SEC-ERR-03")
def error_with_further_members() -> None:
    """The error in the page has a stack beside name and message."""
    wrap(errors, "page_error", lambda original, error: {**original(error), "stack": "at callback.js:1"})


@defect("MSG-12", "SEC-ORIG-04", "FE-15")
def message_goes_to_the_app_only() -> None:
    """The page posts to the configured app, whichever allowed origin started the flow."""

    def state_origin(original: Callable[[OAuthState], str | None], flow_state: OAuthState) -> None:
        original(flow_state)

    wrap(oauth_routes, "state_origin", state_origin)


@defect("FRAME-03", "FRAME-04", "MSG-12")
def early_errors_posted_to_an_unchecked_origin() -> None:
    """Before an origin is known to be allowed, errors are posted to a fixed one that is not the app's."""

    def report(
        original: Callable[..., Response], error: Exception, flow_state: OAuthState | None, target: str
    ) -> Response:
        known = current_backend().settings.app_origin
        return original(error, flow_state, "https://elsewhere.example" if target == known else target)

    wrap(oauth_routes, "report_failure", report)


@defect("MSG-01")
def page_with_charset() -> None:
    """The page's media type carries a charset."""
    replace(web_message, "CONTENT_TYPE", "text/html; charset=utf-8")


@defect("MSG-02")
def page_may_be_framed() -> None:
    """Any site may show the page in a frame."""
    replace(web_message, "FRAME_OPTIONS", "ALLOWALL")


@defect("MSG-03", "MSG-04", "FE-13")
def policy_without_the_hash_of_the_script() -> None:
    """The content security policy allows scripts by name of host, not the one of the page."""
    replace(web_message, "content_security_policy", always("script-src 'self'"))


@defect("MSG-03")
def policy_allows_any_inline_script() -> None:
    """The content security policy allows every inline script."""
    replace(web_message, "content_security_policy", always("script-src 'unsafe-inline'"))


@defect("MSG-03", "MSG-04", "FE-13")
def hash_of_another_text() -> None:
    """The hash in the content security policy was made over the whole page."""
    wrap(web_message, "content_security_policy", lambda original, text: original(web_message.page(text)))


@defect("MSG-05")
def page_with_a_greeting() -> None:
    """The page shows a sentence beside its script."""
    wrap(web_message, "page", lambda original, text: original(text).replace("<body>", "<body><p>Welcome!</p>"))


@defect("MSG-05", "SEC-ORIG-05")
def page_with_a_second_script() -> None:
    """The message page loads a script of another origin."""
    more = '<script src="https://cdn.example/x.js"></script></body>'
    wrap(web_message, "page", lambda original, text: original(text).replace("</body>", more))


@defect("MSG-06", "MSG-13")
def payload_as_plain_literal() -> None:
    """The message stands in the script as a JavaScript string without percent-encoding."""
    replace(web_message, "literal", json.dumps)


@defect("MSG-13", "SEC-ORIG-05")
def apostrophe_not_encoded() -> None:
    """An apostrophe in the message ends the string literal of the script."""
    replace(encoding, "component_without_apostrophe", encoding.component)


@defect("MSG-07")
def target_origin_not_encoded() -> None:
    """The target origin stands in the script as it is."""

    def literal(original: Callable[[str], str], text: str) -> str:
        return f"'{text}'" if text.startswith("http") else original(text)

    wrap(web_message, "literal", literal)


@defect("MSG-08")
def message_sent_to_the_parent_only() -> None:
    """The page does not look for the window that opened it."""
    edit_script("window.opener || window.parent", "window.parent")


@defect("MSG-09", "FE-12", "FE-15")
def page_without_announcement() -> None:
    """The page does not announce which origin it is going to post to."""
    edit_script("receiver.postMessage({ type: 'config_info', targetOrigin: origin }, '*');", "")


@defect("MSG-09")
def announcement_to_one_origin() -> None:
    """The announcement is posted to the target origin only, so that a wrong opener never learns why."""
    replace(web_message, "ANNOUNCEMENT_TARGET", "origin")


@defect("FE-12")
def session_before_the_announcement() -> None:
    """The page posts the session first and the announcement afterwards."""
    edit_script("receiver.postMessage({ type", "setTimeout(() => 0, 0); receiver.postMessage(payload, origin); ({ type")


@defect("MSG-11")
def window_closed_at_once() -> None:
    """The popup closes before its messages can arrive."""
    replace(web_message, "CLOSE_AFTER_MS", 0)


@defect("MSG-11")
def window_never_closed() -> None:
    """The popup stays open."""
    edit_script("setTimeout(() => window.close(), 100);", "")


@defect("MSG-10", "FE-11")
def message_of_another_type() -> None:
    """The message has a type that the app does not know."""
    replace(web_message, "MESSAGE_TYPE", "auth_response")


@defect("MSG-14")
def page_without_security_headers() -> None:
    """The page lacks the security headers of all other answers."""

    def write(original: Callable[..., None], response: Response, headers: dict[str, str]) -> None:
        if response.mimetype != "text/html":
            original(response, headers)

    wrap(security, "write", write)


@defect("FE-14")
def page_cut_off_from_its_opener() -> None:
    """The page has a Cross-Origin-Opener-Policy, under which window.opener is null."""

    def page(original: Callable[..., Response], *arguments: Any) -> Response:
        response = original(*arguments)
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        return response

    wrap(responses, "web_message_page", page)


@defect("FRAME-21")
def unknown_flow_refused() -> None:
    """A flow other than popup and redirect is refused."""

    def state_origin(original: Callable[[OAuthState], str | None], flow_state: OAuthState) -> str | None:
        if flow_state.flow not in (None, "popup", "redirect"):
            raise errors.InputError("Unknown flow")
        return original(flow_state)

    wrap(oauth_routes, "state_origin", state_origin)


@defect("IDENT-02")
def absent_members_are_null() -> None:
    """Members of the session without value are null."""
    replace(session_response, "without_absent", lambda members: {**members})


@defect("START-06")
def origin_required_at_start() -> None:
    """A start without origin is refused."""

    def start(original: Callable[..., Response], routes: OAuthRoutes) -> Response:
        if "origin" not in request.parameters:
            origins.normalise_at_start("")
        return original(routes)

    wrap(OAuthRoutes, "start", start)
