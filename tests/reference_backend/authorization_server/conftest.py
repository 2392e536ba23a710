"""A backend with everything on, and a registered client."""

from typing import Any

import pytest

from tests.reference_backend.authorization_server.server import SERVICE_TOKEN, Registered, Server


@pytest.fixture
def settings(settings: dict[str, Any]) -> dict[str, Any]:
    settings["auth"] |= {
        "experimentalDynamicClientRegistration": {"enabled": True},
        "clientIdMetadataDocuments": {"enabled": True, "allowedClientIdPatterns": ["https://*.docs.test/*"]},
        "experimentalRefreshToken": {"enabled": True},
    }
    settings["backend"]["auth"] = {
        "externalAccess": [{"type": "static", "options": {"token": SERVICE_TOKEN, "subject": "ci"}}]
    }
    return settings


@pytest.fixture
def server(browser: Any) -> Server:
    return Server(browser)


@pytest.fixture
def client(server: Server) -> Registered:
    return server.register()
