"""A backend beside our mock, and sign-ins that go through both: start, vendor, frame, refresh."""

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.client import Answer, Conversation, LoadError, Visitor, location, play
from benchmarks.measuring import MeasuringError, Running, free_port, running
from benchmarks.node import find_node
from benchmarks.settings import CATALOG_POLL_SECONDS, PEERS, ROOT, START_SECONDS
from tests.interop.backstage.config import Address, write_overlay
from tests.interop.backstage.errors import CannotRunError
from tests.interop.backstage.node import HERE, install_modules
from tests.interop.backstage.postgres import running_postgres

PROVIDER: Final = "oidc"
_APP: Final = "http://localhost:3000"
_OK: Final = 200
_STATE: Final = {"XDG_STATE_HOME": str(PEERS / "state"), "PYTHONPATH": str(ROOT)}
IN_MEMORY: Final = "ours, in memory"
REAL: Final = "Backstage"
BACKENDS: Final = ("ours", IN_MEMORY, REAL)
"""The first and the last on the same PostgreSQL."""


@dataclass(frozen=True, slots=True)
class Stand:
    """A backend and a mock that signs one person in at once.

    Parameters:
        mock: the mock's process.
        backend: the backend's process.
        url: base URL of the auth plugin.
        idp: base URL of the mock.
    """

    mock: Running
    backend: Running
    url: str
    idp: str

    def wait_for_the_catalog(self) -> None:
        """Return when somebody can sign in: the real backend reads its catalog after it is ready.

        Raises:
            LoadError: nobody can, in the time that a server has to start.
        """
        give_up = time.monotonic() + START_SECONDS
        while True:
            try:
                play(self.logins(1), 1)
            except LoadError:
                if time.monotonic() > give_up:
                    raise
                time.sleep(CATALOG_POLL_SECONDS)
            else:
                return

    def logins(self, number: int) -> Iterator[Conversation]:
        """So many sign-ins with a refresh each."""
        return (self._login() for _ in range(number))

    def _login(self) -> Conversation:
        visitor = Visitor()
        url = f"{self.url}/{PROVIDER}/start?env=development&origin={_APP}&flow=popup"
        answer = yield from visitor.visit(url)
        # The vendor sends the browser straight back.
        for _ in range(2):
            url = location(url, answer)
            answer = yield from visitor.visit(url)
        _expect(url, answer, b"backstageIdentity")
        url = f"{self.url}/{PROVIDER}/refresh?env=development"
        refreshed = yield from visitor.visit(url, X_Requested_With="XMLHttpRequest")
        _expect(url, refreshed, b"backstageIdentity")


def _expect(url: str, answer: Answer, text: bytes) -> None:
    if answer.status != _OK or text not in answer.body:
        raise LoadError(f"{url} answered {answer.status} without a session: {answer.body[:400]!r}")


@contextlib.contextmanager
def running_stand(out: Path, subject: str, *, is_automatic: bool = True) -> Iterator[Stand]:
    """Our mock and a backend.

    Parameters:
        out: for files.
        subject: which backend, of :data:`BACKENDS`.
        is_automatic: the mock signs one person in at once, without its page.

    Raises:
        MeasuringError: one of them does not start.
    """
    folder = out / "run" / "stand"
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    with contextlib.ExitStack() as stack:
        mock, idp, configs = _mock(stack, folder, f"http://localhost:{port}", is_automatic=is_automatic)
        try:
            if subject != IN_MEMORY:
                configs.append(folder / "overlay.yaml")
                write_overlay(
                    configs[-1], Address(port, f"http://localhost:{port}"), stack.enter_context(running_postgres())
                )
            if subject == REAL:
                install_modules()
        except CannotRunError as error:
            raise MeasuringError(str(error)) from error
        options = [text for file in configs for text in ("--config", str(file))]
        if subject == REAL:
            command = [str(find_node()), "--no-node-snapshot", "index.js", *options]
            directory = HERE
        else:
            command = [sys.executable, "-m", "reference_backend", "serve", *options, "--port", str(port)]
            directory = ROOT
        # Answers as soon as the plugin does; the real one says so at another address, once all of its plugins do.
        path = "/.backstage/health/v1/readiness" if subject == REAL else "/api/auth/.well-known/openid-configuration"
        health = f"http://127.0.0.1:{port}{path}"
        environment = {**_STATE, "NODE_ENV": "production"} if subject == REAL else _STATE
        backend = stack.enter_context(running(command, health, folder / "backend.txt", environment, directory))
        yield Stand(mock, backend, f"http://localhost:{port}/api/auth", idp)


def _mock(
    stack: contextlib.ExitStack, folder: Path, origin: str, *, is_automatic: bool
) -> tuple[Running, str, list[Path]]:
    """A mock for the backend at an origin, and that backend's app-config."""
    ports = {name: str(free_port()) for name in ("--port", "--proxy-port", "--tls-port")}
    common = ("--backend-url", origin, "--provider", PROVIDER)
    listening = [text for pair in ports.items() for text in pair]
    mock_idp = [sys.executable, "-m", "mock_idp"]
    automatic = ("--auto-login", "plain") if is_automatic else ()
    serve = [*mock_idp, "serve", "--no-config", "--seed", "1", *automatic, *listening, *common]
    idp = f"http://127.0.0.1:{ports['--port']}"
    health = f"{idp}/{PROVIDER}/.well-known/openid-configuration"
    mock = stack.enter_context(running(serve, health, folder / "mock.txt", _STATE))
    config = folder / "app-config.yaml"
    addresses = ("--idp", idp, "--idp-tls", f"https://localhost:{ports['--tls-port']}")
    _write_config([*mock_idp, "app-config", "--conformance", *addresses, *common, "-o", str(config)])
    return mock, idp, [config]


def _write_config(command: list[str]) -> None:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise MeasuringError(f"the app-config could not be written: {done.stderr.strip()[-600:]}")
