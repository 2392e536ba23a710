"""Runs a command as if the caller had started it: signals go in, the status comes out.

Nothing that the command started is left behind when it was told to end.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import IO

from mock_idp.server.errors import ServerError
from mock_idp.settings import COMMAND_FAREWELL_SECONDS


def _signals(*names: str) -> tuple[signal.Signals, ...]:
    """Those of the signals that this system has; Windows knows few."""
    return tuple(signal.Signals[name] for name in names if name in signal.Signals.__members__)


_FROM_TERMINAL = _signals("SIGINT", "SIGQUIT")
_ENDING = (*_FROM_TERMINAL, *_signals("SIGTERM", "SIGHUP"))
_PASSED_ON = (*_ENDING, *_signals("SIGUSR1", "SIGUSR2"))
_POLL_SECONDS = 0.05


class CommandError(ServerError):
    """The command could not be started; the message says why, and what to do."""


def run_child(command: Sequence[str], environment: Mapping[str, str], errors_to: IO[bytes] | None = None) -> int:
    """Run a command to its end and pass signals on to it. Call it in the main thread.

    Commands such as ``yarn start`` start others and do not tell them to end. So what ends a command goes to all of
    them, its process group, and who is still there some seconds after the command is ended by force.

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
            child = subprocess.Popen(  # noqa: S603 - that is its purpose
                command, env=environment, stderr=errors_to, process_group=children.process_group
            )
        except FileNotFoundError as error:
            raise CommandError(
                f"There is no command {command[0]!r}; see that it is spelled right and in PATH."
            ) from error
        except OSError as error:
            raise CommandError(f"{command[0]} cannot be run ({error.strerror}).") from error
        with child:
            children.adopt(child)
            status = child.wait()
            children.sweep()
    return status if status >= 0 else 128 - status


class _Children:
    """Receives our signals for a command that may not have started yet, and for whatever it starts.

    Where a terminal signals us, the command stays in our own process group, so that Ctrl-C and Ctrl-Z reach it as if
    we were not there. Everywhere else it leads a group of its own.
    """

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None
        self._early: list[int] = []
        self._is_ending = False
        self._shares_terminal = _terminal_signals_us()

    @property
    def process_group(self) -> int | None:
        """As ``Popen`` takes it: 0 for a new one, None for ours."""
        return None if self._shares_terminal else 0

    def adopt(self, child: subprocess.Popen[bytes]) -> None:
        self._child = child
        for number in self._early:
            self.send(number)

    def send(self, number: int) -> None:
        if self._child is None:
            self._early.append(number)
        elif not (number in _FROM_TERMINAL and self._shares_terminal and _terminal_signals_us()):
            self._is_ending = self._is_ending or number in _ENDING
            with suppress(ProcessLookupError):
                self._signal(self._child, number)

    def sweep(self) -> None:
        """Wait for what an ended command had started, if it was told to end, and end by force what does not go."""
        if sys.platform == "win32" or self._child is None or self._shares_terminal or not self._is_ending:
            return
        give_up = time.monotonic() + COMMAND_FAREWELL_SECONDS
        with suppress(ProcessLookupError, PermissionError):  # nobody is left, or nobody who is ours
            while time.monotonic() < give_up:
                os.killpg(self._child.pid, 0)
                time.sleep(_POLL_SECONDS)
            os.killpg(self._child.pid, signal.SIGKILL)

    def _signal(self, child: "subprocess.Popen[bytes]", number: int) -> None:
        if sys.platform == "win32" or number not in _ENDING:
            child.send_signal(number)  # means something to the command only, and is the end of others
        elif not self._shares_terminal:
            os.killpg(child.pid, number)
        elif os.getpgrp() == os.getpid():
            # A group that a shell made for us holds nobody else; we are deaf to what we tell it.
            before = signal.signal(number, signal.SIG_IGN)
            os.killpg(os.getpgrp(), number)
            signal.signal(number, before)
        else:
            child.send_signal(number)


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
