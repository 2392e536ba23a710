"""What the control API and the pages tell about the mock, as plain data."""

from dataclasses import asdict
from functools import cache
from typing import Any

import mock_idp
from mock_idp.acceptance import acceptance
from mock_idp.app_config.providers import environment_kinds
from mock_idp.catalog import annotations_of
from mock_idp.client_site import client_url
from mock_idp.clock import AdjustableClock
from mock_idp.demo_client import CLIENT_IDS
from mock_idp.emulation import Service
from mock_idp.idp import Idp
from mock_idp.oauth.model import Client, Grant
from mock_idp.people import Person
from mock_idp.profiles import profiles
from mock_idp.proxies.base import AuthProxy
from mock_idp.settings import KIT_NAME
from mock_idp.setup.shapes import person_members
from mock_idp.setup.snapshots import Snapshot
from mock_idp.vendors import vendors


def describe_mock(idp: Idp, seen_as: str | None) -> dict[str, Any]:
    """The mock itself.

    Parameters:
        idp: the mock.
        seen_as: the host by which the client reached it.
    """
    profile = profiles()[idp.settings.profile]
    return {
        "kit": {"name": KIT_NAME, "version": mock_idp.__version__},
        "seed": idp.randomness.seed,
        "profile": idp.settings.profile,
        "only_own_clients": idp.settings.only_own_clients,
        "environment_names": environment_names(),
        "backend_keys": [asdict(key) for key in profile.backend_keys],
        "public_url": profile.public_url,
        **idp.listener_info.describe(seen_as),
        "backend_urls": list(idp.settings.backend_urls),
        "app_url": idp.settings.app_urls[0],
        "app_urls": list(idp.settings.app_urls),
        "providers": describe_providers(idp),
    }


@cache
def environment_names() -> list[str]:
    """The names of all environments that the kit has for any vendor, whether or not they are used here."""
    return sorted({kind.name for vendor in vendors().values() for kind in environment_kinds(vendor)})


def describe_providers(idp: Idp) -> list[dict[str, Any]]:
    """The providers that clients are registered for; those of an own app-config first."""
    own = _own_providers(idp)
    names = {provider["id"] for provider in own}
    return [*own, *(provider for provider in _kit_providers(idp) if provider["id"] not in names)]


def _own_providers(idp: Idp) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for one in idp.applied.setup.environments:
        client = idp.services.by_id[one.service].clients.by_id.get(one.client_id)
        if client is None:
            continue  # removed meanwhile, by the control API
        vendor = idp.vendors[one.vendor]
        provider = {"id": one.provider, "kind": vendor.kind, "vendor": vendor.id, "service": one.service}
        known = found.setdefault(one.provider, {**provider, "reserved": False, "client": None, "environments": []})
        known["environments"].append(
            {
                "name": one.environment,
                "client_id": client.client_id,
                "client_secret": client.client_secret,
                "redirect_uris": sorted(client.redirect_uris),
                "service": one.service,
            }
        )
    return list(found.values())


def _kit_providers(idp: Idp) -> list[dict[str, Any]]:
    return [
        {
            "id": setup.id,
            "kind": setup.kind,
            "vendor": setup.emulation.id,
            "service": setup.service,
            "reserved": setup.id in setup.emulation.opt_in if isinstance(setup.emulation, AuthProxy) else False,
            "client": describe_client(setup.client) if setup.client else None,
            "environments": [
                {
                    "name": environment.kind.name,
                    "client_id": environment.client.client_id,
                    "client_secret": environment.client.client_secret,
                    "redirect_uris": sorted(environment.client.redirect_uris),
                    "service": environment.client.service,
                }
                for environment in setup.environments
            ],
        }
        for setup in idp.setups
    ]


def describe_persona(idp: Idp, persona: Person) -> dict[str, Any]:
    """A persona as plain data, with its account at every vendor and proxy."""
    emulations = (*idp.vendors, *idp.proxies)
    accounts = {emulation: persona.account(emulation) for emulation in emulations}
    return {
        "id": persona.id,
        "name": persona.name,
        "login": persona.login,
        "email": persona.email,
        "email_verified": persona.email_verified,
        "picture": persona.picture,
        "reason": persona.reason,
        "spare": persona.spare,
        "client_url": client_url(persona.id) if persona.spare else None,
        "entity": persona.entity,
        "entity_ref": persona.entity_ref,
        "groups": [ref.lower() for ref in persona.group_refs],
        "annotations": annotations_of(persona) if persona.entity else {},
        "faces": {
            emulation: {"number": account.number, "uuid": account.uuid} for emulation, account in accounts.items()
        },
    }


def describe_person(person: Person) -> dict[str, Any]:
    """A person as ``mock-idp.yaml`` would have it, and whether it is one of the own people."""
    return {**person_members(person), "own": person.own, "spare": person.spare}


def describe_vendors(idp: Idp) -> list[dict[str, Any]]:
    """All vendors as plain data."""
    return [
        {
            "id": vendor.id,
            "title": vendor.title,
            "hosts": list(vendor.hosts),
            "routes": [
                {"method": route.method, "path": route.path, "endpoint": str(route.endpoint)} for route in vendor.routes
            ],
            "accepts": [asdict(row) for row in acceptance(vendor)],
        }
        for vendor in idp.vendors.values()
    ]


def describe_quirks(idp: Idp) -> list[dict[str, str]]:
    """All quirks of all vendors as plain data."""
    return [
        {"vendor": vendor.id, "name": quirk.name, "says": quirk.description, "source": quirk.source}
        for vendor in idp.vendors.values()
        for quirk in vendor.quirks
    ]


def describe_grant(service: Service, grant: Grant) -> dict[str, Any]:
    """A grant as plain data."""
    asked = grant.request
    return {
        "id": grant.grant_id,
        "service": service.id,
        "client_id": asked.client.client_id,
        "provider": asked.client.provider,
        "environment": asked.client.environment,
        "redirect_uri": asked.redirect_uri,
        "state": asked.state,
        "persona": grant.persona,
        "requested_scopes": list(asked.scopes),
        "scopes": list(grant.scopes),
        "granted_at": grant.granted_at,
        "revoked": grant.revoked,
        "faults": [{"fault": spec.fault, **spec.parameters} for spec in grant.faults],
    }


def describe_clock(clock: AdjustableClock) -> dict[str, Any]:
    """The mock's clock."""
    return {"now": clock.now(), "frozen": clock.is_frozen, "offset": clock.state[0]}


def describe_snapshot(snapshot: Snapshot) -> dict[str, Any]:
    """A snapshot, but for what is in it."""
    return {"id": snapshot.id, "taken_at": snapshot.taken_at}


def describe_setup(idp: Idp) -> dict[str, Any]:
    """The people, clients and services of one's own, as ``mock-idp.yaml`` would have them."""
    configured = {(client.service, client.client_id) for setup in idp.setups for client in setup.clients}
    services = idp.services.by_id.values()
    clients = [client for service in services for client in service.clients.by_id.values()]
    return {
        "people": [person_members(person) for person in idp.people.own.values()],
        "clients": [
            client_members(idp, client)
            for client in clients
            if (client.service, client.client_id) not in configured and client.client_id not in CLIENT_IDS.values()
        ],
        "services": [
            {
                "id": service.id,
                "vendor": service.emulation.id,
                "faults": [
                    {
                        "fault": spec.fault,
                        **{name: value for name, value in spec.parameters.items() if value is not None},
                    }
                    for spec in service.faults
                ],
            }
            for service in services
            if not service.is_permanent
        ],
    }


def client_members(idp: Idp, client: Client) -> dict[str, Any]:
    """A client as members of :data:`~mock_idp.setup.shapes.CLIENT`."""
    said: dict[str, Any] = {
        "vendor": idp.services.by_id[client.service].emulation.id,
        "service": client.service,
        "provider": client.provider,
        "env": client.environment,
        "client_id": client.client_id,
        "redirect_uris": sorted(client.redirect_uris),
        "public": client.is_public,
        "scopes": list(client.scopes),
        "logout_uris": sorted(client.logout_uris),
        "origins": sorted(client.origins),
    }
    if not client.is_public:
        said["client_secret"] = client.client_secret
    if client.authentication_method:
        said["token_endpoint_auth_method"] = client.authentication_method
    return said


def describe_client(client: Client) -> dict[str, Any]:
    """A registered client as plain data."""
    return {
        "client_id": client.client_id,
        "client_secret": client.client_secret,
        "service": client.service,
        "provider": client.provider,
        "environment": client.environment,
        "redirect_uris": sorted(client.redirect_uris),
        "public": client.is_public,
        "token_endpoint_auth_method": client.authentication_method or None,
        "scopes": list(client.scopes),
        "logout_uris": sorted(client.logout_uris),
        "origins": sorted(client.origins),
    }


def describe_service(service: Service) -> dict[str, Any]:
    """A service as plain data."""
    return {
        "id": service.id,
        "vendor": service.emulation.id,
        "path": f"/{service.id}",
        "endpoints": {name: f"/{service.id}{path}" for name, path in service.emulation.usual_paths().items()},
        # By how much it is ahead of the mock; not its time, so that two answers about one state are equal.
        "offset": round(service.clock.state[0], 3),
        "permanent": service.is_permanent,
        "faults": [{"fault": spec.fault, **spec.parameters} for spec in service.faults],
        "published_keys": list(service.keys.published),
    }
