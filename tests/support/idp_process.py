"""The mock IdP, and the mock as an auth proxy, as processes of their own."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.processes import output_of, program, ready_line


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
        """Write the app-config of the suite that fits this IdP and return the file.

        Raises:
            subprocess.CalledProcessError: an option is wrong; standard error says which.
        """
        file = self.directory / "app-config.yaml"
        addresses = ("--idp", self.url, "--idp-tls", self.tls_url, "--backend-url", self.backend_url)
        output_of(
            "mock_idp", "app-config", "--conformance", *addresses, "-o", str(file), *options, state=self.directory
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
    ports = (option for port in ("--port", "--proxy-port", "--tls-port") for option in (port, "0"))
    log_file = directory / "mock-idp.log"
    command = ("serve", "--json", "--no-config", "--backend-url", backend_url, *ports, *options)
    with (
        log_file.open("w", encoding="utf-8") as log,
        program("mock_idp", *command, state=directory, errors=log) as process,
    ):
        try:
            urls = ready_line(process)["urls"]
        except RuntimeError as error:
            raise RuntimeError(f"{error}: {log_file.read_text(encoding='utf-8')[-3000:]}") from error
        yield IdpProcess(urls["http"], urls["tls"], _environment(directory, urls["http"]), backend_url, directory)


def _environment(directory: Path, url: str) -> dict[str, str]:
    """Ask `mock-idp env`, which writes one `export NAME=VALUE` a line."""
    exports = (
        shlex.split(line)[1] for line in output_of("mock_idp", "env", "--idp", url, state=directory).splitlines()
    )
    pairs = (export.partition("=") for export in exports)
    return {name: value for name, _, value in pairs}


@contextmanager
def running_front(idp: IdpProcess, vendor: str, *options: str) -> Iterator[str]:
    """Stand in front of the backend of a mock IdP for as long as the block lasts; gives the front's address.

    Params:
        idp: the mock that mints the headers.
        vendor: which auth proxy it is.
        options: further options of `mock-idp front`.

    Raises:
        RuntimeError: it does not start; its error is above.
    """
    command = ("front", vendor, "--upstream", idp.backend_url, "--idp", idp.url, "--port", "0", "--json", *options)
    with program("mock_idp", *command, state=idp.directory) as process:
        yield ready_line(process)["urls"]["http"]
