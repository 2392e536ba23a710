"""What tokens look like: the outer form of opaque ones, the content of signed ones."""

import base64
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mock_idp.oauth.model import JsonValue

Draw = Callable[[int, str], str]
"""Draws a random text: takes a length and an alphabet."""

LETTERS_AND_DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
OWN_KEY = "own"


@dataclass(frozen=True, slots=True)
class TokenShape:
    """The outer form of an opaque token.

    Parameters:
        prefix: fixed text at the start (``gho_``).
        length: number of random characters behind it.
        alphabet: where they are drawn from.
    """

    prefix: str = ""
    length: int = 40
    alphabet: str = LETTERS_AND_DIGITS

    def mint(self, draw: Draw, padding: int = 0) -> str:
        """Make a token of this shape.

        Parameters:
            draw: source of random text.
            padding: further random characters, for personas whose tokens are large.
        """
        return self.prefix + draw(self.length + padding, self.alphabet)


@dataclass(frozen=True, slots=True)
class SignedToken:
    """A JWT that is not signed yet, so that a fault can change it before the key does (RFC 7519).

    Answers carry it as a value; the web layer signs it last.

    Parameters:
        claims: the payload.
        headers: header members beside ``alg``, ``typ`` and ``kid``; None as a value leaves a member out.
        algorithm: ``RS256``, ``ES256``, ``HS256`` or ``none``.
        key: which key signs: the service's own one, or the name of another one (``foreign``).
        edit: what happens to the finished compact form, or None.
        prefix: text in front of the compact form (``Bearer ``).
    """

    claims: Mapping[str, JsonValue]
    headers: Mapping[str, JsonValue] = field(default_factory=dict)
    algorithm: str = "RS256"
    key: str = OWN_KEY
    edit: Callable[[str], str] | None = None
    prefix: str = ""


def left_half_hash(value: str) -> str:
    """Compute ``at_hash`` or ``c_hash`` for an algorithm based on SHA-256 (OIDC Core section 3.1.3.6)."""
    digest = hashlib.sha256(value.encode("ascii", "replace")).digest()
    return base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode("ascii")


def seal(value: Any, sign: Callable[[SignedToken], str]) -> Any:
    """Replace every :class:`SignedToken` inside ``value`` by its compact form, leaving the rest as it is."""
    if isinstance(value, SignedToken):
        return sign(value)
    if isinstance(value, Mapping):
        return {name: seal(member, sign) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [seal(member, sign) for member in value]
    return value
