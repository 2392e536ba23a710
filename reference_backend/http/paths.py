"""Paths, and what is said about paths that lead nowhere (GEN-14, ROUTE)."""

import re

from reference_backend.errors import AuthError, NotFoundError
from reference_backend.formats import encoding

MOUNT = "/api/auth"
"""GEN-01."""


def canonical(path: str) -> str:
    """Path as the router compares it: lower case, slashes merged, without a trailing one (GEN-14)."""
    return re.sub(r"/+", "/", path.lower()).rstrip("/") or "/"


def relative_url(raw: str) -> str:
    """Path and query below the mount, as received (GEN-05)."""
    return raw[len(MOUNT) :] if raw.lower().startswith(MOUNT) else raw


def unknown_provider(relative_path: str) -> AuthError:
    """The answer to a path that no route owns (ROUTE-05 … ROUTE-07, ROUTE-13).

    Parameters:
        relative_path: raw path below the mount.
    """
    segment = relative_path.strip("/").partition("/")[0]
    try:
        return NotFoundError(f"Unknown auth provider '{encoding.decode_component(segment)}'")
    except ValueError:
        return undecodable(segment)


def undecodable(segment: str) -> AuthError:
    """The answer to a path with a broken percent-encoding in it."""
    return AuthError(
        f"Failed to decode param '{segment}'", name="URIError", status=400, fields={"statusCode": 400, "status": 400}
    )


def segment(raw_path: str, index: int) -> str:
    """One segment of a path as it was sent: routes ignore case, identifiers do not.

    Parameters:
        raw_path: raw path below the mount.
        index: which, from 0.

    Raises:
        AuthError: its percent-encoding is broken.
    """
    found = [part for part in raw_path.split("/") if part][index]
    try:
        return encoding.decode_component(found)
    except ValueError as error:
        raise undecodable(found) from error


def not_registered(provider_id: str) -> AuthError:
    """The answer below a provider that is installed but not configured (ROUTE-08)."""
    return NotFoundError(f"No auth provider registered for '{provider_id}'")


def misconfigured(provider_id: str) -> AuthError:
    """The answer below a provider that was skipped in development (ROUTE-11)."""
    return NotFoundError(
        f"Auth provider registered for '{provider_id}' is misconfigured. This could mean the configs under "
        f"auth.providers.{provider_id} are missing or the environment variables used are not defined. Check "
        "the auth backend plugin logs when the backend starts to see more details."
    )
