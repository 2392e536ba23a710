"""The command line. Every module of this package that defines click commands adds them by being there."""

import importlib
import pkgutil

import click

from mock_idp import __version__
from mock_idp.cli.common import plain_mistakes
from mock_idp.vendor_files import add_installed


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="mock-idp")
def main() -> None:
    """A strict mock identity provider for auth backends that speak the Backstage auth protocol."""
    with plain_mistakes():
        add_installed()


def _add_commands() -> None:
    for module_info in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{module_info.name}")
        for candidate in vars(module).values():
            if isinstance(candidate, click.Command):
                main.add_command(candidate)


_add_commands()
