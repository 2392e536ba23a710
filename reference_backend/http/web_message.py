"""The page that hands the result of a popup to the app (MSG)."""

import base64
import hashlib
from typing import Any

from reference_backend.formats import encoding

CONTENT_TYPE = "text/html"
"""Without charset: everything in the page is ASCII (MSG-01, MSG-13)."""
FRAME_OPTIONS = "sameorigin"
"""MSG-02."""
MESSAGE_TYPE = "authorization_response"
CLOSE_AFTER_MS = 100
"""MSG-11."""
ANNOUNCEMENT_TARGET = "'*'"
"""The announcement holds no secret, and a window with the wrong origin is to learn why it hears no more
(MSG-09)."""
PAYLOAD_TARGET = "origin"
"""The session goes to one origin only (MSG-10)."""


def success(response: dict[str, Any]) -> dict[str, Any]:
    """The message of a successful flow (FRAME-11)."""
    return {"type": MESSAGE_TYPE, "response": response}


def failure(error: dict[str, str]) -> dict[str, Any]:
    """The message of a failed flow (FRAME-12)."""
    return {"type": MESSAGE_TYPE, "error": error}


def literal(text: str) -> str:
    """A JavaScript expression that evaluates to the text; nothing in it can end the literal (MSG-06, 13)."""
    return f"decodeURIComponent('{encoding.component_without_apostrophe(text)}')"


def script(message: dict[str, Any], target_origin: str) -> str:
    """The inline script (MSG-06 … MSG-11).

    Parameters:
        message: what is posted.
        target_origin: the one origin that may read it (MSG-12).
    """
    return f"""
    const payload = JSON.parse({literal(encoding.compact_json(message))});
    const origin = {literal(target_origin)};
    const receiver = window.opener || window.parent;
    receiver.postMessage({{ type: 'config_info', targetOrigin: origin }}, {ANNOUNCEMENT_TARGET});
    receiver.postMessage(payload, {PAYLOAD_TARGET});
    setTimeout(() => window.close(), {CLOSE_AFTER_MS});
    """


def page(script_text: str) -> str:
    """The document: one script and nothing else (MSG-05)."""
    return f"<html><body><script>{script_text}</script></body></html>"


def content_security_policy(script_text: str) -> str:
    """Allow exactly this script (MSG-03, MSG-04)."""
    digest = hashlib.sha256(script_text.encode("utf-8")).digest()
    return f"script-src 'sha256-{base64.b64encode(digest).decode('ascii')}'"
