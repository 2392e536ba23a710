"""The token and the revocation endpoint (CODE, OFFLINE, REVOKE)."""

from typing import Any

from flask import Response, request

from reference_backend.protocol.authorization_server import clients, request_members
from reference_backend.protocol.authorization_server.clients import Presented
from reference_backend.web import backend, incoming, outgoing
from reference_backend.web.authorization_server import answers


def issue() -> Response:
    """``POST /v1/token``; the answer is not to be kept (OIDC-07)."""
    members = request_members.checked(incoming.body(), request_members.TOKEN)
    with answers.translating_grants():
        answer = backend.current().authorization_server.tokens.answer(members, presented(members))
    return outgoing.uncached(outgoing.json_response(answer))


def revoke() -> Response:
    """``POST /v1/revoke`` (REVOKE-01)."""
    members = request_members.checked(incoming.body(), request_members.REVOKE)
    with answers.translating():
        backend.current().authorization_server.tokens.revoke(members["token"], presented(members))
    return outgoing.text_page("", 200)


def presented(members: dict[str, Any]) -> Presented:
    """Which client calls (OFFLINE-09, OFFLINE-11)."""
    header = request.headers.get("Authorization")
    return clients.presented(header, members.get("client_id"), members.get("client_secret"))
