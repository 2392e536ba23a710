"""``GET /v1/userinfo`` (USERINFO)."""

from flask import Response, request

from reference_backend.protocol import bearer
from reference_backend.protocol.errors import InputError
from reference_backend.web import backend, outgoing


def show() -> Response:
    """The record of the token's user; full and limited tokens will do (LIM-03)."""
    own = backend.current()
    token = bearer.require(request.headers.get("Authorization"))
    if own.verifier.is_service(token):
        raise InputError("Userinfo endpoint must be called with a token that represents a user principal")
    principal = own.verifier.verify(token, allow_limited=True)
    info = own.store.get_user_info(principal.user_entity_ref)
    if info is None:
        return outgoing.text_page("User info not found", 404)
    return outgoing.json_response(info)
