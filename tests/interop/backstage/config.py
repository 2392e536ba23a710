"""What this package reads from and adds to a Backstage app-config."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import yaml

from .errors import CannotRunError

DEFAULT_PORT = 7007


@dataclass(frozen=True)
class Address:
    """Where the backend listens, and the `backend.baseUrl` it gives out."""

    port: int
    base_url: str

    @property
    def auth_url(self) -> str:
        """The auth plugin's base URL, as this machine reaches it.

        A base URL with another host name (a proxy's, say) does not lead to this process, but the port does.
        """
        host = urlsplit(self.base_url).hostname if _own_port(self.base_url) == self.port else "localhost"
        return f"http://{host}:{self.port}/api/auth"


def find_address(config_files: Iterable[Path], port: int | None = None) -> Address:
    """Return the address the files ask for, or the one with `port` if that is given.

    A base URL that names a port of this machine follows `port`, so that the backend is where it says. Any
    other base URL is what the configuration wants to have said, and stays.

    Raises:
        CannotRunError: a file is missing or is not YAML.
    """
    base_url = None
    for file in config_files:
        base_url = _read_base_url(file) or base_url
    if base_url is None:
        base_url = f"http://localhost:{DEFAULT_PORT}"
    configured = _own_port(base_url)
    if configured is None:
        return Address(port or DEFAULT_PORT, base_url)
    if port is None or port == configured:
        return Address(configured, base_url)
    return Address(port, f"http://{urlsplit(base_url).hostname}:{port}")


def _own_port(base_url: str) -> int | None:
    """Return the port if the URL names one of this machine, without a proxy in between."""
    parts = urlsplit(base_url)
    if parts.scheme != "http" or parts.hostname not in {"localhost", "127.0.0.1"}:
        return None
    try:
        return parts.port
    except ValueError:  # For instance an environment variable that only Backstage puts in.
        return None


def _read_base_url(file: Path) -> str | None:
    try:
        document = yaml.safe_load(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CannotRunError(
            f"There is no configuration file {file}: 'mock-idp app-config -o {file}' makes one."
        ) from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else "?"
        raise CannotRunError(f"The configuration file {file} is not YAML: line {line}, {error.problem}.") from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise CannotRunError(f"The configuration file {file} cannot be read: {error}") from None
    backend = document.get("backend") if isinstance(document, Mapping) else None
    base_url = backend.get("baseUrl") if isinstance(backend, Mapping) else None
    return base_url if isinstance(base_url, str) else None


def write_overlay(file: Path, address: Address, socket_directory: Path) -> None:
    """Write the part of the configuration that depends on this run: where to listen, which database."""
    backend = {
        "baseUrl": address.base_url,
        "listen": {"host": "127.0.0.1", "port": address.port},
        "database": {
            "client": "pg",
            # The password is not asked for, but Backstage insists that there is one.
            "connection": {"host": str(socket_directory), "user": "postgres", "password": "none"},
        },
    }
    file.write_text(json.dumps({"backend": backend}, indent=2), encoding="utf-8")  # JSON is YAML.
