"""The authorization endpoint, and who decides about an authorization session."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from reference_backend.authorization_server import (
    authorization_codes,
    authorization_sessions,
    code_challenge,
    oidc_error,
    redirect_uris,
)
from reference_backend.authorization_server import routes as server_routes
from reference_backend.authorization_server.authorization_sessions import AuthorizationSession
from reference_backend.authorization_server.authorizations import Authorizations
from reference_backend.backend import current_backend
from reference_backend.formats import encoding
from reference_backend.http import bearer
from reference_backend.http.request import request
from reference_backend.identity import token_verifier
from tests.defects.catalogue.client_registration import on_server
from tests.defects.defect import always, nothing, replace, wrap


@on_server("AUTHZ-06", "SEC-AS-01", "SEC-AS-02")
def any_redirect_address() -> None:
    """Codes go to whatever address the authorization request names."""
    replace(redirect_uris, "require_registered", nothing)


def compare_redirect_addresses(fits: Callable[[str, str], bool]) -> None:
    """Compare a requested address with the registered ones in another way."""

    def require_registered(original: Callable[..., None], redirect_uri: str, registered: Sequence[str]) -> None:
        if not any(fits(redirect_uri, one) for one in registered):
            original(redirect_uri, registered)

    wrap(redirect_uris, "require_registered", require_registered)


@on_server("AUTHZ-06", "SEC-AS-02")
def redirect_address_by_its_beginning() -> None:
    """A redirect URI may go on after what is registered."""
    compare_redirect_addresses(lambda asked, registered: asked.startswith(registered))


@on_server("AUTHZ-06", "SEC-AS-02")
def redirect_address_in_any_case() -> None:
    """Upper and lower case of a redirect URI are the same."""
    compare_redirect_addresses(lambda asked, registered: asked.lower() == registered.lower())


@on_server("AUTHZ-06", "SEC-AS-02")
def redirect_address_with_any_query() -> None:
    """The query of a redirect URI does not matter."""
    compare_redirect_addresses(lambda asked, registered: asked.partition("?")[0] == registered.partition("?")[0])


@on_server("AUTHZ-06", "SEC-AS-02")
def loopback_port_of_registered_clients() -> None:
    """A registered client may come back to any port of a loopback address."""
    compare_redirect_addresses(
        lambda asked, registered: asked.startswith("http://127.0.0.1") and registered == "http://127.0.0.1/cb"
    )


@on_server("AUTHZ-04", "SEC-AS-11")
def any_response_type() -> None:
    """Every response type counts as code."""
    replace(authorization_sessions, "require_code_flow", nothing)


@on_server("AUTHZ-01", "AUTHZ-10")
def consent_page_of_the_backend() -> None:
    """The browser is sent to a consent page at the backend, not at the app."""
    replace(authorization_sessions, "consent_page", lambda app_url, session_id: f"/oauth2/authorize/{session_id}")


def change_request(change: Callable[[dict[str, str]], None]) -> None:
    """Do something to an authorization request before it is accepted."""

    def begin(original: Callable[..., Any], self: Authorizations, asked: dict[str, str]) -> Any:
        changed = dict(asked)
        change(changed)
        return original(self, changed)

    wrap(Authorizations, "begin", begin)


@on_server("AUTHZ-09")
def unknown_scope_is_refused() -> None:
    """A scope that is not listed fails the authorization request."""

    def only_known(asked: dict[str, str]) -> None:
        if set(asked.get("scope", "").split()) - {"openid", "offline_access"}:
            raise oidc_error.OidcError("invalid_scope", "Unknown scope", 400)

    change_request(only_known)


@on_server("AUTHZ-07", "SEC-AS-18")
def challenge_method_defaults_to_plain() -> None:
    """An unknown or missing challenge method counts as plain."""

    def to_plain(asked: dict[str, str]) -> None:
        if asked.get("code_challenge_method") not in code_challenge.METHODS:
            asked["code_challenge_method"] = "plain"

    change_request(to_plain)


@on_server("CIMD-18", "SEC-AS-06")
def public_clients_without_challenge() -> None:
    """A client without secret need not send a code challenge."""
    wrap(
        code_challenge,
        "require_acceptable",
        lambda original, challenge, method, *, is_public: original(challenge, method, is_public=False),
    )


@on_server("ASESS-11", "ASESS-13", "SEC-AS-17")
def state_is_dropped() -> None:
    """The client's state does not come back."""
    replace(authorization_sessions, "_state", always([]))


@on_server("ASESS-11", "ASESS-13", "SEC-AS-17")
def state_is_encoded_twice() -> None:
    """The client's state comes back encoded once more."""
    wrap(
        authorization_sessions,
        "_state",
        lambda original, session: [(name, encoding.form([("", value)])[1:]) for name, value in original(session)],
    )


@on_server("ASESS-11", "ASESS-14", "SEC-AS-17")
def query_of_the_client_is_lost() -> None:
    """The query of the redirect URI is replaced."""
    wrap(
        redirect_uris,
        "with_parameters",
        lambda original, redirect_uri, parameters: original(redirect_uri.partition("?")[0], parameters),
    )


@on_server("ASESS-13")
def rejection_without_description() -> None:
    """A rejection does not say what happened."""

    def rejected_url(session: AuthorizationSession) -> str:
        return redirect_uris.with_parameters(session.redirect_uri, [("error", "server_error")])

    replace(authorization_sessions, "rejected_url", rejected_url)


@on_server("ASESS-12", "SEC-AS-21")
def short_codes() -> None:
    """Codes are too short not to be guessed."""
    replace(authorization_codes, "BYTES", 6)


@on_server("ASESS-02", "ASESS-01")
def session_tells_the_state() -> None:
    """The authorization session contains the client's state."""
    wrap(
        authorization_sessions,
        "shown",
        lambda original, session, client_name: {**original(session, client_name), "state": session.state},
    )


@on_server("ASESS-01")
def session_with_empty_scope() -> None:
    """An authorization session without scope has the scope null."""
    wrap(
        authorization_sessions,
        "shown",
        lambda original, session, client_name: {"scope": None, **original(session, client_name)},
    )


@on_server("ASESS-04")
def decided_sessions_can_be_read() -> None:
    """A session that was decided about can still be read."""

    def require_pending(original: Callable[..., Any], session: AuthorizationSession | None, now: float) -> Any:
        return session if session is not None and session.status != "pending" else original(session, now)

    wrap(authorization_sessions, "require_pending", require_pending)


@on_server("ASESS-08", "ASESS-15", "SEC-AS-07", "FE-100")
def anybody_decides() -> None:
    """An authorization session can be decided without a user token."""
    wrap(
        server_routes,
        "signed_in_user",
        lambda original: original() if bearer.extract(request.headers.get("Authorization")) else "user:default/guest",
    )


@on_server("ASESS-09", "LIM-04", "VERIFY-08")
def limited_tokens_decide() -> None:
    """A limited token is enough to approve."""

    def signed_in_user() -> str:
        token = bearer.extract(request.headers.get("Authorization"))
        if token is None or current_backend().verifier.is_service(token):
            raise oidc_error.access_denied()
        return current_backend().verifier.verify(token, allow_limited=True).user_entity_ref

    replace(server_routes, "signed_in_user", signed_in_user)


@on_server("LIM-10", "SEC-AS-07")
def cookie_decides() -> None:
    """The cookie with the limited token is enough to approve."""

    def signed_in_user(original: Callable[[], str]) -> str:
        cookie = request.cookies.get("backstage-auth")
        if cookie is None or request.headers.get("Authorization"):
            return original()
        return current_backend().verifier.verify(cookie, allow_limited=True).user_entity_ref

    wrap(server_routes, "signed_in_user", signed_in_user)


@on_server("ASESS-08", "ASESS-15")
def services_decide() -> None:
    """A token of a service decides like one of a user."""

    def signed_in_user(original: Callable[[], str]) -> str:
        token = bearer.extract(request.headers.get("Authorization"))
        if token and current_backend().verifier.is_service(token):
            return "user:default/guest"
        return original()

    wrap(server_routes, "signed_in_user", signed_in_user)


@on_server("ASESS-09", "ASESS-15", "SEC-AS-07")
def forged_tokens_decide() -> None:
    """The signature of the user token of a decision is not verified."""
    replace(token_verifier, "find_key", lambda public_keys, header: public_keys[0])
    replace(token_verifier, "verify_signature", nothing)


@on_server("ASESS-18", "ASESS-07")
def decision_needs_a_header() -> None:
    """Only requests with X-Requested-With decide."""

    def signed_in_user(original: Callable[[], str]) -> str:
        if request.headers.get("X-Requested-With") != "XMLHttpRequest":
            raise oidc_error.access_denied()
        return original()

    wrap(server_routes, "signed_in_user", signed_in_user)


@on_server("ASESS-16")
def tokens_of_somebody_else() -> None:
    """The subject of the tokens is always the same user, not the one who approved."""
    wrap(
        Authorizations,
        "approve",
        lambda original, self, session_id, user_entity_ref: original(self, session_id, "user:default/runa-case"),
    )
