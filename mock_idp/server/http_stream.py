"""One HTTP/1.1 connection over an asyncio stream. What HTTP is, h11 knows."""

import asyncio
import contextlib
from asyncio import StreamReader, StreamWriter
from collections.abc import Iterable

import h11

from mock_idp.settings import HTTP_FAREWELL_SECONDS

CHUNK = 64 * 1024

Received = h11.Event | type[h11.NEED_DATA] | type[h11.PAUSED]
"""What h11 says; ``receive`` never returns NEED_DATA."""
Fields = list[tuple[bytes, bytes]]
"""Header fields in order, names as they were written."""


class HttpStream:
    """A connection, seen from one of its ends.

    Parameters:
        role: ``h11.SERVER`` if the other side sends requests, ``h11.CLIENT`` if it answers them.
        reader: from the other side.
        writer: to the other side; it is closed by its opener.
        header_limit: bytes that a header may have.
    """

    def __init__(
        self, role: type[h11.SERVER] | type[h11.CLIENT], reader: StreamReader, writer: StreamWriter, header_limit: int
    ) -> None:
        self.http = h11.Connection(role, max_incomplete_event_size=header_limit)
        self.reader = reader
        self.writer = writer

    async def receive(self) -> Received:
        """Wait for the next event of the other side.

        Raises:
            h11.RemoteProtocolError: what came is not HTTP, or too large.
            OSError: the connection broke.
        """
        while True:
            event = self.http.next_event()
            if event is not h11.NEED_DATA:
                return event
            self.http.receive_data(await self.reader.read(CHUNK))

    async def send(self, *events: h11.Event) -> None:
        """Send events; waits while the other side does not take them.

        Raises:
            h11.LocalProtocolError: they do not fit what was sent before.
            OSError: the connection broke.
        """
        for event in events:
            self.writer.write(self.http.send(event) or b"")
        await self.writer.drain()

    async def answer(self, status: int, fields: Iterable[tuple[str, str]], body: bytes, reason: bytes = b"") -> None:
        """Send a whole response, and end the connection if the request is not complete by then.

        Raises:
            h11.RemoteProtocolError: what came of the request's body is not HTTP.
            OSError: the connection broke.
        """
        while self.http.their_state is h11.SEND_BODY and self.http.next_event() is not h11.NEED_DATA:
            pass
        headers = [*fields, ("Content-Length", str(len(body)))]
        if self.http.their_state is h11.SEND_BODY:
            headers.append(("Connection", "close"))
        response = h11.Response(status_code=status, reason=reason, headers=headers)
        await self.send(response, h11.Data(data=body), h11.EndOfMessage())

    async def farewell(self) -> None:
        """End our side in a way that lets the other one read our last words.

        Closing while it still sends would reset the connection, and it might never see the answer (RFC 9112
        section 9.6).

        Raises:
            OSError: the connection broke.
        """
        self.writer.write_eof()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(HTTP_FAREWELL_SECONDS):
                while await self.reader.read(CHUNK):
                    pass
