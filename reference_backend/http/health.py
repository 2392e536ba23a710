"""Health endpoints at the root of the listener (GEN-17)."""

from flask import Response

from reference_backend.http import responses

PREFIX = "/.backstage/health/v1"


def ok() -> Response:
    """Answer that the backend is there; it takes no requests before it is ready."""
    return responses.json_response({"status": "ok"})
