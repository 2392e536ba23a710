import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mock_idp.cli.child_process import CommandError, run_child

# Whoever runs the tests (nohup, a shell in the background) may ignore these signals, and then the runner would, too.
RESTORED = "import signal; [signal.signal(one, signal.SIG_DFL) for one in (signal.SIGHUP, signal.SIGINT)]; "
RUN = (
    RESTORED + "import os, sys; "
    "from mock_idp.cli.child_process import run_child; sys.exit(run_child(sys.argv[1:], os.environ))"
)


def python(program):
    return [sys.executable, "-c", program]


@pytest.mark.parametrize("status", [0, 1, 7, 255])
def test_status_is_the_commands(status):
    assert run_child(python(f"raise SystemExit({status})"), os.environ) == status


def test_command_that_a_signal_ended():
    assert run_child(python("import os, signal; os.kill(os.getpid(), signal.SIGKILL)"), os.environ) == 128 + 9


def test_environment_is_the_given_one(capfd):
    assert run_child(python("import os; print(os.environ['ONLY'])"), {"ONLY": "this"}) == 0
    assert capfd.readouterr().out == "this\n"


def test_command_that_is_not_there():
    with pytest.raises(CommandError) as error:
        run_child(["no-such-command"], os.environ)
    assert str(error.value) == "There is no command 'no-such-command'; see that it is spelled right and in PATH."


def test_command_that_is_no_program(tmp_path):
    file = tmp_path / "notes.txt"
    file.write_text("hello")
    with pytest.raises(CommandError, match=r"notes.txt cannot be run \(Permission denied\)"):
        run_child([str(file)], os.environ)


def test_handlers_are_put_back():
    before = signal.getsignal(signal.SIGTERM)
    run_child(python("pass"), os.environ)
    assert signal.getsignal(signal.SIGTERM) is before


# The child waits for a signal and tells it by its status; a second one within half a second is told too.
WAITS = """
import signal, sys
awaited = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1}
signal.pthread_sigmask(signal.SIG_BLOCK, awaited)
print("ready", flush=True)
first = signal.sigwait(awaited)
again = signal.sigtimedwait(awaited, 0.5)
sys.exit(99 if again else int(first))
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1])
def test_signal_is_passed_on_once(number):
    with subprocess.Popen([*python(RUN), *python(WAITS)], stdout=subprocess.PIPE, start_new_session=True) as runner:
        assert runner.stdout.readline() == b"ready\n"
        runner.send_signal(number)
        try:
            assert runner.wait(10) == number
        finally:
            runner.kill()


# A command that starts another one and does not care for it any more, as yarn does.
STARTS = """
import subprocess, sys
other = subprocess.Popen([sys.executable, "-c", sys.argv[1]], stdout=subprocess.PIPE)
print(other.stdout.readline().decode().strip(), other.pid, flush=True)
other.wait()
"""
SLEEPS = "import time; print('ready', flush=True); time.sleep(600)"
IS_DEAF = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + SLEEPS


def is_running(pid):
    """Whether a process does anything; one that nobody waited for is as good as gone."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


@pytest.mark.parametrize("program", [SLEEPS, IS_DEAF], ids=["ends when told", "ends by force"])
def test_what_the_command_started_ends_too(program):
    at_once = "import mock_idp.cli.child_process as it; it.COMMAND_FAREWELL_SECONDS = 0.2; "
    with subprocess.Popen(
        [*python(at_once + RUN), *python(STARTS), program], stdout=subprocess.PIPE, start_new_session=True
    ) as runner:
        word, pid = runner.stdout.readline().split()
        assert word == b"ready"
        runner.send_signal(signal.SIGTERM)
        assert runner.wait(30) == 128 + signal.SIGTERM
    assert not is_running(int(pid))


def test_what_a_command_leaves_behind_by_itself_stays():
    leaves = STARTS.replace("other.wait()", "")
    with subprocess.Popen(
        [*python(RUN), *python(leaves), SLEEPS], stdout=subprocess.PIPE, start_new_session=True
    ) as runner:
        pid = int(runner.stdout.readline().split()[1])
        assert runner.wait(30) == 0
    assert is_running(pid)
    os.kill(pid, signal.SIGKILL)


# What a shell does: the command is the leader of the terminal's foreground process group.
SHELL = """
import fcntl, os, signal, subprocess, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
signal.signal(signal.SIGTTOU, signal.SIG_IGN)
runner = subprocess.Popen([sys.executable, "-c", sys.argv[1], *sys.argv[2:]], process_group=0, stdin=0)
os.tcsetpgrp(0, runner.pid)
print(runner.pid, flush=True)
print("status", runner.wait(), flush=True)
signal.pause()
"""


def test_in_a_terminal_the_tree_ends_too():
    waits_for_terminal = "import os\nwhile os.tcgetpgrp(0) != os.getpid(): pass\n"
    controller, terminal = pty.openpty()
    with (
        os.fdopen(controller, "r+b", buffering=0),
        subprocess.Popen(
            [*python(SHELL), waits_for_terminal + RUN.replace("; ", "\n"), *python(STARTS), SLEEPS],
            stdin=terminal,
            stdout=subprocess.PIPE,
            start_new_session=True,
        ) as shell,
    ):
        os.close(terminal)
        runner = int(shell.stdout.readline())
        pid = int(shell.stdout.readline().split()[1])
        os.kill(runner, signal.SIGTERM)
        assert shell.stdout.readline() == f"status {128 + signal.SIGTERM}\n".encode()
        give_up = time.monotonic() + 30
        while is_running(pid):
            assert time.monotonic() < give_up
            os.sched_yield()
        shell.kill()


def test_control_c_in_a_terminal_arrives_once():
    # The terminal signals the child by itself, since it is in the same foreground process group.
    take_terminal = "import fcntl, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0)\n"
    controller, terminal = pty.openpty()
    with (
        os.fdopen(controller, "r+b", buffering=0) as keyboard,
        subprocess.Popen(
            [*python(take_terminal + RUN.replace("; ", "\n")), *python(WAITS)],
            stdin=terminal,
            stdout=subprocess.PIPE,
            start_new_session=True,
        ) as runner,
    ):
        os.close(terminal)
        assert runner.stdout.readline() == b"ready\n"
        keyboard.write(b"\x03")
        assert runner.wait(10) == signal.SIGINT
