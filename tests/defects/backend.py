"""Starts backends, with or without a defect, in a fraction of the time that a fresh Python takes.

A fork server imports the reference backend and the catalogue once. Each backend is a fork of it: a process of its
own, which applies the patch and runs the reference backend's command line, just as ``tests.defects.serve`` does.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from multiprocessing.connection import Connection, wait
from pathlib import Path

from reference_backend.cli import main as reference_backend
from tests.defects import serve
from tests.defects.catalogue import module_names
from tests.defects.defect import Defect

START_SECONDS = 30.0

FORK_SERVER = multiprocessing.get_context("forkserver")
# A child also imports the main program of its parent, which is pytest.
FORK_SERVER.set_forkserver_preload(["pytest", __name__, *module_names()])


class StartError(Exception):
    """A backend did not start; the text has what it said last."""


@contextlib.contextmanager
def running_backend(
    defect: Defect | None,
    arguments: Sequence[str],
    environment: Mapping[str, str],
    log: Path,
    prepare: Callable[[], None] | None = None,
) -> Iterator[None]:
    """Run a backend for as long as the block lasts.

    Parameters:
        defect: what is wrong with it; None for nothing.
        arguments: command line of the reference backend.
        environment: its environment variables.
        log: what it writes to standard error goes here, in the place of what was there.
        prepare: called in its process before it starts; can be pickled.

    Raises:
        StartError: it ended or stayed silent.
    """
    ready, announcements = FORK_SERVER.Pipe(duplex=False)
    command = [*arguments, "--json"] if defect is None else [defect.id, "--", *arguments, "--json"]
    child = FORK_SERVER.Process(
        target=_be_backend,
        args=(announcements, str(log), dict(environment), command, defect is None, prepare),
        daemon=True,
    )
    log.write_text("")
    child.start()
    announcements.close()
    try:
        if ready not in wait([ready, child.sentinel], START_SECONDS) or not os.read(ready.fileno(), 1):
            raise StartError(" / ".join(log.read_text(errors="replace").strip().splitlines()[-5:]) or "it said nothing")
        yield
    finally:
        # Nothing of it is worth keeping, so it need not end in good order.
        child.kill()
        child.join()
        child.close()
        ready.close()


def _be_backend(
    announcements: Connection,
    log: str,
    environment: dict[str, str],
    command: list[str],
    is_sound: bool,
    prepare: Callable[[], None] | None,
) -> None:
    os.dup2(announcements.fileno(), sys.__stdout__.fileno())  # type: ignore[union-attr]
    os.dup2(os.open(log, os.O_WRONLY | os.O_APPEND), sys.__stderr__.fileno())  # type: ignore[union-attr]
    os.environ.clear()
    os.environ.update(environment)
    if prepare:
        prepare()
    if is_sound:
        reference_backend(command)
    else:
        serve.main(command)
