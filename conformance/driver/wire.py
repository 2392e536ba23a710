"""HTTP as it is on the wire: nothing added, followed, decoded or remembered behind the test's back.

``httpcore`` sends the target of a request as given (a broken percent escape included), keeps the order and
repetition of header fields and speaks through a CONNECT proxy, which ordinary clients do not all do.
"""

import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final
from urllib.parse import SplitResult, urlsplit

import httpcore

DEFAULT_PORTS: Final = {"http": 80, "https": 443}
IDLE_SECONDS: Final = 2.0
"""An idle connection is not used again after that: servers close theirs after 5 s, and a request sent at that very
moment would look like an answer that broke off."""

MAX_BODY_BYTES: Final = 4_000_000
"""More than any honest answer needs; a longer one is cut rather than filling the memory."""


class NoAnswerError(Exception):
    """The other side did not answer with an HTTP response; the text says who and how.

    Parameters:
        origin: scheme, host and port that did not answer.
        problem: what happened, in words.
    """

    def __init__(self, origin: str, problem: str) -> None:
        super().__init__(f"{origin} {problem}")
        self.origin = origin
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Request:
    """What was sent. ``headers`` keeps order and repetition."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Response:
    """What came back. ``headers`` keeps order and repetition; names are as received."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str | None:
        """All fields of that name, joined by a comma and a space; None if there are none."""
        values = self.header_values(name)
        return ", ".join(values) if values else None

    def header_values(self, name: str) -> list[str]:
        """Each field of that name, in order."""
        return [value for key, value in self.headers if key.lower() == name.lower()]


@dataclass(frozen=True, slots=True)
class HttpExchange:
    """A request and its response, for the transcript."""

    request: Request
    response: Response | None


def origin_of(url: str) -> str:
    """Scheme, host and port of a URL; the scheme's own port is left out, names are in lower case."""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    host = f"[{host}]" if ":" in host else host
    port = parts.port
    if port is None or port == DEFAULT_PORTS.get(parts.scheme):
        return f"{parts.scheme}://{host}"
    return f"{parts.scheme}://{host}:{port}"


def check_address(url: str) -> SplitResult:
    """Take apart an address that another party may have made up.

    Raises:
        NoAnswerError: no request can be sent there.
    """
    try:
        parts = urlsplit(url)
        usable = parts.scheme in DEFAULT_PORTS and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise NoAnswerError(url, "is not an http or https address")
    return parts


@dataclass(frozen=True, slots=True)
class ProxyRoute:
    """How to reach hosts that are served by the mock IdP by name.

    Parameters:
        hosts: host name patterns (``*`` within them).
        proxy_url: the mock's forward proxy.
        ca_pem: the mock's certificate authority.
    """

    hosts: tuple[str, ...]
    proxy_url: str
    ca_pem: str

    def covers(self, host: str) -> bool:
        """Say whether a host is served by the mock."""
        return any(fnmatchcase(host.lower(), pattern.lower()) for pattern in self.hosts)


@dataclass(frozen=True, slots=True)
class PublicAddress:
    """Stands in for the proxy that takes the requests to a public address and passes them on, after ending TLS, say.

    Parameters:
        public: the base URL that browsers know, without trailing slash. A path in it is taken off on the way.
        listener: the origin where the target listens.
    """

    public: str
    listener: str

    def takes(self, url: str) -> bool:
        """Say whether requests to an address arrive here."""
        return origin_of(url) == origin_of(self.public)

    def path_behind(self, path: str) -> str | None:
        """The path that the target is asked for; None outside the public address, where other servers' pages are."""
        prefix = urlsplit(self.public).path
        if not prefix:
            return path
        behind = path.removeprefix(prefix)
        return behind if path.startswith(prefix) and behind[:1] in ("", "/") else None

    def fields(self) -> list[tuple[str, str]]:
        """What it says about the request it took, in the fields that are usual for it."""
        parts = urlsplit(self.public)
        fields = [("X-Forwarded-Proto", parts.scheme), ("X-Forwarded-Host", parts.netloc)]
        return [*fields, ("X-Forwarded-Prefix", parts.path)] if parts.path else fields


@dataclass(frozen=True, slots=True)
class Replicas:
    """Several processes of the target behind one address, as a load balancer without sticky sessions has them.

    Parameters:
        origin: the address that browsers know.
        listeners: where the replicas listen.
    """

    origin: str
    listeners: tuple[str, ...]

    def listener(self, turn: int) -> str:
        """The replica whose turn it is."""
        return self.listeners[turn % len(self.listeners)]


_ELSEWHERE: Final = Response(404, (("Content-Type", "text/plain"),), b"Nothing is served at this address.")
"""What a public address answers outside of the path that it passes on."""


class Wire:
    """Sends requests; direct, or through the mock's proxy for the hosts it serves by name.

    Parameters:
        route: see :class:`ProxyRoute`; None if every host is reached directly.
        timeout_seconds: limit for connecting and for each read.
        trusted_ca_file: PEM file of a CA that the target's certificate descends from, if it is not public.
        public_address: see :class:`PublicAddress`; None if the target listens where browsers reach it.
        replicas: see :class:`Replicas`; None if there is one of the target.
    """

    def __init__(
        self,
        route: ProxyRoute | None,
        timeout_seconds: float,
        trusted_ca_file: str | None = None,
        public_address: PublicAddress | None = None,
        replicas: Replicas | None = None,
    ) -> None:
        self._route = route
        self._replicas = replicas
        self._public_address = public_address
        self._timeout = dict.fromkeys(("connect", "read", "write", "pool"), timeout_seconds)
        self._seconds = timeout_seconds
        direct = ssl.create_default_context(cafile=trusted_ca_file)
        if route and route.ca_pem:
            # Some vendors are reached below the mock's TLS address, which has a certificate of the same authority.
            direct.load_verify_locations(cadata=route.ca_pem)
        self._direct = httpcore.ConnectionPool(ssl_context=direct, max_connections=20, keepalive_expiry=IDLE_SECONDS)
        self._by_name: httpcore.HTTPProxy | None = None
        if route:
            mock_only = ssl.create_default_context(cadata=route.ca_pem)
            self._by_name = httpcore.HTTPProxy(
                route.proxy_url, ssl_context=mock_only, max_connections=20, keepalive_expiry=IDLE_SECONDS
            )

    def close(self) -> None:
        """Close all connections."""
        self._direct.close()
        if self._by_name:
            self._by_name.close()

    def has_replicas_at(self, url: str) -> bool:
        """Say whether several replicas answer at an address in turn."""
        return self._replicas is not None and origin_of(url) == origin_of(self._replicas.origin)

    def send(self, request: Request, turn: int = 0) -> Response:
        """Send one request and read the whole answer.

        Parameters:
            request: what is sent.
            turn: whose turn it is, where there are replicas; it counts on from request to request.

        Raises:
            NoAnswerError: connection refused, TLS failure, time-out, reset, an answer that is no HTTP, or an address
                that cannot be asked.
        """
        parts = check_address(request.url)
        origin = origin_of(request.url)
        there, path = parts, parts.path
        if self._public_address and self._public_address.takes(request.url):
            behind = self._public_address.path_behind(parts.path)
            if behind is None:
                return _ELSEWHERE
            there, path = urlsplit(self._public_address.listener), behind
        if self._replicas and self.has_replicas_at(request.url):
            there = urlsplit(self._replicas.listener(turn))
        host = there.hostname or ""
        target = path or "/"
        if parts.query or request.url.split("#")[0].endswith("?"):
            target = f"{target}?{parts.query}"
        url = httpcore.URL(
            scheme=there.scheme.encode(),
            host=host.encode("ascii" if host.isascii() else "idna"),
            port=there.port,
            target=target.encode("utf-8", "surrogateescape"),
        )
        headers = [(name.encode("latin-1"), value.encode("utf-8")) for name, value in self._framed(request, origin)]
        pool = self._by_name if self._by_name and self._route and self._route.covers(host) else self._direct
        try:
            with pool.stream(
                request.method,
                url,
                headers=headers,
                content=request.body or None,
                extensions={"timeout": self._timeout},
            ) as answer:
                body = b""
                for chunk in answer.iter_stream():
                    body += chunk
                    if len(body) > MAX_BODY_BYTES:
                        break
                received = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in answer.headers)
                return Response(answer.status, received, body)
        except httpcore.TimeoutException as error:
            raise NoAnswerError(origin, f"did not answer within {self._seconds:g} s") from error
        except httpcore.ConnectError as error:
            raise NoAnswerError(origin, f"cannot be reached: {_reason(error)}") from error
        except httpcore.ProxyError as error:
            raise NoAnswerError(origin, f"was refused by the mock IdP's proxy: {error}") from error
        except httpcore.LocalProtocolError as error:
            raise NoAnswerError(origin, f"was not asked, because the request is no HTTP: {_reason(error)}") from error
        except (httpcore.NetworkError, httpcore.ProtocolError) as error:
            raise NoAnswerError(origin, f"broke off without an HTTP answer: {_reason(error)}") from error

    def _framed(self, request: Request, origin: str) -> Sequence[tuple[str, str]]:
        """Add what HTTP/1.1 demands and nothing else: Host, and the length of a body (RFC 9112 section 6).

        A public address adds its forwarding fields.
        """
        names = {name.lower() for name, _ in request.headers}
        framed = list(request.headers)
        if self._public_address and self._public_address.takes(request.url):
            framed += [(name, value) for name, value in self._public_address.fields() if name.lower() not in names]
        if "host" not in names:
            framed.insert(0, ("Host", origin.split("://", 1)[1]))
        if "content-length" not in names and (request.body or request.method in {"POST", "PUT", "PATCH"}):
            framed.append(("Content-Length", str(len(request.body))))
        return framed


def _reason(error: BaseException) -> str:
    text = str(error).strip()
    return text or type(error).__name__
