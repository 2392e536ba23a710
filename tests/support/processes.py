"""Programs of this project as processes of their own, used by their command lines only, as everybody else uses them."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).parents[2]
SECONDS_TO_STOP = 10


@contextlib.contextmanager
def program(
    module: str, *arguments: str, state: Path, errors: int | IO[str] | None = None
) -> Iterator[subprocess.Popen[str]]:
    """Run ``python -m MODULE ARGUMENTS`` until the block ends; its output can be read from ``stdout``.

    Parameters:
        module: which package.
        arguments: its command line.
        state: where it keeps files of its own; the person's certificate authority stays as it is.
        errors: what becomes of its standard error, as of :class:`subprocess.Popen`.
    """
    command = [sys.executable, "-m", module, *arguments]
    environment = {**os.environ, "XDG_STATE_HOME": str(state), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=errors, text=True
    ) as process:
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(SECONDS_TO_STOP)
            except subprocess.TimeoutExpired:
                process.kill()


def ready_line(process: subprocess.Popen[str]) -> dict[str, Any]:
    """What it prints with ``--json`` when it accepts connections.

    Raises:
        RuntimeError: it ended instead.
    """
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise RuntimeError(f"{process.args!r} ended with {process.wait()} instead of getting ready")
    said: dict[str, Any] = json.loads(line)
    return said


def output_of(module: str, *arguments: str, state: Path) -> str:
    """What a program prints that ends by itself; parameters as of :func:`program`.

    Raises:
        subprocess.CalledProcessError: it failed; standard error says why.
    """
    environment = {**os.environ, "XDG_STATE_HOME": str(state)}
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True).stdout
