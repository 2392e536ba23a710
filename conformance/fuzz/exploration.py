"""Makes requests of the OpenAPI description and compares the answers with it."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import requests
import schemathesis
import yaml
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from conformance.driver.wire import Request, Response
from conformance.fuzz import EXAMPLES

DESCRIPTION: Final = Path(__file__).parent / "auth-backend.openapi.yaml"

TRACE: Final = re.compile(rb"Traceback \(most recent call last\)|\n\s+at [^\n]+:\d+:\d+|/node_modules/|site-packages/")
"""A stack trace of Python or JavaScript, or the path of a file (SEC-ERR-01)."""

LEFT_OUT: Final = frozenset({"X-Schemathesis-TestCaseId", "Accept-Encoding"})
"""Header fields that are not sent: the first differs from run to run, and nobody here unpacks an answer."""

CHECKS: Final = {
    "undocumented": [status_code_conformance],
    "malformed": [content_type_conformance, response_schema_conformance, response_headers_conformance],
}


@dataclass
class Findings:
    """What came of the requests to one operation.

    Parameters:
        sent: how many requests.
        statuses: which statuses came, in order.
        server_errors: answers of 500 and above that the description does not foresee.
        undocumented: answers with another status that it does not foresee.
        malformed: answers whose type, headers or body are not what it says.
        traces: answers with a stack trace or a path in them.
    """

    sent: int = 0
    statuses: set[int] = field(default_factory=set)
    server_errors: list[str] = field(default_factory=list)
    undocumented: list[str] = field(default_factory=list)
    malformed: list[str] = field(default_factory=list)
    traces: list[str] = field(default_factory=list)


@cache
def description() -> dict[str, Any]:
    """The OpenAPI document."""
    document: dict[str, Any] = yaml.safe_load(DESCRIPTION.read_text(encoding="utf-8"))
    return document


def operations() -> dict[str, str]:
    """Id of an operation -> its path."""
    return {
        operation["operationId"]: path for path, item in description()["paths"].items() for operation in item.values()
    }


def explore(
    operation_id: str,
    provider: str,
    base_url: str,
    send: Callable[[Request], Response],
    seed_: int,
    examples: int = EXAMPLES,
) -> Findings:
    """Send requests to one operation.

    Parameters:
        operation_id: which one.
        provider: one that the target knows; half of the requests name others, which it does not know.
        base_url: of the target's auth plugin.
        send: sends a request as it is.
        seed_: the same seed makes the same requests.
        examples: at most how many requests.

    Raises:
        NoAnswerError: the target did not answer.
    """
    operation = _operation(operation_id)
    # Segments of dots name another path (RFC 3986 section 5.2.4).
    others = st.text(st.characters(codec="ascii"), min_size=1, max_size=8).filter(lambda text: text.strip("."))
    ids = st.one_of(st.just(provider), others)
    good, bad = (operation.as_strategy(generation_mode=mode) for mode in GenerationMode)
    findings = Findings()
    seen: set[Request] = set()

    # Nothing is raised inside, so that all findings of a run are told, and nothing is shrunk.
    @seed(seed_)
    @settings(
        max_examples=examples,
        database=None,
        deadline=timedelta(minutes=1),
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=st.one_of(good, bad), named=ids)
    def attempt(case: Any, named: str) -> None:
        if "provider" in case.path_parameters:
            case.path_parameters["provider"] = quote(named, safe="")
        prepared = requests.Request(**case.as_transport_kwargs(base_url=base_url)).prepare()
        body = prepared.body or b""
        headers = tuple((name, str(value)) for name, value in prepared.headers.items() if name not in LEFT_OUT)
        request = Request(
            str(prepared.method), str(prepared.url), headers, body if isinstance(body, bytes) else body.encode()
        )
        if request not in seen:  # a route without parameters is asked once
            seen.add(request)
            _judge(case, prepared, send(request), findings)

    attempt()
    return findings


def _operation(operation_id: str) -> Any:
    schema = schemathesis.openapi.from_dict(description())
    path = operations()[operation_id]
    methods = description()["paths"][path]
    return schema[path][next(method for method in methods if methods[method]["operationId"] == operation_id)]


def _judge(case: Any, prepared: requests.PreparedRequest, response: Response, findings: Findings) -> None:
    findings.sent += 1
    findings.statuses.add(response.status)
    line = f"{prepared.method} {prepared.url} -> {response.status}"
    if TRACE.search(response.body):
        findings.traces.append(line)
    problems = {name: list(_problems(case, prepared, response, checks)) for name, checks in CHECKS.items()}
    if problems["undocumented"]:
        (findings.server_errors if response.status >= 500 else findings.undocumented).append(line)
    else:
        findings.malformed += [f"{line}: {problem}" for problem in problems["malformed"]]


def _problems(case: Any, prepared: requests.PreparedRequest, response: Response, checks: list[Any]) -> Iterator[str]:
    headers: dict[str, list[str]] = {}
    for name, value in response.headers:
        headers.setdefault(name.lower(), []).append(value)
    seen = schemathesis.Response(response.status, headers, response.body, prepared, 0.0, verify=False)
    try:
        case.validate_response(seen, checks=checks)
    except FailureGroup as group:
        for failure in group.exceptions:
            yield " ".join(str(failure).split())[:300]
