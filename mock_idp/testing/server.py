"""The mock that tests use: one in this process, or one that runs elsewhere."""

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mock_idp.cli.client_environment import client_environment
from mock_idp.running import start
from mock_idp.settings import URL_VARIABLE, VENDORS_VARIABLE, Settings
from mock_idp.testing.control import Control, IdpError
from mock_idp.testing.idp import Idp
from mock_idp.vendor_files import VendorFileError, add_vendor_file


class IdpServer:
    """A running mock.

    Parameters:
        control: its control API.
        directory: where its certificate authority is kept for processes that are to trust it.

    Raises:
        IdpError: no mock answers there.
    """

    def __init__(self, control: Control, directory: Path) -> None:
        self._control = control
        said: Mapping[str, Any] = control.get("")
        try:
            self._urls: Mapping[str, str] = {name: str(url) for name, url in said["urls"].items()}
            self._hosts: Sequence[str] = [str(host) for host in said["hosts"]]
            proxied = bool(self._urls["proxy"])
        except (KeyError, TypeError, AttributeError) as error:
            raise IdpError(f"What answers at {control.url} is no mock IdP of this version.") from error
        self._ca_file = directory / "mock-idp-ca.pem"
        self._ca_file.write_text(control.text("ca.pem") if proxied else "", encoding="ascii")

    @property
    def url(self) -> str:
        """Base URL of its plain listener."""
        return self._control.url

    @property
    def environment(self) -> dict[str, str]:
        """Variables for a child process: ``MOCK_IDP_URL``, and what ``mock-idp env`` says."""
        return {**client_environment(self._urls, self._ca_file), URL_VARIABLE: self.url}

    def idp(self) -> Idp:
        """Vendors, clients and people for one test; close it, or use it as a context manager."""
        return Idp(self._control, self._urls, self._hosts, self._ca_file, self.environment)


@contextmanager
def start_server(vendors: Sequence[Path | str] = ()) -> Iterator[IdpServer]:
    """Run a mock in this process, on free ports of the loopback interface, until the block ends.

    Parameters:
        vendors: files with vendors of one's own, beside those that ``MOCK_IDP_VENDORS`` names.

    Raises:
        IdpError: a file cannot be used.
    """
    named = [file for file in os.environ.get(VENDORS_VARIABLE, "").split(os.pathsep) if file]
    try:
        for file in map(Path, [*vendors, *named]):
            add_vendor_file(file)
    except VendorFileError as error:
        raise IdpError(str(error)) from error
    with tempfile.TemporaryDirectory(prefix="mock-idp-", ignore_cleanup_errors=True) as directory:
        settings = Settings(port=0, tls_port=0, proxy_port=0, state_dir=Path(directory))
        with start(settings, report=_silent) as running, connect(running.urls["http"]) as server:
            yield server


@contextmanager
def connect(url: str) -> Iterator[IdpServer]:
    """Use a mock that runs elsewhere.

    Parameters:
        url: base URL of its plain listener.

    Raises:
        IdpError: no mock answers there.
    """
    control = Control(url)
    with tempfile.TemporaryDirectory(prefix="mock-idp-", ignore_cleanup_errors=True) as directory:
        try:
            yield IdpServer(control, Path(directory))
        finally:
            control.close()


def server_for_tests(url: str | None, vendors: Sequence[Path] = ()) -> Callable[[], Any]:
    """The mock at that address, at the one that ``MOCK_IDP_URL`` names, or a new one in this process.

    Parameters:
        url: address, or None.
        vendors: files with vendors of one's own, for a new one.
    """
    address = url or os.environ.get(URL_VARIABLE)
    return (lambda: connect(address)) if address else (lambda: start_server(vendors))


def _silent(sentence: str) -> None:
    """Drop the output of a mock without files."""
