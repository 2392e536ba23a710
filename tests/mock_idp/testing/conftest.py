"""A mock in this process for all tests here, and an application without a framework."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from mock_idp.testing import Client, Idp, IdpServer, start_server

CALLBACK = "http://app.example/callback"


@dataclass
class Answer:
    status_code: int
    headers: dict[str, str] = field(default_factory=dict)
    text: str = ""


@dataclass
class App:
    """Sends people to the vendor from ``/login``, and shows what they come back with.

    Attributes:
        client: how it is registered.
        parameters: of its authorization request; None leaves one out.
        came: what the vendor sent, by query or form.
    """

    client: Client
    parameters: dict[str, str | None] = field(default_factory=dict)
    came: dict[str, str] = field(default_factory=dict)
    method: str = ""

    def __call__(self, method: str, url: str, form: Any) -> Answer:
        parts = urlsplit(url)
        if parts.path == "/login":
            asked = {
                "client_id": self.client.id,
                "redirect_uri": self.client.redirect_uri,
                "response_type": "code",
                "scope": "openid email profile",
                "state": "s" * 32,
                "nonce": "n" * 32,
                "audience": "api.atlassian.com",
                **self.parameters,
            }
            query = urlencode({name: value for name, value in asked.items() if value is not None})
            return Answer(302, {"Location": f"{self.client.authorization_endpoint}?{query}"})
        if parts.path == "/circle":
            return Answer(302, {"Location": "/circle"})
        self.came, self.method = dict(form or parse_qsl(parts.query)), method
        return Answer(200, text='{"page": "callback"}')


@pytest.fixture(scope="session")
def idp_server() -> Iterator[IdpServer]:
    with start_server() as server:
        yield server


@pytest.fixture
def idp(idp_server: IdpServer) -> Iterator[Idp]:
    with idp_server.idp() as idp:
        yield idp


@pytest.fixture
def app(idp: Idp) -> App:
    return App(idp.client("oidc", redirect_uri=CALLBACK))
