"""Refresh tokens of clients: rotation, whose they are, how many there can be, and taking them back."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from itertools import count
from typing import Any

from reference_backend.authorization_server import clients, offline_access, oidc_error, refresh_tokens
from reference_backend.authorization_server.client_directory import ClientDirectory
from reference_backend.authorization_server.clients import Presented
from reference_backend.authorization_server.offline_access import OfflineAccess
from reference_backend.authorization_server.offline_store import OfflineStore
from reference_backend.authorization_server.refresh_tokens import OfflineSession
from reference_backend.authorization_server.token_endpoint import TokenEndpoint
from reference_backend.oauth.routes import OAuthRoutes
from tests.defects.catalogue.client_registration import on_server
from tests.defects.defect import always, nothing, replace, wrap


def wrap_rotate(look: Callable[[OfflineSession], None]) -> None:
    """Let a token be replaced that was replaced before, and look at the session that it belonged to."""
    numbers = count(1)

    def rotate(
        original: Callable[..., bool], self: OfflineStore, session: OfflineSession, new: str, retired: str, now: float
    ) -> bool:
        look(session)
        return original(self, session, new, f"{retired[:-8]}{next(numbers):08}", now)

    wrap(OfflineStore, "rotate", rotate)


@on_server("OFFLINE-03", "SEC-AS-10")
def used_refresh_tokens_still_work() -> None:
    """A refresh token works again after it was used."""
    hashes: dict[str, str] = {}

    def is_current(original: Callable[..., bool], token: str, token_hash: str) -> bool:
        earlier = hashes.get(token.partition(".")[0])
        return original(token, token_hash) or (earlier is not None and original(token, earlier))

    wrap_rotate(lambda session: hashes.update({session.session_id: session.token_hash}))
    wrap(refresh_tokens, "is_current", is_current)


@on_server("OFFLINE-03", "SEC-AS-10")
def refresh_tokens_do_not_rotate() -> None:
    """A refresh gives the same refresh token back."""

    def refresh(original: Callable[..., Any], self: OfflineAccess, token: str, presented: Presented) -> Any:
        session = self._find(refresh_tokens.session_id_of(token))
        self._clients.require_holder(session.client_id, presented, "Refresh token")
        self._require_current(session, token)
        self._require_user(session)
        return session, token

    wrap(OfflineAccess, "refresh", refresh)


@on_server("OFFLINE-04")
def used_refresh_tokens_end_nothing() -> None:
    """The session goes on after a used refresh token came again."""
    replace(OfflineStore, "is_retired", always(value=False))


@on_server("OFFLINE-02", "SEC-AS-21")
def short_refresh_tokens() -> None:
    """Refresh tokens are too short not to be guessed."""
    replace(refresh_tokens, "SECRET_BYTES", 6)


@on_server("OFFLINE-08")
def half_a_refresh_token() -> None:
    """The session id alone is accepted as a refresh token."""
    wrap_rotate(nothing)
    replace(refresh_tokens, "is_current", always(value=True))


@on_server("OFFLINE-05")
def missing_refresh_token_is_an_invalid_grant() -> None:
    """A refresh without refresh token is refused like one with a wrong one."""

    def answer(original: Callable[..., Any], self: TokenEndpoint, asked: dict[str, Any], presented: Presented) -> Any:
        return original(self, {**asked, "refresh_token": asked.get("refresh_token") or "nothing"}, presented)

    wrap(TokenEndpoint, "answer", answer)


@on_server("OFFLINE-10", "OERR-06")
def wrong_credentials_do_not_matter() -> None:
    """A client that authenticates with something wrong counts as one that does not."""
    replace(ClientDirectory, "authenticate_if_tried", nothing)


@on_server("OFFLINE-10")
def body_wins_over_header() -> None:
    """Credentials in the body count more than those in the header."""

    def presented(
        original: Callable[..., Presented], header: str | None, client_id: str | None, secret: str | None
    ) -> Presented:
        return original(None if client_id and secret else header, client_id, secret)

    wrap(clients, "presented", presented)


@on_server("OFFLINE-09", "OIDC-06")
def no_basic_authentication() -> None:
    """Credentials in a header are not read."""
    wrap(clients, "presented", lambda original, header, client_id, secret: original(None, client_id, secret))


@on_server("OFFLINE-16")
def any_number_of_sessions() -> None:
    """A user may have any number of sessions."""
    wrap_start(lambda arguments: {**arguments, "max_sessions": 1000})


@on_server("OFFLINE-15")
def sessions_of_one_client_add_up() -> None:
    """A new session of the same client leaves the one before alone."""
    owners: dict[str, str] = {}

    def start(arguments: dict[str, Any]) -> dict[str, Any]:
        session = arguments["session"]
        owners[session.session_id] = session.client_id
        stranger = dataclasses.replace(session, client_id=session.session_id)
        return {**arguments, "session": stranger, "max_sessions": 1000}

    def get(original: Callable[..., Any], self: OfflineStore, session_id: str) -> Any:
        found = original(self, session_id)
        return found and dataclasses.replace(found, client_id=owners[session_id])

    wrap_start(start)
    wrap(OfflineStore, "get", get)


@on_server("OFFLINE-16")
def newest_session_goes_first() -> None:
    """A user with too many sessions loses all of them."""
    wrap_start(lambda arguments: {**arguments, "max_sessions": 1})


def wrap_start(change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Start sessions with other arguments."""

    def start(
        original: Callable[..., None],
        self: OfflineStore,
        connection: Any,
        session: OfflineSession,
        authorization_session_id: str,
        max_sessions: int,
    ) -> None:
        arguments = {
            "session": session,
            "authorization_session_id": authorization_session_id,
            "max_sessions": max_sessions,
        }
        original(self, connection, **change(arguments))

    wrap(OfflineStore, "start", start)


@on_server("OFFLINE-17")
def who_has_left_goes_on() -> None:
    """The catalog is not asked whether the user still exists."""
    replace(OfflineAccess, "_require_user", nothing)


@on_server("OFFLINE-04", "REVOKE-07", "SEC-AS-19")
def sessions_never_end() -> None:
    """A session that ends is not removed."""
    replace(OfflineStore, "remove", nothing)


@on_server("REVOKE-05", "REVOKE-07", "REVOKE-08", "SEC-AS-19")
def revocation_does_nothing() -> None:
    """Revocation answers success and does nothing."""
    replace(OfflineAccess, "revoke", nothing)


@on_server("REVOKE-04", "REVOKE-05", "SEC-AS-19")
def revocation_without_authentication() -> None:
    """The client id alone is sufficient to revoke tokens."""
    wrap(
        ClientDirectory,
        "identify_for_revocation",
        lambda original, self, presented: presented.credentials.client_id or original(self, presented),
    )


@on_server("REVOKE-06", "SEC-AS-23")
def revocation_by_any_client() -> None:
    """Every client revokes the refresh tokens of all others."""
    replace(
        offline_access,
        "may_revoke",
        lambda session, token, client_id: refresh_tokens.is_current(token, session.token_hash),
    )


@on_server("REVOKE-06", "SEC-AS-23")
def revocation_by_half_a_token() -> None:
    """The id of a session is enough to revoke it."""
    replace(offline_access, "may_revoke", lambda session, token, client_id: session.client_id == client_id)


@on_server("REVOKE-01", "SEC-AS-19")
def revocation_tells_what_is_known() -> None:
    """Revocation of an unknown token is answered with an error."""

    def revoke(original: Callable[..., None], self: OfflineAccess, token: str, client_id: str) -> None:
        session_id = token.partition(".")[0]
        if self.store.get(session_id) is None:
            raise oidc_error.invalid_request("There is no such token")
        original(self, token, client_id)

    wrap(OfflineAccess, "revoke", revoke)


@on_server("OFFLINE-24")
def logout_ends_every_session() -> None:
    """Logout from the provider revokes the refresh tokens of other clients."""
    started: list[tuple[OfflineStore, str]] = []

    def prepare(original: Callable[..., Any], self: OfflineAccess, user_entity_ref: str, client_id: str) -> Any:
        token, session = original(self, user_entity_ref, client_id)
        started.append((self.store, session.session_id))
        return token, session

    def logout(original: Callable[..., Any], routes: OAuthRoutes) -> Any:
        for store, session_id in started:
            store.remove(session_id)
        return original(routes)

    wrap(OfflineAccess, "prepare", prepare)
    wrap(OAuthRoutes, "logout", logout)
