"""The way to the backend: one connection for each request, bodies in both directions as they come."""

import asyncio
import contextlib
import ssl
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import h11

from mock_idp.front import rules
from mock_idp.server.errors import ServerError
from mock_idp.server.http_stream import CHUNK, Fields, HttpStream
from mock_idp.settings import CONNECT_SECONDS, FRONT_HEADER_BYTES, FRONT_READ_BYTES

_SWITCHING_PROTOCOLS = 101


class UpstreamError(Exception):
    """The backend gave no answer; the message is one sentence with what to do."""


@dataclass(frozen=True, slots=True)
class Upstream:
    """Where the backend is.

    Parameters:
        url: its address without path, as it was written.
        host: host name or address.
        port: TCP port.
        is_tls: True if it speaks TLS.
    """

    url: str
    host: str
    port: int
    is_tls: bool

    @classmethod
    def at(cls, url: str) -> "Upstream":
        """Read an address.

        Parameters:
            url: ``http`` or ``https``, host and possibly port.

        Raises:
            EdgeError: there is a path, which would shift every address of the backend.
        """
        parts = urlsplit(url)
        if parts.path or parts.query or parts.fragment or parts.username is not None:
            raise ServerError(
                f"--upstream takes the address of a server, such as http://localhost:7007, and no more than that; "
                f"{url!r} has."
            )
        is_tls = parts.scheme == "https"
        return cls(url, parts.hostname or "", parts.port or (443 if is_tls else 80), is_tls)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[HttpStream]:
        """Connect for one request.

        Raises:
            UpstreamError: there is no server.
        """
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                reader, writer = await asyncio.open_connection(
                    self.host, self.port, ssl=ssl.create_default_context() if self.is_tls else None
                )
        except ssl.SSLCertVerificationError as error:
            raise UpstreamError(
                f"The backend at {self.url} has no certificate that this machine trusts ({error.verify_message}); "
                "name it with http://, or set SSL_CERT_FILE to its certificate authority."
            ) from error
        except ssl.SSLError as error:
            raise UpstreamError(f"What answers at {self.url} speaks no TLS; name it with http://.") from error
        except (OSError, UnicodeError) as error:  # TimeoutError is one
            raise UpstreamError(
                f"No backend answers at {self.url}; start it, or name another with --upstream."
            ) from error
        try:
            yield HttpStream(h11.CLIENT, reader, writer, FRONT_HEADER_BYTES)
        finally:
            # One request was all it was for, and a body that nobody reads must not hold it.
            writer.transport.abort()


Listener = Callable[[int, bytes], None]
"""Is told the status of an answer and the beginning of its body."""


async def relay(
    client: HttpStream, request: h11.Request, fields: Fields, upstream: Upstream, tell: Listener | None = None
) -> None:
    """Carry a request to the backend and the answer back, neither kept in memory.

    Parameters:
        client: who asks; its request header has been received, nothing of its body.
        request: that header.
        fields: the header fields for the backend.
        upstream: where the backend is.
        tell: is told when an answer has been carried completely.

    Raises:
        UpstreamError: no answer came, and none was begun on the client's side.
        h11.RemoteProtocolError: the client broke off or broke the protocol.
        OSError: a connection broke in the middle of an answer.
    """
    async with upstream.connection() as backend:
        try:
            await backend.send(h11.Request(method=request.method, target=request.target, headers=fields))
        except h11.LocalProtocolError as error:
            raise UpstreamError(f"This request cannot be passed on: {error}.") from error
        carrying = asyncio.create_task(_carry_request(client, backend, may_switch=bool(rules.upgrade_of(fields))))
        try:
            switched = await _carry_answer(backend, client, upstream, tell)
        finally:
            carrying.cancel()
            with contextlib.suppress(asyncio.CancelledError, OSError, h11.ProtocolError):
                await carrying
        if switched:
            await _carry_bytes(client, backend)


async def _carry_request(client: HttpStream, backend: HttpStream, *, may_switch: bool) -> None:
    """Carry the body; afterwards see whether the client is still there, unless it may speak another protocol next.

    Raises:
        h11.RemoteProtocolError: the client broke off or broke the protocol.
        OSError: a connection broke.
    """
    try:
        while isinstance(event := await client.receive(), h11.Data):
            await backend.send(h11.Data(data=event.data))
        await backend.send(h11.EndOfMessage())
        if may_switch:
            return
        more = await client.reader.read(CHUNK)
    except h11.RemoteProtocolError:
        more = b""
    client.http.receive_data(more)
    if not more:
        # Nobody waits for the answer (an event stream has no end of its own).
        backend.writer.transport.abort()


async def _carry_answer(backend: HttpStream, client: HttpStream, upstream: Upstream, tell: Listener | None) -> bool:
    """Carry the answer.

    Returns:
        True if both sides speak another protocol from now on.

    Raises:
        UpstreamError: no answer came.
        OSError: a connection broke in the middle.
    """
    while isinstance(head := await _head(backend, upstream), h11.InformationalResponse):
        fields = rules.answer_fields(head.headers.raw_items(), is_switching=head.status_code == _SWITCHING_PROTOCOLS)
        reason = bytes(head.reason)
        await client.send(h11.InformationalResponse(status_code=head.status_code, headers=fields, reason=reason))
        if head.status_code == _SWITCHING_PROTOCOLS:
            return True
    fields = rules.answer_fields(head.headers.raw_items())
    await client.send(h11.Response(status_code=head.status_code, headers=fields, reason=bytes(head.reason)))
    beginning = b""
    try:
        while isinstance(event := await backend.receive(), h11.Data):
            await client.send(h11.Data(data=event.data))
            if tell:
                beginning += event.data[: FRONT_READ_BYTES - len(beginning)]
    except h11.RemoteProtocolError as error:
        # The client must see that it is not complete.
        raise ConnectionResetError("the backend broke off its answer") from error
    await client.send(h11.EndOfMessage())
    if tell:
        tell(head.status_code, beginning)
    return False


async def _head(backend: HttpStream, upstream: Upstream) -> h11.Response | h11.InformationalResponse:
    """Wait for the header of an answer.

    Raises:
        UpstreamError: there is none.
    """
    try:
        event = await backend.receive()
    except (OSError, h11.RemoteProtocolError) as error:
        raise UpstreamError(
            f"The backend at {upstream.url} ended the connection without an answer; see its log."
        ) from error
    if isinstance(event, h11.Response | h11.InformationalResponse):
        return event
    raise UpstreamError(f"The backend at {upstream.url} ended the connection without an answer; see its log.")


async def _carry_bytes(client: HttpStream, backend: HttpStream) -> None:
    """Carry whatever both sides say, until both have ended.

    Raises:
        OSError: a connection broke.
    """
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_pour(client.http.trailing_data[0], client.reader, backend.writer))
            tasks.create_task(_pour(backend.http.trailing_data[0], backend.reader, client.writer))
    except* OSError as errors:
        raise ConnectionResetError("a side broke the connection") from errors


async def _pour(first: bytes, reader: StreamReader, writer: StreamWriter) -> None:
    data = first or await reader.read(CHUNK)
    while data:
        writer.write(data)
        await writer.drain()
        data = await reader.read(CHUNK)
    if writer.can_write_eof():
        writer.write_eof()
    else:  # TLS has one end for both directions
        writer.close()
