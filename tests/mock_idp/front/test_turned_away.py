"""Somebody whom the backend does not let in: the frontend shows a status (FE-68), the front tells the reason."""

import json
import logging
from collections.abc import Iterator
from logging.handlers import QueueHandler
from pathlib import Path
from queue import Empty, SimpleQueue
from subprocess import PIPE

import pytest
import requests

from mock_idp.front import rules
from mock_idp.running import RunningIdp
from tests.mock_idp.front.conftest import SECONDS, Backend, FrontStarter
from tests.support.processes import program, ready_line

REFRESH = "/api/auth/oauth2Proxy/refresh"
SENTENCE = "Failed to sign-in, unable to resolve user identity."


def envelope(message: object) -> bytes:
    return json.dumps({"error": {"name": "Error", "message": message}, "response": {"statusCode": 500}}).encode()


@pytest.fixture
def said() -> Iterator[SimpleQueue[logging.LogRecord]]:
    """What the front says at its terminal, which may be a moment after the client has its answer."""
    queue = SimpleQueue[logging.LogRecord]()
    handler, logger = QueueHandler(queue), logging.getLogger("mock_idp.front")
    logger.addHandler(handler)
    yield queue
    logger.removeHandler(handler)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (envelope(SENTENCE), SENTENCE),
        (envelope("two\x1b[31m\nlines"), "two [31m lines"),
        (b"<html>", "its log says why"),
        (envelope(SENTENCE + " " * 5000), "its log says why"),
    ],
)
def test_the_front_tells_why(
    front: FrontStarter, backend: Backend, said: SimpleQueue[logging.LogRecord], body: bytes, reason: str
) -> None:
    backend.refusals[REFRESH] = body
    answer = requests.get(front(persona="not-in-catalog") + REFRESH, timeout=SECONDS)

    assert (answer.status_code, answer.content) == (500, body)
    told = said.get(timeout=SECONDS).getMessage()
    assert told == f"Dunja Vale (not-in-catalog) is not signed in: the backend answered 500, {reason}"


def test_it_tells_nothing_else(front: FrontStarter, backend: Backend, said: SimpleQueue[logging.LogRecord]) -> None:
    base = front(persona="not-in-catalog")
    backend.refusals["/api/catalog/entities"] = envelope("not about signing in")
    for path in (REFRESH, "/api/catalog/entities"):
        requests.get(base + path, timeout=SECONDS)
    backend.refusals[REFRESH] = envelope(SENTENCE)
    requests.get(base + REFRESH, timeout=SECONDS)

    assert SENTENCE in said.get(timeout=SECONDS).getMessage()
    with pytest.raises(Empty):
        said.get_nowait()


def test_a_person_reads_it_at_the_terminal(running: RunningIdp, backend: Backend, tmp_path: Path) -> None:
    backend.refusals[REFRESH] = envelope(SENTENCE)
    command = ("front", "oauth2-proxy", "--as", "not-in-catalog", "--upstream", backend.url)
    with program(
        "mock_idp", *command, "--idp", running.urls["http"], "--port", "0", "--json", state=tmp_path, errors=PIPE
    ) as process:
        requests.get(ready_line(process)["urls"]["http"] + REFRESH, timeout=SECONDS)
        assert process.stderr is not None
        line = process.stderr.readline()
    assert line == f"Dunja Vale (not-in-catalog) is not signed in: the backend answered 500, {SENTENCE}\n"


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"{}", b'{"error": "text"}', b"\xff", envelope(5)])
def test_an_answer_without_a_sentence(body: bytes) -> None:
    assert rules.error_message(body) == ""
