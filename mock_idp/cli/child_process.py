"""Runs a command as if nobody stood between it and the caller: signals go in, the status comes out."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import IO

from mock_idp.server.errors import ServerError


def _signals(*names: str) -> tuple[signal.Signals, ...]:
    """Those of the signals that this system has; Windows knows few."""
    return tuple(signal.Signals[name] for name in names if name in signal.Signals.__members__)


_FROM_TERMINAL = _signals("SIGINT", "SIGQUIT")
_PASSED_ON = (*_FROM_TERMINAL, *_signals("SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2"))


class CommandError(ServerError):
    """The command could not be started; the message says why, and what to do."""


def run_child(command: Sequence[str], environment: Mapping[str, str], errors_to: IO[bytes] | None = None) -> int:
    """Run a command to its end and pass signals on to it. Call it in the main thread.

    Parameters:
        command: program and arguments.
        environment: all of the child's environment variables.
        errors_to: takes its standard error; None leaves it where ours goes.

    Returns:
        Its exit status, or 128 plus the signal that ended it, as shells say it.

    Raises:
        CommandError: there is no such program, or it cannot be executed.
    """
    with _passing_signals_on() as children:
        try:
            child = subprocess.Popen(command, env=environment, stderr=errors_to)  # noqa: S603 - that is its purpose
        except FileNotFoundError as error:
            raise CommandError(
                f"There is no command {command[0]!r}; see that it is spelled right and in PATH."
            ) from error
        except OSError as error:
            raise CommandError(f"{command[0]} cannot be run ({error.strerror}).") from error
        with child:
            children.adopt(child)
            status = child.wait()
    return status if status >= 0 else 128 - status


class _Children:
    """Receives our signals for a child that may not have started yet."""

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None
        self._early: list[int] = []

    def adopt(self, child: subprocess.Popen[bytes]) -> None:
        self._child = child
        for number in self._early:
            self.send(number)

    def send(self, number: int) -> None:
        if self._child is None:
            self._early.append(number)
        elif not (number in _FROM_TERMINAL and _terminal_signals_us()):
            with suppress(ProcessLookupError):
                self._child.send_signal(number)


@contextmanager
def _passing_signals_on() -> Iterator[_Children]:
    children = _Children()
    before = {}
    for number in _PASSED_ON:
        # What we were told to ignore (nohup) the child ignores too.
        if signal.getsignal(number) is not signal.SIG_IGN:
            before[number] = signal.signal(number, lambda received, _: children.send(received))
    try:
        yield children
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _terminal_signals_us() -> bool:
    """Say whether Ctrl-C reaches the child without our help.

    The terminal signals the whole foreground process group, of which the child is a member. Sending it once
    more would look like a second, impatient Ctrl-C. A console of Windows signals all processes that are attached to it.
    """
    if sys.platform == "win32":
        return True
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)
