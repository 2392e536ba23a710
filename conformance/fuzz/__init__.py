"""The OpenAPI description of an auth backend, and malformed requests to it.

``auth-backend.openapi.yaml`` says what every route may answer. schemathesis makes requests of it, good and bad ones,
and compares the answers.
"""

from typing import Final

EXAMPLES: Final = 12
"""Requests to one operation: enough to meet every parameter left out, repeated, empty and of a wrong type."""
