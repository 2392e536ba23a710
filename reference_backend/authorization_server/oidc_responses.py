"""Errors in OIDC form (OERR)."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Response

from reference_backend.authorization_server import oidc_error
from reference_backend.authorization_server.oidc_error import OidcError
from reference_backend.errors import AuthError
from reference_backend.http import responses

SERVER_ERROR = 500
log = logging.getLogger(__name__)


def error(raised: OidcError) -> Response:
    """The answer for an error; no ``WWW-Authenticate`` (OERR-01, OIDC-08)."""
    level = logging.ERROR if raised.status >= SERVER_ERROR else logging.INFO
    # As a literal: a description may repeat what the client sent, line ends included.
    log.log(level, "request failed with status %s: %s, %r", raised.status, raised.code, raised.description)
    return responses.uncached(responses.json_response(oidc_error.body(raised), raised.status))


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
