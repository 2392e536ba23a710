"""The mock's answers in GitHub's name fit the description that GitHub publishes of its REST API."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import requests

from tests.interop.backstage.node import install_modules
from tests.interop.clients.conftest import Person, Registration, query_of
from tests.support.idp_process import IdpProcess

HERE = Path(__file__).parent
DESCRIPTIONS = HERE / "node_modules" / "@octokit" / "openapi" / "generated"


@pytest.fixture(scope="module", params=["api.github.com.json", "ghes-3.19.json"])
def description(request: pytest.FixtureRequest) -> dict[str, Any]:
    """What GitHub says about github.com, and about an Enterprise Server."""
    install_modules(directory=HERE)
    found: dict[str, Any] = json.loads((DESCRIPTIONS / request.param).read_text(encoding="utf-8"))
    return {**found, "components": {**found["components"], "schemas": as_json_schema(found["components"]["schemas"])}}


def as_json_schema(value: Any) -> Any:
    """A schema of OpenAPI 3.0 as JSON Schema: ``nullable`` is a type there."""
    if isinstance(value, list):
        return [as_json_schema(entry) for entry in value]
    if not isinstance(value, dict):
        return value
    schema = {name: as_json_schema(member) for name, member in value.items() if name != "nullable"}
    return {"anyOf": [schema, {"type": "null"}]} if value.get("nullable") is True else schema


def resolved(description: dict[str, Any], value: dict[str, Any]) -> dict[str, Any]:
    """The object behind a reference."""
    found: Any = value
    if "$ref" in value:
        found = description
        for part in value["$ref"].removeprefix("#/").split("/"):
            found = found[part]
    assert isinstance(found, dict)
    return found


def errors_of(description: dict[str, Any], path: str, answer: requests.Response) -> list[str]:
    """What is wrong with an answer to a GET request, by GitHub's description of it."""
    responses = description["paths"][path]["get"]["responses"]
    assert str(answer.status_code) in responses, "GitHub's description has no such status"
    response = resolved(description, responses[str(answer.status_code)])
    schema = as_json_schema(response["content"]["application/json"]["schema"])
    # Only the schemas: the rest of the description has members of the same names with other meanings.
    schema["components"] = {"schemas": description["components"]["schemas"]}
    validator = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
    return [error.message for error in validator.iter_errors(answer.json())]


@pytest.fixture
def ask(idp: IdpProcess, person: Person, register: Callable[..., Registration]) -> Callable[..., requests.Response]:
    """Sign somebody in and read an address of the API, by name and through the proxy."""

    def ask(path: str, persona: str = "plain", fault: str | None = None, scope: str = "user") -> requests.Response:
        client = register("github")
        query = f"client_id={client.id}&redirect_uri={client.redirect_uri}&scope={scope}"
        faults = json.dumps([fault] if fault else [])
        url = f"https://github.com/login/oauth/authorize?{query}"
        code = query_of(person.consent(url, persona, faults=faults))["code"]
        form = {"client_id": client.id, "client_secret": client.secret, "code": code}
        headers = {"Accept": "application/json"}
        token = requests.post("https://github.com/login/oauth/access_token", data=form, headers=headers, timeout=10)
        headers = {"Authorization": f"Bearer {token.json()['access_token']}"}
        return requests.get(f"https://api.github.com{path}", headers=headers, timeout=10)

    return ask


@pytest.mark.parametrize("persona", ["plain", "no-email", "unverified-email", "non-ascii"])
@pytest.mark.parametrize("path", ["/user", "/user/emails"])
def test_users(description: dict[str, Any], ask: Callable[..., requests.Response], path: str, persona: str) -> None:
    answer = ask(path, persona)

    assert answer.status_code == 200
    assert not errors_of(description, path, answer)


@pytest.mark.parametrize(
    ("path", "fault", "scope", "status"),
    [
        ("/user", "revoked-access-token", "user", 401),
        ("/user", "suspended-user", "user", 403),
        ("/user/emails", "revoked-access-token", "user", 401),
        ("/user/emails", None, "read:user", 404),
    ],
)
def test_errors(
    description: dict[str, Any],
    ask: Callable[..., requests.Response],
    path: str,
    fault: str | None,
    scope: str,
    status: int,
) -> None:
    # At the follow-up the fault has to be told its place.
    answer = ask(path, fault={"fault": fault, "at": "follow-up"} if fault and "emails" in path else fault, scope=scope)

    assert answer.status_code == status
    assert answer.json()["message"]
    assert not errors_of(description, path, answer)


def test_the_description_is_looked_at(description: dict[str, Any], ask: Callable[..., requests.Response]) -> None:
    answer = ask("/user")
    answer._content = json.dumps({**answer.json(), "id": "a text"}).encode()

    assert errors_of(description, "/user", answer)
