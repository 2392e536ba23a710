"""The control API: services, and the headers of auth proxies."""

from collections.abc import Mapping
from typing import Any

from mock_idp.control.bodies import HEADERS, SERVICE_CHANGE, SERVICE_OF_ANY_KIND
from mock_idp.control.descriptions import describe_service
from mock_idp.control.members import ControlError, read_json, read_members, read_object, read_text, read_texts
from mock_idp.control.operations import Operations, listing, no_content, ref
from mock_idp.emulation import Service
from mock_idp.faults.catalogue import FAULTS
from mock_idp.idp import Idp
from mock_idp.oauth.tokens import Forgery
from mock_idp.proxies.base import MintSpec
from mock_idp.setup.members import read_members as read_table


def add(operations: Operations, idp: Idp) -> None:
    """Add operations on services."""

    @operations.route("GET", "/services", "All services.", answer=listing("services", ref("Service")))
    def list_services() -> Any:
        return {"services": [describe_service(service) for service in idp.services.by_id.values()]}

    @operations.route(
        "POST", "/services", "Make a service.", body=SERVICE_OF_ANY_KIND, status=201, answer=ref("Service")
    )
    def create_service() -> Any:
        return _create_service(idp, read_json()), 201

    @operations.route("GET", "/services/<service_id>", "A service.", answer=ref("Service"))
    def service(service_id: str) -> Any:
        return describe_service(_find_service(idp, service_id))

    @operations.route(
        "PATCH",
        "/services/<service_id>",
        "Let a service misbehave, or rotate its keys.",
        body=SERVICE_CHANGE,
        answer=ref("Service"),
    )
    def change_service(service_id: str) -> Any:
        _find_service(idp, service_id)
        return _change_service(idp, service_id, read_json())

    @operations.deleting("/services/<service_id>", "Remove a service.")
    def remove_service(service_id: str) -> Any:
        _find_service(idp, service_id)
        idp.services.remove(service_id)
        return no_content()

    @operations.route(
        "POST",
        "/proxies/<proxy_id>/headers",
        "The headers that an auth proxy would add for a person.",
        body=HEADERS,
        answer=ref("Headers"),
    )
    def mint_headers(proxy_id: str) -> Any:
        return _mint(idp, proxy_id, read_members(HEADERS))


def _find_service(idp: Idp, service_id: str) -> Service:
    service = idp.services.by_id.get(service_id)
    if service is None:
        raise ControlError(f"There is no service {service_id!r:.80}.", 404)
    return service


def _create_service(idp: Idp, data: Mapping[str, Any]) -> dict[str, Any]:
    said = read_table(data, SERVICE_OF_ANY_KIND, "A service")
    service = idp.services.create(said["id"], said["vendor"], FAULTS.parse(list(said.get("faults", ()))))
    return describe_service(service)


def _change_service(idp: Idp, service_id: str, data: Mapping[str, Any]) -> dict[str, Any]:
    # Everything is read before anything is changed.
    service = idp.services.changeable(service_id)
    said = read_table(data, SERVICE_CHANGE, "What changes about a service")
    if "advance" in said:
        service.clock.change(advance=said["advance"])
    rotate = said.get("rotate_keys", False)
    if rotate:
        service.keys.rotate(overlap=rotate == "overlap")
    if "published_keys" in said:
        service.keys.publish(*said["published_keys"])
    if "faults" in said:
        service = idp.services.change_faults(service_id, FAULTS.parse(data["faults"]))
    return describe_service(service)


def _mint(idp: Idp, proxy_id: str, data: Mapping[str, Any]) -> dict[str, Any]:
    proxy = idp.proxies.get(proxy_id)
    if proxy is None:
        raise ControlError(f"There is no auth proxy {proxy_id!r:.80}; there are {', '.join(idp.proxies)}.", 404)
    persona = idp.people.by_id.get(str(data.get("persona")))
    if persona is None:
        raise ControlError(f"persona must be one of {idp.people.in_words}.")
    replaced = read_object(data, "replace")
    if not all(isinstance(value, str) for value in replaced.values()):
        raise ControlError("replace must map header names to texts.")
    spec = MintSpec(
        persona,
        read_texts(data, "remove"),
        replaced,
        read_texts(data, "repeat"),
        Forgery.read(data),
        FAULTS.parse(data.get("faults", [])),
    )
    provider = read_text(data, "provider", proxy.id)
    service = idp.services.by_id.get(proxy.variant(provider), idp.services.by_id[proxy.id])
    grant, headers = proxy.mint(service, provider, spec)
    return {"headers": [list(pair) for pair in headers], "grant": grant.grant_id}
