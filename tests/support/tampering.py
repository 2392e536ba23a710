"""A server between suite and backend that changes answers on the way: defects on the wire, without a new backend."""

from __future__ import annotations

import contextlib
import http.client
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.support.fake_servers import reset

SECONDS = 30


@dataclass(frozen=True)
class Asked:
    """A request on its way to the backend."""

    method: str
    path: str
    headers: Any
    body: bytes


@dataclass(frozen=True)
class Answered:
    """An answer on its way back."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def without(self, *names: str) -> Answered:
        """The answer without some header fields."""
        dropped = {name.lower() for name in names}
        return replace(self, headers=tuple(pair for pair in self.headers if pair[0].lower() not in dropped))

    def having(self, name: str, value: str) -> Answered:
        """The answer with one header field set."""
        kept = self.without(name)
        return replace(kept, headers=(*kept.headers, (name, value)))

    def with_cookies(self, change: Callable[[str], str | None]) -> Answered:
        """The answer with each ``Set-Cookie`` changed; None drops one."""
        headers: list[tuple[str, str]] = []
        for name, value in self.headers:
            new = change(value) if name.lower() == "set-cookie" else value
            headers += [(name, new)] if new is not None else []
        return replace(self, headers=tuple(headers))

    def saying(self, body: bytes | str, media_type: str | None = None) -> Answered:
        """The answer with another body."""
        changed = replace(self, body=body.encode() if isinstance(body, str) else body)
        return changed.having("Content-Type", media_type) if media_type else changed


class Hang(Exception):  # noqa: N818 - what the server does
    """Raised by a tamperer: no answer ever comes."""


class BreakOff(Exception):  # noqa: N818 - what the server does
    """Raised by a tamperer: the connection is reset."""


Tamper = Callable[[Asked, Answered], Answered]


def leave_alone(asked: Asked, answered: Answered) -> Answered:
    """Change nothing."""
    del asked
    return answered


@dataclass
class TamperingFront:
    """What stands between suite and backend.

    Attributes:
        url: where it listens.
        backend_ports: the backends behind it, which are asked in turn.
        tamper: changes answers.
    """

    url: str = ""
    backend_ports: list[int] = field(default_factory=list)
    tamper: Tamper = leave_alone
    _count: int = 0

    def pass_on(self, asked: Asked) -> Answered:
        """Ask the next backend."""
        port = self.backend_ports[self._count % len(self.backend_ports)]
        self._count += 1
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)
        with contextlib.closing(connection):
            connection.putrequest(asked.method, asked.path, skip_host=True, skip_accept_encoding=True)
            for name, value in asked.headers.items():
                if name.lower() != "connection":
                    connection.putheader(name, value)
            connection.endheaders(asked.body or None)
            response = connection.getresponse()
            dropped = {"connection", "transfer-encoding", "content-length", "keep-alive"}
            headers = tuple((name, value) for name, value in response.getheaders() if name.lower() not in dropped)
            return Answered(response.status, headers, response.read())


@contextlib.contextmanager
def tampering_front() -> Iterator[TamperingFront]:
    """Serve one on a free port, by the name localhost."""
    front, stopping = TamperingFront(), threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def _any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            asked = Asked(self.command, self.path, self.headers, body)
            try:
                answered = front.tamper(asked, front.pass_on(asked))
            except Hang:
                stopping.wait(SECONDS)
                self.close_connection = True
                return
            except BreakOff:
                reset(self.connection)
                self.close_connection = True
                return
            self.send_response_only(answered.status)
            for name, value in answered.headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answered.body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answered.body)

        do_GET = do_HEAD = do_POST = do_PATCH = do_PUT = do_DELETE = do_OPTIONS = _any  # noqa: N815 - the names http.server looks for

        def log_message(self, format: str, *args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        front.url = f"http://localhost:{server.server_port}"
        try:
            yield front
        finally:
            stopping.set()
            server.shutdown()
            thread.join(10)
