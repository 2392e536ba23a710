"""The authorization endpoint, and what the app's consent page asks for (AUTHZ, ASESS, FE-100)."""

from flask import Response, request

from reference_backend.protocol import bearer
from reference_backend.protocol.authorization_server import (
    authorization_sessions,
    oidc_error,
    request_members,
)
from reference_backend.web import backend, incoming, outgoing
from reference_backend.web.authorization_server import answers


def authorize() -> Response:
    """``GET /v1/authorize``: keep the request and send the browser to the consent page (AUTHZ-01).

    What is wrong is answered here: whoever asked may not be who he says he is, and the address not his (AUTHZ-03).
    """
    own = backend.current()
    members = request_members.checked(incoming.query_members(), request_members.AUTHORIZE)
    session = own.authorization_server.authorizations.begin(members)
    page = authorization_sessions.consent_page(own.settings.app_url, session.session_id)
    preferred = request.accept_mimetypes.best_match(["text/plain", "text/html"], "text/plain")
    return outgoing.to_app(page, accepts_html=preferred == "text/html")


def show(session_id: str) -> Response:
    """``GET /v1/sessions/{id}`` (ASESS-01)."""
    del session_id  # In lower case: see requested_session().
    with answers.translating():
        session, client = backend.current().authorization_server.authorizations.pending(requested_session())
    return outgoing.uncached(outgoing.json_response(authorization_sessions.shown(session, client.name)))


def approve(session_id: str) -> Response:
    """``POST /v1/sessions/{id}/approve`` (ASESS-07 … ASESS-12)."""
    del session_id
    with answers.translating():
        user = signed_in_user()
        url = backend.current().authorization_server.authorizations.approve(requested_session(), user)
    return redirect_url(url)


def reject(session_id: str) -> Response:
    """``POST /v1/sessions/{id}/reject`` (ASESS-13 … ASESS-15)."""
    del session_id
    user = signed_in_user()  # ASESS-15: what is wrong with the token is told in general form.
    with answers.translating():
        url = backend.current().authorization_server.authorizations.reject(requested_session(), user)
    return redirect_url(url)


def requested_session() -> str:
    """``{id}`` of ``/v1/sessions/{id}``."""
    return incoming.path_segment(2)


def signed_in_user() -> str:
    """Who decides: the user of a full token; cookies do not count (ASESS-07 … ASESS-09, SEC-AS-07).

    Raises:
        OidcError: nobody, or no user.
        AuthenticationError: the token is not acceptable.
    """
    verifier = backend.current().verifier
    token = bearer.extract(request.headers.get("Authorization"))
    if token is None or verifier.is_service(token):
        raise oidc_error.access_denied()
    return verifier.verify(token, allow_limited=False).user_entity_ref


def redirect_url(url: str) -> Response:
    """Where the consent page goes next; it goes there by itself (ASESS-10)."""
    return outgoing.uncached(outgoing.json_response({"redirectUrl": url}))
