"""The nonce that ties a callback to the browser that started the flow (START-07, FRAME-06, FRAME-07)."""

import base64
import hmac
from collections.abc import Callable

from reference_backend.errors import NotAllowedError

NONCE_BYTES = 16


def generate(random_bytes: Callable[[int], bytes]) -> str:
    """Sixteen random bytes in standard base64 (START-07)."""
    return base64.b64encode(random_bytes(NONCE_BYTES)).decode("ascii")


def require_cookie(cookie_nonce: str | None) -> str:
    """Refuse a callback without nonce cookie (FRAME-06)."""
    if not cookie_nonce:
        raise NotAllowedError("Auth response is missing cookie nonce")
    return cookie_nonce


def require_match(cookie_nonce: str, state_nonce: str) -> None:
    """Refuse a callback whose state was made for another browser (FRAME-07).

    The comparison takes the same time wherever the values differ.
    """
    if not hmac.compare_digest(cookie_nonce.encode("utf-8"), state_nonce.encode("utf-8")):
        raise NotAllowedError("Invalid nonce")
