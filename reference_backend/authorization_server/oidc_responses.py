"""Errors in OIDC form (OERR)."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Response

from reference_backend.authorization_server import oidc_error
from reference_backend.authorization_server.oidc_error import OidcError
from reference_backend.errors import AuthError
from reference_backend.http import responses
from reference_backend.http.request import request

UNAUTHORIZED = 401
SERVER_ERROR = 500
log = logging.getLogger(__name__)


def error(raised: OidcError) -> Response:
    """The answer for an error (OERR-01)."""
    level = logging.ERROR if raised.status >= SERVER_ERROR else logging.INFO
    # As a literal: a description may repeat what the client sent, line ends included.
    log.log(level, "request failed with status %s: %s, %r", raised.status, raised.code, raised.description)
    response = responses.uncached(responses.json_response(oidc_error.body(raised), raised.status))
    if raised.status == UNAUTHORIZED and request.headers.get("Authorization", "").lower().startswith("basic "):
        # Only to who authenticated like this: browsers would show others a dialogue (OIDC-09).
        response.headers["WWW-Authenticate"] = 'Basic realm="auth", charset="UTF-8"'
    return response


@contextmanager
def translating() -> Iterator[None]:
    """Errors of the protocol leave as OIDC errors (OERR-02)."""
    try:
        yield
    except AuthError as raised:
        raise oidc_error.translated(raised) from raised


@contextmanager
def translating_grants() -> Iterator[None]:
    """The same at the token endpoint (OERR-06)."""
    try:
        yield
    except AuthError as raised:
        raise oidc_error.translated_at_token_endpoint(raised) from raised
