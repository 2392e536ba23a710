"""The state of a mock at other times: people, clients, services with all they remember, and the clock."""

from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any

from mock_idp.clock import AdjustableClock
from mock_idp.emulation import Service
from mock_idp.oauth.model import Client
from mock_idp.people import People, Person
from mock_idp.services import Services
from mock_idp.settings import MOST_SNAPSHOTS
from mock_idp.setup.applied import AppliedSetup
from mock_idp.setup.model import Setup


class SnapshotError(ValueError):
    """A snapshot that cannot be taken; the message is one sentence."""


class NoSnapshotError(SnapshotError):
    """There is no snapshot of that name."""


@dataclass(frozen=True, slots=True)
class _SavedService:
    """One service: values of its parts that change."""

    service: Service
    clients: Mapping[str, Client]
    store: tuple[dict[Any, Any], ...]
    keys: tuple[int, tuple[str, ...]]
    clock: tuple[float, float | None]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A state.

    Parameters:
        id: its name.
        taken_at: when, by the mock's clock.
        people: people of one's own.
        personas: personas that were changed.
        services: all services.
        clock: the clock's state.
        setup: what was in effect of the owner's files.
    """

    id: str
    taken_at: float
    people: Mapping[str, Person]
    personas: Mapping[str, Person]
    services: tuple[_SavedService, ...]
    clock: tuple[float, float | None]
    setup: Setup


class Snapshots:
    """Takes and restores states; the journal goes on by itself and belongs to none.

    Parameters:
        people: who can sign in.
        services: all services.
        clock: the mock's clock.
        applied: what is in effect of the owner's files.
    """

    def __init__(self, people: People, services: Services, clock: AdjustableClock, applied: AppliedSetup) -> None:
        self._people = people
        self._services = services
        self._clock = clock
        self._applied = applied
        self._lock = Lock()
        self._taken = 0
        self._first: Snapshot | None = None
        self.by_id: Mapping[str, Snapshot] = {}
        """All snapshots, the oldest first."""

    def begin(self) -> None:
        """Remember how it all began, before anything of its owner's."""
        self._first = self._state("")

    def take(self) -> Snapshot:
        """Take a snapshot.

        Raises:
            SnapshotError: there are too many.
        """
        with self._lock:
            if len(self.by_id) >= MOST_SNAPSHOTS:
                raise SnapshotError(f"There are {MOST_SNAPSHOTS} snapshots, which is the most; delete one.")
            self._taken += 1
            snapshot = self._state(f"snapshot-{self._taken}")
            self.by_id = {**self.by_id, snapshot.id: snapshot}
            return snapshot

    def remove(self, snapshot_id: str) -> None:
        """Forget a snapshot.

        Raises:
            NoSnapshotError: there is none of this name.
        """
        with self._lock:
            self.find(snapshot_id)
            self.by_id = {known: taken for known, taken in self.by_id.items() if known != snapshot_id}

    def find(self, snapshot_id: str) -> Snapshot:
        """A snapshot by its name.

        Raises:
            NoSnapshotError: there is none.
        """
        if snapshot_id not in self.by_id:
            raise NoSnapshotError(f"There is no snapshot {snapshot_id!r:.80}.")
        return self.by_id[snapshot_id]

    def restore(self, snapshot_id: str) -> None:
        """Have everything as it was.

        Raises:
            NoSnapshotError: there is none of this name.
        """
        with self._lock:
            self._put(self.find(snapshot_id))

    def reset(self) -> None:
        """Have everything as at the start, with what the owner's files say now."""
        with self._lock:
            setup = self._applied.setup
            if self._first is not None:
                self._put(self._first)
            self._applied.apply(setup)

    def _state(self, name: str) -> Snapshot:
        people = self._people
        return Snapshot(
            name,
            self._clock.now(),
            people.own,
            people.changed_personas,
            tuple(
                _SavedService(
                    service, service.clients.by_id, service.store.state(), service.keys.state, service.clock.state
                )
                for service in self._services.by_id.values()
            ),
            self._clock.state,
            self._applied.setup,
        )

    def _put(self, snapshot: Snapshot) -> None:
        for saved in snapshot.services:
            saved.service.clients.by_id = saved.clients
            saved.service.store.restore(saved.store)
            saved.service.keys.restore(saved.keys)
            saved.service.clock.restore(saved.clock)
        self._services.restore({saved.service.id: saved.service for saved in snapshot.services})
        self._people.reset(snapshot.people, snapshot.personas)
        self._clock.restore(snapshot.clock)
        self._applied.setup = snapshot.setup
