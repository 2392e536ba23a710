"""The control API: what the mock is, and its catalogues."""

from typing import Any

from flask import Response, request

from mock_idp.catalog import catalog_yaml, own_catalog_yaml, shown_catalog_yaml
from mock_idp.control.descriptions import describe_mock, describe_persona, describe_quirks, describe_vendors
from mock_idp.control.members import ControlError
from mock_idp.control.openapi import document
from mock_idp.control.operations import ANY_OBJECT, Operations, listing, ref
from mock_idp.faults.catalogue import FAULTS
from mock_idp.idp import Idp
from mock_idp.personas import PERSONAS
from mock_idp.web.dispatch import host_name


def add(operations: Operations, idp: Idp) -> None:
    """Add what there is to read about the mock."""

    @operations.route("GET", "/", "What the mock is.", answer=ref("Description"))
    def describe() -> Any:
        return describe_mock(idp, host_name(request) or None)

    @operations.route("GET", "/openapi.json", "This document.", answer=ANY_OBJECT)
    def openapi() -> Any:
        return document(operations.all)

    @operations.route("GET", "/personas", "The personas: people for tests.", answer=listing("personas", ANY_OBJECT))
    def personas() -> Any:
        known = idp.people.by_id
        return {"personas": [describe_persona(idp, known[persona]) for persona in PERSONAS]}

    @operations.route("GET", "/vendors", "All vendors.", answer=listing("vendors", ANY_OBJECT))
    def list_vendors() -> Any:
        return {"vendors": describe_vendors(idp)}

    @operations.route("GET", "/faults", "How the mock can misbehave.", answer=listing("faults", ANY_OBJECT))
    def faults() -> Any:
        return {"faults": [fault.described() for fault in FAULTS.by_id.values()]}

    @operations.route("GET", "/quirks", "Where vendors differ.", answer=listing("quirks", ANY_OBJECT))
    def quirks() -> Any:
        return {"quirks": describe_quirks(idp)}

    @operations.route("GET", "/ca.pem", "The certificate authority.", media_type="application/x-pem-file")
    def ca_pem() -> Any:
        if not idp.listener_info.ca_pem:
            raise ControlError("This mock IdP runs without TLS, so there is no certificate authority.", 404)
        return Response(idp.listener_info.ca_pem, content_type="application/x-pem-file")

    @operations.route("GET", "/catalog.yaml", "Backstage entities of all people.", media_type="application/yaml")
    def catalog() -> Any:
        text = catalog_yaml() + own_catalog_yaml(idp.people.own.values())
        return Response(text, content_type="application/yaml; charset=utf-8")

    @operations.route(
        "GET",
        "/people.yaml",
        "Backstage entities of the people on sign-in pages.",
        media_type="application/yaml",
    )
    def people_catalog() -> Any:
        text = shown_catalog_yaml() + own_catalog_yaml(idp.people.own.values())
        return Response(text, content_type="application/yaml; charset=utf-8")
