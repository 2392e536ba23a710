"""Misbehaviour of a connection: the vocabulary, and how the application orders it.

A fault that no HTTP answer can express (the connection is reset, the answer never comes) is *ordered* by
the application while it handles the request, and *performed* by the HTTP server after the application
returned its ordinary answer::

    transport.order(request.environ, answer.transport)  # for instance "stall" or "slow:2.5"
    return response                                      # what would have been sent

Nothing else changes for the application: it neither waits nor writes, so that thousands of stalled
requests cannot use up the workers that answer the others. The order counts if it is given before the
application returns its iterable. A connection that misbehaved is closed afterwards.

As text, which is how :attr:`mock_idp.oauth.model.Answer.transport` carries it, a behaviour is its name,
or its name and its seconds: ``reset``, ``stall``, ``stall:20``, ``truncate``, ``slow:2.5``, ``drip:3``, ``endless:5``.
Only ``hold`` says more, how many answers wait for each other and under which name: ``hold:1:2:profile/tea``.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from threading import BoundedSemaphore
from typing import Any, Protocol

from mock_idp.settings import LONGEST_MISBEHAVIOUR_SECONDS, MOST_FOLLOWERS, SLOW_SECONDS, STALL_SECONDS

ENVIRON_KEY = "mock_idp.connection"
"""Where the HTTP server puts the :class:`Connection` of a request into the WSGI environ."""


class Kind(StrEnum):
    """What a connection can do instead of carrying the answer as it should."""

    RESET = "reset"
    """The answer never starts; the client sees a TCP reset (RFC 9293 section 3.5.2)."""

    STALL = "stall"
    """The request is accepted and never answered. Ends when the client goes away or the seconds are over."""

    TRUNCATE = "truncate"
    """Content-Length announces the whole body, half of it is sent, then the connection ends (RFC 9112
    section 8 calls that message incomplete)."""

    SLOW = "slow"
    """Nothing for so many seconds, then the whole answer at once."""

    DRIP = "drip"
    """The header at once, then the body in small pieces, spread evenly over so many seconds."""

    ENDLESS = "endless"
    """The header without a length, the body, and then more and more of it, until the client goes away or the seconds
    are over: some megabytes a second, which no machine notices for a few seconds."""

    HOLD = "hold"
    """Nothing until as many answers wait under the same name as were ordered, then all of them at once; or until the
    seconds are over."""


_USUAL_SECONDS = {
    Kind.STALL: STALL_SECONDS,
    Kind.SLOW: SLOW_SECONDS,
    Kind.DRIP: SLOW_SECONDS,
    Kind.ENDLESS: SLOW_SECONDS,
    Kind.HOLD: SLOW_SECONDS,
}


@dataclass(frozen=True, slots=True)
class Gathering:
    """Answers that wait for each other.

    Parameters:
        name: what they have in common.
        until: how many let each other go.
    """

    name: str
    until: int


@dataclass(frozen=True, slots=True)
class Behaviour:
    """One order.

    Parameters:
        kind: what the connection does.
        seconds: how long; more than 0 and at most ``LONGEST_MISBEHAVIOUR_SECONDS``. None takes the kind's usual time:
            60 for stall, 3 for slow, drip, endless and hold. Has no meaning for reset and truncate.
        gathering: for hold, what waits for what.

    Raises:
        ValueError: the seconds are out of range, or the kind takes none; or no or a needless gathering.
    """

    kind: Kind
    seconds: float | None = None
    gathering: Gathering | None = None

    def __post_init__(self) -> None:
        if (self.kind is Kind.HOLD) != (self.gathering is not None):
            raise ValueError(f"{self.kind} takes {'a' if self.kind is Kind.HOLD else 'no'} gathering.")
        usual = _USUAL_SECONDS.get(self.kind)
        if self.seconds is None:
            object.__setattr__(self, "seconds", usual)
        elif usual is None:
            raise ValueError(f"{self.kind} takes no seconds.")
        elif not (math.isfinite(self.seconds) and 0 < self.seconds <= LONGEST_MISBEHAVIOUR_SECONDS):
            raise ValueError(
                f"{self.kind} takes above 0 and at most {LONGEST_MISBEHAVIOUR_SECONDS:g} seconds, not {self.seconds:g}."
            )

    @classmethod
    def parse(cls, text: str) -> "Behaviour":
        """Read the text form.

        Parameters:
            text: ``name`` or ``name:seconds``; ``hold:seconds:until:name of the gathering``.

        Raises:
            ValueError: no such behaviour, or seconds it cannot have; the message is one sentence.
        """
        name, colon, seconds = text.partition(":")
        gathering = None
        if name == Kind.HOLD:
            seconds, _, rest = seconds.partition(":")
            until, _, named = rest.partition(":")
            gathering = Gathering(named, int(until)) if until.isdecimal() else None
        try:
            kind = Kind(name)
        except ValueError:
            known = ", ".join(Kind)
            raise ValueError(f"There is no transport behaviour {name!r}; there are {known}.") from None
        if not colon:
            return cls(kind, None, gathering)
        try:
            number = float(seconds)
        except ValueError:
            raise ValueError(f"The seconds of {kind} must be a number, not {seconds!r}.") from None
        return cls(kind, number, gathering)

    def __str__(self) -> str:
        text = str(self.kind) if self.seconds is None else f"{self.kind}:{self.seconds:g}"
        return text if self.gathering is None else f"{text}:{self.gathering.until}:{self.gathering.name}"


class Feed(Protocol):
    """News for a client that stays."""

    def news(self) -> bytes:
        """What happened since the last call; empty if nothing did."""

    def sign_of_life(self) -> bytes:
        """What the client is sent if nothing happens for long."""


class TooManyFollowersError(RuntimeError):
    """As many clients stay already as there may be; the message is one sentence."""


class Connection:
    """What the application can say about the connection its request came on.

    It is an object in the environ rather than a plain key because middleware may copy the environ.

    Parameters:
        places: for clients that stay, shared by all connections of a server.
    """

    def __init__(self, places: BoundedSemaphore | None = None) -> None:
        self.ordered: Behaviour | None = None
        self.feed: Feed | None = None
        self._places = places

    def follow(self, feed: Feed) -> None:
        """Send the answer, and news after it until the client goes away; the sender then calls :meth:`leave`.

        Raises:
            TooManyFollowersError: no place is free.
        """
        if self._places is not None and not self._places.acquire(blocking=False):
            raise TooManyFollowersError(f"{MOST_FOLLOWERS} pages and programs follow the journal already; close one.")
        self.feed = feed

    def leave(self) -> None:
        """Free the place of a client that stayed; once is enough."""
        if self.feed is not None and self._places is not None:
            self._places.release()
        self.feed = None

    def order(self, behaviour: Behaviour | str) -> None:
        """Make this connection misbehave once the application has answered; the last order counts.

        Parameters:
            behaviour: the order, or its text form.

        Raises:
            ValueError: the text form is none.
        """
        self.ordered = Behaviour.parse(behaviour) if isinstance(behaviour, str) else behaviour


def order(environ: Mapping[str, Any], behaviour: Behaviour | str) -> None:
    """Order a misbehaviour for the connection of this request.

    Under a WSGI server that is not ours (Flask's test client, for instance) there is no connection that
    could misbehave; a test can put a :class:`Connection` under ``ENVIRON_KEY`` and look at ``ordered``.

    Parameters:
        environ: the WSGI environ of the request.
        behaviour: the order, or its text form.

    Raises:
        ValueError: the text form is none.
        RuntimeError: the request did not come over the mock's HTTP server.
    """
    connection = environ.get(ENVIRON_KEY)
    if not isinstance(connection, Connection):
        raise RuntimeError(f"{behaviour} was ordered, but this request has no connection that could do it.")
    connection.order(behaviour)


def follow(environ: Mapping[str, Any], feed: Feed) -> None:
    """Let the client of this request stay, as far as its connection can: under another server it gets the answer alone.

    Parameters:
        environ: the WSGI environ of the request.
        feed: what it is sent after the answer.

    Raises:
        TooManyFollowersError: no place is free.
    """
    connection = environ.get(ENVIRON_KEY)
    if isinstance(connection, Connection):
        connection.follow(feed)
