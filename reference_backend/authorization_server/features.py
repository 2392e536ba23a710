"""Which parts of the authorization server are on, and what they allow (protocol.md §28, §41)."""

import logging
from dataclasses import dataclass

from reference_backend.authorization_server import client_documents, discovery, redirect_uris, refresh_tokens
from reference_backend.authorization_server.refresh_tokens import Lifetimes
from reference_backend.config.model import Config, ConfigError

REGISTRATION = "auth.experimentalDynamicClientRegistration"
DOCUMENTS = "auth.clientIdMetadataDocuments"
DOCUMENTS_ALIAS = "auth.experimentalClientIdMetadataDocuments"
OFFLINE = "auth.experimentalRefreshToken"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RegistrationSettings:
    """Dynamic client registration.

    Parameters:
        redirect_uris: patterns of what clients may register (DCR-06, DCR-07).
    """

    redirect_uris: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DocumentSettings:
    """Client id metadata documents.

    Parameters:
        client_ids: patterns of documents that may be fetched (CIMD-03, CIMD-04).
        redirect_uris: patterns of what their clients may use (CIMD-16).
    """

    client_ids: tuple[str, ...]
    redirect_uris: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OfflineSettings:
    """Refresh tokens.

    Parameters:
        lifetimes: how long they live.
        max_tokens_per_user: how many sessions a user may have (OFFLINE-16).
        asks_catalog: a user who left the catalog gets no tokens (OFFLINE-17, OFFLINE-19).
    """

    lifetimes: Lifetimes
    max_tokens_per_user: int
    asks_catalog: bool


@dataclass(frozen=True, slots=True)
class AuthorizationServerSettings:
    """What is on; None is off."""

    registration: RegistrationSettings | None = None
    documents: DocumentSettings | None = None
    offline: OfflineSettings | None = None

    @property
    def is_on(self) -> bool:
        """There can be clients, so there are routes for them (OIDC-02, OIDC-03, SEC-AS-16)."""
        return self.registration is not None or self.documents is not None


def read(config: Config, auth_base: str) -> AuthorizationServerSettings:
    """Read the three gates.

    Raises:
        ConfigError: a value is malformed.
    """
    return AuthorizationServerSettings(
        read_registration(config), read_documents(config, auth_base), read_offline(config)
    )


def read_registration(config: Config) -> RegistrationSettings | None:
    """The gate DCR."""
    if not config.boolean(f"{REGISTRATION}.enabled", False):
        return None
    # CFG-04.
    log.warning("'%s' is deprecated; use client id metadata documents, '%s', instead", REGISTRATION, DOCUMENTS)
    patterns = config.strings(f"{REGISTRATION}.allowedRedirectUriPatterns")
    return RegistrationSettings(redirect_uris.REGISTRATION_PATTERNS if patterns is None else tuple(patterns))


def read_documents(config: Config, auth_base: str) -> DocumentSettings | None:
    """The gate CIMD; of its two names, the stable one wins if it is there at all (OIDC-05)."""
    key = DOCUMENTS if config.has(DOCUMENTS) else DOCUMENTS_ALIAS
    if not config.boolean(f"{key}.enabled", False):
        return None
    clients = config.strings(f"{key}.allowedClientIdPatterns")
    targets = config.strings(f"{key}.allowedRedirectUriPatterns")
    allowed = client_documents.CLIENT_ID_PATTERNS if clients is None else tuple(clients)
    return DocumentSettings(
        (*allowed, discovery.cli_client_id(auth_base)),
        redirect_uris.LOOPBACK_PATTERNS if targets is None else tuple(targets),
    )


def read_offline(config: Config) -> OfflineSettings | None:
    """The gate OFFLINE (OFFLINE-21).

    Raises:
        ConfigError: lifetimes or number make no sense.
    """
    if not config.boolean(f"{OFFLINE}.enabled", False):
        return None
    lifetimes = Lifetimes(
        config.duration(f"{OFFLINE}.tokenLifetime", refresh_tokens.DEFAULT_TOKEN_LIFETIME),
        config.duration(f"{OFFLINE}.maxRotationLifetime", refresh_tokens.DEFAULT_MAX_ROTATION_LIFETIME),
    )
    require_lifetimes(lifetimes)
    number = config.number(f"{OFFLINE}.maxTokensPerUser", refresh_tokens.DEFAULT_MAX_TOKENS_PER_USER)
    most = int(number or 0)
    if most <= 0:
        raise ConfigError(f"{OFFLINE}.maxTokensPerUser must be a positive number")
    return OfflineSettings(lifetimes, most, not config.boolean(f"{OFFLINE}.dangerouslyDisableCatalogPresenceCheck"))


def require_lifetimes(lifetimes: Lifetimes) -> None:
    """Refuse lifetimes under which no token could be used (OFFLINE-21)."""
    if int(lifetimes.unused) <= 0:
        raise ConfigError(f"{OFFLINE}.tokenLifetime must be a positive duration")
    if int(lifetimes.total) <= 0:
        raise ConfigError(f"{OFFLINE}.maxRotationLifetime must be a positive duration")
    if int(lifetimes.total) <= int(lifetimes.unused):
        raise ConfigError(f"{OFFLINE}.maxRotationLifetime must be greater than tokenLifetime")
