"""The TLS listener: takes TLS off and pipes the bytes to the plain HTTP listener.

TLS is done here on OpenSSL's memory buffers instead of with asyncio's own TLS transport, for three things
that one cannot do: take over a connection on which a CONNECT was answered, keep sending after the client has
ended its side (RFC 8446 section 6.1 allows that), and pass a TCP reset on to the client.
"""

import asyncio
import contextlib
import logging
import socket
import ssl
from asyncio import StreamReader, StreamWriter

from mock_idp.server.http_server import ABORTIVE_LINGER, Address, Origins
from mock_idp.settings import HANDSHAKE_SECONDS, IDLE_SECONDS, TLS_FAREWELL_SECONDS

log = logging.getLogger(__name__)

_CHUNK = 64 * 1024

_NOT_TLS = "HTTP_REQUEST"
"""OpenSSL's reason when the first bytes are a plain HTTP request."""

_NOT_TRUSTED = {
    "SSLV3_ALERT_BAD_CERTIFICATE",
    "SSLV3_ALERT_CERTIFICATE_UNKNOWN",
    "TLSV1_ALERT_UNKNOWN_CA",
}
"""OpenSSL's reasons when the client's alert says that it does not trust the certificate."""


class TlsStream:
    """One TLS connection over an asyncio stream, server side.

    Reading and writing may be done by two tasks of the same event loop.

    Parameters:
        reader: what the client sends, still encrypted.
        writer: to the client.
        context: certificate and settings.
        already_read: bytes that were read from the client before TLS was known to start.
    """

    def __init__(
        self, reader: StreamReader, writer: StreamWriter, context: ssl.SSLContext, already_read: bytes = b""
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._incoming.write(already_read)
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)

    async def handshake(self) -> None:
        """Shake hands.

        Raises:
            ssl.SSLError: the client does not speak TLS, does not trust the certificate, or went away.
            OSError: the connection broke.
        """
        while True:
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                await self._flush()
                await self._receive()
            except ssl.SSLError as error:
                if error.reason != _NOT_TLS:
                    # The alert tells the client why (RFC 8446 section 6.2).
                    with contextlib.suppress(OSError):
                        await self._flush()
                raise
            else:
                await self._flush()
                return

    async def read(self) -> bytes:
        """Wait for the next bytes of the client; empty once it has ended its side.

        Raises:
            ssl.SSLError: the client broke the protocol.
            OSError: the connection broke.
        """
        while True:
            try:
                data = self._tls.read(_CHUNK)
            except ssl.SSLWantReadError:
                await self._flush()
                await self._receive()
            except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
                # Without close_notify it may be a truncation, but HTTP has its own lengths.
                return b""
            else:
                await self._flush()  # reading can make something to send, a key update for instance
                return data

    async def write(self, data: bytes) -> None:
        """Send bytes; waits while the client does not take them.

        Raises:
            ssl.SSLError: the client broke the protocol.
            OSError: the connection broke.
        """
        self._tls.write(data)
        await self._flush()

    async def write_eof(self) -> None:
        """End our side: close_notify, then FIN. The client can go on sending."""
        # unwrap() also wants to see the client's close_notify, for which nobody waits here.
        with contextlib.suppress(ssl.SSLError):
            self._tls.unwrap()
        await self._flush()
        self._writer.write_eof()

    async def _receive(self) -> None:
        _acknowledge_at_once(self._writer)
        data = await self._reader.read(_CHUNK)
        if data:
            self._incoming.write(data)
        else:
            self._incoming.write_eof()

    async def _flush(self) -> None:
        if self._outgoing.pending:
            self._writer.write(self._outgoing.read())
            await self._writer.drain()


class TlsTerminator:
    """Serves TLS connections by piping their contents to a plain HTTP listener.

    Parameters:
        context: certificate and settings, see :meth:`mock_idp.server.authority.Authority.server_context`.
        upstream: address and port of the plain HTTP listener.
        origins: where connections to the HTTP listener are entered, so that it knows their client.
        handshake_seconds: time limit of the handshake.
    """

    def __init__(
        self,
        context: ssl.SSLContext,
        upstream: Address,
        origins: Origins,
        handshake_seconds: float = HANDSHAKE_SECONDS,
    ) -> None:
        self._context = context
        self._upstream = upstream
        self._origins = origins
        self._handshake_seconds = handshake_seconds

    async def serve(self, reader: StreamReader, writer: StreamWriter, already_read: bytes = b"") -> None:
        """Serve one connection until it ends. Raises nothing that a client can cause; closes nothing.

        Parameters:
            reader: what the client sends, from the first byte of TLS on.
            writer: to the client; the caller closes it.
            already_read: bytes of TLS that were read before.
        """
        tls = TlsStream(reader, writer, self._context, already_read)
        try:
            async with asyncio.timeout(self._handshake_seconds):
                await tls.handshake()
        except TimeoutError:
            return
        except ssl.SSLError as error:
            await _explain(error, writer)
            return
        except OSError:
            return
        with contextlib.suppress(OSError):
            await self._pipe(tls, writer)

    async def _pipe(self, tls: TlsStream, client: StreamWriter) -> None:
        # Browsers connect ahead and say nothing; the HTTP listener need not know of those.
        async with asyncio.timeout(IDLE_SECONDS):
            first = await tls.read()
        if not first:
            return
        reader, writer = await asyncio.open_connection(*self._upstream)
        local: Address = writer.get_extra_info("sockname")[:2]
        peer: Address = client.get_extra_info("peername")[:2]
        self._origins.enter(local, peer)
        try:
            await _splice(tls, first, reader, writer)
        except* ConnectionResetError:
            # Whoever reset it, the other side is to see that too.
            reset(writer)
            reset(client)
        except* OSError:  # TimeoutError is one
            pass
        finally:
            self._origins.leave(local)
            writer.transport.abort()


async def _splice(tls: TlsStream, first: bytes, reader: StreamReader, writer: StreamWriter) -> None:
    """Carry bytes both ways until both sides have ended theirs.

    Raises:
        ExceptionGroup: of OSError; a side broke the connection.
        TimeoutError: nothing was carried for too long.
    """
    now = asyncio.get_running_loop().time
    answered = False

    async with asyncio.timeout(IDLE_SECONDS) as idle:

        def carried() -> None:
            if not answered:
                idle.reschedule(now() + IDLE_SECONDS)

        async def carry_requests() -> None:
            data = first
            try:
                while data:
                    writer.write(data)
                    await writer.drain()
                    carried()
                    data = await tls.read()
                writer.write_eof()
            except OSError:
                # Once the answer is complete, what the client still sends may fall on deaf ears; a reset
                # would take away the part of the answer that it has not read yet.
                if not answered:
                    raise

        async def carry_answers() -> None:
            nonlocal answered
            while data := await reader.read(_CHUNK):
                await tls.write(data)
                carried()
            await tls.write_eof()
            answered = True
            idle.reschedule(now() + TLS_FAREWELL_SECONDS)

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(carry_requests())
            tasks.create_task(carry_answers())


def _acknowledge_at_once(writer: StreamWriter) -> None:
    """Do not hold back the acknowledgement of what comes next (the system forgets the wish, so it is made each time).

    Some clients let Nagle's algorithm (RFC 1122 section 4.2.3.4) work on connections to a proxy, and send head and
    body of a request one after the other: the body would wait 40 ms for the acknowledgement of the head.
    """
    if hasattr(socket, "TCP_QUICKACK"):
        with contextlib.suppress(OSError):
            writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)


def reset(writer: StreamWriter) -> None:
    """End a connection with a TCP reset (RFC 9293 section 3.5.2); what is unsent is dropped."""
    with contextlib.suppress(OSError):
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ABORTIVE_LINGER)
    writer.transport.abort()


async def _explain(error: ssl.SSLError, writer: StreamWriter) -> None:
    """Tell the person behind a failed handshake what to do, where that can be known."""
    if error.reason == _NOT_TLS:
        body = b"This port speaks TLS only; use https:// instead of http://.\n"
        head = (
            b"HTTP/1.1 400 Bad Request\r\nMock-Idp: tls\r\nContent-Type: text/plain\r\n"
            b"Content-Length: %d\r\nConnection: close\r\n\r\n" % len(body)
        )
        writer.write(head + body)
        with contextlib.suppress(OSError):
            await writer.drain()
    elif error.reason in _NOT_TRUSTED:
        log.warning(
            "A client does not trust the mock IdP's certificate authority; "
            "start it with `mock-idp run -- COMMAND` or set what `mock-idp env` prints."
        )
