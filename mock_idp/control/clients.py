"""The control API: registered clients."""

from typing import Any

from mock_idp.control.bodies import CLIENT_CHANGE
from mock_idp.control.descriptions import describe_client
from mock_idp.control.members import read_json
from mock_idp.control.operations import Operations, listing, no_content, ref
from mock_idp.control.registration import change_client, find_client, register_client, remove_client
from mock_idp.idp import Idp
from mock_idp.setup.shapes import CLIENT


def add(operations: Operations, idp: Idp) -> None:
    """Add operations on clients."""

    @operations.route("GET", "/clients", "All registered clients.", answer=listing("clients", ref("Client")))
    def clients() -> Any:
        services = idp.services.by_id.values()
        return {
            "clients": [describe_client(client) for service in services for client in service.clients.by_id.values()]
        }

    @operations.route("POST", "/clients", "Register a client.", body=CLIENT, status=201, answer=ref("Client"))
    def create_client() -> Any:
        return describe_client(register_client(idp, read_json())), 201

    @operations.route("GET", "/clients/<path:client_id>", "A client.", answer=ref("Client"))
    def client(client_id: str) -> Any:
        return describe_client(find_client(idp, client_id))

    @operations.route(
        "PATCH",
        "/clients/<path:client_id>",
        "Change an own client.",
        body=CLIENT_CHANGE,
        answer=ref("Client"),
    )
    def patch_client(client_id: str) -> Any:
        return describe_client(change_client(idp, client_id, read_json()))

    @operations.deleting("/clients/<path:client_id>", "Remove an own client.")
    def delete_client(client_id: str) -> Any:
        remove_client(idp, client_id)
        return no_content()
