"""Helpers that speak to a port without a library in between."""

import contextlib
import socket
import ssl
from urllib.parse import urlsplit


def connect(url: str) -> socket.socket:
    """Open a TCP connection to a URL's host and port."""
    parts = urlsplit(url)
    return socket.create_connection((parts.hostname, parts.port), timeout=10)


def until_closed(connection: socket.socket) -> bytes:
    """Read everything until the other side ends."""
    pieces = []
    while piece := connection.recv(65536):
        pieces.append(piece)
    return b"".join(pieces)


def ask(url: str, request: bytes) -> bytes:
    """Send bytes and read everything that comes back until the other side ends."""
    with connect(url) as connection:
        connection.sendall(request)
        return until_closed(connection)


class MemoryClient:
    """A TLS client on memory buffers, which can do what Python's TLS sockets cannot.

    It can end its side and go on reading, and it sees a TCP reset as such: CPython before 3.11.9 reports
    one as an ordinary end (gh-115627).
    """

    def __init__(self, authority, connection):
        self.connection = connection
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        context = ssl.create_default_context(cafile=authority.ca_file)
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_hostname="accounts.google.com")
        self.until_done(self.tls.do_handshake)

    def until_done(self, operation, *arguments):
        while True:
            try:
                result = operation(*arguments)
            except ssl.SSLWantReadError:
                self.flush()
                data = self.connection.recv(65536)
                self.incoming.write(data) if data else self.incoming.write_eof()
            else:
                self.flush()
                return result

    def flush(self):
        if self.outgoing.pending:
            self.connection.sendall(self.outgoing.read())

    def end_our_side(self):
        with contextlib.suppress(ssl.SSLWantReadError):  # it also wants to see the other side's end
            self.tls.unwrap()
        self.flush()
        self.connection.shutdown(socket.SHUT_WR)

    def read_all(self):
        pieces = []
        while True:
            try:
                piece = self.until_done(self.tls.read, 65536)
            except ssl.SSLZeroReturnError:  # if we have ended our side
                piece = b""
            if not piece:
                return b"".join(pieces)
            pieces.append(piece)
