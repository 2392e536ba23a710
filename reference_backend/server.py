"""A real WSGI server around the application."""

import io
import socket
from collections.abc import Callable
from typing import Any

from cheroot.server import HeaderReader, HTTPRequest
from cheroot.wsgi import Gateway_10, Server

import reference_backend

THREADS = 32
"""A request waits for a vendor most of its time."""


class Listener(Server):
    """Cheroot's server with a socket of our own making, so that a failure leaves none behind."""

    bind_error: OSError | None = None

    def bind(self, family: int, type: int, proto: int = 0) -> socket.socket:
        """Open the socket."""
        del type, proto
        try:
            self.socket = socket.create_server(self.bind_addr[:2], family=family)
        except OSError as error:
            self.bind_error = error
            raise
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.bind_addr = self.socket.getsockname()[:2]
        opened: socket.socket = self.socket
        return opened


class ListenError(Exception):
    """The address cannot be listened on; the text is meant for the person who chose it."""


class JoiningHeaderReader(HeaderReader):
    """Joins repeated headers, as the proxy providers expect (providers-proxy.md §1.7).

    Names with an underscore are dropped: WSGI could not tell ``X_Forwarded_User`` from ``X-Forwarded-User``,
    and only the latter is what an auth proxy overwrites.
    """

    def __call__(self, rfile: Any, hdict: dict[bytes, bytes] | None = None) -> dict[bytes, bytes]:
        """Read the headers of one request."""
        joined = _Joining()
        super().__call__(rfile, joined)
        target = {} if hdict is None else hdict
        target.update(joined)
        return target

    def _allow_header(self, key_name: bytes) -> bool:
        return b"_" not in key_name


class _Joining(dict[bytes, bytes]):
    """Keeps earlier values when a key is set again."""

    def __setitem__(self, key: bytes, value: bytes) -> None:
        earlier = self.get(key)
        # The base reader joins some headers itself; then the new value starts with the earlier one.
        if earlier is not None and not value.startswith(earlier + b", "):
            value = earlier + (b"; " if key == b"Cookie" else b", ") + value
        super().__setitem__(key, value)


class _Gateway(Gateway_10):
    """Sends header and body together: cheroot writes them one by one, and each packet wakes the reader."""

    def respond(self) -> None:
        """Call the application and send what it answers."""
        connection = self.req.conn
        writer = connection.wfile
        connection.wfile = gathered = io.BytesIO()
        try:
            super().respond()
        finally:
            connection.wfile = writer
            if content := gathered.getvalue():
                writer.write(content)


class _Request(HTTPRequest):
    header_reader = JoiningHeaderReader()


def bind(app: Callable[..., Any], host: str, port: int) -> Listener:
    """Open the listener; requests are accepted from then on, and answered once ``serve`` runs.

    Parameters:
        app: WSGI application.
        host: address to listen on.
        port: port; 0 picks a free one.

    Raises:
        ListenError: the port is taken or the address is not ours.
    """
    name = f"reference-backend/{reference_backend.__version__}"
    server = Listener((host, port), app, numthreads=THREADS, server_name=name)
    server.ConnectionClass.RequestHandlerClass = _Request
    server.gateway = _Gateway
    try:
        server.prepare()
    except OSError as error:
        reason = str((server.bind_error or error).strerror or error).partition(" (")[0]
        raise ListenError(f"cannot listen on {host}:{port}: {reason}") from error
    return server


def bound_port(server: Listener) -> int:
    """The port that was opened."""
    return int(server.bind_addr[1])
