"""Encodings the wire needs, byte for byte as a JavaScript backend makes them (protocol.md §44)."""

import base64
import json
import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl, quote, quote_plus, unquote_to_bytes

COMPONENT_SAFE = "-_.!~*'()"
"""Characters that percent-encoding of a URI component leaves alone, besides letters and digits."""

LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def component(text: str) -> str:
    """Percent-encode a URI component (COOKIE-02)."""
    return quote(text, safe=COMPONENT_SAFE)


def component_without_apostrophe(text: str) -> str:
    """Percent-encode a URI component so that it fits into a single-quoted literal (MSG-06)."""
    return quote(text, safe=COMPONENT_SAFE.replace("'", ""))


def decode_component(text: str) -> str:
    """Undo :func:`component`.

    Raises:
        ValueError: a percent escape is malformed, or the bytes are not UTF-8.
    """
    for rest in text.split("%")[1:]:
        int(rest[:2] if len(rest[:2]) == 2 else "malformed", 16)
    return unquote_to_bytes(text).decode("utf-8")


def form(pairs: Iterable[tuple[str, str]]) -> str:
    """Serialise as ``application/x-www-form-urlencoded`` (WHATWG URL §5.2): ``*`` bare, ``~`` encoded."""
    return "&".join(f"{form_part(name)}={form_part(value)}" for name, value in pairs)


def form_part(text: str) -> str:
    """One name or value of :func:`form`."""
    return quote_plus(text, safe="*").replace("~", "%7E")


def parse_form(text: str) -> list[tuple[str, str]]:
    """Parse ``application/x-www-form-urlencoded``; malformed escapes stay as they are."""
    return parse_qsl(text, keep_blank_values=True, max_num_fields=None)


def compact_json(value: Any) -> str:
    """JSON without spaces, non-ASCII kept (protocol.md §44.1), lone surrogates escaped."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return text if text.isascii() else escape_surrogates(text)


def escape_surrogates(text: str) -> str:
    """Make JSON text encodable as UTF-8, whatever an upstream put into its strings."""
    return LONE_SURROGATE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def parse_json(text: str) -> Any:
    """Parse JSON as RFC 8259 has it, without Python's ``NaN`` and ``Infinity``.

    Raises:
        ValueError: not JSON, or nested too deeply (RFC 8259 section 9; SEC-ROB-07, SEC-ROB-10).
    """
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def b64url(data: bytes) -> str:
    """Base64url without padding (RFC 7515 §2)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def from_b64url(text: str) -> bytes:
    """Undo :func:`b64url`.

    Raises:
        ValueError: not base64url.
    """
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def lenient_hex(text: str) -> bytes:
    """Decode hex up to the first pair that is none (STATE-07)."""
    decoded = bytearray()
    for index in range(0, len(text) - 1, 2):
        pair = text[index : index + 2]
        if not all(digit in "0123456789abcdefABCDEF" for digit in pair):
            break
        decoded.append(int(pair, 16))
    return bytes(decoded)


def location(url: str) -> str:
    """A URL as the ``Location`` header can carry it: what no URL may contain is percent-encoded."""
    return quote(url, safe="!#$%&'()*+,/:;=?@[]~-._|^{}`\\")
