"""Start the real Backstage backend, wait until it is ready, stop it."""

from __future__ import annotations

import http.client
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO

from .config import find_address, has_database, read_config, write_overlay
from .errors import CannotRunError
from .log import last_words
from .node import HERE, find_node, install_modules
from .ports import is_free
from .postgres import running_postgres

_SECONDS_TO_START = 120
_SECONDS_TO_STOP = 15
_POLL_SECONDS = 0.1


class Backstage:
    """A Backstage backend that is running.

    Attributes:
        auth_url: the base URL of its auth plugin: what `pytest conformance --target` wants to know.
        log_file: where it writes its log.
    """

    def __init__(self, process: subprocess.Popen[bytes], auth_url: str, log_file: Path) -> None:
        self.auth_url = auth_url
        self.log_file = log_file
        self._process = process

    @property
    def is_running(self) -> bool:
        """Whether the process is still there."""
        return self._process.poll() is None

    def last_words(self) -> str:
        """Return the end of the log, for an error message."""
        return last_words(self.log_file)

    def wait_until_ready(self, host: str, port: int) -> None:
        """Return when every plugin says that it is ready.

        Raises:
            CannotRunError: it ended instead, or took too long.
        """
        give_up = time.monotonic() + _SECONDS_TO_START
        while not is_ready(host, port):
            if not self.is_running:
                raise CannotRunError(f"Backstage ended while it started. Its log ends:\n{self.last_words()}")
            if time.monotonic() > give_up:
                raise CannotRunError(
                    f"Backstage was not ready after {_SECONDS_TO_START} seconds. Its log ends:\n{self.last_words()}"
                )
            time.sleep(_POLL_SECONDS)

    def wait(self) -> None:
        """Return when it has ended, for whatever reason."""
        self._process.wait()

    def stop(self) -> None:
        """Stop it and wait until it is gone; harmless when it already is."""
        if self.is_running:
            self._process.terminate()
            try:
                self._process.wait(timeout=_SECONDS_TO_STOP)
            except subprocess.TimeoutExpired:
                self._process.kill()
        self._process.wait()
        if self._process.stdin:
            self._process.stdin.close()


def is_ready(host: str, port: int) -> bool:
    """Whether a backend says that all its plugins are ready."""
    # Not with a client that would ask the proxy in HTTPS_PROXY and its kin.
    connection = http.client.HTTPConnection(host, port, timeout=10)
    try:
        connection.request("GET", "/.backstage/health/v1/readiness")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


@contextmanager
def running_backstage(
    config_files: Sequence[Path],
    environment: Mapping[str, str] | None = None,
    *,
    port: int | None = None,
    log_file: Path | None = None,
    directory: Path = HERE,
    modules: Sequence[Path] = (),
) -> Iterator[Backstage]:
    """Run the backend, with a PostgreSQL of its own, for as long as the block lasts.

    Params:
        config_files: app-config files; a later one wins. Database and listen address are added if they say none.
        environment: variables on top of this process's own, such as those of `mock-idp env`.
        port: listen here instead of where the configuration says (7007 if it does not).
        log_file: where the log goes; by default a file that disappears with the backend.
        directory: which backend: where its `index.js` and its packages are.
        modules: JavaScript files, each of which exports one more backend module; they find the backend's packages.

    Raises:
        CannotRunError: something is missing, the port is taken, or the backend does not start.
    """
    variables = {
        # Unless somebody says otherwise: a provider that is set up wrongly stops the start.
        "NODE_ENV": "production",
        **os.environ,
        **(environment or {}),
    }
    node = find_node()
    config = read_config(config_files, variables)
    address = find_address(config, port)
    if not is_free(address.port):
        raise CannotRunError(f"Port {address.port} is taken: stop what uses it, or choose another port with --port.")
    install_modules(directory=directory)
    with ExitStack() as stack:
        temporary = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="backstage-")))
        socket_directory = None if has_database(config) else stack.enter_context(running_postgres())
        overlay = temporary / "overlay.yaml"
        write_overlay(overlay, address, socket_directory)
        log_file = log_file or temporary / "backstage.log"
        with _open(log_file) as log:
            process = subprocess.Popen(
                _command(node, [*config_files, overlay]),
                cwd=directory,
                env={**variables, **_own_modules(modules, directory), "STOP_WITH_STDIN": "1"},
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for us alone: the database must stop last.
            )
        backstage = Backstage(process, address.auth_url, log_file)
        stack.callback(backstage.stop)
        backstage.wait_until_ready(address.host, address.port)
        yield backstage


def _own_modules(modules: Sequence[Path], directory: Path) -> dict[str, str]:
    """The variables that make `index.js` add them."""
    if not modules:
        return {}
    for file in modules:
        if not file.is_file():
            raise CannotRunError(f"There is no module {file}.")
    files = os.pathsep.join(str(file.absolute()) for file in modules)
    return {"OWN_MODULES": files, "NODE_PATH": str(directory / "node_modules")}


def _open(log_file: Path) -> BinaryIO:
    try:
        return log_file.open("wb")
    except OSError as error:
        raise CannotRunError(f"The log file {log_file} cannot be written: {error.strerror}.") from None


def _command(node: Path, config_files: Sequence[Path]) -> list[str | Path]:
    # Backstage asks for this flag since Node 20 (for its scaffolder): start it as everybody does.
    command: list[str | Path] = [node, "--no-node-snapshot", "index.js"]
    for file in config_files:
        command += ["--config", file.absolute()]
    return command
