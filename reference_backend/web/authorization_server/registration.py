"""``POST /v1/register``: dynamic client registration (DCR)."""

from flask import Response

from reference_backend.protocol.authorization_server import request_members
from reference_backend.web import backend, incoming, outgoing
from reference_backend.web.authorization_server import answers


def register() -> Response:
    """Register a client; anybody may (DCR-01, DCR-02)."""
    members = request_members.checked(incoming.body(), request_members.REGISTER)
    with answers.translating():
        client, secret = backend.current().authorization_server.clients.register(members)
    answer = {
        "client_id": client.client_id,
        "redirect_uris": list(client.redirect_uris),
        "client_secret": secret,
    }
    return outgoing.uncached(outgoing.json_response(answer, 201))
