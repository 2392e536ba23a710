"""How Entra ID and Graph say no: an error has numbers, ids and a time, so that it is made anew each time.

Facts: learn.microsoft.com, "Microsoft Entra authentication and authorization error codes" and "Microsoft Graph error
responses and resource types".
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType

from mock_idp.oauth.model import Answer, Reason, Refusal
from mock_idp.randomness import HEXADECIMAL
from mock_idp.source import Exchange
from mock_idp.vendors.endpoints import NO_STORE

_BAD_REQUEST = (400, "invalid_request", 900144, "The request body must contain a parameter that is missing.")
_TOKEN_ERRORS: Mapping[Reason, tuple[int, str, int, str]] = MappingProxyType(
    {
        Reason.UNKNOWN_CLIENT: (400, "unauthorized_client", 700016, "Application was not found in the directory."),
        Reason.WRONG_SECRET: (
            401,
            "invalid_client",
            7000215,
            (
                "Invalid client secret provided. Ensure the secret being sent in the request is the client secret "
                "value, not the client secret ID."
            ),
        ),
        Reason.WRONG_CLIENT_AUTHENTICATION: (
            401,
            "invalid_client",
            7000218,
            "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
        ),
        Reason.MISSING_PARAMETER: _BAD_REQUEST,
        Reason.WRONG_CONTENT_TYPE: _BAD_REQUEST,
        Reason.INVALID_PARAMETER: (400, "invalid_request", 9000411, "The request is not properly formatted."),
        Reason.UNSUPPORTED_GRANT_TYPE: (
            400,
            "unsupported_grant_type",
            70003,
            "The app requested an unsupported grant type.",
        ),
        Reason.UNSUPPORTED_RESPONSE_TYPE: (
            400,
            "unsupported_response_type",
            700054,
            "The response_type is not enabled for the application.",
        ),
        Reason.INVALID_SCOPE: (
            400,
            "invalid_grant",
            65001,
            (
                "The user or administrator has not consented to use the application. Send an interactive authorization "
                "request for this user and resource."
            ),
        ),
        Reason.UNKNOWN_CODE: (400, "invalid_grant", 9002313, "Invalid request. Request is malformed or invalid."),
        Reason.EXPIRED_CODE: (
            400,
            "invalid_grant",
            70008,
            (
                "The provided authorization code or refresh token has expired due to inactivity. Send a new "
                "interactive authorization request for this user and resource."
            ),
        ),
        Reason.REPLAYED_CODE: (
            400,
            "invalid_grant",
            54005,
            (
                "OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing "
                "refresh token."
            ),
        ),
        Reason.CODE_OF_ANOTHER_CLIENT: (
            400,
            "invalid_grant",
            70000,
            "Provided grant is invalid or malformed: it was issued to another client.",
        ),
        Reason.REDIRECT_URI_MISMATCH: (
            400,
            "invalid_grant",
            500112,
            "The reply address does not match the reply address provided when requesting the authorization code.",
        ),
        Reason.MISSING_VERIFIER: (400, "invalid_grant", 501481, "The code_verifier is missing."),
        Reason.WRONG_VERIFIER: (
            400,
            "invalid_grant",
            501481,
            "The code_verifier does not match the code_challenge supplied in the authorization request.",
        ),
        Reason.UNKNOWN_REFRESH_TOKEN: (400, "invalid_grant", 9002313, "Invalid request. Request is malformed."),
        Reason.EXPIRED_REFRESH_TOKEN: (
            400,
            "invalid_grant",
            700082,
            "The refresh token has expired due to inactivity.",
        ),
        Reason.REVOKED_REFRESH_TOKEN: (
            400,
            "invalid_grant",
            50173,
            "The provided grant has expired due to it being revoked, a fresh auth token is needed.",
        ),
    }
)
_BAD_TOKEN = (401, "InvalidAuthenticationToken")
_GRAPH_ERRORS: Mapping[Reason, tuple[int, str, str]] = MappingProxyType(
    {
        Reason.MISSING_BEARER: (*_BAD_TOKEN, "Access token is empty."),
        Reason.UNKNOWN_BEARER: (*_BAD_TOKEN, "Access token validation failure."),
        Reason.REVOKED_BEARER: (*_BAD_TOKEN, "Access token validation failure."),
        Reason.SUSPENDED_BEARER: (*_BAD_TOKEN, "Access token validation failure."),
        Reason.EXPIRED_BEARER: (*_BAD_TOKEN, "Access token has expired or is not yet valid."),
        Reason.INSUFFICIENT_SCOPE: (
            403,
            "Authorization_RequestDenied",
            "Insufficient privileges to complete the operation.",
        ),
    }
)


def at_token_endpoint(exchange: Exchange, refusal: Refusal, *, tenant_exists: bool) -> Answer | None:
    """The token endpoint's answer to a refusal; None if it has none of its own.

    Parameters:
        exchange: the token request.
        refusal: why it is refused.
        tenant_exists: False if the address is wrong already.
    """
    if not tenant_exists:
        text = f"Tenant '{exchange.path_parameters['tenant']}' not found."
        return _token_error(exchange, 400, "invalid_request", 90002, text)
    known = _TOKEN_ERRORS.get(refusal.reason)
    return _token_error(exchange, *known) if known else None


def of_graph(exchange: Exchange, refusal: Refusal) -> Answer | None:
    """Graph's answer to a refusal; None if it has none of its own."""
    known = _GRAPH_ERRORS.get(refusal.reason)
    return _graph_error(exchange, *known) if known else None


def not_in_graph(exchange: Exchange) -> Answer:
    """Graph's answer at an address that is not there."""
    return _graph_error(exchange, 404, "ResourceNotFound", "Resource not found.")


def _uuid(exchange: Exchange) -> str:
    return "-".join(exchange.service.randomness.text(length, HEXADECIMAL) for length in (8, 4, 4, 4, 12))


def _token_error(exchange: Exchange, status: int, error: str, number: int, text: str) -> Answer:
    now = f"{datetime.fromtimestamp(exchange.service.clock.now(), UTC):%Y-%m-%d %H:%M:%SZ}"
    trace, correlation = _uuid(exchange), _uuid(exchange)
    lines = (f"AADSTS{number}: {text}", f"Trace ID: {trace}", f"Correlation ID: {correlation}", f"Timestamp: {now}")
    body = {
        "error": error,
        "error_description": "\r\n".join(lines),
        "error_codes": [number],
        "timestamp": now,
        "trace_id": trace,
        "correlation_id": correlation,
        "error_uri": f"{exchange.base_url}/error?code={number}",
    }
    return Answer(status, body, headers=NO_STORE)


def _graph_error(exchange: Exchange, status: int, code: str, message: str) -> Answer:
    now = f"{datetime.fromtimestamp(exchange.service.clock.now(), UTC):%Y-%m-%dT%H:%M:%S}"
    inner = {"date": now, "request-id": _uuid(exchange), "client-request-id": _uuid(exchange)}
    return Answer(status, {"error": {"code": code, "message": message, "innerError": inner}})
