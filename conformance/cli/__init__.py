"""``auth-conformance``: the suite as a command. Each subcommand is a module, which is imported when it is asked for."""

import importlib
import sys
from collections.abc import Mapping
from typing import Final

import click

from conformance import __version__

COMMANDS: Final[Mapping[str, str]] = {
    "run": "conformance.cli.run",
    "doctor": "conformance.cli.doctor",
    "explain": "conformance.cli.explain",
    "list": "conformance.cli.listing",
    "report": "conformance.cli.report",
    "compare": "conformance.cli.compare",
    "playground": "conformance.cli.playground",
}
"""Subcommand -> the module that has it as ``command``."""

INSTALL: Final = "pip install 'backstage-auth-conformance[suite]'"


class _Commands(click.Group):
    """Subcommands that are imported when they are needed: ``--help`` of one needs none of the others."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order in which people need them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a subcommand."""
        if cmd_name not in COMMANDS:
            return None
        found = importlib.import_module(COMMANDS[cmd_name]).command
        if not isinstance(found, click.Command):
            raise TypeError(f"{COMMANDS[cmd_name]}.command is not a click command")
        return found


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="auth-conformance")
def group() -> None:
    """Test an auth backend of Backstage with the scenarios of this kit.

    Exit codes: 0 nothing failed, 1 a requirement failed, 2 interrupted, or a word of the command line is wrong, 3 the
    suite itself failed, 4 the set-up or an option is wrong, 5 nothing was selected.
    """


def main() -> None:
    """Run the command; a missing part of the installation ends in one sentence."""
    try:
        group()
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] in {"conformance", "mock_idp"}:
            raise
        sys.exit(f"Error: the suite needs the package {error.name}, which is not installed: {INSTALL}")
