"""A backend that tells what arrived, and fronts before it."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from mock_idp.cli.front import find_proxy
from mock_idp.front.server import AuthProxyServer, FrontSetup
from mock_idp.front.upstream import Upstream
from mock_idp.personas import PERSONAS
from mock_idp.running import RunningIdp

FrontStarter = Callable[..., str]
"""Starts a front; gives its address."""
SECONDS = 10


class Backend(ThreadingHTTPServer):
    """Answers with what it was sent, or misbehaves; the path says how."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.arrived = threading.Event()
        """Something reached the backend in mid-request, or the client left it."""
        self.go_on = threading.Event()
        """The test has seen what it waited for."""
        self.refusals: dict[str, bytes] = {}
        """Paths that are answered with 500 and this body."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Backend

    def do_GET(self) -> None:
        if self.path in self.server.refusals:
            self.serve_echo_of(self.server.refusals[self.path], 500)
            return
        name = self.path.strip("/").partition("?")[0]
        getattr(self, f"serve_{name}", self.serve_echo)()

    do_OPTIONS = do_POST = do_GET  # noqa: N815 - the names that http.server looks for

    def serve_echo(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        seen = {
            "method": self.command,
            "path": self.path,
            "headers": [[name, value] for name, value in self.headers.items()],
            "body": self.rfile.read(length).decode(),
        }
        body = json.dumps(seen).encode()
        self.send_response(200)
        for name, value in (("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"), ("Content-Length", str(len(body)))):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def serve_stream(self) -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.write(b"5\r\nfirst\r\n")
        self.server.go_on.wait(SECONDS)
        self.wfile.write(b"4\r\nlast\r\n0\r\n\r\n")

    def serve_endless(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"first")
        self.connection.settimeout(SECONDS)
        if not self.rfile.read(1):
            self.server.arrived.set()
        self.close_connection = True

    def serve_upload(self) -> None:
        first = self.rfile.read(5)
        self.server.arrived.set()
        self.serve_echo_of(first + self.rfile.read(int(self.headers["Content-Length"]) - 5))

    def serve_chunked(self) -> None:
        self.serve_echo_of(
            b"%s|" % self.headers["Transfer-Encoding"].encode() + self.rfile.read(len(b"3\r\nabc\r\n0\r\n\r\n"))
        )

    def serve_early(self) -> None:
        self.send_response(413)
        self.send_header("Content-Length", "0")
        self.end_headers()
        self.server.go_on.wait(SECONDS)
        self.close_connection = True

    def serve_echo_of(self, body: bytes, status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def serve_truncated(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "100")
        self.end_headers()
        self.wfile.write(b"half")
        self.close_connection = True

    def serve_silence(self) -> None:
        self.close_connection = True

    def serve_garbage(self) -> None:
        self.wfile.write(b"SSH-2.0-OpenSSH\r\n\r\n")
        self.close_connection = True

    def serve_socket(self) -> None:
        self.send_response(101)
        for name in ("Connection", "Upgrade", "Sec-WebSocket-Key"):
            self.send_header(name, self.headers[name])
        self.send_header("X-User", self.headers["X-Forwarded-User"])
        self.end_headers()
        while data := self.connection.recv(1000):
            self.connection.sendall(data.upper())
        self.close_connection = True

    def log_message(self, format: str, *arguments: object) -> None:
        """Keep quiet."""


@pytest.fixture
def backend() -> Iterator[Backend]:
    with Backend() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield server
        server.go_on.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def front(running: RunningIdp, backend: Backend) -> Iterator[FrontStarter]:
    """Start a front, by default of OAuth2 Proxy before the backend; gives its address."""
    with ExitStack() as stack:

        def start(
            vendor: str = "oauth2Proxy",
            persona: str | None = "plain",
            upstream: str = "",
            idp: str = "",
            host: str = "127.0.0.1",
            app_url: str = "",
        ) -> str:
            proxy, provider = find_proxy(vendor)
            who = PERSONAS[persona] if persona else None
            behind = Upstream.at(upstream or backend.url)
            setup = FrontSetup(proxy, provider, behind, idp or running.urls["http"], host, 0, who, app_url)
            return stack.enter_context(AuthProxyServer(setup)).url

        yield start


@pytest.fixture
def dead_url() -> Iterator[str]:
    """An address that stays free of servers."""
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"
