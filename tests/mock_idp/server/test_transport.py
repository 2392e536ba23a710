import http.client
import json
import ssl
import threading
import time
from urllib.parse import urlsplit

import pytest
import requests

from mock_idp.server import transport
from mock_idp.server.transport import Behaviour, Connection, Gathering, Kind
from tests.mock_idp.server.wire import MemoryClient, ask, connect, until_closed

BOTH_LISTENERS = pytest.mark.parametrize("listener", ["http", "tls"])


@pytest.mark.parametrize(
    ("text", "behaviour"),
    [
        ("reset", Behaviour(Kind.RESET)),
        ("truncate", Behaviour(Kind.TRUNCATE)),
        ("stall", Behaviour(Kind.STALL, 60)),
        ("slow:2.5", Behaviour(Kind.SLOW, 2.5)),
        ("drip:3", Behaviour(Kind.DRIP)),
        ("endless:5", Behaviour(Kind.ENDLESS, 5)),
        ("hold:1.5:2:profile/tea:time", Behaviour(Kind.HOLD, 1.5, Gathering("profile/tea:time", 2))),
    ],
)
def test_text_form(text, behaviour):
    assert Behaviour.parse(text) == behaviour
    assert Behaviour.parse(str(behaviour)) == behaviour


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (
            "explode",
            "There is no transport behaviour 'explode'; there are reset, stall, truncate, slow, drip, endless, hold.",
        ),
        ("slow:", "The seconds of slow must be a number, not ''."),
        ("slow:soon", "The seconds of slow must be a number, not 'soon'."),
        ("slow:0", "slow takes above 0 and at most 600 seconds, not 0."),
        ("stall:601", "stall takes above 0 and at most 600 seconds, not 601."),
        ("drip:nan", "drip takes above 0 and at most 600 seconds, not nan."),
        ("reset:1", "reset takes no seconds."),
        ("hold:1", "hold takes a gathering."),
    ],
)
def test_wrong_order_is_told_in_a_sentence(text, complaint):
    with pytest.raises(ValueError) as error:
        Behaviour.parse(text)
    assert str(error.value) == complaint


def test_order_survives_middleware_that_copies_the_environ():
    environ = {transport.ENVIRON_KEY: Connection()}
    transport.order(dict(environ), "reset")
    assert environ[transport.ENVIRON_KEY].ordered == Behaviour(Kind.RESET)


def test_order_without_our_server_is_a_mistake():
    with pytest.raises(RuntimeError, match="no connection that could do it"):
        transport.order({}, "reset")


@pytest.fixture
def open_connection(listeners, authority):
    """Open a connection to one of the two faces, as http.client sees it."""
    opened = []

    def open_one(listener):
        parts = urlsplit(listeners.urls[listener])
        if listener == "tls":
            context = ssl.create_default_context(cafile=authority.ca_file)
            opened.append(http.client.HTTPSConnection(parts.hostname, parts.port, timeout=10, context=context))
        else:
            opened.append(http.client.HTTPConnection(parts.hostname, parts.port, timeout=10))
        return opened[-1]

    yield open_one
    for connection in opened:
        connection.close()


def test_reset(listeners):
    with connect(listeners.urls["http"]) as connection:
        connection.sendall(b"GET /?reset HTTP/1.1\r\nHost: x\r\n\r\n")
        with pytest.raises(ConnectionResetError):
            connection.recv(1)


def test_reset_passes_through_tls(listeners, authority):
    with connect(listeners.urls["tls"]) as connection:
        client = MemoryClient(authority, connection)
        client.until_done(client.tls.write, b"GET /?reset HTTP/1.1\r\nHost: x\r\n\r\n")
        with pytest.raises(ConnectionResetError):
            client.read_all()


@BOTH_LISTENERS
def test_truncate_announces_all_and_sends_half(open_connection, listener):
    connection = open_connection(listener)
    connection.request("GET", "/?truncate")
    response = connection.getresponse()
    announced = int(response.headers["Content-Length"])
    with pytest.raises(http.client.IncompleteRead) as error:
        response.read()
    assert len(error.value.partial) == announced // 2
    assert error.value.expected == announced - announced // 2


@BOTH_LISTENERS
def test_slow_sends_nothing_before_its_time(open_connection, listener):
    connection = open_connection(listener)
    started = time.monotonic()
    connection.request("GET", "/?slow:0.2")
    response = connection.getresponse()
    assert time.monotonic() - started >= 0.2
    assert json.loads(response.read())["host"]
    assert response.headers["Connection"] == "close"


@BOTH_LISTENERS
def test_drip_sends_the_header_first_and_the_body_in_pieces(open_connection, listener):
    connection = open_connection(listener)
    started = time.monotonic()
    connection.request("GET", "/?drip:0.3")
    response = connection.getresponse()
    pieces = []
    while piece := response.read1():
        pieces.append(piece)
    assert time.monotonic() - started >= 0.3
    assert len(pieces) > 3
    assert json.loads(b"".join(pieces))["host"]


@BOTH_LISTENERS
def test_endless_goes_on_until_its_time_is_over(open_connection, listener):
    connection = open_connection(listener)
    connection.request("GET", "/?endless:0.2")
    response = connection.getresponse()
    assert "Content-Length" not in response.headers
    assert response.read().endswith(b"x" * 65536)


@BOTH_LISTENERS
def test_endless_ends_when_the_client_goes(open_connection, listener):
    connection = open_connection(listener)
    connection.request("GET", "/?endless:600")
    connection.getresponse().read(100_000)
    waiting = [thread for thread in threading.enumerate() if thread.name == "mock-idp misbehaviour"]
    connection.sock.close() if connection.sock else None
    connection.close()
    for thread in waiting:
        thread.join(10)
        assert not thread.is_alive()


@BOTH_LISTENERS
def test_hold_lets_all_go_at_once_and_begins_anew(open_connection, listener):
    for _ in range(2):
        first, second = open_connection(listener), open_connection(listener)
        first.request("GET", "/?hold:600:2:here")
        first.sock.settimeout(0.1)
        with pytest.raises(TimeoutError):
            first.sock.recv(1)
        first.sock.settimeout(10)
        second.request("GET", "/?hold:600:2:here")
        assert [connection.getresponse().status for connection in (first, second)] == [200, 200]


@BOTH_LISTENERS
def test_hold_ends_when_its_time_is_over_and_counts_for_nobody_else(open_connection, listener):
    for _ in range(3):
        connection = open_connection(listener)
        begun = time.monotonic()
        connection.request("GET", "/?hold:0.2:2:alone")
        assert connection.getresponse().status == 200
        assert time.monotonic() - begun >= 0.2


@BOTH_LISTENERS
def test_stall_ends_when_its_time_is_over(open_connection, listener):
    connection = open_connection(listener)
    connection.request("GET", "/?stall:0.1")
    with pytest.raises(http.client.RemoteDisconnected):
        connection.getresponse()


@pytest.mark.parametrize("listener", ["http", "tls"])
def test_stall_ends_when_the_client_goes(open_connection, listener):
    before = threading.active_count()
    connection = open_connection(listener)
    connection.request("GET", "/?stall:600")
    connection.sock.settimeout(0.1)
    with pytest.raises(TimeoutError):
        connection.getresponse()
    waiting = [thread for thread in threading.enumerate() if thread.name == "mock-idp misbehaviour"]
    assert len(waiting) == 1
    connection.close()
    waiting[0].join(10)
    assert not waiting[0].is_alive()
    assert threading.active_count() <= before


@pytest.mark.parametrize("order", ["stall:600", "slow:600", "drip:600", "endless:600", "hold:600:2:x"] * 5)
def test_waiting_ends_when_the_server_stops(listeners, order):
    with connect(listeners.urls["http"]) as connection:
        connection.sendall(f"GET /?{order} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        if order.startswith(("drip", "endless")):
            assert connection.recv(1)  # the header is there, so the order is being performed
        else:
            # Stopping now may come before, while or after the order is performed; all of these must end.
            ask(listeners.urls["http"], b"GET / HTTP/1.0\r\nHost: x\r\n\r\n")
        listeners.stop()
        until_closed(connection)


def test_stalled_requests_do_not_use_up_the_server(listeners):
    stalled = [connect(listeners.urls["http"]) for _ in range(60)]
    for connection in stalled:
        connection.sendall(b"GET /?stall:600 HTTP/1.1\r\nHost: x\r\n\r\n")
    assert requests.get(listeners.urls["http"], timeout=10).ok
    for connection in stalled:
        connection.close()


def test_truncated_answer_to_a_large_upload_arrives(open_connection):
    connection = open_connection("http")
    connection.request("POST", "/?truncate", body=b"x" * 1_000_000)
    response = connection.getresponse()
    assert response.status == 200
    with pytest.raises(http.client.IncompleteRead):
        response.read()
