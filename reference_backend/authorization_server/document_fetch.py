"""GET of a document that somebody else named: bounded in time and size, to known addresses, without redirects.

``requests`` bounds the silence between two bytes only, and looks the host up by itself. Here all of it, from the first
packet to the last byte, has one deadline, and only addresses are called that the caller has looked at, if it did.
``HTTPS_PROXY``, ``NO_PROXY``, ``REQUESTS_CA_BUNDLE`` and ``SSL_CERT_FILE`` count as elsewhere; a proxy looks the host
up again by itself.
"""

import os
import ssl
import time
from collections.abc import Iterable, Sequence
from typing import Any

import httpcore
from requests import utils as requests_utils

from reference_backend import __version__

OK_STATUSES = range(200, 300)


class FetchError(Exception):
    """There is no document; the text is meant for the log."""


class TooLargeError(FetchError):
    """There is too much of it."""


def get(url: str, addresses: Sequence[str] | None, limit: int, timeout: float) -> bytes:
    """Fetch a JSON document.

    Parameters:
        url: http or https.
        addresses: IP addresses of its host, tried in this order; None for whatever the name leads to.
        limit: bytes that are accepted, as announced and as they come.
        timeout: seconds for everything.

    Raises:
        FetchError: not reachable, too slow, or any answer but a 2xx; a redirect is one.
    """
    deadline = time.monotonic() + timeout
    headers = [(b"Accept", b"application/json"), (b"User-Agent", f"reference-backend/{__version__}".encode())]
    try:
        with _pool(url, addresses, deadline) as pool, pool.stream("GET", url, headers=headers) as response:
            if response.status not in OK_STATUSES:
                raise FetchError(f"status {response.status}")
            require_size(_announced(response.headers), limit)
            return read(response.iter_stream(), limit)
    except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError, httpcore.ProxyError) as error:
        raise FetchError(f"{type(error).__name__}: {error}") from error


def read(parts: Iterable[bytes], limit: int) -> bytes:
    """Read a body up to the limit (CIMD-08)."""
    body = bytearray()
    for part in parts:
        body += part
        require_size(len(body), limit)
    return bytes(body)


def require_size(size: int, limit: int) -> None:
    """Refuse a document that is too large."""
    if size > limit:
        raise TooLargeError(f"more than {limit} bytes")


def _announced(headers: Sequence[tuple[bytes, bytes]]) -> int:
    length = {name.lower(): value for name, value in headers}.get(b"content-length", b"0")
    return int(length) if length.isdigit() else 0


def _pool(url: str, addresses: Sequence[str] | None, deadline: float) -> httpcore.ConnectionPool:
    context = ssl.create_default_context(cafile=authorities())
    proxy = requests_utils.select_proxy(url, requests_utils.get_environ_proxies(url))
    if proxy:
        return httpcore.HTTPProxy(
            proxy, ssl_context=context, network_backend=_Backend(None, deadline), max_connections=1
        )
    return httpcore.ConnectionPool(
        ssl_context=context, network_backend=_Backend(addresses, deadline), max_connections=1
    )


def authorities() -> str:
    """The file of certificate authorities that the operator wants, else certifi's."""
    names = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")
    return next((os.environ[name] for name in names if os.environ.get(name)), requests_utils.DEFAULT_CA_BUNDLE_PATH)


class _Stream(httpcore.NetworkStream):
    """A connection whose every operation ends at the deadline."""

    def __init__(self, inner: httpcore.NetworkStream, deadline: float) -> None:
        self._inner = inner
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        del timeout
        return self._inner.read(max_bytes, remaining(self._deadline))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        del timeout
        self._inner.write(buffer, remaining(self._deadline))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        del timeout
        secured = self._inner.start_tls(ssl_context, server_hostname, remaining(self._deadline))
        return _Stream(secured, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _Backend(httpcore.NetworkBackend):
    """Connects to given addresses, whatever the host is called."""

    def __init__(self, addresses: Sequence[str] | None, deadline: float) -> None:
        self._addresses = addresses
        self._deadline = deadline
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        del timeout
        failure: Exception = httpcore.ConnectError("no address")
        for address in [host] if self._addresses is None else self._addresses:
            try:
                stream = self._inner.connect_tcp(
                    address, port, remaining(self._deadline), local_address, socket_options
                )
                return _Stream(stream, self._deadline)
            except httpcore.ConnectError as error:
                failure = error
        raise failure


def remaining(deadline: float) -> float:
    """Seconds until the deadline.

    Raises:
        httpcore.ReadTimeout: it has passed.
    """
    left = deadline - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout("too slow")
    return left
