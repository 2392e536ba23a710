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
