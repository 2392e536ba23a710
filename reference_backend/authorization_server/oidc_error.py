"""Errors of the authorization server: a code and a description, nothing else (OERR)."""

from collections.abc import Mapping

from reference_backend import errors
from reference_backend.errors import AuthError

CODE_BY_NAME: Mapping[str, tuple[str, int]] = {
    "InputError": ("invalid_request", 400),
    "AuthenticationError": ("invalid_client", 401),
    "NotAllowedError": ("access_denied", 403),
    "NotFoundError": ("invalid_request", 400),
}
"""OERR-02. Every other name is a ``server_error``."""


class OidcError(Exception):
    """An error in the form of RFC 6749 §5.2.

    Parameters:
        code: value of ``error``.
        description: value of ``error_description``.
        status: HTTP status.
    """

    def __init__(self, code: str, description: str, status: int) -> None:
        super().__init__(f"{code}, {description}")
        self.code = code
        self.description = description
        self.status = status


def body(error: OidcError) -> dict[str, str]:
    """The error as it travels (OERR-01)."""
    return {"error": error.code, "error_description": error.description}


def translated(error: AuthError) -> OidcError:
    """An error of the protocol as an OIDC error (OERR-02)."""
    code, status = CODE_BY_NAME.get(error.name, ("server_error", 500))
    return OidcError(code, error.message or "Unknown error", status)


def translated_at_token_endpoint(error: AuthError) -> OidcError:
    """The same at the token endpoint, where what is not authentic is the grant (OERR-06)."""
    if error.name == errors.AuthenticationError.default_name:
        return OidcError("invalid_grant", error.message, 400)
    return translated(error)


def invalid_request(description: str) -> OidcError:
    """The request is malformed."""
    return OidcError("invalid_request", description, 400)


def unauthenticated_client(description: str = "Client authentication required") -> OidcError:
    """The client did not say, or not prove, who it is (OFFLINE-10, REVOKE-03, REVOKE-04)."""
    return OidcError("invalid_client", description, 401)


def access_denied() -> OidcError:
    """Only a signed-in user may decide about a session (ASESS-08, ASESS-15)."""
    return OidcError("access_denied", "Authentication required", 403)


def unsupported_grant_type(grant_type: str) -> OidcError:
    """The token endpoint knows two grants (CODE-07)."""
    return OidcError("unsupported_grant_type", f"Grant type {grant_type} is not supported", 400)
