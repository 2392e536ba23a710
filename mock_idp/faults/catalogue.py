"""The catalogue of faults: what can go wrong at a real identity provider, as data.

Clauses name the standard that is broken, or that allows what happens. ``expect`` says what a correct
backend does; how exactly it says so is for the scenarios to check.
"""

from dataclasses import replace

from mock_idp.faults import effects
from mock_idp.faults.id_token import ID_TOKEN_FAULTS
from mock_idp.faults.model import CALLBACK, ID_TOKEN, Fault, Faults, Parameter
from mock_idp.faults.saml import SAML_FAULTS
from mock_idp.faults.transport import (
    FAILS,
    FOLLOW_UP,
    MACHINES,
    PROFILE,
    PROFILES,
    REFRESH,
    TOKEN,
    TOKENS,
    TRANSPORT_FAULTS,
    seconds,
)
from mock_idp.oauth.model import Reason

ERRORS = "RFC 6749 section 5.2"


_ANYWHERE = (PROFILE, *TOKENS, FOLLOW_UP, ID_TOKEN, CALLBACK, *MACHINES[len(TOKENS) + len(PROFILES) :])
_ERROR = Parameter("error", "text", "invalid_grant", "The error code.")
_DESCRIPTION = Parameter("description", "text", None, "error_description; left out if absent.")
_STATUS_200 = Parameter("status", "status", 200, "The HTTP status.")


_CALLBACKS = (
    Fault(
        "denied-with-description",
        "Consent is denied, with a description",
        (CALLBACK,),
        "RFC 6749 section 4.1.2.1",
        "It reports the rejection, with the description.",
        (Parameter("description", "text", "The user said no.", "error_description."),),
        change=effects.denied,
    ),
    Fault(
        "denied-without-description",
        "Consent is denied, without a description",
        (CALLBACK,),
        "RFC 6749 section 4.1.2.1 (error_description is optional)",
        "It reports the rejection.",
        change=effects.denied,
    ),
    Fault(
        "callback-error",
        "The callback carries an error instead of a code",
        (CALLBACK,),
        "RFC 6749 section 4.1.2.1",
        "It reports a failure and asks for no token.",
        (Parameter("error", "text", "server_error", "The error code."), _DESCRIPTION),
        change=effects.callback_error,
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
        change=effects.oauth_error,
        replaces_handler=True,
    ),
    Fault(
        "error-with-status-200",
        "An error with status 200",
        MACHINES,
        ERRORS + " demands 400",
        "It notices that there is no access token.",
        (_ERROR, _DESCRIPTION, _STATUS_200),
        change=effects.oauth_error,
        replaces_handler=True,
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
        change=effects.rate_limited,
        replaces_handler=True,
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
        change=effects.server_error,
        replaces_handler=True,
    ),
    Fault(
        "bad-gateway",
        "A gateway's error page",
        MACHINES,
        "RFC 9110 section 15.6.3",
        FAILS + " The HTML reaches no browser.",
        (Parameter("status", "status", 502, "The HTTP status."),),
        change=effects.bad_gateway,
        replaces_handler=True,
    ),
    Fault(
        "empty-body",
        "Nothing at all",
        MACHINES,
        "RFC 6749 section 5.1",
        FAILS,
        (_STATUS_200,),
        change=effects.emptied,
        replaces_handler=True,
    ),
    Fault(
        "json-null",
        "The JSON text null",
        MACHINES,
        "RFC 8259 section 3",
        FAILS,
        change=effects.json_text("null"),
        replaces_handler=True,
    ),
    Fault(
        "truncated-json",
        "JSON that stops in the middle",
        MACHINES,
        "RFC 8259 section 2",
        FAILS,
        change=effects.json_text('{"access_token": "cut-o'),
        replaces_handler=True,
    ),
    Fault(
        "redirect-instead",
        "A redirect instead of an answer",
        MACHINES,
        "RFC 9110 section 15.4",
        "It does not follow it with credentials, and fails.",
        (
            Parameter("location", "token", "https://redirected.invalid/", "Where to."),
            Parameter("status", "status", 302, "The HTTP status; 307 and 308 want the request repeated."),
        ),
        change=effects.redirected,
        replaces_handler=True,
    ),
    Fault(
        "odd-keys",
        "The key set also has invalid keys",
        ("jwks",),
        "RFC 7517 section 5",
        "It takes the good key, and does not mind the others.",
        change=effects.with_odd_keys,
    ),
    Fault(
        "altered-keys",
        "The published keys say something else about themselves",
        ("jwks",),
        "RFC 7517 section 4",
        "It uses a key for what it is for, and for nothing else.",
        (
            Parameter(
                "sets",
                "objects",
                None,
                "For each published set, in its order: member of its keys -> value; null removes it.",
                required=True,
            ),
        ),
        change=effects.with_altered_keys,
    ),
    Fault(
        "endpoint-with-query",
        "An endpoint in the discovery document has a query",
        ("discovery",),
        "RFC 6749 section 3.1",
        "It keeps the query, and adds its own parameters to it.",
        (
            Parameter("query", "token", "tenant=a%20b", "The query, without a question mark."),
            Parameter("member", "token", "authorization_endpoint", "Which endpoint."),
        ),
        change=effects.with_queried_endpoint,
    ),
    Fault(
        "redirect-loop",
        "A redirect to the same address, again and again",
        MACHINES,
        "RFC 9110 section 15.4",
        "It does not follow it with credentials, and fails.",
        (Parameter("status", "status", 307, "The HTTP status; 307 and 308 want the request repeated."),),
        change=effects.redirected_to_itself,
        replaces_handler=True,
    ),
    Fault(
        "text-instead",
        "The response is replaced by a given text",
        MACHINES,
        "RFC 8259 section 2 (an array, a number, a thousand brackets … are JSON as well)",
        FAILS,
        (
            Parameter("text", "text", None, "The body.", required=True),
            Parameter("repeat", "integer", 1, "How often it is repeated; at most 100000 times."),
            Parameter("type", "token", "application/json", "The media type."),
            _STATUS_200,
        ),
        change=effects.text_instead,
        replaces_handler=True,
    ),
    Fault(
        "form-encoded",
        "A form instead of JSON",
        MACHINES,
        "RFC 6749 section 5.1 demands JSON",
        "It reads it, or fails in an orderly way.",
        change=effects.form_encoded,
    ),
    Fault(
        "oversized",
        "An additional member makes the body very long",
        MACHINES,
        "RFC 9110 section 15.5.14 (limits are the reader's)",
        "It stops reading at a limit, and fails.",
        (Parameter("bytes", "integer", 70_000, "How long the member is."),),
        change=effects.oversized,
    ),
    Fault(
        "compressed",
        "A small body that becomes a very long one when it is unpacked",
        MACHINES,
        "RFC 9110 section 8.4.1 (limits are the reader's), CWE-409",
        "It stops unpacking at a limit, and fails; or it does not unpack what it did not ask for.",
        (Parameter("megabytes", "integer", 32, "How long it becomes; at most 256."),),
        change=effects.compressed,
        replaces_handler=True,
    ),
    Fault(
        "charset",
        "JSON in another character encoding than UTF-8",
        MACHINES,
        "RFC 8259 section 8.1",
        "It reads it, or fails in an orderly way.",
        (Parameter("charset", "text", "utf-16", "Which one.", choices=("utf-16", "utf-8-sig", "utf-7", "latin-1")),),
        change=effects.in_charset,
    ),
    Fault(
        "json-encoded",
        "JSON, at a vendor that answers forms",
        MACHINES,
        "RFC 6749 section 5.1",
        "It reads it.",
        change=effects.json_encoded,
    ),
    Fault(
        "content-type",
        "Another Content-Type",
        MACHINES,
        "RFC 9110 section 8.3",
        "It reads it, or fails in an orderly way.",
        (Parameter("type", "token", "text/plain", "The media type.", required=True),),
        change=effects.content_type,
    ),
    Fault(
        "status",
        "Another HTTP status, and the body that it would have been",
        MACHINES,
        "RFC 9110 section 15",
        "It goes by the status.",
        (Parameter("status", "status", 404, "The HTTP status."),),
        change=effects.another_status,
    ),
    Fault(
        "set",
        "Members are added or replaced",
        _ANYWHERE,
        "the endpoint's own specification",
        "It treats the value as data, whatever is in it.",
        (
            Parameter("members", "object", None, "Member of the body, claim or parameter -> value."),
            Parameter("headers", "headers", None, "Field of the HTTP header -> value."),
        ),
        change=effects.set_members,
        needs_one_of=("members", "headers"),
    ),
    Fault(
        "remove",
        "Members are missing",
        _ANYWHERE,
        "the endpoint's own specification",
        "It does without, or fails in an orderly way.",
        (
            Parameter("members", "texts", None, "Names of members of the body, claims or parameters."),
            Parameter("headers", "texts", None, "Names of fields of the HTTP header; all of that name."),
        ),
        change=effects.remove_members,
        needs_one_of=("members", "headers"),
    ),
)

_TOKEN_ANSWERS = (
    Fault(
        "no-access-token",
        "No access token",
        TOKENS,
        "RFC 6749 section 5.1",
        FAILS,
        change=effects.removing("access_token"),
    ),
    Fault(
        "no-refresh-token",
        "No refresh token",
        TOKENS,
        "RFC 6749 section 5.1 (optional)",
        "It signs in without a session that can be refreshed; at a refresh it keeps the old token.",
        change=effects.removing("refresh_token", "refresh_token_expires_in"),
    ),
    Fault(
        "no-expires-in",
        "No lifetime",
        TOKENS,
        "RFC 6749 section 5.1 (recommended)",
        "It signs in and does not make a lifetime up.",
        change=effects.removing("expires_in"),
    ),
    Fault(
        "no-scope",
        "The granted scopes are not said",
        TOKENS,
        "RFC 6749 section 5.1 (optional if as requested)",
        "It signs in.",
        change=effects.removing("scope", "scopes"),
    ),
    Fault(
        "fewer-scopes",
        "Fewer scopes than asked for",
        TOKENS,
        "RFC 6749 section 3.3",
        "It tells the frontend the granted scopes.",
        (Parameter("without", "texts", None, "The scopes that are missing.", required=True),),
        change=effects.fewer_scopes,
    ),
    Fault(
        "rotated-refresh-token",
        "Each refresh replaces the refresh token",
        (REFRESH,),
        "RFC 6749 section 6, RFC 9700 section 4.14.2",
        "It keeps the new one.",
        override=lambda policy, parameters: replace(policy, rotates_refresh_token=True),
    ),
    Fault(
        "kept-refresh-token",
        "The refresh token stays the same",
        (REFRESH,),
        "RFC 6749 section 6",
        "It keeps the old one.",
        override=lambda policy, parameters: replace(policy, rotates_refresh_token=False),
    ),
    Fault(
        "short-lived",
        "The access token lives as long as you say",
        TOKENS,
        "RFC 6749 section 5.1",
        "It tells the frontend the lifetime.",
        (seconds(1),),
        override=lambda policy, parameters: replace(policy, access_token_seconds=parameters["seconds"]),
    ),
)


def _refused(name: str, title: str, places: tuple[str, ...], clause: str, reason: Reason) -> Fault:
    return Fault(name, title, places, clause, FAILS, reason=reason)


_REFUSALS = (
    _refused("unknown-code", "The code is not known", (TOKEN,), ERRORS, Reason.UNKNOWN_CODE),
    _refused("expired-code", "The code is expired", (TOKEN,), ERRORS, Reason.EXPIRED_CODE),
    _refused(
        "unknown-refresh-token", "The refresh token is not known", (REFRESH,), ERRORS, Reason.UNKNOWN_REFRESH_TOKEN
    ),
    _refused("revoked-refresh-token", "The refresh token is revoked", (REFRESH,), ERRORS, Reason.REVOKED_REFRESH_TOKEN),
    _refused("expired-refresh-token", "The refresh token is expired", (REFRESH,), ERRORS, Reason.EXPIRED_REFRESH_TOKEN),
    _refused(
        "revoked-access-token", "The access token is revoked", PROFILES, "RFC 6750 section 3.1", Reason.REVOKED_BEARER
    ),
    _refused(
        "expired-access-token", "The access token is expired", PROFILES, "RFC 6750 section 3.1", Reason.EXPIRED_BEARER
    ),
    _refused(
        "profile-refused",
        "The new access token is not accepted",
        PROFILES,
        "RFC 6750 section 3.1",
        Reason.UNKNOWN_BEARER,
    ),
    _refused("suspended-user", "The user is suspended", PROFILES, "RFC 6750 section 3.1", Reason.SUSPENDED_BEARER),
    _refused(
        "missing-scope", "The access token lacks a scope", PROFILES, "RFC 6750 section 3.1", Reason.INSUFFICIENT_SCOPE
    ),
)

FAULTS = Faults(
    (*_CALLBACKS, *_ANSWERS, *_TOKEN_ANSWERS, *ID_TOKEN_FAULTS, *SAML_FAULTS, *_REFUSALS, *TRANSPORT_FAULTS)
)
"""All faults there are."""
