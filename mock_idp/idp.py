"""The mock IdP as one object: everything that the web layer and the command line share."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mock_idp.app_config.providers import ProviderSetup, provider_setups
from mock_idp.client_site import CLIENT_SITE
from mock_idp.clock import AdjustableClock, Clock, SystemClock
from mock_idp.emulation import Emulation
from mock_idp.faults.catalogue import FAULTS
from mock_idp.journal import Journal
from mock_idp.keys import FirstKey
from mock_idp.people import People
from mock_idp.personas import PERSONAS, SPARE
from mock_idp.picture_site import PICTURE_SITE
from mock_idp.profiles import profiles
from mock_idp.proxies import proxies
from mock_idp.proxies.base import AuthProxy
from mock_idp.randomness import Randomness
from mock_idp.services import Services
from mock_idp.settings import Settings
from mock_idp.setup.applied import AppliedSetup
from mock_idp.setup.model import HostSetup, Setup
from mock_idp.setup.snapshots import Snapshots
from mock_idp.vendor_files import add_installed
from mock_idp.vendors import vendors
from mock_idp.vendors.base import Vendor


class SettingsError(ValueError):
    """Settings that cannot work; the message is one sentence with what is allowed."""


def _nothing(seen_as: str | None) -> dict[str, Any]:
    return {"urls": {}, "hosts": [], "spki": ""}


@dataclass
class ListenerInfo:
    """What only the listeners know, and the application must tell clients.

    Parameters:
        describe: members for ``GET /__idp/``; takes the host by which the client reached the mock.
        ca_pem: the certificate authority, PEM.
    """

    describe: Callable[[str | None], dict[str, Any]] = _nothing
    ca_pem: bytes = b""


@dataclass(frozen=True, slots=True)
class Idp:
    """One mock IdP.

    Parameters:
        settings: what it was told.
        clock: what time it is.
        randomness: source of all random texts; its ``seed`` repeats a run.
        vendors: all vendors by id.
        proxies: all auth proxies by id.
        setups: the providers that clients are registered for.
        people: who can sign in.
        services: all services.
        applied: what is in effect of its owner's set-up.
        snapshots: its states at other times.
        journal: what was asked.
        host_patterns: every host name that a vendor, an auth proxy or a website has for itself, and whose it is.
        own_hosts: host -> addresses there that only the owner of this mock has, the longest path first.
        listener_info: what the listeners know.
    """

    settings: Settings
    clock: AdjustableClock
    randomness: Randomness
    vendors: Mapping[str, Vendor]
    proxies: Mapping[str, AuthProxy]
    setups: tuple[ProviderSetup, ...]
    people: People
    services: Services
    applied: AppliedSetup
    snapshots: Snapshots
    journal: Journal
    host_patterns: Mapping[str, Emulation]
    own_hosts: Mapping[str, tuple[HostSetup, ...]]
    listener_info: ListenerInfo = field(default_factory=ListenerInfo)


def make_idp(
    settings: Settings, clock: Clock | None = None, setup: Setup | None = None, first_key: FirstKey | None = None
) -> Idp:
    """Put a mock IdP together, make the services of its environments and register their clients.

    Parameters:
        settings: what it is told.
        clock: what time it is; the computer's clock if left out.
        setup: people, clients and services of its owner; its settings are in ``settings`` already.
        first_key: see :class:`mock_idp.keys.Keys`.

    Raises:
        SettingsError: the automatic persona does not exist.
        SetupError: a provider or the profile does not exist.
        SetupFileError: the set-up cannot be put into effect.
        VendorFileError: an installed distribution has a vendor that cannot be used.
    """
    add_installed()
    adjustable = AdjustableClock(clock or SystemClock())
    randomness = Randomness(settings.seed)
    emulations: Mapping[str, Emulation] = {
        **vendors(),
        **proxies(),
        CLIENT_SITE.id: CLIENT_SITE,
        PICTURE_SITE.id: PICTURE_SITE,
    }
    host_patterns: dict[str, Emulation] = {}
    for emulation in emulations.values():
        for host in emulation.hosts:
            # Of emulations with the same host the first one has it.
            host_patterns.setdefault(host, emulation)
    own_hosts: dict[str, tuple[HostSetup, ...]] = {}
    setups = provider_setups(settings)
    people = People(PERSONAS)
    exclusive = profiles()[settings.profile].exclusive
    services = Services(emulations, settings, adjustable, randomness, people, exclusive, first_key)
    applied = AppliedSetup(people, services)
    idp = Idp(
        settings=settings,
        clock=adjustable,
        randomness=randomness,
        vendors=vendors(),
        proxies=proxies(),
        setups=setups,
        people=people,
        services=services,
        applied=applied,
        snapshots=Snapshots(people, services, adjustable, applied),
        journal=Journal(settings.journal_limit),
        host_patterns=host_patterns,
        own_hosts=own_hosts,
    )
    for persona in SPARE:
        idp.services.create(persona, CLIENT_SITE.id, permanent=True)
    for provider in idp.setups:
        if provider.service not in idp.services.by_id:
            idp.services.create(provider.service, provider.emulation.id, permanent=True)
        for environment in provider.environments:
            spec, service = environment.kind.service, environment.client.service
            if spec:
                idp.services.create(service, provider.emulation.id, FAULTS.parse(list(spec.faults)), permanent=True)
        for client in provider.clients:
            idp.services.by_id[client.service].clients.register(client)
    idp.snapshots.begin()
    if setup is not None:
        idp.applied.apply(setup)
        for own in setup.hosts:
            # A host of the vendor's own stays that, with one more path.
            host_patterns.setdefault(own.host, services.by_id[own.service].emulation)
            known = (*own_hosts.get(own.host, ()), own)
            own_hosts[own.host] = tuple(sorted(known, key=lambda one: len(one.path), reverse=True))
    if settings.auto_login is not None and settings.auto_login not in people.by_id:
        raise SettingsError(f"There is no persona {settings.auto_login!r}; there are {people.in_words}.")
    return idp
