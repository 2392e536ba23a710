"""What starts and stops as a whole."""

from contextlib import ExitStack
from types import TracebackType
from typing import Self


class Startable:
    """Some listeners as one thing. Use it as a context manager, or call :meth:`start` and :meth:`stop`."""

    _running: ExitStack | None = None

    def open(self, running: ExitStack) -> None:
        """Open everything; when this returns, clients can connect.

        Parameters:
            running: what has to be closed again is left here. If this fails, that happens at once.

        Raises:
            EdgeError: a port or an address cannot be used.
        """
        raise NotImplementedError

    def start(self) -> Self:
        """Open everything, or nothing.

        Raises:
            EdgeError: a port or an address cannot be used.
        """
        with ExitStack() as running:
            self.open(running)
            self._running = running.pop_all()
        return self

    def stop(self) -> None:
        """Close all ports and end all connections, ordered silences too. Does nothing if not running."""
        running, self._running = self._running, None
        if running is not None:
            running.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
