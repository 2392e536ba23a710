"""Errors as JSON (GEN-04 … GEN-13)."""

import logging
import secrets
import traceback

from flask import Response, current_app

from reference_backend import errors
from reference_backend.errors import AuthError
from reference_backend.http import responses
from reference_backend.http.request import request

SERVER_ERROR = 500
log = logging.getLogger(__name__)


def render(error: AuthError) -> Response:
    """The answer for an error; with its stack in development only (GEN-09, GEN-10)."""
    body = errors.envelope(error, request.method, request.relative_url)
    status = errors.status_of(error)
    if current_app.config[responses.DEVELOPMENT]:
        body["error"]["stack"] = "".join(traceback.format_exception(error))
    if status >= SERVER_ERROR:
        log.error("request failed with status %s: %s: %s", status, error.name, error.message)
    return responses.json_response(body, status)


def hidden(error: Exception) -> AuthError:
    """Stand-in for an error of ours, whose text stays in the log (GEN-13)."""
    log_id = secrets.token_hex(10)
    log.error("internal error logId=%s", log_id, exc_info=error)
    return errors.internal(log_id)
