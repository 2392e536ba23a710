"""The header that a foreign page cannot send without CORS permission (REFRESH-01, LOGOUT-01)."""

from reference_backend.errors import AuthenticationError

REQUIRED_VALUE = "XMLHttpRequest"


def require_header(value: str | None) -> None:
    """Refuse a request whose ``X-Requested-With`` is not exactly ``XMLHttpRequest``."""
    if value != REQUIRED_VALUE:
        raise AuthenticationError("Invalid X-Requested-With header")
