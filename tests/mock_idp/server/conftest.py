"""A tiny application behind real listeners, and clients that see what really happens on the wire."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import requests

from mock_idp.server import transport
from mock_idp.server.authority import Authority
from mock_idp.server.listeners import Listeners

PATTERNS = ("accounts.google.com", "*.auth0.com", "public-keys.auth.elb.*.amazonaws.com")


def tiny_app(environ, start_response):
    """Tell what arrived; ``?BEHAVIOUR`` orders that behaviour, the body is the JSON of what was seen."""
    if environ["QUERY_STRING"]:
        transport.order(environ, environ["QUERY_STRING"])
    size = int(environ.get("CONTENT_LENGTH") or 0)
    seen = {
        "scheme": environ["wsgi.url_scheme"],
        "host": environ["HTTP_HOST"],
        "path": environ["PATH_INFO"],
        "client": environ["REMOTE_ADDR"],
        "received": len(environ["wsgi.input"].read(size)) if environ["PATH_INFO"] == "/read" else 0,
    }
    body = json.dumps(seen).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]


@pytest.fixture(scope="session")
def authority(tmp_path_factory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def start_listeners(authority) -> Iterator[Callable[..., Listeners]]:
    """Start edges on free loopback ports; they stop after the test."""
    with ExitStack() as running:

        def start(app=tiny_app, patterns=PATTERNS) -> Listeners:
            listeners = Listeners(
                app,
                host="127.0.0.1",
                http_port=0,
                tls_port=0,
                proxy_port=0,
                authority=authority,
                host_patterns=patterns,
            )
            return running.enter_context(listeners)

        yield start


@pytest.fixture
def listeners(start_listeners) -> Listeners:
    return start_listeners()


@pytest.fixture
def session(listeners, authority) -> Iterator[requests.Session]:
    """A client that was told of the mock, and of nothing else."""
    with requests.Session() as session:
        session.trust_env = False
        session.proxies = {"https": listeners.urls["proxy"]}
        session.verify = str(authority.ca_file)
        yield session


@pytest.fixture
def private_state(monkeypatch, tmp_path) -> Path:
    """Keep the command line's files out of the home directory."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state" / "mock-idp"
