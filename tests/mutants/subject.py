"""Backends that are mutants, and one that tells which lines each case reaches.

A fork server has imported everything but the reference backend. Each backend is a fork of it that imports the reference
backend itself, with one module changed.
"""

from __future__ import annotations

import contextlib
import importlib.abc
import importlib.machinery
import importlib.util
import multiprocessing
import os
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from multiprocessing.connection import Connection, wait
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from tests.mutants.mutation import Mutant

START_SECONDS = 30.0
LIBRARIES = ["pytest", "flask", "requests", "sqlalchemy", "authlib.integrations.requests_client", "cheroot.wsgi"]
LIBRARIES += ["cryptography.hazmat.primitives.asymmetric.ec", "jwt", "click", "yaml", "pydantic", "authlib.jose"]

Lines = frozenset[tuple[str, int]]
"""Modules and line numbers."""


class DoesNotStartError(Exception):
    """The backend did not come up."""


def prepare() -> None:
    """Say what the fork server imports; before the first backend is started."""
    multiprocessing.get_context("forkserver").set_forkserver_preload([*LIBRARIES, __name__])


@contextlib.contextmanager
def running_mutant(
    mutant: Mutant, arguments: Sequence[str], environment: Mapping[str, str], log: Path
) -> Iterator[None]:
    """Run a mutant for as long as the block lasts.

    Raises:
        DoesNotStartError: it ended or stayed silent.
    """
    with _child(_be_mutant, (mutant.module, mutant.source), arguments, environment, log):
        yield


@contextlib.contextmanager
def running_traced(
    modules: Sequence[str], arguments: Sequence[str], environment: Mapping[str, str], log: Path
) -> Iterator[Any]:
    """Run the backend unchanged; what is yielded returns the :data:`Lines` reached since it was last called."""
    ours, theirs = multiprocessing.get_context("forkserver").Pipe()

    def reached() -> Lines:
        ours.send(None)
        return frozenset(ours.recv())

    with _child(_be_traced, (tuple(modules), theirs), arguments, environment, log):
        yield reached


@contextlib.contextmanager
def _child(
    target: Any, extra: tuple[Any, ...], arguments: Sequence[str], environment: Mapping[str, str], log: Path
) -> Iterator[None]:
    context = multiprocessing.get_context("forkserver")
    ready, announcements = context.Pipe(duplex=False)
    log.write_text("")
    common = (announcements, str(log), dict(environment), [*arguments, "--json"])
    child = context.Process(target=target, args=(*extra, *common), daemon=True)
    child.start()
    announcements.close()
    try:
        if ready not in wait([ready, child.sentinel], START_SECONDS) or not os.read(ready.fileno(), 1):
            raise DoesNotStartError
        yield
    finally:
        child.kill()
        child.join()
        child.close()
        ready.close()


def _be_mutant(
    module: str, source: str, announcements: Connection, log: str, environment: dict[str, str], command: list[str]
) -> None:
    sys.meta_path.insert(0, ChangedModule(module, source))
    _serve(announcements, log, environment, command)


def _be_traced(
    modules: tuple[str, ...],
    pipe: Connection,
    announcements: Connection,
    log: str,
    environment: dict[str, str],
    command: list[str],
) -> None:
    files = {_file_of(module): module for module in modules}
    reached: set[tuple[str, int]] = set()

    def trace(frame: FrameType, event: str, _argument: Any) -> Any:
        module = files.get(frame.f_code.co_filename)
        if module is None:
            return None
        reached.add((module, frame.f_lineno))
        return trace

    def answer() -> None:
        while True:
            pipe.recv()
            found = list(reached)
            reached.clear()
            pipe.send(found)

    threading.Thread(target=answer, daemon=True).start()
    threading.settrace(trace)
    sys.settrace(trace)
    _serve(announcements, log, environment, command)


def _serve(announcements: Connection, log: str, environment: dict[str, str], command: list[str]) -> None:
    os.dup2(announcements.fileno(), sys.__stdout__.fileno())  # type: ignore[union-attr]
    os.dup2(os.open(log, os.O_WRONLY | os.O_APPEND), sys.__stderr__.fileno())  # type: ignore[union-attr]
    os.environ.clear()
    os.environ.update(environment)
    # Only now, so that a changed module is the one that is imported.
    from reference_backend.cli import main  # noqa: PLC0415

    main(command)


def _file_of(module: str) -> str:
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(module)
    return spec.origin


class _Loader(importlib.machinery.SourceFileLoader):
    source = ""

    def get_code(self, fullname: str) -> CodeType:
        """The changed module, in place of the file's."""
        return compile(self.source, self.path, "exec", dont_inherit=True)


class ChangedModule(importlib.abc.MetaPathFinder):
    """Finds one module, whose text is another; for ``sys.meta_path``.

    Parameters:
        module: dotted name.
        source: the text.
    """

    def __init__(self, module: str, source: str) -> None:
        self._module, self._source = module, source

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> importlib.machinery.ModuleSpec | None:
        """Find the module if it is the one."""
        if fullname != self._module:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is None or spec.origin is None:
            return None
        loader = _Loader(fullname, spec.origin)
        loader.source = self._source
        return importlib.util.spec_from_file_location(fullname, spec.origin, loader=loader)
