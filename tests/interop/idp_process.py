"""The mock IdP as a process of its own, used by its command line only, as everybody else uses it."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
_SECONDS_TO_STOP = 10


@dataclass(frozen=True)
class IdpProcess:
    """A mock IdP that is running.

    Attributes:
        url: its plain listener.
        tls_url: its TLS listener.
        environment: the variables that send a process's traffic to it.
        backend_url: the base URL of the backend that may sign in.
        directory: where its files go.
    """

    url: str
    tls_url: str
    environment: Mapping[str, str]
    backend_url: str
    directory: Path

    @property
    def proxy_url(self) -> str:
        """The forward proxy to the vendors' host names."""
        return self.environment["HTTPS_PROXY"]

    @property
    def ca_file(self) -> Path:
        """The certificate authority that a client of those host names must trust."""
        return Path(self.environment["SSL_CERT_FILE"])

    def write_app_config(self, *options: str) -> Path:
        """Write the app-config that fits this IdP and return the file.

        Raises:
            subprocess.CalledProcessError: an option is wrong; standard error says which.
        """
        file = self.directory / "app-config.yaml"
        _run(
            self.directory,
            *("app-config", "--idp", self.url, "--idp-tls", self.tls_url),
            *("--backend-url", self.backend_url, "-o", str(file)),
            *options,
        )
        return file


@contextmanager
def running_idp(directory: Path, backend_url: str, *options: str) -> Iterator[IdpProcess]:
    """Run `mock-idp serve` on free ports for as long as the block lasts.

    Params:
        directory: for its certificate authority and log.
        backend_url: base URL of the backend that may sign in.
        options: further options of `mock-idp serve`.

    Raises:
        RuntimeError: it does not start; the end of its log is in the message.
    """
    command = [sys.executable, "-m", "mock_idp", "serve", "--json", "--backend-url", backend_url]
    for port in ("--port", "--proxy-port", "--tls-port"):
        command += [port, "0"]
    log_file = directory / "mock-idp.log"
    with (
        log_file.open("w", encoding="utf-8") as log,
        subprocess.Popen(
            [*command, *options],
            cwd=ROOT,
            env=_own_state(directory),
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        ) as process,
    ):
        try:
            assert process.stdout is not None
            ready = process.stdout.readline()
            if not ready:
                process.wait()
                raise RuntimeError(f"The mock IdP did not start: {log_file.read_text(encoding='utf-8')[-3000:]}")
            urls = json.loads(ready)["urls"]
            url = urls["http"]
            yield IdpProcess(url, urls["tls"], _environment(directory, url), backend_url, directory)
        finally:
            process.terminate()
            try:
                process.wait(timeout=_SECONDS_TO_STOP)
            except subprocess.TimeoutExpired:
                process.kill()


def _environment(directory: Path, url: str) -> dict[str, str]:
    """Ask `mock-idp env`, which writes one `export NAME=VALUE` a line."""
    exports = (shlex.split(line)[1] for line in _run(directory, "env", "--idp", url).splitlines())
    pairs = (export.partition("=") for export in exports)
    return {name: value for name, _, value in pairs}


def _run(directory: Path, *arguments: str) -> str:
    return subprocess.run(
        [sys.executable, "-m", "mock_idp", *arguments],
        cwd=ROOT,
        env=_own_state(directory),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout


def _own_state(directory: Path) -> dict[str, str]:
    # The person's own certificate authority stays as it is.
    return {**os.environ, "XDG_STATE_HOME": str(directory)}
