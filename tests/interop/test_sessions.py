"""What the real backend does without a secret for its sessions, and what it says to configuration keys of the past."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from conformance.embedded import free_port
from tests.interop.backstage.backstage import Backstage, running_backstage
from tests.interop.backstage.errors import CannotRunError
from tests.support.idp_process import running_idp

NO_SESSION = "Authentication failed, authentication requires session support"
WITHOUT = {
    "oidc": NO_SESSION,
    "pinniped": "authentication requires session support",
    "auth0": "Auth0Strategy requires you set state to false when no session is present",
}
PROVIDERS = ("oauth2", *WITHOUT)
CLIENT = {"clientId": "id", "clientSecret": "secret"}
ADDRESS = "http://127.0.0.1:1"
INSTEAD = 'Please use the "additionalScopes" option instead'


@pytest.fixture(scope="module")
def without_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backstage]:
    """The real backend over the mock IdP, with everything but `auth.session`."""
    options = [text for provider in PROVIDERS for text in ("--provider", provider)]
    with running_idp(tmp_path_factory.mktemp("idp"), f"http://localhost:{free_port()}", *options) as idp:
        file = idp.write_app_config(*options)
        config = yaml.safe_load(file.read_text(encoding="utf-8"))
        del config["auth"]["session"]
        file.write_text(json.dumps(config), encoding="utf-8")  # JSON is YAML.
        with running_backstage([file], idp.environment) as backstage:
            yield backstage


def start(backstage: Backstage, provider: str) -> requests.Response:
    return requests.get(f"{backstage.auth_url}/{provider}/start?env=development", allow_redirects=False, timeout=10)


@pytest.mark.requirement("UP-20", "SESSION-06", "AUTH0-14")
@pytest.mark.parametrize(("provider", "message"), WITHOUT.items(), ids=WITHOUT)
def test_a_provider_that_needs_a_session(without_session: Backstage, provider: str, message: str) -> None:
    answer = start(without_session, provider)
    assert (answer.status_code, answer.json()["error"]["message"]) == (500, message)


@pytest.mark.requirement("SESSION-01")
def test_a_provider_that_needs_none(without_session: Backstage) -> None:
    answer = start(without_session, "oauth2")
    assert answer.status_code == 302
    assert "oauth2-nonce" in answer.cookies
    assert "connect.sid" not in answer.cookies


@pytest.mark.requirement("UP-31")
@pytest.mark.parametrize(
    ("provider", "keys", "message"),
    [
        ("oidc", {"metadataUrl": ADDRESS, "scope": "x"}, f'oidc provider no longer supports the "scope".*{INSTEAD}'),
        ("pinniped", {"federationDomain": ADDRESS, "scope": "x"}, f'pinniped provider no longer .*"scope".*{INSTEAD}'),
        ("atlassian", {"scopes": "x"}, 'no longer supports the "scope" or "scopes"'),
        (
            "oauth2",
            {"authorizationUrl": ADDRESS, "tokenUrl": ADDRESS, "scope": "x"},
            'oauth2 provider no longer supports the "scope"',
        ),
    ],
)
def test_a_key_that_was_retired(tmp_path: Path, provider: str, keys: dict[str, Any], message: str) -> None:
    config = {
        "app": {"baseUrl": "http://localhost:3000"},
        "auth": {"providers": {provider: {"development": {**CLIENT, **keys}}}},
    }
    file = tmp_path / "app-config.yaml"
    file.write_text(json.dumps(config), encoding="utf-8")
    pattern = re.compile(rf"ended while it started.*{message}", re.DOTALL)
    with pytest.raises(CannotRunError, match=pattern), running_backstage([file], port=free_port()):
        pass
