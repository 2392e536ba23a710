"""Time, as something that is handed in: tests move it, production code reads it."""

import time
from threading import Lock
from typing import Protocol


class Clock(Protocol):
    """Anything that says what time it is."""

    def now(self) -> float:
        """Seconds since the epoch."""
        ...


class SystemClock:
    """The computer's clock."""

    def now(self) -> float:
        """Seconds since the epoch."""
        return time.time()


LATEST = 4_102_444_800.0
"""The year 2100: no certificate and no date in an answer has to be later."""


class ClockError(ValueError):
    """A time that cannot be; the message is one sentence."""


class AdjustableClock:
    """Another clock, which can be moved, and stopped; may be shared by threads.

    Parameters:
        base: the clock that goes on.
    """

    def __init__(self, base: Clock) -> None:
        self._base = base
        self._lock = Lock()
        self._offset = 0.0
        self._frozen_at: float | None = None

    def now(self) -> float:
        """Seconds since the epoch."""
        with self._lock:
            return self._base.now() + self._offset if self._frozen_at is None else self._frozen_at

    @property
    def is_frozen(self) -> bool:
        """Whether it stands still."""
        return self._frozen_at is not None

    @property
    def state(self) -> tuple[float, float | None]:
        """How far it is from the other clock, and where it stands still if it does."""
        return self._offset, self._frozen_at

    def restore(self, state: tuple[float, float | None]) -> None:
        """Have an earlier :attr:`state` again."""
        with self._lock:
            self._offset, self._frozen_at = state

    def change(self, now: float | None = None, advance: float = 0.0, frozen: bool | None = None) -> None:
        """Set the time, let seconds pass at once, stop it or let it go on; in this order, all or nothing.

        Parameters:
            now: seconds since the epoch, or None for the time that it is.
            advance: seconds.
            frozen: True to stop it, False to let it go on from where it stands, None for neither.

        Raises:
            ClockError: that time is out of bounds.
        """
        with self._lock:
            base = self._base.now()
            shown = base + self._offset if self._frozen_at is None else self._frozen_at
            moment = (shown if now is None else now) + advance
            if not 0 <= moment <= LATEST:
                raise ClockError(f"The clock goes from 0 to {LATEST:.0f} (the year 2100), not to {moment:.0f}.")
            is_frozen = self.is_frozen if frozen is None else frozen
            self._frozen_at = moment if is_frozen else None
            self._offset = moment - base


class MovableClock:
    """A clock that stands still until it is moved.

    Parameters:
        start: seconds since the epoch.
    """

    def __init__(self, start: float = 1_800_000_000.0) -> None:
        self._now = start
        self._lock = Lock()

    def now(self) -> float:
        """Seconds since the epoch."""
        with self._lock:
            return self._now

    def move(self, seconds: float) -> None:
        """Let ``seconds`` pass at once."""
        with self._lock:
            self._now += seconds
