"""A service: one vendor or auth proxy with an issuer, keys, clients and memory of its own."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import TYPE_CHECKING, cast

from mock_idp.clock import Clock
from mock_idp.fault_catalogue import FAULTS
from mock_idp.keys import Keys
from mock_idp.oauth.ledger import Ledger
from mock_idp.oauth.model import AuthorizationRequest, Client, FaultOrder, Grant
from mock_idp.oauth.policy import Policy
from mock_idp.oauth.tokens import OWN_KEY, SignedToken, Unsigned
from mock_idp.personas import PERSONAS, Face, Persona
from mock_idp.randomness import Randomness
from mock_idp.saml import signing, signing_key
from mock_idp.saml.response import SamlResponse
from mock_idp.settings import Settings

if TYPE_CHECKING:
    from mock_idp.source import Source
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
    """One running instance of a vendor or auth proxy.

    Parameters:
        id: first segment of its path; the own service of a vendor or proxy has its id.
        source: what it behaves like.
        settings: the mock's settings.
        clock: what time it is.
        randomness: source of all random texts.
        ledger: what it remembers.
        keys: what it signs with.
        clients: who may ask.
        faults: misbehaviour towards everybody, beside what single grants carry.
        is_permanent: True if it was there from the start, so that it cannot be removed.
    """

    id: str
    source: "Source"
    settings: Settings
    clock: Clock
    randomness: Randomness
    ledger: Ledger
    keys: Keys
    clients: Clients = field(default_factory=Clients)
    faults: tuple[FaultOrder, ...] = ()
    is_permanent: bool = False

    @property
    def vendor(self) -> "Vendor":
        """The source as a vendor; only what belongs to OAuth asks for it."""
        return cast("Vendor", self.source)

    def policy(self, client: Client, grant: Grant | None = None) -> Policy:
        """The vendor's policy towards a client, bent by the faults of the service and of the grant."""
        orders = (*self.faults, *(grant.faults if grant else ()))
        return FAULTS.bent(self.vendor.policy_for(client), orders)

    def sign(self, token: Unsigned, grant: Grant | None = None) -> str:
        """Bring a token into its compact form, or an answer into the form that travels; nothing may change it then.

        Parameters:
            token: what to sign; its relative times start now.
            grant: the grant it belongs to, whose client's secret is the key of ``HS256``.

        Raises:
            TypeError: nobody knows how to sign this.
        """
        if isinstance(token, SamlResponse):
            key = signing_key.private_key() if token.key == OWN_KEY else self.keys.rsa_key(token.key)
            return signing.sign(token, self.clock.now(), key)
        if not isinstance(token, SignedToken):
            raise TypeError(f"{type(token).__name__} cannot be signed")
        secret = grant.request.client.client_secret if grant else ""
        return self.keys.sign(token.at(self.clock.now()), secret)

    def persona(self, grant: Grant) -> Persona:
        """The persona that gave a grant."""
        return PERSONAS[grant.persona]

    def face(self, grant: Grant) -> Face:
        """What this service knows about the persona that gave a grant."""
        return self.persona(grant).face(self.source.id)


FAULTS_OF_SERVICE = "of the service itself"
"""Whose strikes are counted, in the ledger, when a fault belongs to no grant."""


class ServiceError(ValueError):
    """A service that cannot be made, changed or removed; the message is one sentence."""


class Services:
    """All services by id; may be shared by threads.

    Parameters:
        sources: all vendors and auth proxies by id; each has a service of its own name from the start.
        settings: the mock's settings.
        clock: what time it is.
        randomness: source of all random texts.
        spared: vendors and proxies whose own service may be changed all the same: one test has it for itself.
    """

    def __init__(
        self,
        sources: Mapping[str, "Source"],
        settings: Settings,
        clock: Clock,
        randomness: Randomness,
        spared: Collection[str] = (),
    ) -> None:
        self._spared = spared
        self._sources = sources
        self._settings = settings
        self._clock = clock
        self._randomness = randomness
        self._lock = Lock()
        self._by_id: Mapping[str, Service] = {}
        for source in sources.values():
            self.create(source.id, source.id, permanent=True)

    @property
    def by_id(self) -> Mapping[str, Service]:
        """All services by id, as of now."""
        return self._by_id

    def create(
        self, service_id: str, source_id: str, faults: tuple[FaultOrder, ...] = (), *, permanent: bool = False
    ) -> Service:
        """Make a service.

        Parameters:
            service_id: its id, a path segment.
            source_id: what it behaves like.
            faults: misbehaviour towards everybody.
            permanent: True if it cannot be removed, and does not count among those that tests may make.

        Raises:
            ServiceError: there is no such vendor or proxy, the id is taken, or there are too many services.
        """
        source = self._sources.get(source_id)
        if source is None:
            raise ServiceError(f"There is no vendor {source_id!r}; there are {', '.join(self._sources)}.")
        service = Service(
            service_id,
            source,
            self._settings,
            self._clock,
            self._randomness,
            Ledger(self._settings.ledger_limit),
            Keys(source.key_owner(service_id)),
            faults=faults,
            is_permanent=permanent,
        )
        with self._lock:
            if service_id in self._by_id:
                raise ServiceError(f"There is a service {service_id!r} already.")
            made = sum(not known.is_permanent for known in self._by_id.values())
            if not permanent and made >= self._settings.service_limit:
                raise ServiceError(f"Tests have made {made} services, which is the most there can be.")
            self._by_id = {**self._by_id, service_id: service}
        return service

    def change_faults(self, service_id: str, faults: tuple[FaultOrder, ...]) -> Service:
        """Let a service misbehave in another way from now on; strikes are counted anew.

        Raises:
            ServiceError: there is no such service, or it belongs to everybody.
        """
        with self._lock:
            service = replace(self.changeable(service_id), faults=faults)
            self._by_id = {**self._by_id, service_id: service}
        service.ledger.forget_strikes(FAULTS_OF_SERVICE)
        return service

    def remove(self, service_id: str) -> None:
        """Remove a service that a test made.

        Raises:
            ServiceError: there is no such service, or it was there from the start.
        """
        with self._lock:
            if self.changeable(service_id).is_permanent:
                raise ServiceError(f"The service {service_id!r} was there from the start and stays.")
            self._by_id = {known: service for known, service in self._by_id.items() if known != service_id}

    def changeable(self, service_id: str) -> Service:
        """A service that one test may change without any other noticing.

        Raises:
            ServiceError: there is none of this id, or it belongs to everybody.
        """
        service = self._by_id.get(service_id)
        if service is None:
            raise ServiceError(f"There is no service {service_id!r:.80}; there are {', '.join(self._by_id)}.")
        if service_id == service.source.id and service_id not in self._spared:
            raise ServiceError(f"The service {service_id!r} is everybody's; use an environment with one of its own.")
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
