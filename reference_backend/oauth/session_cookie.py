"""The server-side HTTP session: its cookie and its identifier (SESSION)."""

import base64
import hashlib
import hmac

from reference_backend.formats import urls
from reference_backend.http.cookies import Cookie, SameSite
from reference_backend.oauth import provider_cookies

NAME = "connect.sid"
PATH = "/"
SAME_SITE: SameSite = "Lax"
"""The browser comes back from the vendor by a top-level GET, which Lax lets through (SEC-COOK-09)."""
LIFETIME = 24 * 60 * 60
"""Seconds that a session is kept after it was last written; it only has to outlive a sign-in."""
ID_BYTES = 24
"""Entropy of an identifier, far beyond guessing (SEC-COOK-09)."""
SIGNED = "s:"


def signature(session_id: str, secret: str) -> str:
    """HMAC-SHA256 in base64 without padding (SESSION-02)."""
    digest = hmac.digest(secret.encode(), session_id.encode(), hashlib.sha256)
    return base64.b64encode(digest).rstrip(b"=").decode("ascii")


def sign(session_id: str, secret: str) -> str:
    """Value of the cookie, before encoding (SESSION-02)."""
    return f"{SIGNED}{session_id}.{signature(session_id, secret)}"


def unsign(value: str | None, secret: str) -> str | None:
    """The identifier in a cookie; None if there is none or we never signed it (SEC-COOK-09)."""
    if value is None or not value.startswith(SIGNED):
        return None
    session_id, dot, received = value.removeprefix(SIGNED).rpartition(".")
    return session_id if dot and is_signed(session_id, received, secret) else None


def is_signed(session_id: str, received: str, secret: str) -> bool:
    """Compare the signature, in constant time."""
    # A lone surrogate cannot be in what we made; "replace" keeps it from breaking the comparison.
    expected = signature(session_id.encode("utf-8", "replace").decode(), secret)
    return hmac.compare_digest(received.encode("utf-8", "replace"), expected.encode())


def cookie(session_id: str, secret: str, auth_base: str) -> Cookie:
    """The cookie: host-only, for the whole host, until the browser closes (SESSION-02, SESSION-04, SESSION-05).

    Parameters:
        session_id: the identifier.
        secret: ``auth.session.secret``.
        auth_base: external base URL; https means that browsers reach us by TLS only.
    """
    return Cookie(
        NAME,
        sign(session_id, secret),
        PATH,
        expires_at=None,
        max_age=None,
        secure=provider_cookies.is_secure(urls.parse(auth_base)),
        same_site=SAME_SITE,
    )
