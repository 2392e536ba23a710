"""The answers of RFC 6749 and RFC 6750 to what is wrong; vendors replace those in which they differ."""

from collections.abc import Mapping
from types import MappingProxyType

from mock_idp.oauth.model import Answer, Reason, Refusal

_NO_STORE = (("Cache-Control", "no-store"), ("Pragma", "no-cache"))  # RFC 6749 section 5.1

_TOKEN_ERRORS: Mapping[Reason, tuple[int, str]] = MappingProxyType(
    {
        Reason.UNKNOWN_CLIENT: (401, "invalid_client"),
        Reason.WRONG_SECRET: (401, "invalid_client"),
        Reason.WRONG_CLIENT_AUTHENTICATION: (401, "invalid_client"),
        Reason.INVALID_CLIENT_ASSERTION: (401, "invalid_client"),
        Reason.INVALID_SCOPE: (400, "invalid_scope"),
        Reason.UNKNOWN_CODE: (400, "invalid_grant"),
        Reason.EXPIRED_CODE: (400, "invalid_grant"),
        Reason.REPLAYED_CODE: (400, "invalid_grant"),
        Reason.CODE_OF_ANOTHER_CLIENT: (400, "invalid_grant"),
        Reason.REDIRECT_URI_MISMATCH: (400, "invalid_grant"),
        Reason.MISSING_VERIFIER: (400, "invalid_grant"),  # RFC 7636 section 4.6
        Reason.WRONG_VERIFIER: (400, "invalid_grant"),
        Reason.UNKNOWN_REFRESH_TOKEN: (400, "invalid_grant"),
        Reason.EXPIRED_REFRESH_TOKEN: (400, "invalid_grant"),
        Reason.REVOKED_REFRESH_TOKEN: (400, "invalid_grant"),
        Reason.UNSUPPORTED_GRANT_TYPE: (400, "unsupported_grant_type"),
        Reason.UNKNOWN_TOKEN: (400, "invalid_token"),
    }
)
"""Reason -> status and code of RFC 6749 section 5.2; what is missing here is ``invalid_request``."""

_BEARER_ERRORS: Mapping[Reason, tuple[int, str]] = MappingProxyType(
    {
        Reason.MISSING_BEARER: (401, ""),  # RFC 6750 section 3.1: no error code without a token
        Reason.UNKNOWN_BEARER: (401, "invalid_token"),
        Reason.EXPIRED_BEARER: (401, "invalid_token"),
        Reason.REVOKED_BEARER: (401, "invalid_token"),
        Reason.SUSPENDED_BEARER: (401, "invalid_token"),
        Reason.INSUFFICIENT_SCOPE: (403, "insufficient_scope"),
    }
)

_CALLBACK_CODES: Mapping[Reason, str] = MappingProxyType(
    {
        Reason.ACCESS_DENIED: "access_denied",
        Reason.LOGIN_REQUIRED: "login_required",  # OpenID Connect Core section 3.1.2.6
        Reason.UNSUPPORTED_RESPONSE_TYPE: "unsupported_response_type",
        Reason.INVALID_SCOPE: "invalid_scope",
    }
)


def default_answer(refusal: Refusal, realm: str) -> Answer:
    """Answer a machine the way the RFCs say.

    Parameters:
        refusal: what was refused.
        realm: the protection space named in ``WWW-Authenticate``.
    """
    if refusal.reason in _BEARER_ERRORS:
        return _bearer_answer(refusal, realm)
    status, code = _TOKEN_ERRORS.get(refusal.reason, (400, "invalid_request"))
    headers: tuple[tuple[str, str], ...] = _NO_STORE
    if status == 401:
        headers = (*headers, ("WWW-Authenticate", f'Basic realm="{realm}"'))
    return Answer(status, {"error": code, "error_description": str(refusal.reason)}, headers=headers)


def _bearer_answer(refusal: Refusal, realm: str) -> Answer:
    status, code = _BEARER_ERRORS[refusal.reason]
    challenge = f'Bearer realm="{realm}"'
    if not code:
        return Answer(status, {}, headers=(("WWW-Authenticate", challenge),))
    challenge += f', error="{code}", error_description="{refusal.reason}"'
    body = {"error": code, "error_description": str(refusal.reason)}
    return Answer(status, body, headers=(("WWW-Authenticate", challenge),))


def callback_parameters(reason: Reason) -> dict[str, str]:
    """The error parameters of RFC 6749 section 4.1.2.1."""
    return {"error": _CALLBACK_CODES.get(reason, "invalid_request"), "error_description": str(reason)}


def page_status(reason: Reason) -> int:
    """HTTP status of the error page for people."""
    return 401 if reason is Reason.UNKNOWN_CLIENT else 400
