"""Tiny servers for tests: one of raw bytes, one of HTTP. Both on a free port, both gone after the block."""

import contextlib
import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


def closed_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def read_request(connection: socket.socket) -> bytes:
    """The request on a connection: head, and the body that Content-Length announces; empty at its end."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return data
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(
        (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
    )
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def reset(connection: socket.socket) -> None:
    """Break a connection off with RST."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


class RawServer:
    """Hands every connection to ``behave`` and keeps what was requested."""

    def __init__(self, behave: Callable[["RawServer", socket.socket], None]) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._behave = behave
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.stopping = threading.Event()
        self.requests: list[bytes] = []
        self.connections = 0
        self._open: socket.socket | None = None
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> "RawServer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        if self._open is not None:
            # A client that keeps its connection for later must not keep this thread.
            with contextlib.suppress(OSError):
                self._open.shutdown(socket.SHUT_RDWR)
        self._thread.join(10)

    def _run(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open = connection
            with connection, contextlib.suppress(OSError):
                self._behave(self, connection)


def answering(*answers: bytes) -> Callable[[RawServer, socket.socket], None]:
    """Answer requests one after the other, on as many connections as come; the last answer is repeated."""
    waiting = list(answers)

    def behave(server: RawServer, connection: socket.socket) -> None:
        while request := read_request(connection):
            server.requests.append(request)
            connection.sendall(waiting.pop(0) if len(waiting) > 1 else waiting[0])

    return behave


def http_answer(status: str = "200 OK", body: bytes = b"", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode() + body


@dataclass
class FakeRequest:
    """A request as a fake application sees it."""

    method: str
    path: str
    query: dict[str, str]
    headers: Any
    body: bytes


@dataclass
class FakeAnswer:
    """What a fake application answers."""

    status: int = 200
    body: bytes | str | dict[str, Any] | list[Any] = b""
    headers: list[tuple[str, str]] = field(default_factory=list)


@contextlib.contextmanager
def http_server(application: Callable[[FakeRequest], FakeAnswer | None]) -> Iterator[str]:
    """Serve an application; None as its answer breaks the connection off. Gives the base URL."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def _any(self) -> None:
            parts = urlsplit(self.path)
            query = {name: values[-1] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            said = application(FakeRequest(self.command, parts.path, query, self.headers, body))
            if said is None:
                reset(self.connection)
                self.close_connection = True
                return
            content, headers = said.body, list(said.headers)
            if isinstance(content, dict | list):
                content = json.dumps(content)
                headers.append(("Content-Type", "application/json"))
            if isinstance(content, str):
                content = content.encode()
            self.send_response(said.status)
            for name, value in headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        do_GET = do_HEAD = do_POST = do_PATCH = do_PUT = do_DELETE = do_OPTIONS = _any  # noqa: N815 - the names http.server looks for

        def log_message(self, format: str, *args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://localhost:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
