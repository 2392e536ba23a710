"""All services of a mock: making, changing, removing and finding them."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from threading import Lock

from mock_idp.clock import AdjustableClock, Clock
from mock_idp.emulation import Emulation, Service
from mock_idp.faults.injection import FAULTS_OF_SERVICE
from mock_idp.grants.store import GrantStore
from mock_idp.keys import FirstKey, Keys
from mock_idp.oauth.model import AuthorizationRequest, FaultSpec, Grant
from mock_idp.people import People
from mock_idp.randomness import Randomness
from mock_idp.settings import Settings


class ServiceError(ValueError):
    """A service that cannot be made, changed or removed; the message is one sentence."""


class Services:
    """All services by id; may be shared by threads.

    Parameters:
        emulations: all vendors and auth proxies by id; each has a service of its own name from the start.
        settings: the mock's settings.
        clock: what time it is.
        randomness: source of all random texts.
        people: who can sign in.
        exclusive: vendors and proxies whose own service may be changed all the same: one test has it for itself.
        first_key: of services that are there from the start, see :class:`mock_idp.keys.Keys`.
    """

    def __init__(
        self,
        emulations: Mapping[str, Emulation],
        settings: Settings,
        clock: Clock,
        randomness: Randomness,
        people: People,
        exclusive: Collection[str] = (),
        first_key: FirstKey | None = None,
    ) -> None:
        self._first_key = first_key
        self._exclusive = exclusive
        self._emulations = emulations
        self._settings = settings
        self._clock = clock
        self._randomness = randomness
        self._people = people
        self._lock = Lock()
        self.by_id: Mapping[str, Service] = {}
        """All services by id, as of now."""
        for emulation in emulations.values():
            self.create(emulation.id, emulation.id, permanent=True)

    def create(
        self, service_id: str, emulation_id: str, faults: tuple[FaultSpec, ...] = (), *, permanent: bool = False
    ) -> Service:
        """Make a service.

        Parameters:
            service_id: its id, a path segment.
            emulation_id: what it behaves like.
            faults: faults for every user.
            permanent: True if it cannot be removed, and does not count among those that tests may make.

        Raises:
            ServiceError: there is no such vendor or proxy, the id is taken, or there are too many services.
        """
        emulation = self._emulations.get(emulation_id)
        if emulation is None:
            raise ServiceError(f"There is no vendor {emulation_id!r}; there are {', '.join(self._emulations)}.")
        service = Service(
            service_id,
            emulation,
            self._settings,
            AdjustableClock(self._clock),
            self._randomness,
            self._people,
            GrantStore(self._settings.store_limit),
            Keys(emulation.key_owner(service_id), self._first_key if permanent else None),
            faults=faults,
            is_permanent=permanent,
        )
        with self._lock:
            if service_id in self.by_id:
                raise ServiceError(f"There is a service {service_id!r} already.")
            made = sum(not known.is_permanent for known in self.by_id.values())
            if not permanent and made >= self._settings.service_limit:
                raise ServiceError(f"Tests have made {made} services, which is the most there can be.")
            self.by_id = {**self.by_id, service_id: service}
        return service

    def change_faults(self, service_id: str, faults: tuple[FaultSpec, ...]) -> Service:
        """Let a service misbehave in another way from now on; applications are counted from zero.

        Raises:
            ServiceError: there is no such service, or it is shared.
        """
        with self._lock:
            service = replace(self.changeable(service_id), faults=faults)
            self.by_id = {**self.by_id, service_id: service}
        service.store.forget_applications(FAULTS_OF_SERVICE)
        return service

    def remove(self, service_id: str) -> None:
        """Remove a service that a test made.

        Raises:
            ServiceError: there is no such service, or it was there from the start.
        """
        with self._lock:
            if self.changeable(service_id).is_permanent:
                raise ServiceError(f"The service {service_id!r} was there from the start and stays.")
            self.by_id = {known: service for known, service in self.by_id.items() if known != service_id}

    def restore(self, services: Mapping[str, Service]) -> None:
        """Have these services and no others."""
        with self._lock:
            self.by_id = dict(services)

    def changeable(self, service_id: str) -> Service:
        """A service that one test may change without any other noticing.

        Raises:
            ServiceError: there is none of this id, or it is shared.
        """
        service = self.by_id.get(service_id)
        if service is None:
            raise ServiceError(f"There is no service {service_id!r:.80}; there are {', '.join(self.by_id)}.")
        if service_id == service.emulation.id and service_id not in self._exclusive:
            raise ServiceError(f"The service {service_id!r} is shared; use an environment with a service of its own.")
        return service

    def find_request(self, request_id: str) -> tuple[Service, AuthorizationRequest] | None:
        """Find an undecided authorization request wherever it was made."""
        for service in self.by_id.values():
            asked = service.store.request(request_id)
            if asked:
                return service, asked
        return None

    def find_grant(self, grant_id: str) -> tuple[Service, Grant] | None:
        """Find a grant wherever it was given."""
        for service in self.by_id.values():
            grant = service.store.grant(grant_id)
            if grant:
                return service, grant
        return None
