"""The answers of RFC 6749 and RFC 6750 to what is wrong; vendors replace those in which they differ.

A vendor says most of its errors for several reasons. The groups below are for its table:
``{**dict.fromkeys(BAD_GRANT, answer), Reason.EXPIRED_CODE: another}``.
"""

from collections.abc import Mapping

from mock_idp.oauth.model import NO_STORE, Answer, Reason, Refusal

BAD_CLIENT = (Reason.UNKNOWN_CLIENT, Reason.WRONG_SECRET, Reason.WRONG_CLIENT_AUTHENTICATION)
"""The client is not known, or did not prove who it is."""
BAD_REQUEST = (Reason.MISSING_PARAMETER, Reason.INVALID_PARAMETER, Reason.WRONG_CONTENT_TYPE)
"""The request is malformed."""
BAD_VERIFIER = (Reason.MISSING_VERIFIER, Reason.WRONG_VERIFIER)
"""The proof key does not fit (RFC 7636 section 4.6)."""
BAD_CODE = (
    *(Reason.UNKNOWN_CODE, Reason.EXPIRED_CODE, Reason.REPLAYED_CODE, Reason.CODE_OF_ANOTHER_CLIENT),
    *(Reason.REDIRECT_URI_MISMATCH, *BAD_VERIFIER),
)
"""The code cannot be redeemed, for whatever reason."""
BAD_REFRESH_TOKEN = (Reason.UNKNOWN_REFRESH_TOKEN, Reason.EXPIRED_REFRESH_TOKEN, Reason.REVOKED_REFRESH_TOKEN)
BAD_GRANT = (*BAD_CODE, *BAD_REFRESH_TOKEN)
"""What RFC 6749 section 5.2 calls ``invalid_grant``."""
BAD_TOKEN = (Reason.UNKNOWN_BEARER, Reason.EXPIRED_BEARER, Reason.REVOKED_BEARER)
"""There is an access token, which is not good."""
BAD_BEARER = (Reason.MISSING_BEARER, *BAD_TOKEN, Reason.SUSPENDED_BEARER)
"""A protected resource lets nobody in with this request."""
BAD_AUTHORIZATION_REQUEST = (
    *(Reason.UNKNOWN_CLIENT, Reason.UNREGISTERED_REDIRECT_URI, Reason.MISSING_PARAMETER, Reason.INVALID_PARAMETER),
    *(Reason.UNSUPPORTED_RESPONSE_TYPE, Reason.INVALID_SCOPE),
)
"""All that can be wrong with an authorization request, beside that somebody refused."""

NOTHING_TO_REVOKE = Answer(200, {})
"""RFC 7009 section 2.2: it is fine if there is nothing to revoke."""


def error(status: int, code: str, description: str) -> Answer:
    """An error in the form of RFC 6749 section 5.2, without header fields.

    Parameters:
        status: HTTP status.
        code: value of ``error``.
        description: value of ``error_description``.
    """
    return Answer(status, {"error": code, "error_description": description})


_TOKEN_ERRORS: Mapping[Reason, tuple[int, str]] = {
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
"""Reason -> status and code of RFC 6749 section 5.2; what is missing here is ``invalid_request``."""

_BEARER_ERRORS: Mapping[Reason, tuple[int, str]] = {
    Reason.MISSING_BEARER: (401, ""),  # RFC 6750 section 3.1: no error code without a token
    Reason.UNKNOWN_BEARER: (401, "invalid_token"),
    Reason.EXPIRED_BEARER: (401, "invalid_token"),
    Reason.REVOKED_BEARER: (401, "invalid_token"),
    Reason.SUSPENDED_BEARER: (401, "invalid_token"),
    Reason.INSUFFICIENT_SCOPE: (403, "insufficient_scope"),
}

_CALLBACK_CODES: Mapping[Reason, str] = {
    Reason.ACCESS_DENIED: "access_denied",
    Reason.LOGIN_REQUIRED: "login_required",  # OpenID Connect Core section 3.1.2.6
    Reason.CONSENT_REQUIRED: "consent_required",
    Reason.UNSUPPORTED_RESPONSE_TYPE: "unsupported_response_type",
    Reason.INVALID_SCOPE: "invalid_scope",
}


def default_answer_status(answers: Mapping[Reason, Answer], reason: Reason) -> int:
    """The status of a vendor's answer for a reason, which is that of RFC 6749 where its table has none.

    Parameters:
        answers: the vendor's table.
        reason: what is wrong.
    """
    return (answers.get(reason) or default_answer(Refusal(reason, ""), "")).status


def default_answer(refusal: Refusal, realm: str) -> Answer:
    """Answer a machine the way the RFCs say.

    Parameters:
        refusal: what was refused.
        realm: the protection space named in ``WWW-Authenticate``.
    """
    if refusal.reason in _BEARER_ERRORS:
        return _bearer_answer(refusal, realm)
    status, code = _TOKEN_ERRORS.get(refusal.reason, (400, "invalid_request"))
    headers: tuple[tuple[str, str], ...] = NO_STORE
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
