"""The load generator: HTTP/1.1 on sockets of its own, many conversations at once in one thread.

It does as little as it can, because its work is measured, too: requests are bytes, answers are read by httptools (the
parser of Node's HTTP server).
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

from httptools import HttpParserError, HttpResponseParser

from benchmarks.settings import ANSWER_SECONDS

FORM = "application/x-www-form-urlencoded"
_ENDS_OF_ITS_OWN = frozenset({"content-length", "transfer-encoding"})
"""Header fields that say where a body ends; without them, the end of the connection does (RFC 9112 section 6.3)."""


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
        fields: header fields in order, names in lower case.
        body: the body.
    """

    status: int
    fields: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str:
        """The first field of a name; empty if there is none."""
        return next(self.headers(name), "")

    def headers(self, name: str) -> Iterator[str]:
        """All fields of a name, in order."""
        return (value for key, value in self.fields if key == name.lower())

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


class AnswerReader:
    """Reads one answer, piece by piece."""

    def __init__(self) -> None:
        self._parser = HttpResponseParser(self)
        self._fields: list[tuple[str, str]] = []
        self._body = bytearray()
        self.is_complete = False
        """The whole answer is there."""
        self.is_last = True
        """The server ends the connection after it."""
        self.has_begun = False
        """Something of it is there."""

    def on_header(self, name: bytes, value: bytes) -> None:
        """Called by the parser."""
        self._fields.append((name.decode("latin-1").lower(), value.decode("latin-1")))

    def on_body(self, piece: bytes) -> None:
        """Called by the parser."""
        self._body += piece

    def on_message_complete(self) -> None:
        """Called by the parser, which knows only now whether the connection stays."""
        self.is_complete = True
        self.is_last = not self._parser.should_keep_alive()

    def feed(self, piece: bytes) -> None:
        """Take what was received; nothing at all is the end of the connection.

        Raises:
            LoadError: it is no HTTP, or the connection ended in the middle.
        """
        if piece:
            self.has_begun = True
            try:
                self._parser.feed_data(piece)
            except HttpParserError as error:
                raise LoadError(f"an answer is no HTTP: {error}") from error
        elif not self.is_complete:
            if not self._fields or _ENDS_OF_ITS_OWN & {name for name, _ in self._fields}:
                raise LoadError("the connection ended in the middle of an answer")
            self.is_complete = True

    @property
    def answer(self) -> Answer:
        """The answer, once it is complete."""
        return Answer(self._parser.get_status_code(), tuple(self._fields), bytes(self._body))


class _Lane:
    """Plays conversations one after the other, on connections of its own."""

    def __init__(self, poll: "select.epoll", lanes: dict[int, "_Lane"]) -> None:
        self._poll = poll
        self._lanes = lanes
        self._sockets: dict[int, socket.socket] = {}
        self._conversation: Conversation | None = None
        self._request = Request(0, b"")
        self._reader = AnswerReader()
        self._is_fresh = True
        self._began = 0.0

    def begin(self, conversation: Conversation) -> None:
        self._conversation = conversation
        self._began = time.perf_counter()
        self._send(next(conversation))

    def _send(self, request: Request) -> None:
        self._request = request
        self._reader = AnswerReader()
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
        if not piece and not self._reader.has_begun:
            self._again()
            return None
        self._reader.feed(piece)
        if not self._reader.is_complete:
            return None
        if self._reader.is_last or not piece:
            self._drop(self._request.port)
        try:
            following = self._conversation.send(self._reader.answer)
        except StopIteration:
            self._conversation = None
            return time.perf_counter() - self._began
        self._send(following)
        return None

    def close(self) -> None:
        for port in list(self._sockets):
            self._drop(port)


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
