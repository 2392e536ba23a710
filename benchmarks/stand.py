"""A backend beside our mock, and sign-ins that go through both: start, vendor, frame, refresh."""

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.client import Answer, Conversation, LoadError, Visitor, location
from benchmarks.measuring import MeasuringError, Running, free_port, running
from benchmarks.settings import PEERS, ROOT

PROVIDER: Final = "oidc"
_APP: Final = "http://localhost:3000"
_OK: Final = 200


@dataclass(frozen=True, slots=True)
class Stand:
    """A backend and a mock that signs one person in at once.

    Parameters:
        mock: the mock's process.
        backend: the backend's process.
        url: base URL of the auth plugin.
    """

    mock: Running
    backend: Running
    url: str

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
def reference_stand(out: Path) -> Iterator[Stand]:
    """Our mock and our backend, its database in memory.

    Parameters:
        out: for files.

    Raises:
        MeasuringError: one of them does not start.
    """
    folder = out / "run" / "stand"
    folder.mkdir(parents=True, exist_ok=True)
    ports = {name: str(free_port()) for name in ("--port", "--proxy-port", "--tls-port")}
    port = free_port()
    origin = f"http://localhost:{port}"
    state = {"XDG_STATE_HOME": str(PEERS / "state"), "PYTHONPATH": str(ROOT)}
    common = ("--backend-url", origin, "--provider", PROVIDER)
    listening = [text for pair in ports.items() for text in pair]
    mock_idp = [sys.executable, "-m", "mock_idp"]
    serve = [*mock_idp, "serve", "--no-config", "--seed", "1", "--auto-login", "plain", *listening, *common]
    idp = f"http://127.0.0.1:{ports['--port']}"
    with running(serve, f"{idp}/{PROVIDER}/.well-known/openid-configuration", folder / "mock.txt", state) as mock:
        config = folder / "app-config.yaml"
        addresses = ("--idp", idp, "--idp-tls", f"https://localhost:{ports['--tls-port']}")
        _write_config([*mock_idp, "app-config", "--conformance", *addresses, *common, "-o", str(config)])
        command = [sys.executable, "-m", "reference_backend", "serve", "--config", str(config), "--port", str(port)]
        url = f"http://localhost:{port}/api/auth"
        health = f"http://127.0.0.1:{port}/api/auth/.well-known/openid-configuration"
        with running(command, health, folder / "backend.txt", state) as backend:
            yield Stand(mock, backend, url)


def _write_config(command: list[str]) -> None:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise MeasuringError(f"the app-config could not be written: {done.stderr.strip()[-600:]}")
