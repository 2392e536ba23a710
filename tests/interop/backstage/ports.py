"""Free TCP ports on the loopback interface."""

from __future__ import annotations

import errno
import socket


def is_free(port: int) -> bool:
    """Say whether a server could listen on this port of the loopback interface now."""
    with socket.socket() as listener:
        # As Node does: a port whose last connections are in TIME_WAIT is not taken.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError as error:
            # Whether we may use it is another question; the backend will say so itself.
            return error.errno != errno.EADDRINUSE
        return True
