"""Websites of client applications: each hosts the metadata document that is its client's id.

A backend that is an authorization server itself fetches them (Client ID Metadata Document draft). Every spare persona
has a site of its own, so that a test may change its document without another test noticing.
"""

from typing import ClassVar

from mock_idp.emulation import Emulation, Route, ServiceRequest
from mock_idp.oauth.model import Answer, Encoding, Endpoint
from mock_idp.personas import SPARE
from mock_idp.settings import COMPANY_DOMAIN

DOCUMENT_PATH = "/client.json"
REDIRECT_URI = "http://localhost:8765/callback"


class ClientSite(Emulation):
    """A website with one client metadata document; its service's faults change the document."""

    id = "clientSite"
    title = "Website of a client application"
    hosts: ClassVar = {f"*.apps.{COMPANY_DOMAIN}": ""}
    routes = (Route("GET", DOCUMENT_PATH, "document", Endpoint.CLIENT_METADATA),)

    def document(self, request: ServiceRequest) -> Answer:
        """A document in which nothing is wrong."""
        return Answer(
            200,
            {
                "client_id": request.base_url + DOCUMENT_PATH,
                "client_name": f"App of {request.service.id}",
                "redirect_uris": [REDIRECT_URI],
                "response_types": ["code"],
                "grant_types": ["authorization_code", "refresh_token"],
                "token_endpoint_auth_method": "none",
                "scope": "openid offline_access",
            },
        )

    def not_found(self, request: ServiceRequest) -> Answer:
        """A page that is not there."""
        return Answer(404, "There is no such page.\n", Encoding.TEXT)


CLIENT_SITE = ClientSite()
"""All websites: the service decides whose it is."""


def client_url(persona: str) -> str:
    """The address of a persona's document, by which backends reach it and which is the client id."""
    host = next(iter(CLIENT_SITE.hosts)).replace("*", persona)
    return f"https://{host}{DOCUMENT_PATH}"


CLIENT_URLS: tuple[str, ...] = tuple(client_url(persona) for persona in SPARE)
"""All documents there are."""
