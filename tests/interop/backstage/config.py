"""What this package reads from a Backstage app-config, and adds to it where it says nothing."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from .errors import CannotRunError
from .node import HERE, find_node, install_modules

DEFAULT_PORT = 7007
DEFAULT_HOST = "127.0.0.1"
_LOCAL = {"localhost", "127.0.0.1"}
_EVERYWHERE = {"", "0.0.0.0", "::"}


@dataclass(frozen=True)
class Address:
    """Where the backend listens, and the `backend.baseUrl` it gives out.

    Attributes:
        port: its port.
        base_url: what it calls itself.
        host: by which address this machine reaches it.
        overlay: what has to be added to the configuration for that, below `backend`.
    """

    port: int
    base_url: str
    host: str = DEFAULT_HOST
    overlay: Mapping[str, Any] | None = None

    @property
    def auth_url(self) -> str:
        """The auth plugin's base URL, as this machine reaches it.

        A base URL with another host name (a proxy's, say) does not lead to this process, but the port does. Nor does a
        base URL's path, which is for whoever passes requests on: the backend itself has its plugins at the root.
        """
        host = urlsplit(self.base_url).hostname if _own_port(self.base_url) == self.port else None
        return f"http://{host or ('localhost' if self.host == DEFAULT_HOST else self.host)}:{self.port}/api/auth"


def read_config(config_files: Sequence[Path], environment: Mapping[str, str]) -> dict[str, Any]:
    """Return what Backstage makes of the files, read by its own loader: `$include`, variables, `null` and all.

    Params:
        config_files: as Backstage is given them.
        environment: the variables that it will have.

    Raises:
        CannotRunError: a file is missing, or Node or its packages are.
    """
    for file in config_files:
        if not file.exists():
            raise CannotRunError(
                f"There is no configuration file {file}: 'mock-idp app-config --conformance -o {file}' makes one."
            )
    install_modules()
    arguments = [text for file in config_files for text in ("--config", str(file.absolute()))]
    request = {"directory": str(HERE), "arguments": arguments, "environment": dict(environment)}
    done = subprocess.run(
        [find_node(), "--no-warnings", "load_config.js"],
        cwd=HERE,
        input=json.dumps(request) + "\n",
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        raise CannotRunError(f"Backstage's configuration loader failed: {done.stderr[-1000:].strip()}") from None
    # What it cannot read Backstage says best itself, when it starts.
    config = _decoded(answer["value"]) if "value" in answer else {}
    return config if isinstance(config, dict) else {}


def _decoded(value: Any) -> Any:
    """An answer of `load_config.js` as Python values."""
    if isinstance(value, list):
        return [_decoded(item) for item in value]
    if not isinstance(value, dict):
        return value
    [(kind, content)] = value.items()
    if kind == "object":
        return {key: _decoded(member) for key, member in content}
    return float(content) if kind == "number" else content


def find_address(config: Mapping[str, Any], port: int | None = None) -> Address:
    """Return the address that a configuration asks for, or the one with `port` if that is given.

    Without `port`, nothing that the configuration says is changed. With it, the backend listens there, and a base URL
    that names the port of this machine it would have had follows, path and all.

    Raises:
        CannotRunError: `backend.listen` is none.
    """
    base_url = _at(config, "backend", "baseUrl")
    said_host, said_port = _listen(_at(config, "backend", "listen"))
    usual = said_port or _own_port(base_url) or DEFAULT_PORT
    overlay: dict[str, Any] = {}
    if port is not None and port != said_port:
        overlay["listen"] = {"host": said_host or DEFAULT_HOST, "port": port}
    elif said_port is None:
        overlay["listen"] = {"host": said_host or DEFAULT_HOST, "port": usual}
    elif said_host is None and isinstance(_at(config, "backend", "listen"), Mapping):
        overlay["listen"] = {"host": DEFAULT_HOST}  # the rest of it stays
    found = port or usual
    if not isinstance(base_url, str):
        base_url = overlay["baseUrl"] = f"http://localhost:{found}"
    elif _own_port(base_url) not in (None, found) and _own_port(base_url) == usual:
        parts = urlsplit(base_url)
        base_url = overlay["baseUrl"] = parts._replace(netloc=f"{parts.hostname}:{found}").geturl()
    host = DEFAULT_HOST if (said_host or "") in _EVERYWHERE | _LOCAL else str(said_host)
    return Address(found, base_url, host, overlay)


def _listen(said: Any) -> tuple[str | None, int | None]:
    """Host and port of `backend.listen`, which is a text such as `:7007` or an object."""
    if isinstance(said, Mapping):
        host, port = said.get("host"), said.get("port")
        return (str(host) if host else None), (None if port is None else _port(port))
    if isinstance(said, str):
        host, _, port = said.rpartition(":")
        return host.strip("[]"), _port(port)
    return None, None


def _port(said: Any) -> int:
    try:
        port = int(said)
    except (ValueError, TypeError):
        port = 0
    if not 0 < port < 2**16:
        raise CannotRunError(f"backend.listen: {said!r} is not a port number.")
    return port


def _own_port(base_url: Any) -> int | None:
    """Return the port if the URL names one of this machine, without a proxy in between."""
    try:
        parts = urlsplit(base_url) if isinstance(base_url, str) else None
        return parts.port if parts and parts.scheme == "http" and parts.hostname in _LOCAL else None
    except ValueError:
        return None


def _at(config: Mapping[str, Any], *keys: str) -> Any:
    value: Any = config
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def write_overlay(file: Path, address: Address, socket_directory: Path | None) -> None:
    """Write what the configuration does not say and this run needs: where to listen, which database.

    Params:
        file: where to.
        address: where the backend listens.
        socket_directory: of the database, or None if the configuration has one of its own.
    """
    backend = dict(address.overlay or {})
    if socket_directory is not None:
        backend["database"] = {
            "client": "pg",
            # The password is not asked for, but Backstage insists that there is one.
            "connection": {"host": str(socket_directory), "user": "postgres", "password": "none"},
        }
    file.write_text(json.dumps({"backend": backend}, indent=2), encoding="utf-8")  # JSON is YAML.


def has_database(config: Mapping[str, Any]) -> bool:
    """Whether the configuration says which database to use."""
    return _at(config, "backend", "database") is not None
