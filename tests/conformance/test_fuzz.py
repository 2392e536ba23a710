"""Answers that break the OpenAPI description are found, and the others are not."""

import json

import pytest

from conformance.driver.wire import Request, Response
from conformance.fuzz.exploration import explore, operations
from conformance.steps.fuzz import Fuzz

BASE = "http://backend.test/api/auth"
JSON = (("Content-Type", "application/json; charset=utf-8"),)
ERROR = {"error": {"name": "InputError", "message": "no"}, "request": {"method": "GET", "url": "/"}}


def answering(status, body, headers=JSON):
    def send(_request: Request) -> Response:
        return Response(status, headers, body if isinstance(body, bytes) else json.dumps(body).encode())

    return send


def test_a_described_answer_is_no_finding():
    sound = answering(400, {**ERROR, "response": {"statusCode": 400}})
    findings = explore("start", "github", BASE, sound, 1)
    assert findings.sent > 1
    assert findings.statuses == {400}
    assert not (findings.server_errors or findings.undocumented or findings.malformed or findings.traces)


@pytest.mark.parametrize(
    ("kind", "send"),
    [
        ("server_errors", answering(500, {**ERROR, "response": {"statusCode": 500}})),
        ("undocumented", answering(204, b"")),
        ("malformed", answering(400, {"message": "no"})),
        ("malformed", answering(400, {**ERROR, "response": {"statusCode": 400}, "more": 1})),
        ("malformed", answering(400, b"<h1>no</h1>", (("Content-Type", "text/html"),))),
        ("malformed", answering(302, b"", ())),
        ("traces", answering(400, b'{"x": "at run (/srv/node_modules/express/index.js:1:2)"}')),
        ("traces", answering(400, b"Traceback (most recent call last):\n")),
    ],
)
def test_what_is_not_described_is_found(kind, send):
    findings = explore("start", "github", BASE, send, 1, examples=3)
    assert getattr(findings, kind)


def test_a_seed_makes_the_same_requests_again():
    def requests_of(seed):
        sent = []

        def send(request):
            sent.append(request)
            return answering(400, ERROR)(request)

        explore("token", "github", BASE, send, seed)
        return sent

    assert requests_of(1) == requests_of(1) != requests_of(2)


def test_a_route_without_parameters_is_asked_once():
    assert explore("keys", "github", BASE, answering(200, {"keys": []}), 1).sent <= 2


def test_no_request_leaves_the_plugin():
    def send(request):
        assert request.url.startswith(f"{BASE}/")
        return answering(400, ERROR)(request)

    for operation in operations():
        explore(operation, "github", BASE, send, 5, examples=5)


def test_an_unknown_operation_is_a_mistake_of_the_scenario():
    assert "start" in Fuzz.mistakes({"operation": "strat"})[0]
    assert Fuzz.mistakes({"operation": "start"}) == []
    assert Fuzz.mistakes({"operation": "${each}"}) == []
