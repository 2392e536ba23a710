"""The control API below ``/__idp``: how tests and tools talk about the mock rather than to it."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from flask import Blueprint, Response, request

from mock_idp.app_config.providers import SetupError
from mock_idp.catalog import catalog_yaml
from mock_idp.control.descriptions import (
    describe_client,
    describe_grant,
    describe_mock,
    describe_persona,
    describe_quirks,
    describe_service,
    describe_vendors,
)
from mock_idp.control.members import ControlError, read_json, read_members, read_object, read_text, read_texts
from mock_idp.control.registration import register_client, remove_client
from mock_idp.emulation import Service
from mock_idp.faults.catalogue import FAULTS
from mock_idp.faults.model import FaultSpecError
from mock_idp.idp import Idp
from mock_idp.journal import describe_filter
from mock_idp.keys import KeySetError
from mock_idp.oauth.model import Grant
from mock_idp.oauth.tokens import FORGERY_MEMBERS, Forgery, ForgeryError
from mock_idp.personas import PERSONAS
from mock_idp.proxies.base import MintError, MintSpec
from mock_idp.services import ServiceError
from mock_idp.settings import CONTROL_PREFIX
from mock_idp.setup.members import MemberError
from mock_idp.web.dispatch import host_name
from mock_idp.web.writing import json_bytes

_LOOPBACK = ("127.", "::1", "::ffff:127.")


Handler = Callable[..., Any]


def control(idp: Idp) -> Blueprint:
    """Make the blueprint of the control API."""
    blueprint = Blueprint("control", __name__, url_prefix=CONTROL_PREFIX)

    def route(path: str, method: str = "GET") -> Callable[[Handler], Handler]:
        def register(handler: Handler) -> Handler:
            blueprint.add_url_rule(path, handler.__name__, _as_json(handler), methods=[method])
            return handler

        return register

    @route("/")
    def describe() -> Any:
        return describe_mock(idp, host_name(request) or None)

    @route("/personas")
    def personas() -> Any:
        return {"personas": [describe_persona(idp, persona) for persona in PERSONAS.values()]}

    @route("/vendors")
    def list_vendors() -> Any:
        return {"vendors": describe_vendors(idp)}

    @route("/faults")
    def faults() -> Any:
        return {"faults": [fault.described() for fault in FAULTS.by_id.values()]}

    @route("/quirks")
    def quirks() -> Any:
        return {"quirks": describe_quirks(idp)}

    @route("/ca.pem")
    def ca_pem() -> Any:
        if not idp.listener_info.ca_pem:
            raise ControlError("This mock IdP runs without TLS, so there is no certificate authority.", 404)
        return Response(idp.listener_info.ca_pem, content_type="application/x-pem-file")

    @route("/catalog.yaml")
    def catalog() -> Any:
        return Response(catalog_yaml(), content_type="application/yaml; charset=utf-8")

    @route("/journal")
    def journal() -> Any:
        try:
            wanted = describe_filter(request.args.to_dict())
        except ValueError as mistake:
            raise ControlError(str(mistake)) from mistake
        masked = not _is_local()
        # Before the entries, so that whoever asks for what came since then misses none.
        latest = idp.journal.latest
        return {"latest": latest, "entries": [entry.as_data(masked=masked) for entry in idp.journal.entries(wanted)]}

    @route("/grants/<grant_id>")
    def grant(grant_id: str) -> Any:
        return describe_grant(*_find_grant(idp, grant_id))

    @route("/grants/<grant_id>", "PATCH")
    def change_grant(grant_id: str) -> Any:
        return _change_grant(idp, grant_id, read_members({"faults", "revoked"}))

    @route("/clients", "POST")
    def create_client() -> Any:
        return describe_client(register_client(idp, read_json())), 201

    @route("/clients")
    def clients() -> Any:
        services = idp.services.by_id.values()
        return {
            "clients": [describe_client(client) for service in services for client in service.clients.by_id.values()]
        }

    @route("/clients/<path:client_id>", "DELETE")
    def delete_client(client_id: str) -> Any:
        remove_client(idp, client_id)
        return Response(status=204)

    @route("/services", "POST")
    def create_service() -> Any:
        return _create_service(idp, read_members({"id", "vendor", "faults"})), 201

    @route("/services/<service_id>")
    def service(service_id: str) -> Any:
        if service_id not in idp.services.by_id:
            raise ControlError(f"There is no service {service_id!r:.80}.", 404)
        return describe_service(idp.services.by_id[service_id])

    @route("/services/<service_id>", "PATCH")
    def change_service(service_id: str) -> Any:
        return _change_service(idp, service_id, read_members({"faults", "rotate_keys", "published_keys"}))

    @route("/services/<service_id>", "DELETE")
    def remove_service(service_id: str) -> Any:
        idp.services.remove(service_id)
        return Response(status=204)

    @route("/proxies/<proxy_id>/headers", "POST")
    def mint_headers(proxy_id: str) -> Any:
        known = {"persona", "provider", "faults", "remove", "replace", "repeat", *FORGERY_MEMBERS}
        return _mint(idp, proxy_id, read_members(known))

    return blueprint


def _as_json(handler: Handler) -> Handler:
    """Write what a handler returns as JSON, and what it raises as JSON with a sentence."""

    @wraps(handler)
    def answer(**arguments: Any) -> Response:
        try:
            result = handler(**arguments)
        except ControlError as mistake:
            return _json({"error": str(mistake)}, mistake.status)
        except (FaultSpecError, ForgeryError, KeySetError, MemberError, MintError, ServiceError, SetupError) as mistake:
            return _json({"error": str(mistake)}, 400)
        if isinstance(result, Response):
            return result
        return _json(*result) if isinstance(result, tuple) else _json(result)

    return answer


def _json(data: Any, status: int = 200) -> Response:
    return Response(json_bytes(data), status=status, content_type="application/json; charset=utf-8")


def _is_local() -> bool:
    return (request.remote_addr or "").startswith(_LOOPBACK)


# --- grants, services, headers --------------------------------------------------------------------


def _find_grant(idp: Idp, grant_id: str) -> tuple[Service, Grant]:
    found = idp.services.find_grant(grant_id)
    if found is None:
        raise ControlError(f"There is no grant {grant_id!r:.80}.", 404)
    return found


def _change_grant(idp: Idp, grant_id: str, data: Mapping[str, Any]) -> dict[str, Any]:
    service, grant = _find_grant(idp, grant_id)
    changes: dict[str, Any] = {}
    if "faults" in data:
        changes["faults"] = FAULTS.parse(data["faults"])
    if "revoked" in data:
        if not isinstance(data["revoked"], bool):
            raise ControlError("revoked must be true or false.")
        changes["revoked"] = data["revoked"]
    return describe_grant(service, service.store.change_grant(grant_id, **changes) or grant)


def _create_service(idp: Idp, data: Mapping[str, Any]) -> dict[str, Any]:
    faults = FAULTS.parse(data.get("faults", []))
    service = idp.services.create(read_text(data, "id"), read_text(data, "vendor"), faults)
    return describe_service(service)


def _change_service(idp: Idp, service_id: str, data: Mapping[str, Any]) -> dict[str, Any]:
    # Everything is read before anything is changed.
    service = idp.services.changeable(service_id)
    faults = FAULTS.parse(data["faults"]) if "faults" in data else None
    rotate = data.get("rotate_keys", False)
    if rotate not in (True, False, "overlap"):
        raise ControlError('rotate_keys must be true, false or "overlap".')
    published = read_texts(data, "published_keys") if "published_keys" in data else None
    if rotate:
        service.keys.rotate(overlap=rotate == "overlap")
    if published is not None:
        service.keys.publish(*published)
    if faults is not None:
        service = idp.services.change_faults(service_id, faults)
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
