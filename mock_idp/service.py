"""A service: one vendor with an issuer, keys, clients and memory of its own."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING

from mock_idp.clock import Clock
from mock_idp.fault_catalogue import FAULTS
from mock_idp.keys import Keys
from mock_idp.oauth.ledger import Ledger
from mock_idp.oauth.model import AuthorizationRequest, Client, FaultOrder, Grant
from mock_idp.oauth.policy import Policy
from mock_idp.oauth.tokens import SignedToken
from mock_idp.personas import PERSONAS, Face, Persona
from mock_idp.randomness import Randomness
from mock_idp.settings import Settings

if TYPE_CHECKING:
    from mock_idp.vendors.base import Vendor


class Clients:
    """The registered clients of a service; may be shared by threads."""

    def __init__(self) -> None:
        self._by_id: Mapping[str, Client] = {}
        self._lock = Lock()

    @property
    def by_id(self) -> Mapping[str, Client]:
        """All clients by client id, as of now."""
        return self._by_id

    def register(self, client: Client) -> Client:
        """Register a client, or add redirect URIs to the one of the same id.

        Returns:
            The client as it is registered now.
        """
        with self._lock:
            known = self._by_id.get(client.client_id)
            uris = client.redirect_uris | (known.redirect_uris if known else frozenset())
            registered = Client(
                client.client_id,
                client.client_secret,
                client.service,
                client.provider,
                client.environment,
                uris,
            )
            # A new mapping instead of a changed one, so that readers need no lock.
            self._by_id = {**self._by_id, client.client_id: registered}
            return registered


@dataclass(frozen=True, slots=True)
class Service:
    """One running instance of a vendor.

    Parameters:
        id: first segment of its path; the vendor's own service has the vendor's id.
        vendor: what it behaves like.
        settings: the mock's settings.
        clock: what time it is.
        randomness: source of all random texts.
        ledger: what it remembers.
        keys: what it signs with.
        clients: who may ask.
        faults: misbehaviour towards everybody, beside what single grants carry.
    """

    id: str
    vendor: "Vendor"
    settings: Settings
    clock: Clock
    randomness: Randomness
    ledger: Ledger
    keys: Keys
    clients: Clients = field(default_factory=Clients)
    faults: tuple[FaultOrder, ...] = ()

    def policy(self, client: Client, grant: Grant | None = None) -> Policy:
        """The vendor's policy towards a client, bent by the faults of the service and of the grant."""
        orders = (*self.faults, *(grant.faults if grant else ()))
        return FAULTS.bent(self.vendor.policy_for(client), orders)

    def sign(self, token: SignedToken, grant: Grant | None = None) -> str:
        """Bring a token into its compact form; nothing may change it after that.

        Parameters:
            token: what to sign; its relative times start now.
            grant: the grant it belongs to, whose client's secret is the key of ``HS256``.
        """
        secret = grant.request.client.client_secret if grant else ""
        return self.keys.sign(token.at(self.clock.now()), secret)

    def persona(self, grant: Grant) -> Persona:
        """The persona that gave a grant."""
        return PERSONAS[grant.persona]

    def face(self, grant: Grant) -> Face:
        """What this service knows about the persona that gave a grant."""
        return self.persona(grant).face(self.vendor.id)


class ServiceError(ValueError):
    """A service that cannot be made; the message is one sentence."""


class Services:
    """All services by id; may be shared by threads.

    Parameters:
        vendors: all vendors by id; each has a service of its own name from the start.
        settings: the mock's settings.
        clock: what time it is.
        randomness: source of all random texts.
    """

    def __init__(
        self, vendors: Mapping[str, "Vendor"], settings: Settings, clock: Clock, randomness: Randomness
    ) -> None:
        self.vendors = vendors
        self._settings = settings
        self._clock = clock
        self._randomness = randomness
        self._lock = Lock()
        self._by_id: Mapping[str, Service] = {}
        for vendor in vendors.values():
            self.create(vendor.id, vendor.id)

    @property
    def by_id(self) -> Mapping[str, Service]:
        """All services by id, as of now."""
        return self._by_id

    def create(self, service_id: str, vendor_id: str, faults: tuple[FaultOrder, ...] = ()) -> Service:
        """Make a service.

        Parameters:
            service_id: its id, a path segment.
            vendor_id: what it behaves like.
            faults: misbehaviour towards everybody.

        Raises:
            ServiceError: the vendor is unknown, the id is taken, or there are too many services.
        """
        vendor = self.vendors.get(vendor_id)
        if vendor is None:
            raise ServiceError(f"There is no vendor {vendor_id!r}; there are {', '.join(self.vendors)}.")
        with self._lock:
            if service_id in self._by_id:
                raise ServiceError(f"There is a service {service_id!r} already.")
            if len(self._by_id) - len(self.vendors) >= self._settings.service_limit:
                raise ServiceError(f"There are {len(self._by_id)} services, which is the most there can be.")
            service = Service(
                service_id,
                vendor,
                self._settings,
                self._clock,
                self._randomness,
                Ledger(self._settings.ledger_limit),
                Keys(service_id),
                faults=faults,
            )
            self._by_id = {**self._by_id, service_id: service}
            return service

    def find_request(self, request_id: str) -> tuple[Service, AuthorizationRequest] | None:
        """Find an undecided authorization request wherever it was made."""
        for service in self.by_id.values():
            request = service.ledger.request(request_id)
            if request:
                return service, request
        return None

    def find_grant(self, grant_id: str) -> tuple[Service, Grant] | None:
        """Find a grant wherever it was given."""
        for service in self.by_id.values():
            grant = service.ledger.grant(grant_id)
            if grant:
                return service, grant
        return None
