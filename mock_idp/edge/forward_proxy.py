"""The forward proxy: takes CONNECT to the hosts that the mock serves, and refuses everything else.

It calls nobody. A tunnel that is allowed goes straight to the TLS listener's code, in the same process, so
a backend under test cannot reach the real Google by accident.
"""

import asyncio
import contextlib
import logging
from asyncio import StreamReader, StreamWriter
from collections.abc import Awaitable, Callable, Iterable
from urllib.parse import urlsplit

import h11

from mock_idp.edge.hosts import is_served

log = logging.getLogger(__name__)

HEADER_LIMIT = 16 * 1024
"""Bytes a request header may have."""

HEADER_SECONDS = 10.0
"""How long a client may take to send it."""

_FAREWELL_SECONDS = 2.0
_CHUNK = 64 * 1024

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
        patterns: the host names that are served (see :mod:`mock_idp.edge.hosts`).
        tunnel: serves an allowed tunnel.
        header_seconds: how long a client may take for its request.
    """

    def __init__(self, patterns: Iterable[str], tunnel: Tunnel, header_seconds: float = HEADER_SECONDS) -> None:
        self._patterns = tuple(patterns)
        self._tunnel = tunnel
        self._header_seconds = header_seconds

    async def serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        """Serve one connection. Raises nothing that a client can cause; the caller closes it."""
        http = h11.Connection(h11.SERVER, max_incomplete_event_size=HEADER_LIMIT)
        try:
            try:
                async with asyncio.timeout(self._header_seconds):
                    request = await _receive_request(http, reader)
                if request is None:
                    return
                self._check(request)
            except _RefusedError as refused:
                await _refuse(http, reader, writer, refused)
                return
            # No Content-Length and no Transfer-Encoding (RFC 9110 section 9.3.6).
            writer.write(http.send(h11.Response(status_code=200, headers=[], reason=b"Connection Established")))
            await writer.drain()
        except OSError:  # TimeoutError is one
            return
        # An eager client starts TLS before it has our answer.
        await self._tunnel(reader, writer, http.trailing_data[0])

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


async def _receive_request(http: h11.Connection, reader: StreamReader) -> h11.Request | None:
    """Wait for a request header; None if the client went away without one.

    Raises:
        _RefusedError: what came is no HTTP request, or too large.
        OSError: the connection broke.
    """
    while True:
        try:
            event = http.next_event()
        except h11.RemoteProtocolError as error:
            raise _RefusedError(
                error.error_status_hint,
                f"The mock IdP's forward proxy did not understand this request: {error}.",
            ) from None
        if isinstance(event, h11.Request):
            return event
        if event is h11.NEED_DATA:
            http.receive_data(await reader.read(_CHUNK))
        else:  # ConnectionClosed
            return None


async def _refuse(http: h11.Connection, reader: StreamReader, writer: StreamWriter, refused: _RefusedError) -> None:
    """Answer and end the connection.

    Raises:
        OSError: the connection broke.
    """
    log.debug("refused: %s", refused.sentence)
    body = f"{refused.sentence}\n".encode()
    response = h11.Response(
        status_code=refused.status,
        # Of a refused CONNECT most clients show this phrase and nothing else.
        reason=b"Refused by the mock IdP",
        headers=[
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Length", str(len(body))),
            ("Mock-Idp", "forward-proxy"),
            ("Connection", "close"),
        ],
    )
    for event in (response, h11.Data(data=body), h11.EndOfMessage()):
        writer.write(http.send(event) or b"")
    await writer.drain()
    writer.write_eof()
    # Closing while the client still sends would reset the connection, and the client might never see the
    # answer (RFC 9112 section 9.6).
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_FAREWELL_SECONDS):
            while await reader.read(_CHUNK):
                pass
