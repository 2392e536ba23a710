"""Errors that travel over the wire: names, statuses, causes and the JSON envelope (GEN-04 … GEN-12)."""

from collections.abc import Mapping
from typing import Any, ClassVar

STATUS_BY_NAME: Mapping[str, int] = {
    "NotModifiedError": 304,
    "InputError": 400,
    "AuthenticationError": 401,
    "NotAllowedError": 403,
    "NotFoundError": 404,
    "ConflictError": 409,
    "NotImplementedError": 501,
    "ServiceUnavailableError": 503,
}
"""GEN-06. Every other name is a 500."""


class AuthError(Exception):
    """An error whose name and message may be shown to the client.

    Parameters:
        message: text for the client; a cause is appended to it (GEN-11).
        cause: the inner error, serialised as ``cause``.
        status: overrides the status that the name implies (GEN-07).
        name: overrides the class's name, for errors known by the name of a library (``JWTInvalid``).
        fields: further members of the serialised error (GEN-12).
    """

    default_name: ClassVar[str] = "Error"

    def __init__(
        self,
        message: str,
        cause: "AuthError | None" = None,
        *,
        status: int | None = None,
        name: str | None = None,
        fields: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message_with_cause(message, cause))
        self.cause = cause
        self.status = status
        self.name = name or self.default_name
        self.fields = dict(fields or {})

    @property
    def message(self) -> str:
        """The complete text, causes included."""
        return str(self.args[0])


class InputError(AuthError):
    """The request is malformed (400)."""

    default_name = "InputError"


class AuthenticationError(AuthError):
    """The caller could not be authenticated (401)."""

    default_name = "AuthenticationError"


class NotAllowedError(AuthError):
    """The caller is known or irrelevant, and the answer is no (403)."""

    default_name = "NotAllowedError"


class NotFoundError(AuthError):
    """There is no such thing (404)."""

    default_name = "NotFoundError"


class ConflictError(AuthError):
    """There is more than one such thing (409)."""

    default_name = "ConflictError"


class NotImplementedYetError(AuthError):
    """The route exists, its function does not (501)."""

    default_name = "NotImplementedError"


class ServiceUnavailableError(AuthError):
    """Come back later (503)."""

    default_name = "ServiceUnavailableError"


def message_with_cause(message: str, cause: AuthError | None) -> str:
    """Embed name and message of the cause in the text (GEN-11)."""
    if cause is None:
        return message
    return f"{message}; caused by {cause.name}: {cause.message}"


def status_of(error: AuthError) -> int:
    """HTTP status of an error (GEN-06, GEN-07)."""
    if error.status is not None and 100 <= error.status <= 599:
        return error.status
    return STATUS_BY_NAME.get(error.name, 500)


def internal(log_id: str) -> AuthError:
    """Stand-in for an error whose text must not leave the house (GEN-13).

    Parameters:
        log_id: 20 hex digits under which the log has the real one.
    """
    return AuthError(f"An internal error occurred logId={log_id}")


def serialise(error: AuthError) -> dict[str, Any]:
    """``error`` member of the envelope; never a stack (GEN-09, GEN-11, GEN-12)."""
    members: dict[str, Any] = {"name": error.name, "message": error.message, **error.fields}
    if error.cause is not None:
        members["cause"] = serialise(error.cause)
    return members


def envelope(error: AuthError, method: str, url: str) -> dict[str, Any]:
    """The complete error body (GEN-04).

    Parameters:
        error: what happened.
        method: the request's method.
        url: raw path and query relative to the plugin's mount (GEN-05).
    """
    return {
        "error": serialise(error),
        "request": {"method": method, "url": url},
        "response": {"statusCode": status_of(error)},
    }


def page_error(error: AuthError) -> dict[str, str]:
    """The error as the web message page carries it: name and message, nothing else (FRAME-12)."""
    return {"name": error.name, "message": error.message}


def invalid_thrown_value() -> AuthError:
    """What a page says about a failure that is not an error of the protocol (FRAME-13)."""
    return AuthError("Encountered invalid error")
