"""Time that a story can let pass for the backend's keys, and for nothing else.

A backend asks for an issuer's keys once a minute, and replaces its own key once an hour. Stories would have to wait
that long; here their waiting moves the clocks of both by as much. All other clocks of the backend stay right, so that
nothing expires at the mock IdP, which knows of no waiting. On any other backend the step ``wait`` really waits.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reference_backend.identity.token_issuer import RotatingKeys
from reference_backend.openid.key_set import KeySet
from tests.defects.defect import wrap

Clock = Callable[[], float]


@dataclass(frozen=True)
class FakeClock:
    """How much time has passed, kept in a file that the backend's process reads.

    Parameters:
        file: holds the seconds as text.
    """

    file: Path

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.file.write_text(str(self.passed() + seconds))

    def passed(self) -> float:
        """Seconds that have passed so far."""
        return float(self.file.read_text()) if self.file.exists() else 0.0

    def install(self) -> None:
        """Give it to the keys; called in the backend's process."""
        wrap(KeySet, "__init__", self._for_keys_of_issuers)
        wrap(RotatingKeys, "__init__", self._for_own_keys)

    def _for_keys_of_issuers(self, original: Callable[..., None], keys: KeySet, fetch: Any, clock: Clock) -> None:
        original(keys, fetch, self._moved(clock))

    def _for_own_keys(
        self, original: Callable[..., None], player: RotatingKeys, store: Any, algorithm: str, ttl: int, clock: Clock
    ) -> None:
        original(player, store, algorithm, ttl, self._moved(clock))

    def _moved(self, clock: Clock) -> Clock:
        return functools.partial(_later, clock, self)


def _later(clock: Clock, moved: FakeClock) -> float:
    return clock() + moved.passed()
