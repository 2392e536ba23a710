"""The plain HTTP listener: a WSGI application on cheroot, in background threads.

Besides serving, it knows two things an ordinary WSGI server does not: which connections come from the
mock's own TLS listener (their requests have ``wsgi.url_scheme`` "https" and the client's real address), and
how to misbehave on order (:mod:`mock_idp.server.transport`).
"""

import io
import logging
import selectors
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING
from weakref import WeakSet

from cheroot import server as cheroot_server
from cheroot import wsgi

from mock_idp.server.transport import ENVIRON_KEY, Behaviour, Connection, Feed, Gathering, Kind
from mock_idp.settings import (
    BACKLOG,
    DRIPS,
    FILLING_PAUSE_SECONDS,
    FOLLOWER_PAUSE_SECONDS,
    FOLLOWER_SIGN_OF_LIFE_SECONDS,
    FOLLOWER_WRITE_SECONDS,
    HTTP_WORKERS,
    MOST_FOLLOWERS,
    STOP_NOTICED_SECONDS,
)

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

log = logging.getLogger(__name__)

Address = tuple[str, int]

ABORTIVE_LINGER = struct.pack("ii", 1, 0)
"""For SO_LINGER: close() sends RST instead of FIN and drops what is unsent."""

_FILLING = b"x" * 65536


class Origins:
    """The clients behind the TLS listener's connections to the HTTP listener.

    The TLS listener enters each of its connections before it sends the first byte over it and takes it
    out after the last, so the HTTP server never finds a stale entry.
    """

    def __init__(self) -> None:
        self._clients: dict[Address, Address] = {}

    def enter(self, local: Address, client: Address) -> None:
        """Remember which client the connection that starts at ``local`` serves."""
        self._clients[local] = client

    def leave(self, local: Address) -> None:
        """Forget a connection."""
        self._clients.pop(local, None)

    def client_behind(self, peer: Address) -> Address | None:
        """Look up the client by the address the HTTP listener sees; None for a connection without TLS."""
        return self._clients.get(peer)


class _Aside:
    """Runs misbehaviour that takes time in threads of its own, and ends all of it when the server stops."""

    def __init__(self) -> None:
        self._stopping = threading.Event()
        # A socket can be waited for together with the client's; an Event cannot.
        self._wake_reader, self._wake_writer = socket.socketpair()
        self._lock = threading.Lock()
        self._threads: set[threading.Thread] = set()
        self._gatherings: dict[str, list[threading.Event]] = {}

    def run(self, work: Callable[[], None]) -> None:
        """Do something in a thread of its own, or at once if the server stops: then no wait takes time."""

        def run_and_forget() -> None:
            try:
                work()
            finally:
                with self._lock:
                    self._threads.discard(thread)

        with self._lock:
            if not self._stopping.is_set():
                thread = threading.Thread(target=run_and_forget, name="mock-idp misbehaviour", daemon=True)
                self._threads.add(thread)
                thread.start()
                return
        work()

    def wait(self, seconds: float) -> bool:
        """Wait; False if the server stops before the time is over."""
        return not self._stopping.wait(seconds)

    def gather(self, gathering: Gathering, seconds: float) -> None:
        """Wait until enough wait under this name, the time is over or the server stops; the next one starts over."""
        here = threading.Event()
        with self._lock:
            waiting = self._gatherings.setdefault(gathering.name, [])
            waiting.append(here)
            if len(waiting) >= gathering.until:
                del self._gatherings[gathering.name]
                for other in waiting:
                    other.set()
        end = time.monotonic() + seconds
        while not here.is_set() and not self._stopping.is_set() and (left := end - time.monotonic()) > 0:
            here.wait(min(left, STOP_NOTICED_SECONDS))
        with self._lock:
            # Whom nobody joined must not count among those who come later.
            if here in self._gatherings.get(gathering.name, ()):
                self._gatherings[gathering.name].remove(here)

    def wait_until_gone(self, client: socket.socket, seconds: float) -> bool:
        """Wait until the client ends its side, the time is over or the server stops; False if the time is over."""
        if self._stopping.is_set():
            return True
        client.settimeout(0)
        end = time.monotonic() + seconds
        with selectors.DefaultSelector() as selector:
            selector.register(client, selectors.EVENT_READ)
            selector.register(self._wake_reader, selectors.EVENT_READ)
            while (left := end - time.monotonic()) > 0:
                ready = {key.fileobj for key, _ in selector.select(left)}
                if self._wake_reader in ready or (client in ready and _has_ended(client)):
                    return True
        return False

    def stop(self) -> None:
        with self._lock:
            self._stopping.set()
            threads = list(self._threads)
        self._wake_writer.close()
        for thread in threads:
            thread.join()
        self._wake_reader.close()


def _has_ended(client: socket.socket) -> bool:
    """Read what came without waiting; True if the client ended its side."""
    try:
        # Requests that are pipelined behind a stalled one get no answer either.
        return not client.recv(65536)
    except BlockingIOError:
        return False
    except OSError:
        return True


class _Connection(cheroot_server.HTTPConnection):
    """A connection that can be taken away from cheroot's workers."""

    taken = False

    def close(self) -> None:
        """Close it, unless it was taken over."""
        if not self.taken:
            super().close()

    def take(self) -> None:
        """From now on cheroot leaves this connection alone; the caller must end it."""
        self.taken = True

    def end(self) -> None:
        """Close a taken connection in order: what was written arrives, then FIN."""
        super().close()

    def reset(self) -> None:
        """Close a taken connection with RST. No shutdown() first: that would send FIN."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ABORTIVE_LINGER)
        self.rfile.close()
        self.socket.close()


@contextmanager
def _in_one_write(connection: cheroot_server.HTTPConnection) -> Iterator[None]:
    """Let header and body leave together: cheroot writes them one by one, and each packet wakes the reader."""
    writer = connection.wfile
    connection.wfile = gathered = io.BytesIO()
    try:
        yield
    finally:
        connection.wfile = writer
        if content := gathered.getvalue():
            writer.write(content)


class _Gateway(wsgi.Gateway_10):
    """Calls the application, then answers as it should or as ordered."""

    def respond(self) -> None:
        """Call the application once and send what it answers."""
        connection = Connection(self.req.server.places)
        self.env[ENVIRON_KEY] = connection
        peer = self.req.conn
        client = self.req.server.origins.client_behind((peer.remote_addr, peer.remote_port))
        if client is not None:
            self.env["wsgi.url_scheme"] = "https"
            self.env["REMOTE_ADDR"], self.env["REMOTE_PORT"] = client[0], str(client[1])
        try:
            answer: Iterable[bytes] = self.req.server.wsgi_app(self.env, self.start_response)
        except BaseException:
            connection.leave()
            raise
        try:
            if connection.feed is not None:
                self._follow(connection, connection.feed, b"".join(answer))
            elif connection.ordered is not None:
                self._misbehave(connection.ordered, b"".join(answer))
            elif self.remaining_bytes_out is not None:
                with _in_one_write(self.req.conn):
                    self.write(b"".join(answer))
            else:
                for chunk in answer:
                    if chunk:
                        self.write(chunk)
                self.req.ensure_headers_sent()
        finally:
            close = getattr(answer, "close", None)
            if close is not None:
                close()

    def _follow(self, place: Connection, feed: Feed, body: bytes) -> None:
        """Leave the client to a thread of its own, and this worker to others."""
        request = self.req
        aside: _Aside = request.server.aside
        connection: _Connection = request.conn
        request.outheaders = [(name, value) for name, value in request.outheaders if name.lower() != b"content-length"]
        request.response_protocol = "HTTP/1.0"  # the end of the body is that of the connection, as of an endless one
        request.close_connection = True
        request.ready = False
        connection.take()

        def perform() -> None:
            try:
                with suppress(OSError):  # the client may go away meanwhile
                    request.ensure_headers_sent()
                    request.write(body)
                    _send_news(feed, request, aside)
            finally:
                place.leave()
                connection.end()

        aside.run(perform)

    def _misbehave(self, behaviour: Behaviour, body: bytes) -> None:
        request = self.req
        aside: _Aside = request.server.aside
        connection: _Connection = request.conn
        # What is left of the request must be read, or closing sends RST and may overtake the answer.
        unread = getattr(request.rfile, "remaining", 0)
        if unread:
            request.rfile.read(unread)
        length = max(len(body), 1) if behaviour.kind is Kind.TRUNCATE else len(body)
        request.outheaders = [(name, value) for name, value in request.outheaders if name.lower() != b"content-length"]
        if behaviour.kind is not Kind.ENDLESS:
            request.outheaders.append((b"Content-Length", b"%d" % length))
        request.close_connection = True
        request.ready = False  # keeps cheroot from sending the header when respond() returns
        connection.take()

        def perform() -> None:
            with suppress(OSError):  # the client may go away meanwhile: nobody is left to tell
                _perform(behaviour, body, request, aside)
            connection.end()

        if behaviour.kind is Kind.RESET:
            connection.reset()
        elif behaviour.kind is Kind.TRUNCATE:
            perform()
        else:
            aside.run(perform)


def _send_news(feed: Feed, request: cheroot_server.HTTPRequest, aside: _Aside) -> None:
    """Send what a feed says until the client goes away or the server stops.

    Raises:
        OSError: the client went away, or does not read.
    """
    client: socket.socket = request.conn.socket
    quiet_since = time.monotonic()
    while not aside.wait_until_gone(client, FOLLOWER_PAUSE_SECONDS):
        news = feed.news()
        if not news and time.monotonic() - quiet_since > FOLLOWER_SIGN_OF_LIFE_SECONDS:
            news = feed.sign_of_life()
        if news:
            client.settimeout(FOLLOWER_WRITE_SECONDS)
            request.write(news)
            quiet_since = time.monotonic()


def _perform(behaviour: Behaviour, body: bytes, request: cheroot_server.HTTPRequest, aside: _Aside) -> None:
    """Do what was ordered, up to but not including the end of the connection.

    Raises:
        OSError: the client went away.
    """
    connection: _Connection = request.conn
    seconds = behaviour.seconds or 0.0
    if behaviour.kind is Kind.STALL:
        aside.wait_until_gone(connection.socket, seconds)
    elif behaviour.kind is Kind.TRUNCATE:
        request.ensure_headers_sent()
        connection.wfile.write(body[: len(body) // 2])
    elif behaviour.kind is Kind.SLOW:
        if aside.wait(seconds):
            request.ensure_headers_sent()
            connection.wfile.write(body)
    elif behaviour.gathering is not None:
        aside.gather(behaviour.gathering, seconds)
        request.ensure_headers_sent()
        connection.wfile.write(body)
    elif behaviour.kind is Kind.ENDLESS:
        _flood(body, request, aside, seconds)
    elif behaviour.kind is Kind.DRIP:
        request.ensure_headers_sent()
        size = max(1, -(-len(body) // DRIPS))
        pieces = [body[start : start + size] for start in range(0, len(body), size)]
        for piece in pieces:
            if not aside.wait(seconds / len(pieces)):
                return
            connection.wfile.write(piece)


def _flood(body: bytes, request: cheroot_server.HTTPRequest, aside: _Aside, seconds: float) -> None:
    """Send a body that does not end: without a length, its end is that of the connection (RFC 9112 section 6.3)."""
    request.response_protocol = "HTTP/1.0"  # or cheroot would chunk it, and write the last chunk at once
    request.ensure_headers_sent()
    end = time.monotonic() + seconds
    piece = body[:-1]  # what is open in it stays open
    while time.monotonic() < end:
        request.write(piece)
        piece = _FILLING
        if not aside.wait(FILLING_PAUSE_SECONDS):
            return


class _Server(wsgi.Server):
    """cheroot's server on a socket that listens already."""

    ConnectionClass = _Connection
    max_request_header_size = 64 * 1024
    max_request_body_size = 16 * 1024 * 1024
    # Waiting connections cost a file descriptor, not a worker (see process_conn).
    keep_alive_conn_limit = 1000
    # Also how long stop() takes at worst, because cheroot looks for it only that often.
    expiration_interval = 0.1

    def __init__(self, listener: socket.socket, app: "WSGIApplication", origins: Origins) -> None:
        super().__init__(
            listener.getsockname()[:2],
            app,
            numthreads=HTTP_WORKERS,
            server_name="mock-idp",
            request_queue_size=BACKLOG,
            timeout=30,
            shutdown_timeout=1,
        )
        self.gateway = _Gateway
        self.origins = origins
        self.aside = _Aside()
        self.places = threading.BoundedSemaphore(MOST_FOLLOWERS)
        self._listener = listener
        self._heard: WeakSet[cheroot_server.HTTPConnection] = WeakSet()

    def bind(self, family: int, type: int, proto: int = 0) -> socket.socket:
        """Take the given socket instead of making one."""
        self.socket = self._listener
        return self._listener

    def process_conn(self, conn: cheroot_server.HTTPConnection) -> None:
        """Give a connection to a worker, but a new one not before its first byte arrives.

        cheroot would let a worker wait for the first request of each new connection, so that as many
        silent clients as there are workers (a browser that connects ahead, a port scan) stop everything.
        """
        if conn in self._heard:
            super().process_conn(conn)
        else:
            self._heard.add(conn)
            self.put_conn(conn)

    def error_log(self, msg: str = "", level: int = logging.INFO, traceback: bool = False) -> None:
        """Write to the log instead of to standard error."""
        log.log(level, msg, exc_info=traceback)


class HttpServer:
    """A WSGI application behind a listening socket, in background threads.

    Parameters:
        app: the WSGI application.
        listener: bound TCP socket; it belongs to the server, which closes it.
        origins: which connections come from the TLS listener.
    """

    def __init__(self, app: "WSGIApplication", listener: socket.socket, origins: Origins | None = None) -> None:
        self._server = _Server(listener, app, origins or Origins())
        self._thread = threading.Thread(target=self._server.serve, name="mock-idp http", daemon=True)
        self.address: Address = listener.getsockname()[:2]
        """Address and port it listens on."""

    def start(self) -> None:
        """Accept connections; when this returns, clients can connect."""
        self._server.prepare()
        self._thread.start()

    def stop(self) -> None:
        """End all waiting, finish the requests that are being answered (1 s at most) and close the socket."""
        self._server.aside.stop()
        self._server.stop()
        if self._thread.is_alive():
            self._thread.join()
