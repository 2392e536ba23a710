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
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


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
        base = self.base_url if _is_ours(self.base_url) else f"http://localhost:{self.port}"
        return f"{base}/api/auth"


def _is_ours(base_url: str) -> bool:
    parts = urlsplit(base_url)
    return parts.scheme == "http" and parts.hostname in _LOOPBACK


def find_address(config_files: Iterable[Path], port: int | None = None) -> Address:
    """Return the address the files ask for, or the one with `port` if that is given.

    A base URL on this machine takes the port along, so that both are always the same; any other base URL
    is what the configuration wants to have said, and stays.

    Raises:
        CannotRunError: a file is missing or is not YAML.
    """
    base_url = None
    for file in config_files:
        base_url = _read_base_url(file) or base_url
    if base_url is None:
        port = port or DEFAULT_PORT
        return Address(port, f"http://localhost:{port}")
    base_url = base_url.rstrip("/")
    if not _is_ours(base_url):
        return Address(port or DEFAULT_PORT, base_url)
    parts = urlsplit(base_url)
    port = port or parts.port or DEFAULT_PORT
    host = "[::1]" if parts.hostname == "::1" else parts.hostname
    return Address(port, f"http://{host}:{port}")


def _read_base_url(file: Path) -> str | None:
    try:
        document = yaml.safe_load(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CannotRunError(
            f"There is no configuration file {file}: 'mock-idp app-config -o {file}' makes one."
        ) from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else "?"
        raise CannotRunError(
            f"The configuration file {file} is not YAML: line {line}, {error.problem}."
        ) from None
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
