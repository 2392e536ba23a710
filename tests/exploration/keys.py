"""What the model knows about keys: those of the issuer that a backend trusts, and those of the backend itself. Pure.

A backend may keep an issuer's keys and ask for them again once a minute only, for a key that it does not know
(OIDCPROV-17). So there are times in which a sound backend may answer this or that. The model does not guess: it tells
such times from others, and the story waits or lets the issuer behave, so that every answer has a right one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto

COOL_DOWN = 61
"""Seconds after which a backend that fetched an issuer's keys may fetch them again (SEC-JWKS-01)."""

LIFETIME = 3600
"""Seconds that a user token lives, and that its key signs (TOKEN-05, KEY-02)."""

A_WHILE = 2400
"""Seconds: less than one lifetime, so that some tokens outlive the time of the key that signed them."""

SLACK = 300
"""Seconds that a story may take beside its waiting."""

KEYS = {"previous": -1, "own": 0, "next": 1}
"""Key sets of the mock IdP, by how many rotations they are from the one that signs today."""

FOREIGN = "foreign"
"""A key of somebody else, under the own key's id."""


class Verdict(Enum):
    """What a sound backend says to an ID token."""

    ACCEPTED = auto()
    REFUSED = auto()
    AFTER_A_WHILE = auto()
    """Accepted once the cool-down is over; before that, either."""
    UNKNOWN = auto()
    """The key was withdrawn, and the backend may not have noticed yet."""


@dataclass
class IssuerKeys:
    """The keys of an issuer, numbered by rotations, and what the backend knows of them.

    Parameters:
        own: the key that signs.
        published: keys in the issuer's key set.
        known: keys that the backend has for certain.
        withdrawn: keys not published any more that the backend may still have.
        has_rested: True if the backend may fetch keys for certain.
        waits: how often it could rest.
        was_read: True once it has fetched keys for certain.
    """

    own: int = 0
    published: frozenset[int] = frozenset({0})
    known: frozenset[int] = frozenset()
    withdrawn: frozenset[int] = frozenset({-1})
    has_rested: bool = False
    waits: int = 0
    was_read: bool = False

    def rotate(self, *, overlap: bool) -> None:
        """Let the next key sign; the old one stays published if there is an overlap."""
        self.own += 1
        self._publish(frozenset({self.own, self.own - 1} if overlap else {self.own}))

    def announce(self) -> None:
        """Publish the next key before it signs (OpenID Connect Core section 10.1.1)."""
        self._publish(frozenset({self.own, self.own + 1}))

    def rest(self) -> None:
        """Let a cool-down pass."""
        self.has_rested = True
        self.waits += 1

    def verdict(self, key: str) -> Verdict:
        """What has to become of a token that this key signs now."""
        if key == FOREIGN:
            return Verdict.REFUSED
        number = self.own + KEYS[key]
        if number in self.published:
            is_due = number in self.known or self.has_rested
            return Verdict.ACCEPTED if is_due else Verdict.AFTER_A_WHILE
        return Verdict.UNKNOWN if number in self.withdrawn else Verdict.REFUSED

    def seen(self, key: str) -> None:
        """The backend has seen a token that this key signed, and said what it had to."""
        if key != FOREIGN and self.own + KEYS[key] in self.known:
            return
        if self.verdict(key) is Verdict.ACCEPTED:
            # It cannot have known the key without fetching it, so it has forgotten those that were withdrawn.
            self.known, self.withdrawn, self.was_read = self.published, frozenset(), True
        self.has_rested = False

    def _publish(self, keys: frozenset[int]) -> None:
        self.withdrawn = (self.withdrawn | self.published) - keys
        self.published = keys


@dataclass
class Token:
    """A user token that the backend issued.

    Parameters:
        name: under which the step with it is saved.
        issued_at: after how many seconds of waiting.
        read_as: under which name the step that read it is saved, or None.
    """

    name: str
    issued_at: int
    read_as: str | None = None


@dataclass
class OwnKeys:
    """The tokens that the backend has issued in a story, and how long ago.

    Parameters:
        now: seconds of waiting so far.
        tokens: the tokens, in order.
    """

    now: int = 0
    tokens: list[Token] = field(default_factory=list)

    def issued(self) -> Token:
        """One more token."""
        token = Token(f"session{len(self.tokens) + 1}", self.now)
        self.tokens.append(token)
        return token

    def is_published(self, token: Token) -> bool | None:
        """Whether its key has to be published now; None if that depends on when the key was made (KEY-04)."""
        age = self.now - token.issued_at
        if age + SLACK <= 2 * LIFETIME:
            return True
        return False if age > 3 * LIFETIME else None

    def of_another_key(self, token: Token) -> Token | None:
        """A token that was read and whose key had to be replaced before or after this one (KEY-02)."""
        return next(
            (one for one in self.tokens if one.read_as and abs(one.issued_at - token.issued_at) > LIFETIME), None
        )
