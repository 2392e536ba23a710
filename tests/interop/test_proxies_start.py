"""The real backend does not start with a proxy provider that is set up wrongly, and does without one."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import requests

from conformance.embedded import free_port
from tests.interop.backstage.backstage import running_backstage
from tests.interop.backstage.errors import CannotRunError

BY_USER = {"signIn": {"resolvers": [{"resolver": "forwardedUserMatchingUserEntityName"}]}}
BY_EMAIL = {"signIn": {"resolvers": [{"resolver": "emailMatchingUserEntityProfileEmail"}]}}


def write_config(directory: Path, providers: dict[str, Any]) -> Path:
    file = directory / "app-config.yaml"
    # JSON is YAML.
    file.write_text(json.dumps({"app": {"baseUrl": "http://localhost:3000"}, "auth": {"providers": providers}}))
    return file


@pytest.mark.requirement("ROUTE-10", "PROXY-08", "OAUTH2PROXY-10", "CFACCESS-18", "AZUREEASYAUTH-01")
@pytest.mark.parametrize(
    ("providers", "message"),
    [
        ({"oauth2Proxy": {}}, "No sign-in resolver configured for proxy auth provider 'oauth2Proxy'"),
        (
            {"oauth2Proxy": {"development": BY_USER}},
            "No sign-in resolver configured for proxy auth provider 'oauth2Proxy'",
        ),
        ({"cfaccess": {"teamName": "a", **BY_EMAIL}}, "'auth.providers.cfaccess.audience'"),
        ({"azureEasyAuth": BY_EMAIL}, "Backstage is not running on Azure App Services"),
    ],
)
def test_a_proxy_that_is_set_up_wrongly(tmp_path: Path, providers: dict[str, Any], message: str) -> None:
    config = write_config(tmp_path, providers)
    expected = rf"(?s)ended while it started.*{re.escape(message)}"
    with pytest.raises(CannotRunError, match=expected), running_backstage([config], port=free_port()):
        pass


@pytest.mark.requirement("GUEST-08", "FE-57")
def test_without_configuration_there_is_no_guest(tmp_path: Path) -> None:
    config = write_config(tmp_path, {})
    with running_backstage([config], port=free_port()) as backstage:
        answer = requests.get(f"{backstage.auth_url}/guest/refresh", timeout=10)
    assert answer.status_code == 404
    error = answer.json()["error"]
    assert (error["name"], error["message"]) == ("NotFoundError", "No auth provider registered for 'guest'")
