"""`python -m tests.interop.created_app`: from `npx @backstage/create-app` to a signed-in person, and how long it takes.

It needs npm, Chromium, 2 GB of disk, the network (for npm) and some minutes, so CI does not run it.
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.interop.backstage.backstage import is_ready
from tests.interop.backstage.errors import CannotRunError
from tests.interop.backstage.node import NODE_MAJOR
from tests.interop.created_app.app import NAME, CreatedApp
from tests.interop.created_app.browser import person

LOCAL_CONFIG = "app-config.local.yaml"
PROVIDERS = ("google", "github")
PORTS = (3000, 7007, 9000, 9080, 9443)
PERSONA, PERSON = "plain", "Ada Quill"
SECONDS_TO_START = 600
SECONDS_TO_STOP = 60
PROXY = "http://127.0.0.1:9080"


class Clock:
    """Says what was done, and how long it took."""

    def __init__(self) -> None:
        self._begin = time.monotonic()

    def told(self, what: str, step: Callable[[], object]) -> None:
        """Do a step and say it."""
        before = time.monotonic()
        step()
        now = time.monotonic()
        print(f"{now - self._begin:6.0f} s  (+{now - before:4.0f})  {what}", flush=True)


def main() -> int:
    """Do all of it; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.interop.created_app", description=__doc__)
    parser.add_argument("--node", type=int, default=NODE_MAJOR, help="major version of Node.js (default: %(default)s)")
    parser.add_argument("--directory", type=Path, help="keep the app here, and use it again if it is there")
    parser.add_argument("--pictures", type=Path, help="write pictures of the pages into this directory")
    arguments = parser.parse_args()
    taken = [port for port in PORTS if _answers(port)]
    if taken:
        print(f"These ports are taken: {', '.join(map(str, taken))}. End what uses them.", file=sys.stderr)
        return 1
    with ExitStack() as stack:
        directory = arguments.directory or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="created-app-")))
        directory.mkdir(parents=True, exist_ok=True)
        try:
            _play(CreatedApp(directory.absolute(), arguments.node), arguments.pictures, Clock())
        except CannotRunError as error:
            print(error, file=sys.stderr)
            return 1
    return 0


def _play(app: CreatedApp, pictures: Path | None, clock: Clock) -> None:
    clock.told("yarn and Node.js", app.get_tools)
    if not app.root.exists():
        clock.told("npx @backstage/create-app", app.create)
        clock.told("yarn install", app.install)
        clock.told("a package, two lines of the backend, a sign-in page", app.add_sign_in)
    app.commit()
    state = app.directory / "state"
    state.mkdir(exist_ok=True)
    environment = {**app.environment, "XDG_STATE_HOME": str(state)}
    with _running(["serve"], app, environment) as idp:
        clock.told("1. mock-idp serve", lambda: _wait_for(9000, idp))
        command = [word for name in PROVIDERS for word in ("--provider", name)]
        make = ["app-config", *command, "-o", LOCAL_CONFIG]
        clock.told(f"2. mock-idp {' '.join(make)}", lambda: _mock_idp(make, app, environment))
        with _running(["run", "--", "yarn", "start"], app, environment) as running:
            clock.told("3. mock-idp run -- yarn start", lambda: _wait_for_app(running))
            _sign_in(clock, pictures)
            clock.told("the whole tree ended by SIGTERM", lambda: _end(running))
    status = app.status()
    ours = (app.root / LOCAL_CONFIG).exists() and app.is_ignored(LOCAL_CONFIG)
    print(f"git status --short: {status or 'nothing'}; {LOCAL_CONFIG} is {'ignored' if ours else 'NOT ignored'}")
    if status or not ours:
        raise CannotRunError("git status shows what nobody meant.")


def _sign_in(clock: Clock, pictures: Path | None) -> None:
    with person(PROXY, pictures) as somebody:
        clock.told("signed in with Google, at the settings", lambda: somebody.sign_in("Google", PERSONA, PERSON))
        clock.told("signed out", somebody.sign_out)
        clock.told("signed in with GitHub, at the settings", lambda: somebody.sign_in("GitHub", PERSONA, PERSON))


def _mock_idp(arguments: Sequence[str], app: CreatedApp, environment: dict[str, str]) -> None:
    command = [sys.executable, "-m", "mock_idp", *arguments]
    done = subprocess.run(command, cwd=app.root, env=environment, check=False, capture_output=True, text=True)
    if done.returncode:
        raise CannotRunError(f"mock-idp {arguments[0]}: {done.stderr.strip()}")


@contextmanager
def _running(
    arguments: Sequence[str], app: CreatedApp, environment: dict[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    log = app.directory / f"{arguments[0]}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "mock_idp", *arguments],
            cwd=app.root,
            env={**environment, "PYTHONPATH": os.pathsep.join(sys.path)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(SECONDS_TO_STOP)
            except subprocess.TimeoutExpired:
                process.kill()


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    give_up = time.monotonic() + SECONDS_TO_START
    while not _answers(port):
        if process.poll() is not None or time.monotonic() > give_up:
            raise CannotRunError(
                f"Nothing listens on port {port} (status {process.poll()}); see the log beside {NAME}."
            )
        time.sleep(0.2)


def _wait_for_app(process: subprocess.Popen[bytes]) -> None:
    """Wait for the frontend's port, and for a backend that is ready, not only listening."""
    _wait_for(3000, process)
    give_up = time.monotonic() + SECONDS_TO_START
    while not is_ready("localhost", 7007):
        if process.poll() is not None or time.monotonic() > give_up:
            raise CannotRunError(f"The backend is not ready (status {process.poll()}); see the log beside {NAME}.")
        time.sleep(0.2)


def _answers(port: int) -> bool:
    """Whether a server listens, by whichever of the loopback interface's addresses."""
    try:
        with socket.create_connection(("localhost", port), timeout=5):
            return True
    except OSError:
        return False


def _end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    process.wait(SECONDS_TO_STOP)
    left = [port for port in (3000, 7007) if _answers(port)]
    if left:
        raise CannotRunError(f"After SIGTERM somebody still listens on {left}.")


if __name__ == "__main__":
    sys.exit(main())
