"""A JSON Web Signature in compact serialisation, taken apart; nothing of it is verified (RFC 7515 §7.1)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reference_backend.formats import encoding


@dataclass(frozen=True, slots=True)
class CompactJws:
    """A token with its parts.

    Parameters:
        text: the token.
        header: its protected header.
        claims: its payload.
    """

    text: str
    header: Mapping[str, Any]
    claims: Mapping[str, Any]


def decode(text: str) -> CompactJws:
    """Take a token apart; parts may carry the padding that RFC 7515 §2 leaves out (AWSALB-12).

    Raises:
        ValueError: header and payload are not two of three parts, each a JSON object in base64url.
    """
    header, claims, _ = _split(text)
    return CompactJws(text, _object(header), _object(claims))


def decode_claims(text: str) -> dict[str, Any]:
    """The payload alone, for those who do not look at the header.

    Raises:
        ValueError: see :func:`decode`.
    """
    return _object(_split(text)[1])


def encode(header: Mapping[str, Any], claims: Mapping[str, Any]) -> str:
    """``header.payload``, which is what gets signed: each as compact JSON in base64url (RFC 7515 §5.1)."""
    parts = (encoding.compact_json(dict(part)).encode("utf-8") for part in (header, claims))
    return ".".join(encoding.b64url(part) for part in parts)


def is_numeric_date(value: object) -> bool:
    """A NumericDate is a JSON number (RFC 7519 §2)."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _split(text: str) -> list[str]:
    parts = text.split(".")
    if len(parts) != 3:
        raise ValueError("not a compact JWS")
    return parts


def _object(part: str) -> dict[str, Any]:
    members = encoding.parse_json(encoding.from_b64url(part).decode("utf-8"))
    if not isinstance(members, dict):
        raise ValueError("not a JSON object")
    return members
