"""A URL at which the browser ends the vendor's own session (LOGOUT-11, LOGOUT-12)."""

from reference_backend.formats import urls


def acceptable(url: str | None) -> str | None:
    """The URL if it is https or on localhost, else None."""
    if url is None:
        return None
    try:
        parsed = urls.parse(url)
    except ValueError:
        return None
    return url if parsed.scheme == "https" or parsed.hostname == "localhost" else None
