"""Options that name files of one's own: people, clients, services, settings."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import click
from click.core import ParameterSource

from mock_idp.settings import Settings
from mock_idp.setup.catalog import read_catalog
from mock_idp.setup.file import FILE_NAME, read_file
from mock_idp.setup.model import Setup
from mock_idp.setup.sources import Source, Sources

Function = TypeVar("Function", bound=Callable[..., Any])


class FilesCommand(click.Command):
    """A command some options of which take any number of files, since shells replace a pattern by all its names."""

    many: ClassVar[tuple[str, ...]] = ("--people", "--from-app-config")

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Repeat such an option before each of its files."""
        own = {name for parameter in self.params for name in parameter.opts}
        return super().parse_args(ctx, list(_repeated(args, own.intersection(self.many))))


def _repeated(args: Sequence[str], options: set[str]) -> list[str]:
    """``--people a b`` as ``--people a --people b``; what begins with a dash ends the list."""
    made: list[str] = []
    current = ""
    for number, arg in enumerate(args):
        if arg == "--":
            return [*made, *args[number:]]
        if arg.startswith("-"):
            current = arg if arg in options else ""
            made.append(arg)
        elif current and made[-1] != current:
            made += [current, arg]
        else:
            made.append(arg)
    return made


def files_options(function: Function) -> Function:
    """Add the options ``--config``, ``--no-config`` and ``--people``."""
    options = (
        click.option(
            "--config",
            type=click.Path(path_type=Path),
            metavar="FILE",
            help=f"People, clients, services and settings of your own.  [default: {FILE_NAME}, if it is there]",
        ),
        click.option("--no-config", is_flag=True, help=f"Do not read {FILE_NAME}."),
        click.option(
            "--people",
            metavar="FILE…",
            multiple=True,
            help="Files of a Backstage catalog, or patterns such as 'catalog/**/*.yaml': its users can sign in.",
        ),
    )
    for option in reversed(options):
        function = option(function)
    return function


def find_sources(config: Path | None, no_config: bool, people: Sequence[str]) -> list[Source]:
    """The files that these options name, in the order in which they count.

    Parameters:
        config: the set-up file, or None for the usual one if it is there.
        no_config: True if there is to be none.
        people: files or patterns of a catalog.

    Raises:
        click.UsageError: ``config`` and ``no_config`` contradict each other.
    """
    if config and no_config:
        raise click.UsageError("--config and --no-config contradict each other.")
    if config is None and not no_config and Path(FILE_NAME).exists():
        config = Path(FILE_NAME)
    sources = [Source(tuple(people), read_catalog)] if people else []
    if config:
        # Last, so that it has the last word about people of the catalog.
        sources.append(Source((str(config),), lambda files: read_file(files[0])))
    return sources


def settings_of(ctx: click.Context, options: Mapping[str, Any], setup: Setup) -> Settings:
    """The settings of a run: what the command line says, else the files, else the defaults.

    Parameters:
        ctx: tells what was said.
        options: the options that are settings, with their values.
        setup: what the files say.
    """
    said = {name: options[name] for name in options if ctx.get_parameter_source(name) is not ParameterSource.DEFAULT}
    return Settings(**{**options, **setup.settings, **said})


def read_sources(sources: Sequence[Source]) -> tuple[Sources, Setup]:
    """Read all files for the first time.

    Raises:
        SetupFileError: one cannot be used.
    """
    all_sources = Sources(sources)
    return all_sources, all_sources.read()
