"""Puts a set-up into effect at a running mock, and a changed one in its place."""

from collections.abc import Mapping
from threading import Lock

from mock_idp.emulation import Service
from mock_idp.faults.catalogue import FAULTS
from mock_idp.oauth.model import Client, FaultSpec
from mock_idp.people import People
from mock_idp.services import ServiceError, Services
from mock_idp.setup.clients import make_client
from mock_idp.setup.model import ClientSetup, ServiceSetup, Setup, SetupFileError


class AppliedSetup:
    """What is in effect of a set-up; what the control API changed since then stays.

    Parameters:
        people: who can sign in.
        services: all services.
    """

    def __init__(self, people: People, services: Services) -> None:
        self._people = people
        self._services = services
        self._lock = Lock()
        self.setup = Setup()
        """What is in effect."""

    def apply(self, setup: Setup) -> None:
        """Put a set-up into effect in the place of the one before; all of it, or nothing.

        Raises:
            SetupFileError: a person has the id of a persona, or a service cannot be.
        """
        with self._lock:
            old = self.setup
            made = self._checked(setup)
            self._change_services(old, setup)
            self._change_clients(old, made)
            self._change_people(old, setup)
            self.setup = setup

    def _checked(self, setup: Setup) -> Mapping[ClientSetup, Client]:
        """The clients of a set-up in which nothing is wrong."""
        for person in setup.people:
            known = self._people.by_id.get(person.id)
            if known and not known.own:
                raise SetupFileError(f"{person.id!r} is the id of one of the kit's personas; choose another id.")
        vendors = {service.id: service.emulation.id for service in self._services.by_id.values()}
        own = {service.id for service in self.setup.services}
        for service in setup.services:
            if service.id in vendors and service.id not in own:
                raise SetupFileError(f"{service.where}: there is a service {service.id!r} already; choose another id.")
            vendors[service.id] = service.vendor
        for client in setup.clients:
            if vendors.get(client.service or client.vendor) != client.vendor:
                there = ", ".join(name for name, vendor in vendors.items() if vendor == client.vendor)
                raise SetupFileError(
                    f"{client.where}: there is no service {client.service!r} of {client.vendor}; there are {there}."
                )
        return {client: make_client(client) for client in setup.clients}

    def _change_services(self, old: Setup, new: Setup) -> None:
        wanted = {service.id: service for service in new.services}
        known = {service.id: service for service in old.services}
        for gone in known.keys() - wanted.keys():
            self._services.remove(gone)
        for service_id, service in wanted.items():
            before = known.get(service_id)
            if before is None or before.vendor != service.vendor or service_id not in self._services.by_id:
                if service_id in self._services.by_id:
                    self._services.remove(service_id)
                self._make(service)
            elif before.faults != service.faults:
                self._services.change_faults(service_id, _faults(service))

    def _make(self, service: ServiceSetup) -> Service:
        try:
            return self._services.create(service.id, service.vendor, _faults(service))
        except ServiceError as error:
            raise SetupFileError(f"{service.where}: {error}") from None

    def _change_clients(self, old: Setup, made: Mapping[ClientSetup, Client]) -> None:
        before = {(client.service, client.client_id): client for client in map(make_client, old.clients)}
        after = {(client.service, client.client_id): client for client in made.values()}
        for service_id, client_id in before.keys() - after.keys():
            if service_id in self._services.by_id:
                self._services.by_id[service_id].clients.remove(client_id)
        for key, client in after.items():
            clients = self._services.by_id[client.service].clients
            if before.get(key) != client or client.client_id not in clients.by_id:
                clients.put(client)

    def _change_people(self, old: Setup, new: Setup) -> None:
        before = {person.id: person for person in old.people}
        after = {person.id: person for person in new.people}
        for gone in before.keys() - after.keys():
            if gone in self._people.own:
                self.remove_person(gone)
        for person_id, person in after.items():
            if before.get(person_id) != person or person_id not in self._people.own:
                self._people.put(person)

    def remove_person(self, person_id: str) -> None:
        """Remove a person and revoke the person's grants: a closed account cannot sign in.

        Raises:
            PeopleError: there is none of this id, or it is a persona.
        """
        self._people.remove(person_id)
        for service in self._services.by_id.values():
            service.store.revoke_grants_of(person_id)


def _faults(service: ServiceSetup) -> tuple[FaultSpec, ...]:
    return FAULTS.parse(list(service.faults))
