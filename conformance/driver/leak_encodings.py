"""The forms in which a text may stand in an answer without being obvious. Pure."""

import base64
import json
from urllib.parse import quote, quote_plus

SHORTEST_BASE64 = 8
"""Shorter parts of a base64 text are found by chance."""


def encodings_of(text: str) -> frozenset[str]:
    """The text itself, and as it stands in URLs, in JSON, in hexadecimal and in base64.

    Parameters:
        text: what is looked for.
    """
    plain = {text, quote(text), quote(text, safe=""), quote_plus(text), quote(text, safe="-_.!~*'()")}
    in_json = {json.dumps(form)[1:-1] for form in plain}
    in_hex = {form.encode("utf-8", "surrogatepass").hex() for form in plain}
    in_base64 = {part for form in plain for part in _base64_parts(form.encode("utf-8", "surrogatepass"))}
    return frozenset(plain | in_json | in_hex | {form.upper() for form in in_hex} | in_base64)


def _base64_parts(data: bytes) -> set[str]:
    """What is the same in the base64 of any longer text that contains the data, wherever it begins in it."""
    parts = set()
    for offset in range(3):
        inner = data[(3 - offset) % 3 :]
        encoded = base64.b64encode(inner[: len(inner) - len(inner) % 3]).decode()
        if len(encoded) >= SHORTEST_BASE64:
            parts |= {encoded, encoded.replace("+", "-").replace("/", "_")}
    return parts
