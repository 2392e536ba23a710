"""Registering clients of one's own: what an application's developer would do on the vendor's site."""

from collections.abc import Mapping
from typing import Any

from mock_idp.control.bodies import CLIENT_CHANGE
from mock_idp.control.descriptions import client_members
from mock_idp.control.members import ControlError
from mock_idp.idp import Idp
from mock_idp.oauth.client_authentication import ClientAuthentication
from mock_idp.oauth.model import Client
from mock_idp.settings import MOST_CLIENTS
from mock_idp.setup.clients import make_client
from mock_idp.setup.members import read_members
from mock_idp.setup.shapes import read_client


def register_client(idp: Idp, data: Any) -> Client:
    """Register a client as the control API was told to.

    Parameters:
        idp: the mock.
        data: members of :data:`~mock_idp.setup.shapes.CLIENT`.

    Raises:
        ControlError: there is no such service of the vendor, or it has too many clients.
        MemberError: a member is missing, or has a value that the vendor's clients cannot have.
    """
    setup = read_client(data)
    service = idp.services.by_id.get(setup.service or setup.vendor)
    if service is None or service.emulation.id != setup.vendor:
        there = ", ".join(idp.services.by_id)
        raise ControlError(f"There is no such service of the vendor {setup.vendor!r}; services are {there}.")
    client = make_client(setup)
    known = service.clients.by_id
    if len(known) >= MOST_CLIENTS and client.client_id not in known:
        raise ControlError(f"The service {service.id!r} has {MOST_CLIENTS} clients, which is the most there can be.")
    return service.clients.register(client)


def change_client(idp: Idp, client_id: str, data: Mapping[str, Any]) -> Client:
    """Change members of a client of one's own.

    Parameters:
        idp: the mock.
        client_id: which.
        data: members of :data:`~mock_idp.setup.shapes.CLIENT`; those that are missing stay as they are.

    Raises:
        ControlError: there is none of this id, or the app-config tells it to a backend.
        MemberError: a member has a value that the vendor's clients cannot have.
    """
    known = find_client(idp, client_id)
    if is_configured(idp, client_id):
        raise ControlError(f"The client {client_id!r:.80} was there from the start and stays as it is.")
    read_members(data, CLIENT_CHANGE, "What changes about a client")
    changed = make_client(read_client({**_kept(client_members(idp, known), data), **data}))
    idp.services.by_id[known.service].clients.put(changed)
    return changed


def _kept(known: Mapping[str, Any], data: Mapping[str, Any]) -> dict[str, Any]:
    """What stays of a client beside changed members: one that becomes public loses its secret, and the reverse."""
    gone: tuple[str, ...] = ()
    if data.get("public") or data.get("token_endpoint_auth_method") == ClientAuthentication.NONE:
        gone = ("client_secret", "token_endpoint_auth_method", "public")
    elif "public" in data:
        gone = ("token_endpoint_auth_method",)
    elif "token_endpoint_auth_method" in data:
        gone = ("public",)
    return {name: value for name, value in known.items() if name not in gone}


def remove_client(idp: Idp, client_id: str) -> None:
    """Remove a client of one's own wherever it is registered.

    Raises:
        ControlError: there is none of this id, or the app-config tells it to a backend.
    """
    if is_configured(idp, client_id):
        raise ControlError(f"The client {client_id!r:.80} was there from the start and stays.")
    removed = [service for service in idp.services.by_id.values() if service.clients.remove(client_id)]
    if not removed:
        raise ControlError(f"There is no client {client_id!r:.80}.", 404)


def find_client(idp: Idp, client_id: str) -> Client:
    """Find a client wherever it is registered.

    Raises:
        ControlError: there is none of this id.
    """
    found = (service.clients.by_id.get(client_id) for service in idp.services.by_id.values())
    client = next(filter(None, found), None)
    if client is None:
        raise ControlError(f"There is no client {client_id!r:.80}.", 404)
    return client


def is_configured(idp: Idp, client_id: str) -> bool:
    """Whether a client was there from the start, because the app-config tells it to a backend."""
    return any(client.client_id == client_id for setup in idp.setups for client in setup.clients)
