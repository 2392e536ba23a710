"""Registered clients, authorization sessions and codes (DCR, ASESS, CODE).

Several processes share the tables, so whatever may happen once only is one conditional ``UPDATE``: the process whose
statement changed the row has won.
"""

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, Row, delete, insert, select, update
from sqlalchemy.exc import SQLAlchemyError

from reference_backend.authorization_server.authorization_codes import AuthorizationCode
from reference_backend.authorization_server.authorization_sessions import AuthorizationSession, Status
from reference_backend.authorization_server.clients import Client
from reference_backend.store import tables

KEPT_AFTER_EXPIRY = 86400.0
"""Seconds that expired sessions and codes are still told from unknown ones (ASESS-05, CODE-09)."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class IssuedCode:
    """A code that is to be stored.

    Parameters:
        digest: digest of the code.
        expires_at: seconds since the epoch.
    """

    digest: str
    expires_at: float


@dataclass(frozen=True, slots=True)
class Redemption:
    """What came of redeeming a code.

    Parameters:
        won: the code was unused until now.
        did_more: what was to happen together with it did happen.
    """

    won: bool
    did_more: bool


class AuthorizationStore:
    """The tables of the authorization code flow.

    Parameters:
        engine: a database.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add_client(self, client: Client, now: float) -> None:
        """Remember a registered client, without expiry (DCR-11)."""
        row = {
            "client_id": client.client_id,
            "client_name": client.name,
            "secret_digest": client.secret_digest,
            "redirect_uris": json.dumps(client.redirect_uris),
            "response_types": json.dumps(client.response_types),
            "grant_types": json.dumps(client.grant_types),
            "scope": client.scope,
            "created_at": now,
        }
        with self._engine.begin() as connection:
            connection.execute(insert(tables.oidc_clients).values(**row))

    def get_client(self, client_id: str) -> Client | None:
        """A registered client."""
        with self._engine.connect() as connection:
            row = connection.execute(
                select(tables.oidc_clients).where(tables.oidc_clients.c.client_id == client_id)
            ).first()
        return None if row is None else _client(row)

    def add_session(self, session: AuthorizationSession, now: float) -> None:
        """Remember an authorization request, and forget those that expired long ago."""
        sessions, codes = tables.authorization_sessions, tables.authorization_codes
        long_ago = now - KEPT_AFTER_EXPIRY
        with self._engine.begin() as connection:
            connection.execute(delete(codes).where(codes.c.expires_at < long_ago))
            connection.execute(delete(sessions).where(sessions.c.expires_at < long_ago))
            connection.execute(insert(sessions).values(**_session_row(session)))

    def get_session(self, session_id: str) -> AuthorizationSession | None:
        """An authorization session, whatever became of it."""
        sessions = tables.authorization_sessions
        with self._engine.connect() as connection:
            row = connection.execute(select(sessions).where(sessions.c.id == session_id)).first()
        return None if row is None else _session(row)

    def decide(self, session_id: str, status: Status, user_entity_ref: str, code: IssuedCode | None) -> bool:
        """Approve or reject a pending session, once (ASESS-04).

        Parameters:
            session_id: which.
            status: what becomes of it.
            user_entity_ref: who decides.
            code: what an approval gives.

        Returns:
            False if another request was faster.
        """
        sessions = tables.authorization_sessions
        decided = (
            update(sessions)
            .where(sessions.c.id == session_id, sessions.c.status == "pending")
            .values(status=status, user_entity_ref=user_entity_ref)
        )
        with self._engine.begin() as connection:
            if connection.execute(decided).rowcount != 1:
                return False
            if code is not None:
                row = {"code_digest": code.digest, "expires_at": code.expires_at, "used": False}
                connection.execute(insert(tables.authorization_codes).values(session_id=session_id, **row))
        return True

    def get_code(self, digest: str) -> AuthorizationCode | None:
        """A code and its session."""
        sessions, codes = tables.authorization_sessions, tables.authorization_codes
        joined = (
            select(sessions, codes.c.expires_at.label("code_expires_at"), codes.c.used)
            .join_from(codes, sessions, codes.c.session_id == sessions.c.id)
            .where(codes.c.code_digest == digest)
        )
        with self._engine.connect() as connection:
            row = connection.execute(joined).first()
        if row is None:
            return None
        return AuthorizationCode(_session(row), row.code_expires_at, row.used)

    def redeem(self, digest: str, more: Callable[[Connection], None] | None) -> Redemption:
        """Use a code up, once (SEC-AS-04).

        Parameters:
            digest: digest of the code.
            more: happens in the same transaction, so that a request that finds the code used finds that, too; if the
                database refuses, the code is redeemed without it (CODE-16).
        """
        codes = tables.authorization_codes
        used = update(codes).where(codes.c.code_digest == digest, codes.c.used.is_(False)).values(used=True)
        with self._engine.begin() as connection:
            if connection.execute(used).rowcount != 1:
                return Redemption(won=False, did_more=False)
            return Redemption(won=True, did_more=more is not None and _succeeds(connection, more))


def _succeeds(connection: Connection, more: Callable[[Connection], None]) -> bool:
    try:
        with connection.begin_nested():
            more(connection)
    except SQLAlchemyError as error:
        log.warning("failed to issue a refresh token, the answer goes out without one: %s", error)
        return False
    return True


def _client(row: Row[Any]) -> Client:
    return Client(
        row.client_id,
        row.client_name,
        tuple(json.loads(row.redirect_uris)),
        row.secret_digest,
        tuple(json.loads(row.response_types)),
        tuple(json.loads(row.grant_types)),
        row.scope,
    )


def _session_row(session: AuthorizationSession) -> dict[str, Any]:
    return {
        "id": session.session_id,
        "client_id": session.client_id,
        "redirect_uri": session.redirect_uri,
        "scope": session.scope,
        "state": session.state,
        "nonce": session.nonce,
        "code_challenge": session.code_challenge,
        "code_challenge_method": session.code_challenge_method,
        "expires_at": session.expires_at,
        "status": session.status,
        "user_entity_ref": session.user_entity_ref,
    }


def _session(row: Row[Any]) -> AuthorizationSession:
    return AuthorizationSession(
        row.id,
        row.client_id,
        row.redirect_uri,
        row.scope,
        row.state,
        row.nonce,
        row.code_challenge,
        row.code_challenge_method,
        row.expires_at,
        row.status,
        row.user_entity_ref,
    )
