"""The bearer token of a request (VERIFY-01, USERINFO-01)."""

import re

from reference_backend.errors import AuthenticationError

_BEARER = re.compile(r"Bearer +(\S+)", re.IGNORECASE)


def extract(header: str | None) -> str | None:
    """The token, None for another scheme or a malformed header (VERIFY-01)."""
    match = _BEARER.fullmatch(header or "")
    return match[1] if match else None


def require(header: str | None) -> str:
    """The token of a userinfo request (USERINFO-01)."""
    token = extract(header)
    if not token:
        raise AuthenticationError("No token provided")
    return token
