"""The routes of the authorization server (AUTHZ, ASESS, CODE, OFFLINE, REVOKE, DCR, OIDC, CIMD)."""

from typing import Any, cast

from flask import Response, current_app

from reference_backend.authorization_server import (
    authorization_sessions,
    clients,
    discovery,
    oidc_error,
    oidc_responses,
    request_members,
)
from reference_backend.authorization_server.clients import Presented
from reference_backend.authorization_server.oidc_error import OidcError
from reference_backend.authorization_server.server import AuthorizationServer
from reference_backend.backend import current_backend
from reference_backend.http import bearer, responses
from reference_backend.http.request import request

EXTENSION = "reference_backend.authorization_server"


def current_server() -> AuthorizationServer:
    """The authorization server of the running application."""
    return cast(AuthorizationServer, current_app.extensions[EXTENSION])


def authorize() -> Response:
    """``GET /v1/authorize``: keep the request and send the browser to the consent page (AUTHZ-01).

    What is wrong is answered here: neither the client nor its redirect URI is trusted yet (AUTHZ-03).
    """
    members = request_members.checked(request.parameter_members, request_members.AUTHORIZE)
    session = current_server().authorizations.begin(members)
    page = authorization_sessions.consent_page(current_backend().settings.app_url, session.session_id)
    return responses.to_app(page, accepts_html=request.prefers_html)


def show(session_id: str) -> Response:
    """``GET /v1/sessions/{id}`` (ASESS-01)."""
    del session_id  # In lower case: see requested_session().
    with oidc_responses.translating():
        session, client = current_server().authorizations.pending(requested_session())
    return responses.uncached(responses.json_response(authorization_sessions.shown(session, client.name)))


def approve(session_id: str) -> Response:
    """``POST /v1/sessions/{id}/approve`` (ASESS-07 … ASESS-12)."""
    del session_id
    with oidc_responses.translating():
        user = signed_in_user()
        url = current_server().authorizations.approve(requested_session(), user)
    return redirect_url(url)


def reject(session_id: str) -> Response:
    """``POST /v1/sessions/{id}/reject`` (ASESS-13 … ASESS-15)."""
    del session_id
    user = signed_in_user()  # ASESS-15: what is wrong with the token is told in general form.
    with oidc_responses.translating():
        url = current_server().authorizations.reject(requested_session(), user)
    return redirect_url(url)


def requested_session() -> str:
    """``{id}`` of ``/v1/sessions/{id}``."""
    return request.path_segment(2)


def signed_in_user() -> str:
    """Who decides: the user of a full token; cookies do not count (ASESS-07 … ASESS-09, SEC-AS-07).

    Raises:
        OidcError: no credentials, or not a user's.
        AuthenticationError: the token is not acceptable.
    """
    verifier = current_backend().verifier
    token = bearer.extract(request.headers.get("Authorization"))
    if token is None or verifier.is_service(token):
        raise oidc_error.access_denied()
    return verifier.verify(token, allow_limited=False).user_entity_ref


def redirect_url(url: str) -> Response:
    """Where the consent page goes next; it goes there by itself (ASESS-10)."""
    return responses.uncached(responses.json_response({"redirectUrl": url}))


def issue_token() -> Response:
    """``POST /v1/token``; the answer is not to be kept (OIDC-07)."""
    members = request_members.checked(request.body, request_members.TOKEN)
    with oidc_responses.translating_grants():
        answer = current_server().tokens.answer(members, presented(members))
    return responses.uncached(responses.json_response(answer))


def revoke() -> Response:
    """``POST /v1/revoke`` (REVOKE-01)."""
    members = request_members.checked(request.body, request_members.REVOKE)
    with oidc_responses.translating():
        current_server().tokens.revoke(members["token"], presented(members))
    return responses.text_page("", 200)


def presented(members: dict[str, Any]) -> Presented:
    """Which client calls (OFFLINE-09, OFFLINE-11)."""
    header = request.headers.get("Authorization")
    return clients.presented(header, members.get("client_id"), members.get("client_secret"))


def register() -> Response:
    """Register a client; without authentication (DCR-01, DCR-02).

    The answer says what was registered, which need not be what was asked for (RFC 7591 §3.2.1).
    """
    members = request_members.checked(request.body, request_members.REGISTER)
    with oidc_responses.translating():
        client, secret = current_server().clients.register(members)
    # A secret does not expire, which 0 says (DCR-13).
    given = {} if secret is None else {"client_secret": secret, "client_secret_expires_at": 0}
    answer = {
        "client_id": client.client_id,
        **given,
        "client_name": client.name,
        "redirect_uris": list(client.redirect_uris),
        "response_types": list(client.response_types),
        "grant_types": list(client.grant_types),
        "token_endpoint_auth_method": client.auth_method,
        **({} if client.scope is None else {"scope": client.scope}),
    }
    return responses.uncached(responses.json_response(answer, 201))


def configuration() -> Response:
    """``GET /.well-known/openid-configuration``."""
    on = current_server().settings
    return responses.json_response(
        discovery.document(
            current_backend().settings.auth_base,
            registration=on.registration is not None,
            documents=on.documents is not None,
            offline=on.offline is not None,
        )
    )


def cli_client() -> Response:
    """``GET /.well-known/oauth-client/cli.json``."""
    if current_server().settings.documents is None:
        raise OidcError("not_found", "Client ID metadata documents not enabled", 404)
    return responses.json_response(discovery.cli_document(current_backend().settings.auth_base))
