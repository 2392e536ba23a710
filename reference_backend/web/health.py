"""Health endpoints at the root of the listener (GEN-17)."""

from flask import Response

from reference_backend.web import outgoing

PREFIX = "/.backstage/health/v1"


def ok() -> Response:
    """Answer that the backend is there; it takes no requests before it is ready."""
    return outgoing.json_response({"status": "ok"})
