import asyncio
import contextlib
import http.client
import json
import logging
import socket
import ssl
import threading
from urllib.parse import urlsplit

import pytest
import requests

from mock_idp.server.errors import ServerError
from mock_idp.server.http_server import Origins
from mock_idp.server.listeners import Listeners
from mock_idp.server.tls import TlsTerminator
from tests.mock_idp.server.wire import MemoryClient, ask, connect, until_closed

MANY = 60
"""More connections than the HTTP server has workers."""


def test_requests_reaches_a_vendor_by_name(session):
    answer = session.get("https://accounts.google.com/o/oauth2/v2/auth").json()
    assert answer["scheme"] == "https"
    assert answer["host"] == "accounts.google.com"
    assert answer["path"] == "/o/oauth2/v2/auth"


@pytest.mark.parametrize(
    "host", ["acme.auth0.com", "acme.eu.auth0.com", "public-keys.auth.elb.eu-west-1.amazonaws.com"]
)
def test_requests_reaches_hosts_of_a_pattern(session, host):
    assert session.get(f"https://{host}/").json()["host"] == host


def test_plain_requests_are_plain(listeners, session):
    answer = session.get(listeners.urls["http"] + "/github/x").json()
    assert (answer["scheme"], answer["path"]) == ("http", "/github/x")


def test_tls_port_serves_local_names_directly(listeners, session):
    answer = session.get(listeners.urls["tls"] + "/github/x", proxies={"https": ""}).json()
    assert (answer["scheme"], answer["client"]) == ("https", "127.0.0.1")


def test_connection_is_kept_for_the_next_request(listeners):
    with connect(listeners.urls["http"]) as connection:
        for _ in range(3):
            connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            response = http.client.HTTPResponse(connection)
            response.begin()
            assert response.read()
            assert not response.will_close


def test_body_does_not_wait_for_the_acknowledgement_of_the_header(monkeypatch, start_listeners):
    # Nagle's algorithm cost 40 ms in each request on a kept connection; a time would be a poor witness.
    accepted = []
    accept = socket.socket.accept

    def watched_accept(listener):
        connection, address = accept(listener)
        accepted.append(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        return connection, address

    monkeypatch.setattr(socket.socket, "accept", watched_accept)
    assert requests.get(start_listeners().urls["http"], timeout=10).ok
    assert accepted
    assert all(accepted)


@pytest.mark.parametrize("listener", ["http", "tls", "proxy"])
def test_silent_clients_block_nobody(listeners, session, listener):
    silent = [connect(listeners.urls[listener]) for _ in range(MANY)]
    assert session.get("https://accounts.google.com/", timeout=10).ok
    assert session.get(listeners.urls["http"], timeout=10).ok
    for connection in silent:
        connection.close()


def test_silent_tunnels_block_nobody(listeners, session):
    silent = [connect(listeners.urls["proxy"]) for _ in range(MANY)]
    for connection in silent:
        connection.sendall(b"CONNECT accounts.google.com:443 HTTP/1.1\r\nHost: x\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 200 ")
    assert session.get("https://accounts.google.com/", timeout=10).ok
    for connection in silent:
        connection.close()


def test_handshake_has_a_time_limit(authority):
    async def silent_client() -> bytes:
        terminator = TlsTerminator(authority.server_context([]), ("127.0.0.1", 1), Origins(), handshake_seconds=0.05)

        async def serve(reader, writer):
            await terminator.serve(reader, writer)
            writer.close()

        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            received = await reader.read()
            writer.close()
            return received

    assert asyncio.run(asyncio.wait_for(silent_client(), 10)) == b""


def test_plain_http_on_the_tls_port_is_told_so(listeners):
    answer = ask(listeners.urls["tls"], b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"use https:// instead of http://" in answer


def test_client_that_does_not_trust_the_authority_is_mentioned(listeners, caplog):
    arrived = threading.Event()

    class Arrival(logging.Handler):
        def emit(self, record):
            arrived.set()

    logger = logging.getLogger("mock_idp.server.tls")
    logger.addHandler(handler := Arrival())
    with connect(listeners.urls["tls"]) as connection, pytest.raises(ssl.SSLCertVerificationError):
        ssl.create_default_context().wrap_socket(connection, server_hostname="accounts.google.com")
    assert arrived.wait(10)
    logger.removeHandler(handler)
    assert "does not trust the mock IdP's certificate authority" in caplog.text


def test_client_that_ended_its_side_still_gets_the_answer(listeners, authority):
    with connect(listeners.urls["tls"]) as connection:
        client = MemoryClient(authority, connection)
        client.until_done(client.tls.write, b"GET /?slow:0.2 HTTP/1.1\r\nHost: a.example\r\n\r\n")
        client.end_our_side()
        answer = client.read_all()
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b"a.example" in answer


def test_eager_client_may_start_tls_before_the_tunnel_is_confirmed(listeners, authority):
    with connect(listeners.urls["proxy"]) as connection:

        class Eager:
            """Holds the first flight back until it can go together with CONNECT."""

            sent = False

            def sendall(self, data):
                if not self.sent and data:
                    data = b"CONNECT accounts.google.com:443 HTTP/1.1\r\nHost: x\r\n\r\n" + data
                    self.sent = True
                connection.sendall(data)

            def recv(self, size):
                if self.sent == "confirmed":
                    return connection.recv(size)
                self.sent = "confirmed"
                head = b""
                while not head.endswith(b"\r\n\r\n"):
                    head += connection.recv(1)
                assert head.startswith(b"HTTP/1.1 200 ")
                return connection.recv(size)

        client = MemoryClient(authority, Eager())
        client.until_done(client.tls.write, b"GET / HTTP/1.0\r\nHost: a.example\r\n\r\n")
        assert client.read_all().startswith(b"HTTP/1.1 200 ")


def test_slow_reader_holds_the_application_back(start_listeners, authority):
    sent_all = threading.Event()
    chunk, chunks = b"x" * 65536, 1000

    def large_app(environ, start_response):
        start_response("200 OK", [("Content-Length", str(len(chunk) * chunks))])
        for _ in range(chunks):
            yield chunk
        sent_all.set()

    listeners = start_listeners(large_app)
    parts = urlsplit(listeners.urls["tls"])
    context = ssl.create_default_context(cafile=authority.ca_file)
    connection = http.client.HTTPSConnection(parts.hostname, parts.port, timeout=10, context=context)
    connection.request("GET", "/")
    response = connection.getresponse()
    assert not sent_all.wait(0.5)
    assert len(response.read()) == len(chunk) * chunks
    assert sent_all.wait(10)
    connection.close()


def test_large_upload_arrives(session):
    body = b"x" * 5_000_000
    assert session.post("https://accounts.google.com/read", data=body).json()["received"] == len(body)


def test_error_of_the_application_is_a_500_and_ends_nothing(start_listeners, caplog):
    def broken_app(environ, start_response):
        raise ZeroDivisionError("on purpose")

    listeners = start_listeners(broken_app)
    for _ in range(2):
        assert requests.get(listeners.urls["http"], timeout=10).status_code == 500
    assert "on purpose" in caplog.text


@pytest.mark.parametrize(
    ("port", "what", "option"),
    [
        ("http_port", "plain HTTP", "--port"),
        ("tls_port", "TLS", "--tls-port"),
        ("proxy_port", "the forward proxy", "--proxy-port"),
    ],
)
def test_taken_port_is_named(authority, port, what, option):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]
        ports = {"http_port": 0, "tls_port": 0, "proxy_port": 0, port: number}
        listeners = Listeners(None, host="127.0.0.1", **ports, authority=authority, host_patterns=[])
        with pytest.raises(ServerError) as error:
            listeners.start()
    assert str(error.value) == (
        f"Port {number} on 127.0.0.1, wanted for {what}, is taken by another process; "
        f"stop that one, or choose another port with {option} (0 takes a free one)."
    )
    assert listeners.urls == {} or threading.active_count()  # nothing was started


@pytest.mark.parametrize(
    ("host", "complaint"),
    [
        ("no such host", "There is no address 'no such host' to listen on; choose another with --host."),
        ("192.0.2.1", "192.0.2.1 is not an address of this machine; choose another with --host."),
    ],
)
def test_address_that_is_not_ours_is_named(authority, host, complaint):
    listeners = Listeners(None, host=host, http_port=0, tls_port=0, proxy_port=0, authority=authority, host_patterns=[])
    with pytest.raises(ServerError) as error:
        listeners.start()
    assert str(error.value) == complaint


def test_stopping_ends_everything(start_listeners):
    before = set(threading.enumerate())
    listeners = start_listeners()
    open_connections = [connect(url) for url in listeners.urls.values()]
    listeners.stop()
    for connection in open_connections:
        with contextlib.suppress(ConnectionResetError):  # of a connection that was not accepted yet
            assert until_closed(connection) == b""
        connection.close()
    for url in listeners.urls.values():
        with pytest.raises(ConnectionRefusedError):
            connect(url)
    assert set(threading.enumerate()) == before
    listeners.stop()  # once more does nothing


def test_description_is_json_and_names_the_host_the_client_used(listeners):
    assert json.loads(json.dumps(listeners.describe())) == listeners.describe()
    assert listeners.describe()["urls"] == listeners.urls
    port = urlsplit(listeners.urls["proxy"]).port
    assert listeners.describe("idp.internal")["urls"]["proxy"] == f"http://idp.internal:{port}"
    assert listeners.describe("2001:db8::1")["urls"]["proxy"] == f"http://[2001:db8::1]:{port}"
