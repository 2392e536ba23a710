"""The control API does what its OpenAPI document says, whatever it is asked, and loses nothing on the way."""

from __future__ import annotations

import copy
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import requests
import schemathesis
from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from mock_idp.application import create_app
from mock_idp.idp import make_idp
from mock_idp.settings import Settings
from mock_idp.setup.file import read_file
from tests.mock_idp.setup.conftest import OWN_FILE

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
ROUND = 5
"""Requests of one operation before it is another one's turn."""


@dataclass
class Expected:
    """What there has to be, by what the mock said it did."""

    people: set[str]
    clients: set[str]
    services: set[str]
    clock_runs: bool = True
    snapshots: dict[str, Expected] = field(default_factory=dict)

    def kinds(self) -> Iterator[tuple[str, set[str]]]:
        yield from (("people", self.people), ("clients", self.clients), ("services", self.services))


class Api:
    """A mock that was set up by a file, its document, and what there has to be."""

    def __init__(self, path: Path) -> None:
        setup = read_file(path)
        self.idp = make_idp(Settings(seed=1, providers=("github", "oauth2Proxy")), setup=setup)
        app = create_app(self.idp)
        self.http: FlaskClient = app.test_client()
        self.document: dict[str, Any] = self.http.get("/__idp/openapi.json").json
        self.schema = schemathesis.openapi.from_dict(self.document)
        self.expected = Expected(*(self.ids(kind) for kind in ("people", "clients", "services")))
        self.at_first = copy.deepcopy(self.expected)
        self.sent = 0
        self.statuses: set[int] = set()

    def ids(self, kind: str) -> set[str]:
        name = "client_id" if kind == "clients" else "id"
        return {entry[name] for entry in self.http.get(f"/__idp/{kind}").json[kind]}

    def known(self, parameter: str) -> list[str]:
        """Values of a path parameter that mean something."""
        grants = [grant["id"] for grant in self.http.get("/__idp/grants").json["grants"]]
        return {
            "person_id": sorted(self.expected.people),
            "client_id": sorted(self.expected.clients),
            "service_id": sorted(self.expected.services),
            "snapshot_id": sorted(self.expected.snapshots) or ["snapshot-1"],
            "grant_id": grants or ["nothing"],
            "proxy_id": ["oauth2Proxy"],
        }[parameter]

    def send(self, case: Any) -> None:
        """Send what was made up, and compare the answer with the document."""
        prepared = requests.Request(**case.as_transport_kwargs(base_url="http://localhost/__idp")).prepare()
        fields = {name: value for name, value in prepared.headers.items() if name != "Content-Length"}
        # The headers of a request are those of a client, which Flask's makes itself.
        kept = {name: fields[name] for name in fields if name in ("Content-Type",)}
        answer = self.http.open(prepared.path_url, method=str(prepared.method), headers=kept, data=prepared.body)
        self.sent += 1
        self.statuses.add(answer.status_code)
        headers = {name.lower(): [value] for name, value in answer.headers.items()}
        seen = schemathesis.Response(answer.status_code, headers, answer.data, prepared, 0.0, verify=False)
        try:
            case.validate_response(seen, checks=CHECKS)
        except FailureGroup as group:
            told = "; ".join(" ".join(str(failure).split())[:300] for failure in group.exceptions)
            pytest.fail(f"{prepared.method} {prepared.path_url} {prepared.body!r:.300} -> {answer.status_code}: {told}")
        self.follow(case, answer.status_code, answer.get_json(silent=True))

    def follow(self, case: Any, status: int, said: Any) -> None:
        """Expect what the mock says that it did."""
        expected, path = self.expected, case.path
        named = next(iter((case.path_parameters or {}).values()), "")
        named = requests.utils.unquote(str(named))
        match case.method.upper(), path, status:
            case "POST", "/people", 201:
                expected.people.add(said["id"])
            case "POST", "/clients", 201:
                expected.clients.add(said["client_id"])
            case "POST", "/services", 201:
                expected.services.add(said["id"])
            case "DELETE", "/people/{person_id}", 204:
                expected.people.remove(named)
            case "DELETE", "/clients/{client_id}", 204:
                expected.clients.discard(named)
            case "DELETE", "/services/{service_id}", 204:
                expected.services.remove(named)
                expected.clients = self.ids("clients")
            case "PATCH", _, 200:
                assert self.http.get(f"/__idp{self.filled(case)}").json.keys() == said.keys()
                if path != "/clock":
                    assert self.http.get(f"/__idp{self.filled(case)}").json == said
            case "POST", "/snapshots", 201:
                expected.snapshots[said["id"]] = Expected(*(copy.copy(ids) for _, ids in expected.kinds()))
            case "DELETE", "/snapshots/{snapshot_id}", 204:
                del expected.snapshots[named]
            case "POST", "/snapshots/{snapshot_id}/restore", 204:
                self.become(expected.snapshots[named])
            case "POST", "/reset", 204:
                self.become(self.at_first)

    def become(self, other: Expected) -> None:
        self.expected = Expected(*(copy.copy(ids) for _, ids in other.kinds()), snapshots=self.expected.snapshots)

    def filled(self, case: Any) -> str:
        return str(case.formatted_path)

    def check(self) -> None:
        for kind, ids in self.expected.kinds():
            assert self.ids(kind) == ids, kind
        assert {entry["id"] for entry in self.http.get("/__idp/snapshots").json["snapshots"]} == set(
            self.expected.snapshots
        )


@pytest.fixture
def api(tmp_path: Path) -> Api:
    path = tmp_path / "mock-idp.yaml"
    path.write_text(OWN_FILE, encoding="utf-8")
    return Api(path)


def test_whatever_it_is_asked(api: Api, request: pytest.FixtureRequest) -> None:
    wanted: int = request.config.getoption("--control-requests")
    operations = [result.ok() for result in api.schema.get_all_operations()]
    for number, operation in enumerate(itertools.cycle(operations)):
        if api.sent >= wanted:
            break
        attempt(api, operation, number)
        api.check()
    assert {200, 201, 204, 400, 404} <= api.statuses
    assert not {status for status in api.statuses if status >= 500}


def attempt(api: Api, operation: Any, number: int) -> None:
    good, bad = (operation.as_strategy(generation_mode=mode) for mode in GenerationMode)
    parameters = re.findall(r"{(\w+)}", operation.path)
    named = st.fixed_dictionaries(
        {
            name: st.one_of(st.sampled_from(api.known(name)), st.text(st.characters(codec="ascii"), min_size=1))
            for name in parameters
        }
    )

    # Nothing is shrunk: one request follows the other at one mock.
    @seed(number)
    @settings(
        max_examples=ROUND,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=st.one_of(good, good, bad), values=named)
    def send(case: Any, values: dict[str, str]) -> None:
        # Segments of dots name another path (RFC 3986 section 5.2.4).
        sound = all(value.strip("./") for value in values.values())
        if sound:
            for name, value in values.items():
                case.path_parameters[name] = quote(value, safe="")
            api.send(case)

    send()


def test_every_route_is_described(api: Api) -> None:
    described = {
        (method.upper(), path) for path, methods in api.document["paths"].items() for method in methods if path != "/"
    }
    served = {
        (method, re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule.removeprefix("/__idp")))
        for rule in api.http.application.url_map.iter_rules()
        for method in rule.methods or ()
        if rule.endpoint.startswith("control.") and rule.rule != "/__idp/" and method not in ("HEAD", "OPTIONS")
    }
    assert described == served
    assert api.document["openapi"] == "3.1.0"
