"""Which origins may receive sessions (ORIGIN, START-04, START-05, FRAME-04, FRAME-05, LOGOUT-02)."""

from collections.abc import Sequence
from dataclasses import dataclass

from reference_backend.errors import InputError, NotAllowedError
from reference_backend.formats import glob, urls


@dataclass(frozen=True, slots=True)
class AllowedOrigins:
    """The allow-list, global to the backend (ORIGIN-08).

    Parameters:
        app_origin: origin of ``app.baseUrl``.
        patterns: globs of ``auth.experimentalExtraAllowedOrigins``.
    """

    app_origin: str
    patterns: Sequence[str] = ()


def is_allowed(allowed: AllowedOrigins, origin: str) -> bool:
    """Compare with the app's origin by strict equality, with the patterns as globs (ORIGIN-01, ORIGIN-02)."""
    return origin == allowed.app_origin or any(glob.matches(pattern, origin) for pattern in allowed.patterns)


def require_allowed(allowed: AllowedOrigins, origin: str) -> None:
    """Refuse an origin that is not on the list (START-05, FRAME-05, LOGOUT-02)."""
    if not is_allowed(allowed, origin):
        raise NotAllowedError(f"Origin '{origin}' is not allowed")


def normalise_at_start(text: str) -> str:
    """Origin of the ``origin`` parameter (ORIGIN-06, START-04)."""
    try:
        return urls.origin(text)
    except ValueError as error:
        raise InputError("App origin is invalid, failed to parse") from error


def normalise_in_state(text: str) -> str:
    """Origin inside a state (FRAME-04): the same, but by now the answer is a refusal."""
    try:
        return urls.origin(text)
    except ValueError as error:
        raise NotAllowedError("App origin is invalid, failed to parse") from error


def require_allowed_for_refresh(allowed: AllowedOrigins, header: str | None) -> None:
    """Check the raw ``Origin`` header, if there is one: strict, so that no token is spent (REFRESH-12)."""
    if header:
        require_allowed(allowed, header)


def require_allowed_for_logout(allowed: AllowedOrigins, header: str | None) -> None:
    """Check the raw ``Origin`` header, if there is one (LOGOUT-02, LOGOUT-03)."""
    if header:
        require_allowed(allowed, header)
