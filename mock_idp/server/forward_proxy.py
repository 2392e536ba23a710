"""The forward proxy: takes CONNECT to the hosts that the mock serves, and refuses everything else.

It opens no connection. A tunnel that is allowed goes straight to the TLS listener's code, in the same process, so
a backend under test cannot reach the real Google by accident.
"""

import asyncio
import logging
from asyncio import StreamReader, StreamWriter
from collections.abc import Awaitable, Callable, Iterable
from urllib.parse import urlsplit

import h11

from mock_idp.hosts import is_served
from mock_idp.server.http_stream import HttpStream
from mock_idp.settings import PROXY_HEADER_BYTES, PROXY_HEADER_SECONDS

log = logging.getLogger(__name__)

Tunnel = Callable[[StreamReader, StreamWriter, bytes], Awaitable[None]]
"""Serves what comes through a tunnel: the client's stream, and what was read of it already."""


class _RefusedError(Exception):
    """An answer other than a tunnel.

    Parameters:
        status: HTTP status code.
        sentence: what is wrong and what to do.
    """

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence


class ForwardProxy:
    """Serves connections of clients that have the mock as their HTTPS proxy.

    Parameters:
        patterns: the host names that are served (see :mod:`mock_idp.hosts`).
        tunnel: serves an allowed tunnel.
        header_seconds: how long a client may take for its request.
    """

    def __init__(self, patterns: Iterable[str], tunnel: Tunnel, header_seconds: float = PROXY_HEADER_SECONDS) -> None:
        self._patterns = tuple(patterns)
        self._tunnel = tunnel
        self._header_seconds = header_seconds

    async def serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        """Serve one connection. Raises nothing that a client can cause; the caller closes it."""
        stream = HttpStream(h11.SERVER, reader, writer, PROXY_HEADER_BYTES)
        try:
            try:
                async with asyncio.timeout(self._header_seconds):
                    request = await _receive_request(stream)
                if request is None:
                    return
                self._check(request)
            except _RefusedError as refused:
                await _refuse(stream, refused)
                return
            # No Content-Length and no Transfer-Encoding (RFC 9110 section 9.3.6).
            await stream.send(h11.Response(status_code=200, headers=[], reason=b"Connection Established"))
        except OSError:  # TimeoutError is one
            return
        # An eager client starts TLS before it has our answer.
        await self._tunnel(reader, writer, stream.http.trailing_data[0])

    def _check(self, request: h11.Request) -> None:
        """Decide about a request.

        Raises:
            _RefusedError: there is no tunnel for it.
        """
        target = request.target.decode("ascii")
        if request.method != b"CONNECT":
            if "://" not in target:
                raise _RefusedError(400, "This is the mock IdP's forward proxy, not a website; use it as HTTPS_PROXY.")
            raise _RefusedError(
                403,
                "The mock IdP's forward proxy takes https:// only; put hosts that you call with http:// into NO_PROXY.",
            )
        host, port = _host_and_port(target)
        if not is_served(self._patterns, host):
            raise _RefusedError(
                403,
                f"The mock IdP does not serve {host} and calls no other host; "
                "put it into NO_PROXY if it is not a vendor's.",
            )
        if port != 443:  # RFC 9110 section 4.2.2: the port of https
            raise _RefusedError(403, f"The mock IdP serves {host} on port 443 only, not on {port}.")


def _host_and_port(target: str) -> tuple[str, int]:
    """Split the authority-form (RFC 9112 section 3.2.3).

    Raises:
        _RefusedError: it is something else.
    """
    wrong = _RefusedError(400, "CONNECT takes a host name and a port, such as accounts.google.com:443.")
    try:
        parts = urlsplit(f"//{target}")
        host, port = parts.hostname, parts.port
    except ValueError:
        raise wrong from None
    if not host or not port or parts.netloc != target or "@" in target:
        raise wrong
    return host, port


async def _receive_request(stream: HttpStream) -> h11.Request | None:
    """Wait for a request header; None if the client went away without one.

    Raises:
        _RefusedError: what came is no HTTP request, or too large.
        OSError: the connection broke.
    """
    try:
        event = await stream.receive()
    except h11.RemoteProtocolError as error:
        raise _RefusedError(
            error.error_status_hint,
            f"The mock IdP's forward proxy did not understand this request: {error}.",
        ) from None
    return event if isinstance(event, h11.Request) else None


async def _refuse(stream: HttpStream, refused: _RefusedError) -> None:
    """Answer and end the connection.

    Raises:
        OSError: the connection broke.
    """
    log.debug("refused: %s", refused.sentence)
    fields = [("Content-Type", "text/plain; charset=utf-8"), ("Mock-Idp", "forward-proxy"), ("Connection", "close")]
    # Of a refused CONNECT most clients show the reason phrase and nothing else.
    await stream.answer(refused.status, fields, f"{refused.sentence}\n".encode(), b"Refused by the mock IdP")
    await stream.farewell()
