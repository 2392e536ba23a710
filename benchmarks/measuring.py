"""Processes that are measured: when they are ready, and what they and their children use, from /proc."""

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.client import LoadError, get
from benchmarks.settings import POLL_SECONDS, START_SECONDS, STOP_SECONDS

_TICKS: Final = os.sysconf("SC_CLK_TCK")
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")
_MEBIBYTE: Final = 2**20
_OK: Final = 200


class MeasuringError(Exception):
    """Something could not be started or measured; the message says what, and why."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process and its descendants have used.

    Parameters:
        cpu: seconds of CPU, user and system, that of ended children included.
        memory: resident memory in MiB; pages that processes share count for each of them.
    """

    cpu: float
    memory: float


def free_port() -> int:
    """A TCP port of the loopback interface that nobody uses now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def processes() -> dict[int, tuple[int, float, float]]:
    """Every process: id -> (parent's id, CPU seconds with those of its ended children, resident MiB)."""
    found = {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        with contextlib.suppress(OSError):  # it has ended meanwhile
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            ticks = sum(int(fields[number]) for number in range(11, 15))
            found[int(folder.name)] = (int(fields[1]), ticks / _TICKS, int(fields[21]) * _PAGE / _MEBIBYTE)
    return found


def family_of(pid: int, known: Mapping[int, tuple[int, float, float]]) -> set[int]:
    """A process and its descendants.

    Parameters:
        pid: the process.
        known: as of :func:`processes`.
    """
    family = {pid}
    while more := {child for child, (parent, *_) in known.items() if parent in family} - family:
        family |= more
    return family


def parts_of(pid: int, programs: Mapping[str, str]) -> dict[tuple[str, int], float]:
    """CPU seconds of those descendants of a process that are ``python -m PROGRAM``.

    Parameters:
        pid: the process.
        programs: name of a part -> its program.

    Returns:
        (part, process) -> seconds.
    """
    known = processes()
    found = {}
    for member in family_of(pid, known):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            words = Path(f"/proc/{member}/cmdline").read_bytes().split(b"\0")
            for part, program in programs.items():
                if words[1:3] == [b"-m", program.encode()]:
                    found[part, member] = known[member][1]
    return found


def usage(pid: int) -> Usage:
    """What a process and its descendants have used until now."""
    known = processes()
    members = [known[member] for member in family_of(pid, known) if member in known]
    return Usage(sum(cpu for _, cpu, _ in members), sum(memory for *_, memory in members))


@dataclass(frozen=True, slots=True)
class Running:
    """A server that answers.

    Parameters:
        pid: its process.
        ready: seconds from its start to its first good answer.
    """

    pid: int
    ready: float

    def usage(self) -> Usage:
        """What it has used until now."""
        return usage(self.pid)


@contextlib.contextmanager
def running(
    command: Sequence[str],
    health: str,
    log: Path,
    environment: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> Iterator[Running]:
    """Run a server until the block ends.

    Parameters:
        command: its command line.
        health: address that answers 200 when it is ready.
        log: what it prints.
        environment: variables on top of ours.
        cwd: its working directory.

    Raises:
        MeasuringError: it ended, or was not ready in time.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        began = time.perf_counter()
        process = subprocess.Popen(  # noqa: S603 - the commands are ours
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(environment or {})},
            cwd=cwd,
            start_new_session=True,
        )
        try:
            while not _answers(health):
                if process.poll() is not None or time.perf_counter() - began > START_SECONDS:
                    last = log.read_text(errors="replace").strip()[-600:]
                    raise MeasuringError(f"{' '.join(command[:4])} … did not get ready at {health}: {last}")
                time.sleep(POLL_SECONDS)
            yield Running(process.pid, time.perf_counter() - began)
        finally:
            _stop(process)


def _answers(url: str) -> bool:
    try:
        return get(url).status == _OK
    except (OSError, LoadError):
        return False


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(STOP_SECONDS)
    # What it started is in its process group.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
