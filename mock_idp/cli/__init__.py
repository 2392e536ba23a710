"""The command line. Each command is imported when it is asked for, since most of them need little of the mock."""

import importlib
from collections.abc import Mapping
from typing import Final

import click

from mock_idp.cli.common import plain_mistakes
from mock_idp.vendor_files import add_installed

COMMANDS: Final[Mapping[str, str]] = {
    "app-config": "app_config",
    "browser": "browser",
    "describe": "describe",
    "env": "environment",
    "faults": "listing",
    "front": "front",
    "init": "init",
    "personas": "listing",
    "run": "environment",
    "schema": "init",
    "serve": "serve",
    "vendors": "listing",
}
"""Name of a command -> the module of this package that defines it."""


class _Commands(click.Group):
    """Imports a command's module when the command is run, and all of them for ``--help``."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name; None if there is none."""
        if cmd_name in COMMANDS:
            return _load(cmd_name)
        # Click suggests one of these to whoever misspelt a name.
        self.commands = {name: _load(name) for name in COMMANDS}
        return None


def _load(name: str) -> click.Command:
    module = importlib.import_module(f"{__name__}.{COMMANDS[name]}")
    return next(one for one in vars(module).values() if isinstance(one, click.Command) and one.name == name)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="backstage-auth-conformance", prog_name="mock-idp")
def main() -> None:
    """A strict mock identity provider for auth backends that speak the Backstage auth protocol."""
    with plain_mistakes():
        add_installed()
