"""The load generator: HTTP/1.1 on sockets of its own, many conversations at once in one thread.

It does as little as it can, because its work is measured, too: requests are bytes, answers are cut at their length.
A conversation is a generator that yields requests and is sent answers; each keeps its connections, as a browser does.
"""

import json
import select
import socket
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import urlencode, urljoin, urlsplit

from benchmarks.settings import ANSWER_SECONDS

FORM = "application/x-www-form-urlencoded"
_BODILESS = frozenset({204, 304})


class LoadError(Exception):
    """A server did not answer as the conversation needs it; the message says what it answered."""


class Request(NamedTuple):
    """What goes out.

    Parameters:
        port: TCP port on the loopback interface.
        content: header and body.
    """

    port: int
    content: bytes


class Answer(NamedTuple):
    """What comes back.

    Parameters:
        status: HTTP status.
        head: status line and header fields.
        body: the body.
    """

    status: int
    head: bytes
    body: bytes

    def header(self, name: str) -> str:
        """The first field of a name; empty if there is none."""
        return next(self.headers(name), "")

    def headers(self, name: str) -> Iterator[str]:
        """All fields of a name, in order."""
        wanted = name.lower().encode()
        for line in self.head.split(b"\r\n")[1:]:
            key, _, value = line.partition(b":")
            if key.strip().lower() == wanted:
                yield value.strip().decode("latin-1")

    def json(self) -> Any:
        """The body as JSON.

        Raises:
            LoadError: it is none.
        """
        try:
            return json.loads(self.body)
        except ValueError:
            raise LoadError(f"status {self.status} without JSON: {self.body[:200]!r}") from None


Conversation = Generator[Request, Answer, None]


@dataclass
class Visitor:
    """Writes the requests of one browser: its cookies go to the server that set them.

    Parameters:
        cookies: (port, name) -> value.
    """

    cookies: dict[tuple[int, str], str] = field(default_factory=dict)

    def request(self, url: str, form: dict[str, str] | list[tuple[str, str]] | None = None, **headers: str) -> Request:
        """A GET, or a POST if there is a form.

        Parameters:
            url: where to.
            form: form fields.
            headers: header fields; an underscore stands for a hyphen.
        """
        parts = urlsplit(url)
        port = parts.port or 80
        target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        body = b"" if form is None else urlencode(form).encode()
        lines = [f"{'GET' if form is None else 'POST'} {target} HTTP/1.1", f"Host: {parts.netloc}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        cookies = [f"{name}={value}" for (owner, name), value in self.cookies.items() if owner == port]
        if cookies:
            lines.append(f"Cookie: {'; '.join(cookies)}")
        if form is not None:
            lines += [f"Content-Type: {FORM}", f"Content-Length: {len(body)}"]
        return Request(port, "\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    def visit(
        self, url: str, form: dict[str, str] | list[tuple[str, str]] | None = None, **headers: str
    ) -> Generator[Request, Answer, Answer]:
        """Send a request and keep the cookies of its answer; parameters as of :meth:`request`."""
        answer = yield self.request(url, form, **headers)
        port = urlsplit(url).port or 80
        for text in answer.headers("set-cookie"):
            name, _, value = text.partition(";")[0].partition("=")
            if value:
                self.cookies[port, name] = value
            else:
                self.cookies.pop((port, name), None)
        return answer


def location(url: str, answer: Answer) -> str:
    """Where a redirect leads.

    Raises:
        LoadError: it is none.
    """
    target = answer.header("location")
    if not target:
        raise LoadError(f"{url} answered {answer.status} instead of a redirect: {answer.body[:300]!r}")
    return urljoin(url, target)


class _Lane:
    """Plays conversations one after the other, on connections of its own."""

    def __init__(self, poll: "select.epoll", lanes: dict[int, "_Lane"]) -> None:
        self._poll = poll
        self._lanes = lanes
        self._sockets: dict[int, socket.socket] = {}
        self._conversation: Conversation | None = None
        self._request = Request(0, b"")
        self._received = bytearray()
        self._is_fresh = True
        self._began = 0.0

    def begin(self, conversation: Conversation) -> None:
        self._conversation = conversation
        self._began = time.perf_counter()
        self._send(next(conversation))

    def _send(self, request: Request) -> None:
        self._request = request
        self._received.clear()
        known = self._sockets.get(request.port)
        self._is_fresh = known is None
        connection = known or self._connect(request.port)
        try:
            connection.sendall(request.content)
        except OSError:
            self._again()

    def _connect(self, port: int) -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", port), ANSWER_SECONDS)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._sockets[port] = connection
        self._lanes[connection.fileno()] = self
        self._poll.register(connection.fileno(), select.EPOLLIN)
        return connection

    def _again(self) -> None:
        """A server may end an idle connection whenever it likes; a new one is another matter."""
        self._drop(self._request.port)
        if self._is_fresh:
            raise LoadError(f"port {self._request.port} ended the connection instead of answering")
        self._send(self._request)

    def _drop(self, port: int) -> None:
        connection = self._sockets.pop(port, None)
        if connection is not None:
            self._poll.unregister(connection.fileno())
            del self._lanes[connection.fileno()]
            connection.close()

    def on_input(self, descriptor: int) -> float | None:
        """Read; gives how long the conversation took, if it is over."""
        connection = self._sockets.get(self._request.port)
        if connection is None or connection.fileno() != descriptor or self._conversation is None:
            # Somebody else's connection ends while it is idle.
            self._drop(next(port for port, one in self._sockets.items() if one.fileno() == descriptor))
            return None
        try:
            piece = connection.recv(262_144)
        except ConnectionError:
            piece = b""
        if not piece and not self._received:
            self._again()
            return None
        self._received += piece
        read = read_answer(self._received, is_over=not piece)
        if read is None:
            return None
        answer, is_last = read
        if is_last or not piece:
            self._drop(self._request.port)
        try:
            following = self._conversation.send(answer)
        except StopIteration:
            self._conversation = None
            return time.perf_counter() - self._began
        self._send(following)
        return None

    def close(self) -> None:
        for port in list(self._sockets):
            self._drop(port)


def read_answer(received: bytes | bytearray, *, is_over: bool) -> tuple[Answer, bool] | None:
    """Cut an answer out of what was received.

    Parameters:
        received: everything so far.
        is_over: the connection has ended.

    Returns:
        The answer, and whether the server ends the connection after it; None if something is missing yet.
    """
    end = received.find(b"\r\n\r\n")
    if end < 0:
        return None
    head = bytes(received[:end])
    body = bytes(received[end + 4 :])
    status = int(head[9:12])
    lower = head.lower()
    is_last = b"\nconnection: close" in lower or (
        lower.startswith(b"http/1.0") and b"\nconnection: keep-alive" not in lower
    )
    if status in _BODILESS:
        return Answer(status, head, b""), is_last
    start = lower.find(b"\ncontent-length:")
    if start >= 0:
        length = int(lower[start + 16 :].partition(b"\r\n")[0])
        return (Answer(status, head, body[:length]), is_last) if len(body) >= length else None
    if b"\ntransfer-encoding: chunked" in lower:
        whole = _unchunked(body)
        return None if whole is None else (Answer(status, head, whole), is_last)
    return (Answer(status, head, body), True) if is_over else None


def _unchunked(body: bytes) -> bytes | None:
    pieces: list[bytes] = []
    while True:
        line, found, rest = body.partition(b"\r\n")
        if not found:
            return None
        size = int(line.partition(b";")[0], 16)
        if len(rest) < size + 2:
            return None
        if size == 0:
            return b"".join(pieces)
        pieces.append(rest[:size])
        body = rest[size + 2 :]


@dataclass(frozen=True, slots=True)
class Load:
    """What a run of conversations took.

    Parameters:
        seconds: from the first request to the last answer.
        own_seconds: CPU time of the load generator in that time.
        durations: of each conversation, in the order they ended.
    """

    seconds: float
    own_seconds: float
    durations: tuple[float, ...]

    @property
    def rate(self) -> float:
        """Conversations a second."""
        return len(self.durations) / self.seconds

    @property
    def own_share(self) -> float:
        """Which part of one core the load generator used."""
        return self.own_seconds / self.seconds


def play(conversations: Iterator[Conversation], at_once: int) -> Load:
    """Play conversations, so many at once.

    Raises:
        LoadError: an answer was not as the conversation needs it, or did not come.
    """
    poll = select.epoll()
    lanes: dict[int, _Lane] = {}
    idle = [_Lane(poll, lanes) for _ in range(at_once)]
    everyone = list(idle)
    durations: list[float] = []
    running = 0
    began, own = time.perf_counter(), time.process_time()
    try:
        while True:
            while idle and (conversation := next(conversations, None)) is not None:
                idle.pop().begin(conversation)
                running += 1
            if not running:
                break
            events = poll.poll(ANSWER_SECONDS)
            if not events:
                raise LoadError(f"no answer for {ANSWER_SECONDS:g} seconds")
            for descriptor, _ in events:
                lane = lanes.get(descriptor)
                took = lane.on_input(descriptor) if lane else None
                if lane and took is not None:
                    durations.append(took)
                    idle.append(lane)
                    running -= 1
    finally:
        for lane in everyone:
            lane.close()
        poll.close()
    return Load(time.perf_counter() - began, time.process_time() - own, tuple(durations))


def get(url: str) -> Answer:
    """One request on a connection of its own.

    Raises:
        LoadError: nobody answers.
        OSError: nobody listens.
    """
    answers: list[Answer] = []

    def ask() -> Conversation:
        answers.append((yield Visitor().request(url, Connection="close")))

    play(iter([ask()]), 1)
    return answers[0]
