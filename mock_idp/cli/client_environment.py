"""The environment variables that send a process's HTTPS calls to the mock, and make it trust the mock."""

import re
import shlex
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path

DIRECT_HOSTS = "localhost,127.0.0.1,::1"
"""What goes past the proxy. An existing NO_PROXY is replaced, not extended: one that named a vendor's host
would send test traffic to the real service."""


def client_environment(urls: Mapping[str, str], ca_file: Path) -> dict[str, str]:
    """Say what a child process must find in its environment.

    Parameters:
        urls: addresses of the mock as in ``GET /__idp/``; ``proxy`` is the one that matters.
        ca_file: the mock's certificate authority, PEM. The variables that replace a client's own trust
            store get the same file, because the proxy lets no request through to a real service.

    Returns:
        Variables in a fixed order, each with the programs that read it in its comment.
    """
    proxy, authority = urls["proxy"], str(ca_file.absolute())
    return {
        "HTTPS_PROXY": proxy,  # nearly everything
        "https_proxy": proxy,  # curl, wget; others look here first
        "NO_PROXY": DIRECT_HOSTS,
        "no_proxy": DIRECT_HOSTS,
        "NODE_USE_ENV_PROXY": "1",  # Node.js 24 and later: fetch() and https heed the variables above
        "NODE_EXTRA_CA_CERTS": authority,  # Node.js, in addition to its own
        "REQUESTS_CA_BUNDLE": authority,  # Python requests
        "SSL_CERT_FILE": authority,  # OpenSSL: Python ssl and httpx, Ruby; Go on Linux
        "CURL_CA_BUNDLE": authority,  # curl
    }


class Shell(StrEnum):
    """How variables can be written down."""

    SH = "sh"
    FISH = "fish"
    POWERSHELL = "powershell"
    DOTENV = "dotenv"


def render(variables: Mapping[str, str], shell: Shell) -> str:
    """Write variables so that a shell's ``eval``, or a reader of ``.env`` files, sets them.

    Parameters:
        variables: what to set.
        shell: for whom.

    Returns:
        One line for each variable.
    """
    line = _LINES[shell]
    return "".join(f"{line(name, value)}\n" for name, value in variables.items())


def _sh(name: str, value: str) -> str:
    return f"export {name}={shlex.quote(value)}"


def _fish(name: str, value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"set -gx {name} '{escaped}'"


def _powershell(name: str, value: str) -> str:
    doubled = value.replace("'", "''")
    return f"$env:{name} = '{doubled}'"


def _dotenv(name: str, value: str) -> str:
    # Docker takes quotes literally, so none where none are needed.
    if re.fullmatch(r"[\w./:,@%+=-]*", value):
        return f"{name}={value}"
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'{name}="{escaped}"'


_LINES: dict[Shell, Callable[[str, str], str]] = {
    Shell.SH: _sh,
    Shell.FISH: _fish,
    Shell.POWERSHELL: _powershell,
    Shell.DOTENV: _dotenv,
}
