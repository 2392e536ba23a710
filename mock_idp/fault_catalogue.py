"""The catalogue of faults: what can go wrong at a real identity provider, as data.

Clauses name the standard that is broken, or that allows what happens. ``expect`` says what a correct
backend does; how exactly it says so is for the scenarios to check.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from mock_idp.faults import CALLBACK, ID_TOKEN, Fault, Faults, Parameter, Parameters
from mock_idp.oauth.model import Answer, Encoding, JsonValue, Reason, split_scopes
from mock_idp.oauth.tokens import SignedToken

TOKEN, REFRESH = "token", "refresh"
PROFILE, FOLLOW_UP = "profile", "follow-up"
TOKENS = (TOKEN, REFRESH)
PROFILES = (PROFILE, FOLLOW_UP)
MACHINES = (*TOKENS, *PROFILES, "revocation", "discovery", "jwks", "logout", "other")
"""Endpoints that talk to the backend rather than to the browser."""

FAILS = "It reports a failed sign-in or refresh in its own words, quickly, and stays up."
ERRORS = "RFC 6749 section 5.2"

_UNUSABLE_HTML = "<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body>Bad Gateway</body></html>"


# --- changes of an answer -------------------------------------------------------------------------


def _without(names: list[str], answer: Answer) -> Answer:
    if isinstance(answer.body, Mapping):
        return replace(answer, body={key: value for key, value in answer.body.items() if key not in names})
    if isinstance(answer.body, list):
        parts = [_without(names, replace(answer, body=entry)).body for entry in answer.body]
        return replace(answer, body=parts)
    return answer


def _with(members: Mapping[str, JsonValue], answer: Answer) -> Answer:
    if isinstance(answer.body, Mapping):
        return replace(answer, body={**answer.body, **members})
    if isinstance(answer.body, list):
        return replace(answer, body=[_with(members, replace(answer, body=entry)).body for entry in answer.body])
    return answer


def _in_id_token(change: Callable[[Answer], Answer], answer: Answer) -> Answer:
    """Apply a change to the claims of the ID token inside a token answer."""
    token = answer.body.get(ID_TOKEN) if isinstance(answer.body, Mapping) else None
    if not isinstance(token, SignedToken):
        return answer
    claims = change(Answer(200, dict(token.claims))).body
    return _with({ID_TOKEN: replace(token, claims=claims)}, answer)


def _in_callback(change: Callable[[Answer], Answer], answer: Answer) -> Answer:
    """Apply a change to the query parameters of a redirect."""
    return replace(
        answer,
        headers=tuple(
            (name, _with_query(value, change) if name.lower() == "location" else value)
            for name, value in answer.headers
        ),
    )


def _with_query(location: str, change: Callable[[Answer], Answer]) -> str:
    parts = urlsplit(location)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    return urlunsplit(parts._replace(query=urlencode(change(Answer(200, query)).body)))


def _at_place(change: Callable[[Answer], Answer], answer: Answer, parameters: Parameters) -> Answer:
    if parameters["at"] == ID_TOKEN:
        return _in_id_token(change, answer)
    if parameters["at"] == CALLBACK:
        return _in_callback(change, answer)
    return change(answer)


def _set(answer: Answer, parameters: Parameters) -> Answer:
    return _at_place(partial(_with, parameters["members"]), answer, parameters)


def _remove(answer: Answer, parameters: Parameters) -> Answer:
    return _at_place(partial(_without, parameters["members"]), answer, parameters)


def _removes(*names: str) -> Callable[[Answer, Parameters], Answer]:
    return lambda answer, parameters: _without(list(names), answer)


def _callback_error(answer: Answer, parameters: Parameters) -> Answer:
    error = {"error": parameters["error"]}
    if parameters.get("description") is not None:
        error["error_description"] = parameters["description"]

    def change(query: Answer) -> Answer:
        return _with(error, _without(["code", "error", "error_description", "error_uri"], query))

    return _in_callback(change, answer)


def _denied(answer: Answer, parameters: Parameters) -> Answer:
    return _callback_error(answer, {"error": "access_denied", **parameters})


def _error_body(parameters: Parameters) -> dict[str, JsonValue]:
    body: dict[str, JsonValue] = {"error": parameters["error"]}
    if parameters["description"] is not None:
        body["error_description"] = parameters["description"]
    return body


def _oauth_error(answer: Answer, parameters: Parameters) -> Answer:
    return Answer(parameters["status"], _error_body(parameters), headers=(("Cache-Control", "no-store"),))


def _rate_limited(answer: Answer, parameters: Parameters) -> Answer:
    body = {"message": parameters["message"]}
    return Answer(429, body, headers=(("Retry-After", str(parameters["retry_after"])),))


def _server_error(answer: Answer, parameters: Parameters) -> Answer:
    return Answer(parameters["status"], {"message": parameters["message"]})


def _bad_gateway(answer: Answer, parameters: Parameters) -> Answer:
    return Answer(parameters["status"], _UNUSABLE_HTML, Encoding.HTML)


def _empty(answer: Answer, parameters: Parameters) -> Answer:
    return Answer(parameters["status"], None, Encoding.EMPTY)


def _json_text(text: str) -> Callable[[Answer, Parameters], Answer]:
    return lambda answer, parameters: Answer(200, text, Encoding.TEXT, content_type="application/json")


def _redirected(answer: Answer, parameters: Parameters) -> Answer:
    return Answer(302, None, Encoding.EMPTY, headers=(("Location", parameters["location"]),))


def _form_encoded(answer: Answer, parameters: Parameters) -> Answer:
    return replace(answer, encoding=Encoding.FORM) if isinstance(answer.body, Mapping) else answer


def _content_type(answer: Answer, parameters: Parameters) -> Answer:
    return replace(answer, content_type=parameters["type"])


def _fewer_scopes(answer: Answer, parameters: Parameters) -> Answer:
    if not isinstance(answer.body, Mapping):
        return answer
    shortened = {}
    for member in ("scope", "scopes"):
        text = answer.body.get(member)
        if isinstance(text, str):
            separator = "," if "," in text else " "
            kept = [scope for scope in split_scopes(text, " ,") if scope not in parameters["without"]]
            shortened[member] = separator.join(kept)
    return _with(shortened, answer)


def _transport(kind: str) -> Callable[[Answer, Parameters], Answer]:
    def change(answer: Answer, parameters: Parameters) -> Answer:
        seconds = parameters.get("seconds")
        return replace(answer, transport=kind if seconds is None else f"{kind}:{seconds:g}")

    return change


# --- the catalogue --------------------------------------------------------------------------------

_ERROR = Parameter("error", "text", "invalid_grant", "The error code.")
_DESCRIPTION = Parameter("description", "text", None, "error_description; left out if absent.")
_STATUS_200 = Parameter("status", "status", 200, "The HTTP status.")


def _seconds(default: float) -> Parameter:
    return Parameter("seconds", "seconds", default, "How long, in seconds.")


_CALLBACKS = (
    Fault(
        "denied-with-description",
        "Consent is denied, with a description",
        (CALLBACK,),
        "RFC 6749 section 4.1.2.1",
        "It reports the rejection, with the description.",
        (Parameter("description", "text", "The user said no.", "error_description."),),
        change=_denied,
    ),
    Fault(
        "denied-without-description",
        "Consent is denied, without a description",
        (CALLBACK,),
        "RFC 6749 section 4.1.2.1 (error_description is optional)",
        "It reports the rejection.",
        change=_denied,
    ),
    Fault(
        "callback-error",
        "The callback carries an error instead of a code",
        (CALLBACK,),
        "RFC 6749 section 4.1.2.1",
        "It reports a failure and asks for no token.",
        (Parameter("error", "text", "server_error", "The error code."), _DESCRIPTION),
        change=_callback_error,
    ),
)

_ANSWERS = (
    Fault(
        "token-error",
        "An OAuth error",
        MACHINES,
        ERRORS,
        FAILS,
        (_ERROR, _DESCRIPTION, Parameter("status", "status", 400, "The HTTP status.")),
        change=_oauth_error,
    ),
    Fault(
        "error-with-status-200",
        "An error with status 200",
        MACHINES,
        ERRORS + " demands 400",
        "It notices that there is no access token.",
        (_ERROR, _DESCRIPTION, _STATUS_200),
        change=_oauth_error,
    ),
    Fault(
        "rate-limited",
        "429 with Retry-After",
        MACHINES,
        "RFC 6585 section 4",
        FAILS,
        (
            Parameter("retry_after", "integer", 1, "Seconds in Retry-After."),
            Parameter("message", "text", "Too many requests", "The body's message."),
        ),
        change=_rate_limited,
    ),
    Fault(
        "server-error",
        "A server error as JSON",
        MACHINES,
        "RFC 9110 section 15.6.1",
        FAILS,
        (
            Parameter("status", "status", 500, "The HTTP status."),
            Parameter("message", "text", "Internal Server Error", "The body's message."),
        ),
        change=_server_error,
    ),
    Fault(
        "bad-gateway",
        "A gateway's error page",
        MACHINES,
        "RFC 9110 section 15.6.3",
        FAILS + " The HTML reaches no browser.",
        (Parameter("status", "status", 502, "The HTTP status."),),
        change=_bad_gateway,
    ),
    Fault("empty-body", "Nothing at all", MACHINES, "RFC 6749 section 5.1", FAILS, (_STATUS_200,), change=_empty),
    Fault("json-null", "The JSON text null", MACHINES, "RFC 8259 section 3", FAILS, change=_json_text("null")),
    Fault(
        "truncated-json",
        "JSON that stops in the middle",
        MACHINES,
        "RFC 8259 section 2",
        FAILS,
        change=_json_text('{"access_token": "cut-o'),
    ),
    Fault(
        "redirect-instead",
        "A redirect instead of an answer",
        MACHINES,
        "RFC 9110 section 15.4",
        "It does not follow it with credentials, and fails.",
        (Parameter("location", "token", "https://redirected.invalid/", "Where to."),),
        change=_redirected,
    ),
    Fault(
        "form-encoded",
        "A form instead of JSON",
        MACHINES,
        "RFC 6749 section 5.1 demands JSON",
        "It reads it, or fails in an orderly way.",
        change=_form_encoded,
    ),
    Fault(
        "content-type",
        "Another Content-Type",
        MACHINES,
        "RFC 9110 section 8.3",
        "It reads it, or fails in an orderly way.",
        (Parameter("type", "token", "text/plain", "The media type.", required=True),),
        change=_content_type,
    ),
    Fault(
        "set",
        "Members are added or replaced",
        (PROFILE, *TOKENS, FOLLOW_UP, ID_TOKEN, CALLBACK, "discovery", "jwks", "revocation", "other"),
        "the endpoint's own specification",
        "It treats the value as data, whatever is in it.",
        (Parameter("members", "object", None, "Member -> value.", required=True),),
        change=_set,
    ),
    Fault(
        "remove",
        "Members are missing",
        (PROFILE, *TOKENS, FOLLOW_UP, ID_TOKEN, CALLBACK, "discovery", "jwks", "revocation", "other"),
        "the endpoint's own specification",
        "It does without, or fails in an orderly way.",
        (Parameter("members", "texts", None, "Names of members.", required=True),),
        change=_remove,
    ),
)

_TOKEN_ANSWERS = (
    Fault(
        "no-access-token",
        "No access token",
        TOKENS,
        "RFC 6749 section 5.1",
        FAILS,
        change=_removes("access_token"),
    ),
    Fault(
        "no-refresh-token",
        "No refresh token",
        TOKENS,
        "RFC 6749 section 5.1 (optional)",
        "It signs in without a session that can be refreshed; at a refresh it keeps the old token.",
        change=_removes("refresh_token", "refresh_token_expires_in"),
    ),
    Fault(
        "no-expires-in",
        "No lifetime",
        TOKENS,
        "RFC 6749 section 5.1 (recommended)",
        "It signs in and does not make a lifetime up.",
        change=_removes("expires_in"),
    ),
    Fault(
        "no-scope",
        "The granted scopes are not said",
        TOKENS,
        "RFC 6749 section 5.1 (optional if as requested)",
        "It signs in.",
        change=_removes("scope", "scopes"),
    ),
    Fault(
        "fewer-scopes",
        "Fewer scopes than asked for",
        TOKENS,
        "RFC 6749 section 3.3",
        "It tells the frontend which scopes there are.",
        (Parameter("without", "texts", None, "The scopes that are missing.", required=True),),
        change=_fewer_scopes,
    ),
    Fault(
        "rotated-refresh-token",
        "Each refresh replaces the refresh token",
        (REFRESH,),
        "RFC 6749 section 6, RFC 9700 section 4.14.2",
        "It keeps the new one.",
        bend=lambda policy, parameters: replace(policy, rotates_refresh_token=True),
    ),
    Fault(
        "kept-refresh-token",
        "The refresh token stays the same",
        (REFRESH,),
        "RFC 6749 section 6",
        "It keeps the old one.",
        bend=lambda policy, parameters: replace(policy, rotates_refresh_token=False),
    ),
    Fault(
        "short-lived",
        "The access token lives as long as you say",
        TOKENS,
        "RFC 6749 section 5.1",
        "It tells the frontend the lifetime.",
        (_seconds(1),),
        bend=lambda policy, parameters: replace(policy, access_token_seconds=parameters["seconds"]),
    ),
)


def _refused(name: str, title: str, places: tuple[str, ...], clause: str, reason: Reason) -> Fault:
    return Fault(name, title, places, clause, FAILS, reason=reason)


_REFUSALS = (
    _refused("unknown-code", "The code is not known", (TOKEN,), ERRORS, Reason.UNKNOWN_CODE),
    _refused("expired-code", "The code is expired", (TOKEN,), ERRORS, Reason.EXPIRED_CODE),
    _refused("unknown-refresh-token", "The refresh token is not known", (REFRESH,), ERRORS, Reason.UNKNOWN_REFRESH_TOKEN),
    _refused("revoked-refresh-token", "The refresh token is revoked", (REFRESH,), ERRORS, Reason.REVOKED_REFRESH_TOKEN),
    _refused("expired-refresh-token", "The refresh token is expired", (REFRESH,), ERRORS, Reason.EXPIRED_REFRESH_TOKEN),
    _refused("revoked-access-token", "The access token is revoked", PROFILES, "RFC 6750 section 3.1", Reason.REVOKED_BEARER),
    _refused("expired-access-token", "The access token is expired", PROFILES, "RFC 6750 section 3.1", Reason.EXPIRED_BEARER),
    _refused("profile-refused", "The new access token is not accepted", PROFILES, "RFC 6750 section 3.1", Reason.UNKNOWN_BEARER),
    _refused("missing-scope", "The access token lacks a scope", PROFILES, "RFC 6750 section 3.1", Reason.INSUFFICIENT_SCOPE),
)

_TRANSPORTS = (
    Fault("reset", "The connection is reset", MACHINES, "RFC 9293 section 3.5.2", FAILS, change=_transport("reset")),
    Fault(
        "stall",
        "No answer ever comes",
        MACHINES,
        "RFC 9110 section 9.5",
        "It gives up after a while.",
        (_seconds(60),),
        change=_transport("stall"),
    ),
    Fault(
        "truncate",
        "The connection ends in the middle of the body",
        MACHINES,
        "RFC 9112 section 8",
        FAILS,
        change=_transport("truncate"),
    ),
    Fault("slow", "The answer comes late", MACHINES, "none", "It waits.", (_seconds(3),), change=_transport("slow")),
    Fault("drip", "The body comes in drops", MACHINES, "none", "It waits.", (_seconds(3),), change=_transport("drip")),
)

FAULTS = Faults((*_CALLBACKS, *_ANSWERS, *_TOKEN_ANSWERS, *_REFUSALS, *_TRANSPORTS))
"""All faults there are."""
