"""The tables, created where they are missing (KEY-11)."""

from sqlalchemy import Boolean, Column, ForeignKey, MetaData, String, Table, Text

from reference_backend.store.epoch import Epoch

metadata = MetaData()

signing_keys = Table(
    "signing_keys",
    metadata,
    Column("kid", String(255), primary_key=True),
    Column("created_at", Epoch, nullable=False),
    Column("key", Text, nullable=False),
)

user_info = Table(
    "user_info",
    metadata,
    Column("user_entity_ref", String(2048), primary_key=True),
    Column("user_info", Text, nullable=False),
    Column("updated_at", Epoch, nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("sid", String(255), primary_key=True),
    Column("sess", Text, nullable=False),
    Column("expired", Epoch, nullable=False, index=True),
)

refresh_tokens = Table(
    "refresh_tokens",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("environment", Text, nullable=False),
    Column("subject", Text),
    Column("expired", Epoch, nullable=False, index=True),
)

oidc_clients = Table(
    "oidc_clients",
    metadata,
    Column("client_id", String(255), primary_key=True),
    Column("client_name", Text, nullable=False),
    Column("secret_digest", String(64)),
    Column("redirect_uris", Text, nullable=False),
    Column("response_types", Text, nullable=False),
    Column("grant_types", Text, nullable=False),
    Column("scope", Text),
    Column("created_at", Epoch, nullable=False),
)

authorization_sessions = Table(
    "oauth_authorization_sessions",
    metadata,
    Column("id", String(255), primary_key=True),
    Column("client_id", Text, nullable=False),
    Column("redirect_uri", Text, nullable=False),
    Column("scope", Text),
    Column("state", Text),
    Column("nonce", Text),
    Column("code_challenge", Text),
    Column("code_challenge_method", String(16)),
    Column("expires_at", Epoch, nullable=False, index=True),
    Column("status", String(16), nullable=False),
    Column("user_entity_ref", Text),
)

authorization_codes = Table(
    "oidc_authorization_codes",
    metadata,
    Column("code_digest", String(64), primary_key=True),
    Column("session_id", String(255), nullable=False),
    Column("expires_at", Epoch, nullable=False, index=True),
    Column("used", Boolean, nullable=False),
)

offline_users = Table(
    "offline_users",
    metadata,
    Column("user_entity_ref", String(2048), primary_key=True),
    Column("changed_at", Epoch, nullable=False),
)
"""One row for each user; whoever changes the set of a user's sessions changes it first and so waits for others."""

offline_sessions = Table(
    "offline_sessions",
    metadata,
    Column("id", String(255), primary_key=True),
    Column("user_entity_ref", String(2048), nullable=False, index=True),
    Column("client_id", Text, nullable=False),
    Column("authorization_session_id", String(255), nullable=False, index=True),
    Column("token_hash", Text, nullable=False),
    Column("created_at", Epoch, nullable=False),
    Column("last_used_at", Epoch, nullable=False),
)

retired_refresh_tokens = Table(
    "retired_refresh_tokens",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("session_id", ForeignKey(offline_sessions.c.id, ondelete="CASCADE"), nullable=False, index=True),
)

notes = Table(
    "notes",
    metadata,
    Column("note_hash", String(64), primary_key=True),
    Column("expired", Epoch, nullable=False, index=True),
)
"""What happened, by the hash of its name, for things that must happen once or not before something else."""
