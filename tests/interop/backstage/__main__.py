"""Run Backstage by hand: `python -m tests.interop.backstage`, best inside `mock-idp run -- …`."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path
from types import FrameType

from .backstage import running_backstage
from .errors import CannotRunError
from .node import install_modules


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.interop.backstage",
        description="Start the real Backstage auth backend with every provider module. Ctrl-C stops it.",
    )
    parser.add_argument(
        "--config",
        metavar="FILE",
        type=Path,
        nargs="+",
        action="extend",
        help="app-config file; may be given several times, a later one wins (default: app-config.yaml)",
    )
    parser.add_argument(
        "--module",
        metavar="FILE.js",
        type=Path,
        dest="modules",
        action="append",
        default=[],
        help="a file that exports one more backend module, such as a provider of your own; may be repeated",
    )
    parser.add_argument("--port", type=_port, help="where to listen (default: as the configuration says, else 7007)")
    parser.add_argument("--log-file", metavar="FILE", type=Path, help="keep the backend's log here")
    parser.add_argument("--install", action="store_true", help="install the npm packages, start nothing")
    return parser.parse_args()


def _port(text: str) -> int:
    port = int(text) if text.isdecimal() else 0
    if not 0 < port < 2**16:
        raise argparse.ArgumentTypeError(f"{text} is not a port number")
    return port


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    """Make both signals what Ctrl-C usually is: leave through the context managers, which stop everything.

    SIGINT as well, because a shell that starts a program in the background has it ignored.
    """
    raise KeyboardInterrupt


def main() -> int:
    """Run until interrupted; return the exit status."""
    arguments = _parse_arguments()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _interrupt)
    try:
        if arguments.install:
            install_modules()
            return 0
        config_files = arguments.config or [Path("app-config.yaml")]
        print("Starting Backstage (the first time takes a minute, for npm) …", file=sys.stderr, flush=True)
        options = {"port": arguments.port, "log_file": arguments.log_file, "modules": arguments.modules}
        with running_backstage(config_files, **options) as backstage:
            print(f"Backstage is ready: {backstage.auth_url}")
            print(f"Its log: {backstage.log_file}. Ctrl-C stops it.", flush=True)
            backstage.wait()
            print(f"Backstage ended by itself. Its log ends:\n{backstage.last_words()}", file=sys.stderr)
            return 1
    except KeyboardInterrupt:
        return 0
    except CannotRunError as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
