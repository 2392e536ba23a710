"""What tokens look like: the outer form of opaque ones, the content of signed ones."""

import base64
import hashlib
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from mock_idp.oauth.model import JsonValue

Draw = Callable[[int, str], str]
"""Draws a random text: takes a length and an alphabet."""

LETTERS_AND_DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
ASYMMETRIC = ("RS256", "ES256")
OTHER_RSA = ("RS512", "PS256")
"""What the key of RS256 can sign as well, although it is published for that alone."""
ALGORITHMS = (*ASYMMETRIC, *OTHER_RSA, "HS256", "none")

OWN_KEY = "own"
NEXT_KEY = "next"
PREVIOUS_KEY = "previous"
FOREIGN_KEY = "foreign"
PUBLIC_KEY = "public"
SPARE_KEY = "spare"
KEY_SETS = (OWN_KEY, NEXT_KEY, PREVIOUS_KEY, FOREIGN_KEY, SPARE_KEY)
"""What a service signs with today, after and before the next rotation; what nobody published; and one for tests."""
PUBLIC_KEY_FORMS = (
    PUBLIC_KEY,
    "public-trimmed",
    "public-der",
    "public-pkcs1",
    "public-pkcs1-trimmed",
    "public-numbers",
)
KEY_NAMES = (*KEY_SETS, *PUBLIC_KEY_FORMS)
"""What can sign a token; ``public…`` is the own public key taken for a shared secret (RFC 8725 section 2.1)."""

FROM_NOW = "from_now"
"""A claim ``{"from_now": SECONDS}`` is a time relative to the moment of signing."""


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


class Unsigned:
    """Stands in an answer for a text that is signed last, so that a fault can change it before."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class SignedToken(Unsigned):
    """A JWT that is not signed yet, so that a fault can change it before the key does (RFC 7519).

    Answers carry it as a value; the web layer signs it last.

    Parameters:
        claims: the payload; a value ``{"from_now": SECONDS}`` is resolved when it is signed.
        headers: header members beside ``alg``, ``typ`` and ``kid``; None as a value leaves a member out.
        algorithm: one of :data:`ALGORITHMS`.
        key: which key signs: the service's own one, or another of :data:`KEY_NAMES`.
        edit: what happens to the finished compact form, or None.
        prefix: text in front of the compact form (``Bearer ``).
        padded: True if the three parts keep their ``=``, against RFC 7515 section 2; they are signed with them.
        genuine_algorithm: what ``algorithm`` was before a forgery changed it; empty if none did.
    """

    claims: Mapping[str, JsonValue]
    headers: Mapping[str, JsonValue] = field(default_factory=dict)
    algorithm: str = "RS256"
    key: str = OWN_KEY
    edit: Callable[[str], str] | None = None
    prefix: str = ""
    padded: bool = False
    genuine_algorithm: str = ""

    def at(self, now: float) -> "SignedToken":
        """The same token with its relative times resolved.

        Parameters:
            now: seconds since the epoch.
        """
        return replace(self, claims={name: _resolved(value, now) for name, value in self.claims.items()})


def _resolved(value: JsonValue, now: float) -> JsonValue:
    seconds: Any = value.get(FROM_NOW) if isinstance(value, Mapping) and len(value) == 1 else None
    is_number = isinstance(seconds, int | float) and not isinstance(seconds, bool) and math.isfinite(seconds)
    return int(now + seconds) if is_number else value


def _with_another_payload(compact: str) -> str:
    """Say something else under a signature that was good for what was said before."""
    header, payload, signature = compact.split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    text = json.dumps({**claims, "altered": True}, separators=(",", ":")).encode()
    return f"{header}.{base64.urlsafe_b64encode(text).rstrip(b'=').decode('ascii')}.{signature}"


def _garbled(compact: str) -> str:
    """Change one character in the middle of the signature, where every bit of it counts."""
    body, dot, signature = compact.rpartition(".")
    middle = len(signature) // 2
    other = "B" if signature[middle : middle + 1] == "A" else "A"
    return f"{body}{dot}{signature[:middle]}{other}{signature[middle + 1 :]}"


EDITS: Mapping[str, Callable[[str], str]] = {
    "garble": _garbled,
    "truncate": lambda compact: compact[: len(compact) // 2],
    "drop-signature": lambda compact: compact.rpartition(".")[0] + ".",
    "drop-last-part": lambda compact: compact.rpartition(".")[0],
    "alter-payload": _with_another_payload,
}
"""What can happen to a token after it was signed."""


class ForgeryError(ValueError):
    """A forgery that cannot be made; the message is one sentence with what is allowed."""


@dataclass(frozen=True, slots=True)
class Forgery:
    """How a signed token differs from a valid one, be it an ID token or the header of an auth proxy.

    Parameters:
        claims: claims to set; None as a value removes one, ``{"from_now": SECONDS}`` is a relative time.
        token_headers: JOSE header members to set; None as a value removes one. A member
            ``{"public_jwk": SET}`` becomes the public key of that set, ``{"certificates": SET}`` a list with a
            certificate of it (RFC 8725 section 3.10).
        algorithm: another JWS algorithm, or None.
        key: which key signs, one of :data:`KEY_NAMES`.
        edit: what happens after signing, one of :data:`EDITS`, or None.
        text: what stands in place of the token, or None.

    Raises:
        ForgeryError: an algorithm, key or edit that does not exist.
    """

    claims: Mapping[str, JsonValue] = field(default_factory=dict)
    token_headers: Mapping[str, JsonValue] = field(default_factory=dict)
    algorithm: str | None = None
    key: str = OWN_KEY
    edit: str | None = None
    text: str | None = None

    def __post_init__(self) -> None:
        _check_choice("algorithm", self.algorithm, (None, *ALGORITHMS))
        _check_choice("key", self.key, KEY_NAMES)
        _check_choice("edit", self.edit, (None, *EDITS))
        if self.text is not None and not isinstance(self.text, str):
            raise ForgeryError(f"text is a text, not {self.text!r:.80}.")

    @classmethod
    def read(cls, data: Mapping[str, JsonValue]) -> "Forgery":
        """Read a forgery from plain data, in which what is absent or None means nothing changes.

        Parameters:
            data: members named like the fields; others are left alone.

        Raises:
            ForgeryError: a member has a value it cannot have.
        """
        given = {name: data[name] for name in FORGERY_MEMBERS if data.get(name) is not None}
        for name in ("claims", "token_headers"):
            if not isinstance(given.get(name, {}), Mapping):
                raise ForgeryError(f"{name} must be an object.")
        return cls(**given)

    def apply(self, token: SignedToken) -> SignedToken:
        """Change a token that is not signed yet."""
        claims = {**token.claims, **self.claims}
        algorithm = self.algorithm or ("HS256" if self.key in PUBLIC_KEY_FORMS else token.algorithm)
        text = self.text
        return replace(
            token,
            claims={name: value for name, value in claims.items() if self.claims.get(name, value) is not None},
            headers={**token.headers, **self.token_headers},
            algorithm=algorithm,
            key=self.key,
            edit=(lambda compact: text) if text is not None else EDITS.get(self.edit or "", token.edit),
            genuine_algorithm=token.genuine_algorithm or token.algorithm,
        )


FORGERY_MEMBERS = tuple(entry.name for entry in fields(Forgery))
"""What plain data can say about a forgery."""


def _check_choice(name: str, value: object, choices: tuple[str | None, ...]) -> None:
    if value not in choices:
        there = ", ".join(choice for choice in choices if choice)
        raise ForgeryError(f"{name} is one of {there}, not {value!r:.80}.")


def left_half_hash(value: str) -> str:
    """Compute ``at_hash`` or ``c_hash`` for an algorithm based on SHA-256 (OIDC Core section 3.1.3.6)."""
    digest = hashlib.sha256(value.encode("ascii", "replace")).digest()
    return base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode("ascii")


def unverified_audience(token: str) -> str:
    """The client that a compact token says it is for, with any signature; empty if it says none."""
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (ValueError, IndexError, RecursionError):
        return ""
    named = (claims.get("azp") or claims.get("aud")) if isinstance(claims, dict) else ""
    return named if isinstance(named, str) else ""


def seal(value: Any, sign: Callable[[Unsigned], str]) -> Any:
    """Replace everything :class:`Unsigned` inside ``value`` by its signed text, leaving the rest as it is."""
    if isinstance(value, Unsigned):
        return sign(value)
    if isinstance(value, Mapping):
        return {name: seal(member, sign) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [seal(member, sign) for member in value]
    return value
