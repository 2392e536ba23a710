"""Clients that stay: they get news, leave no thread behind, and cannot be too many."""

import http.client
import ssl
import threading
import time
from urllib.parse import urlsplit

import pytest

from mock_idp.server import transport

ASIDE = "mock-idp misbehaviour"
BOTH_LISTENERS = pytest.mark.parametrize("listener", ["http", "tls"])
PATIENCE = 10


class Counting:
    """Says a number each time it is asked."""

    def __init__(self) -> None:
        self.number = 0

    def news(self) -> bytes:
        self.number += 1
        return b"%d\n" % self.number

    def sign_of_life(self) -> bytes:
        return b"\n"


class Silent(Counting):
    """Has nothing to say, so that no failed write tells that the client is gone."""

    def news(self) -> bytes:
        return b""


def app(environ, start_response):
    try:
        transport.follow(environ, Silent() if environ["PATH_INFO"] == "/silent" else Counting())
    except transport.TooManyFollowersError as error:
        start_response("503 Service Unavailable", [("Content-Type", "text/plain")])
        return [str(error).encode()]
    start_response("200 OK", [("Content-Type", "text/event-stream"), ("Content-Length", "6")])
    return [b"hello\n"]


@pytest.fixture
def one_place(monkeypatch, start_listeners):
    monkeypatch.setattr("mock_idp.server.http_server.MOST_FOLLOWERS", 1)
    monkeypatch.setattr("mock_idp.server.http_server.FOLLOWER_PAUSE_SECONDS", 0.01)
    return start_listeners(app)


def connect(listeners, authority, listener="http"):
    address = urlsplit(listeners.urls[listener]).netloc
    if listener == "http":
        return http.client.HTTPConnection(address, timeout=PATIENCE)
    context = ssl.create_default_context(cafile=str(authority.ca_file))
    return http.client.HTTPSConnection(address, timeout=PATIENCE, context=context)


def begin(connection, path="/"):
    connection.request("GET", path)
    return connection.getresponse()


def begin_when_free(listeners, authority):
    """Follow as soon as a place is free."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        connection = connect(listeners, authority)
        answer = begin(connection)
        if answer.status == 200:
            return connection, answer
        connection.close()
    raise AssertionError("no place became free")


def followers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == ASIDE]


@BOTH_LISTENERS
def test_a_follower_gets_the_answer_and_then_the_news(one_place, authority, listener):
    connection = connect(one_place, authority, listener)
    answer = begin(connection)
    assert answer.status == 200
    assert answer.getheader("Content-Length") is None, "nobody knows how long it will be"
    assert [answer.readline() for _ in range(3)] == [b"hello\n", b"1\n", b"2\n"]
    connection.close()


@BOTH_LISTENERS
@pytest.mark.parametrize("path", ["/", "/silent"])
def test_whoever_goes_away_frees_the_place_and_leaves_no_thread(one_place, authority, listener, path):
    connection = connect(one_place, authority, listener)
    answer = begin(connection, path)
    assert answer.readline() == b"hello\n"
    another = connect(one_place, authority)
    refused = begin(another)
    assert (refused.status, b"close one" in refused.read()) == (503, True)
    another.close()
    answer.close()
    connection.close()
    connection, answer = begin_when_free(one_place, authority)
    assert answer.readline() == b"hello\n"
    assert len(followers()) == 1, "the first one's thread is gone"
    answer.close()
    connection.close()


def test_who_does_not_go_is_sent_away_when_the_server_stops(one_place, authority):
    connection = connect(one_place, authority)
    answer = begin(connection)
    assert answer.readline() == b"hello\n"
    one_place.stop()
    assert b"hello" not in answer.read()
    assert followers() == []
    connection.close()


def test_followers_take_no_worker(monkeypatch, start_listeners, authority):
    monkeypatch.setattr("mock_idp.server.http_server.HTTP_WORKERS", 1)
    listeners = start_listeners(app)
    connections = [connect(listeners, authority) for _ in range(3)]
    assert [begin(connection).readline() for connection in connections] == [b"hello\n"] * 3
    for connection in connections:
        connection.close()
