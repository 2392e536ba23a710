"""A set-up as plain data, wherever it was read: ``mock-idp.yaml``, a catalog, a Backstage app-config."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mock_idp.people import Person

OWN_ENVIRONMENT = "own"
"""The environment of a client that belongs to no Backstage provider."""


class SetupFileError(ValueError):
    """A set-up that cannot be used; the message says where (file and line), what is wrong and what to do."""


@dataclass(frozen=True, slots=True)
class ClientSetup:
    """A client of one's own, as its owner describes it.

    Parameters:
        vendor: id of the vendor it is registered at.
        id: client id.
        redirect_uris: at least one.
        secret: None derives one from the id; a public client has none.
        authentication_method: the one ``token_endpoint_auth_method`` it uses, or empty for any of the vendor's.
        is_public: True if it has no secret, False if it has, or None for what the vendor does by itself.
        scopes: what it gets if it asks for none.
        logout_uris: where a browser may go after it was signed out.
        origins: origins of its pages, which may read answers.
        service: id of the service it is registered at; empty for the vendor's own.
        provider: provider id of a Backstage backend that uses it; empty for the vendor's id.
        environment: environment of that provider.
        where: file and line it comes from, for messages; empty if it comes from no file.
    """

    vendor: str
    id: str
    redirect_uris: tuple[str, ...]
    secret: str | None = None
    authentication_method: str = ""
    is_public: bool | None = None
    scopes: tuple[str, ...] = ()
    logout_uris: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    service: str = ""
    provider: str = ""
    environment: str = OWN_ENVIRONMENT
    where: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class ServiceSetup:
    """A further service: an issuer, keys, clients and memory of its own.

    Parameters:
        id: its id, the first segment of its path.
        vendor: what it behaves like.
        faults: faults for every user, as in the consent form.
        where: file and line it comes from, for messages.
    """

    id: str
    vendor: str
    faults: tuple[str | Mapping[str, Any], ...] = ()
    where: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class OwnEnvironment:
    """An environment of a provider in a backend; several may use one client.

    Parameters:
        provider: provider id.
        environment: its name.
        vendor: id of the vendor behind it.
        service: id of the service behind it.
        client_id: the client that it uses.
    """

    provider: str
    environment: str
    vendor: str
    service: str
    client_id: str


@dataclass(frozen=True, slots=True)
class HostSetup:
    """An address of a vendor that only its owner has: a host of one's own, or a path at a host of the vendor's.

    Parameters:
        host: host name, lower case, without port.
        path: what a request's path begins with there, without trailing slash; empty for all of the host.
        service: id of the service that answers.
        target: what stands in place of ``path`` in the service's own addresses.
        base_url: what the service calls itself there, without trailing slash.
    """

    host: str
    path: str
    service: str
    target: str
    base_url: str


@dataclass(frozen=True, slots=True)
class Setup:
    """Everything that an owner adds to a mock.

    Parameters:
        people: who can sign in beside the personas; of two with one id the later counts.
        clients: further clients; of two with one id at one service the later counts.
        services: further services.
        settings: member of :class:`~mock_idp.settings.Settings` -> value, for what the command line does not say.
        environments: the environments of backends whose clients these are.
        hosts: further addresses of vendors; like settings, they count from the start on.
        vendors: files with vendors of one's own, as they are named; they count from the start on, too.
    """

    people: tuple[Person, ...] = ()
    clients: tuple[ClientSetup, ...] = ()
    services: tuple[ServiceSetup, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    hosts: tuple[HostSetup, ...] = ()
    environments: tuple[OwnEnvironment, ...] = ()
    vendors: tuple[str, ...] = ()

    @property
    def in_words(self) -> str:
        """How much there is of what, for messages."""
        counted = ((self.people, "people"), (self.clients, "clients"), (self.services, "services"))
        return ", ".join(f"{len(part)} {name}" for part, name in counted)

    def merged(self, other: "Setup") -> "Setup":
        """This set-up and another one, which wins where both say something.

        Parameters:
            other: the later one.
        """
        people = {person.id: person for person in (*self.people, *other.people)}
        clients = {(client.service or client.vendor, client.id): client for client in (*self.clients, *other.clients)}
        services = {service.id: service for service in (*self.services, *other.services)}
        environments = {(one.provider, one.environment): one for one in (*self.environments, *other.environments)}
        hosts = {(host.host, host.path): host for host in (*self.hosts, *other.hosts)}
        return Setup(
            tuple(people.values()),
            tuple(clients.values()),
            tuple(services.values()),
            {**self.settings, **other.settings},
            tuple(hosts.values()),
            tuple(environments.values()),
            (*self.vendors, *other.vendors),
        )
