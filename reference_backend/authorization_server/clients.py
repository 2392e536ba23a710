"""Clients, and how they prove who they are (CODE-14, OFFLINE-09 … OFFLINE-11, REVOKE)."""

import base64
import binascii
import hashlib
import hmac
import re
from dataclasses import dataclass, field

from reference_backend.errors import AuthenticationError

DEFAULT_NAME = "Backstage CLI"
"""DCR-09."""
DEFAULT_RESPONSE_TYPES = ("code",)
DEFAULT_GRANT_TYPES = ("authorization_code",)
DEFAULT_AUTH_METHOD = "client_secret_basic"
"""RFC 7591 §2. The secret is taken from the body, too (OFFLINE-09)."""
NO_AUTHENTICATION = "none"
"""What a public client registers with (DCR-14)."""
_BASIC = re.compile(r"Basic +(\S+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Client:
    """A client.

    Parameters:
        client_id: identifier, or address of its document.
        name: shown to the person who is asked for consent.
        redirect_uris: where its codes may go.
        secret_digest: digest of its secret; None for a public client.
        response_types: as registered; nothing depends on it.
        grant_types: as registered; nothing depends on it.
        scope: as registered; nothing depends on it.
    """

    client_id: str
    name: str
    redirect_uris: tuple[str, ...]
    secret_digest: str | None = field(default=None, repr=False)
    response_types: tuple[str, ...] = DEFAULT_RESPONSE_TYPES
    grant_types: tuple[str, ...] = DEFAULT_GRANT_TYPES
    scope: str | None = None

    @property
    def is_public(self) -> bool:
        """It has no secret, so that nothing but the code verifier ties its codes to it (RFC 6749 §2.1)."""
        return self.secret_digest is None

    @property
    def auth_method(self) -> str:
        """How it authenticates at the token endpoint (RFC 7591 §2)."""
        return NO_AUTHENTICATION if self.is_public else DEFAULT_AUTH_METHOD


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a client says about itself."""

    client_id: str | None
    secret: str | None = field(repr=False)

    @property
    def are_complete(self) -> bool:
        """Both parts are there."""
        return bool(self.client_id and self.secret)


@dataclass(frozen=True, slots=True)
class Presented:
    """Who calls the token or revocation endpoint.

    Parameters:
        credentials: from the header, else from the body (OFFLINE-11).
        wants_authentication: the client tried to prove who it is, so it has to succeed (OFFLINE-10).
    """

    credentials: Credentials
    wants_authentication: bool


def presented(header: str | None, client_id: str | None, secret: str | None) -> Presented:
    """Read credentials.

    Parameters:
        header: ``Authorization`` header.
        client_id: member of the body.
        secret: member of the body.
    """
    in_body = Credentials(client_id or None, secret or None)
    basic = _BASIC.fullmatch(header or "")
    found = (parse_basic(basic[1]) if basic else None) or in_body
    return Presented(found, basic is not None or in_body.are_complete)


def parse_basic(encoded: str) -> Credentials | None:
    """Credentials of a Basic header (RFC 7617 §2); None unless both parts are there."""
    try:
        decoded = base64.b64decode(encoded + "=" * (-len(encoded) % 4)).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return None
    client_id, colon, secret = decoded.partition(":")
    return Credentials(client_id, secret) if colon and client_id and secret else None


def digest(secret: str) -> str:
    """What the database knows of a secret; it is random, so it cannot be guessed."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def has_secret(client: Client, secret: str) -> bool:
    """Compare in constant time."""
    return client.secret_digest is not None and hmac.compare_digest(client.secret_digest, digest(secret))


def require_same(issued_to: str, used_by: str | None, what: str) -> None:
    """Refuse what was issued to another client (CODE-14, OFFLINE-12, OFFLINE-13).

    Parameters:
        issued_to: client id.
        used_by: client id of the caller; None if it did not say.
        what: names the credential in the error text.

    Raises:
        AuthenticationError: it was.
    """
    if used_by is not None and used_by != issued_to:
        raise AuthenticationError(f"{what} was not issued to this client")
