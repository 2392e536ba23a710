"""An asyncio event loop in a background thread that serves listening sockets.

It accepts connections itself: a server of asyncio's own that is closed while a connection is being accepted
forgets that connection, which then stays open with no peer (seen with Python 3.11).
"""

import asyncio
import logging
import socket
import threading
from asyncio import StreamReader, StreamWriter
from collections.abc import Awaitable, Callable, Mapping

from mock_idp.settings import CLOSING_SECONDS, OUT_OF_RESOURCES_SECONDS

log = logging.getLogger(__name__)

Handler = Callable[[StreamReader, StreamWriter], Awaitable[None]]


class LoopThread:
    """Serves some listening sockets until it is stopped.

    Parameters:
        services: listening socket, which the loop closes -> what serves its connections. A connection is
            closed when its handler returns.
    """

    def __init__(self, services: Mapping[socket.socket, Handler]) -> None:
        self._services = services
        self._ready = threading.Event()
        self._stopping = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._run, name="mock-idp tls and proxy", daemon=True)

    def start(self) -> None:
        """Serve; when this returns, connections are accepted."""
        self._thread.start()
        self._ready.wait()

    def stop(self) -> None:
        """Close all listening sockets and all connections."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        for listener, handler in self._services.items():
            listener.setblocking(False)
            self._loop.add_reader(listener, self._accept, listener, handler)
        self._ready.set()
        await self._stopping.wait()
        for listener in self._services:
            self._loop.remove_reader(listener)
            listener.close()
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    def _accept(self, listener: socket.socket, handler: Handler) -> None:
        loop = asyncio.get_running_loop()
        try:
            connection, _ = listener.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return
        except OSError:
            # No file descriptors left, most likely. The listener stays readable, so without a pause this
            # would be called again and again, and the connections that could end would not.
            log.exception("No connection can be accepted for %g s.", OUT_OF_RESOURCES_SECONDS)
            loop.remove_reader(listener)
            loop.call_later(OUT_OF_RESOURCES_SECONDS, self._resume, listener, handler)
            return
        connection.setblocking(False)
        task = loop.create_task(_serve_connection(connection, handler))
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)
        # A task that is cancelled before its first step never comes to its own clean-up.
        task.add_done_callback(lambda _: connection.close())

    def _resume(self, listener: socket.socket, handler: Handler) -> None:
        if not self._stopping.is_set():
            asyncio.get_running_loop().add_reader(listener, self._accept, listener, handler)


async def _serve_connection(connection: socket.socket, handler: Handler) -> None:
    reader, writer = await asyncio.open_connection(sock=connection)
    try:
        await handler(reader, writer)
    except asyncio.CancelledError:
        writer.transport.abort()
        raise
    except Exception:
        log.exception("A connection ended because of an error in the mock IdP.")
    writer.close()
    try:
        # A client that does not take the last bytes must not keep the connection.
        async with asyncio.timeout(CLOSING_SECONDS):
            await writer.wait_closed()
    except OSError:  # TimeoutError is one
        writer.transport.abort()
