"""Keys for everybody (JWKS)."""

from flask import Response

from reference_backend.web import backend, outgoing


def user_keys() -> Response:
    """``GET /.well-known/jwks.json``: keys of user tokens (JWKS-01 … JWKS-04)."""
    return outgoing.json_response({"keys": backend.current().issuer.public_keys()})


def service_keys() -> Response:
    """``GET /.backstage/auth/v1/jwks.json``: keys between plugins, a different set (JWKS-05).

    This backend calls no other plugin, so it has none.
    """
    return outgoing.json_response({"keys": []})
