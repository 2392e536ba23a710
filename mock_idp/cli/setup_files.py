"""Options that name files of one's own: people, clients, services, settings."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import click
from click.core import ParameterSource

from mock_idp.settings import Settings
from mock_idp.setup.app_config import read_own_app_config
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
    """Add the options ``--config``, ``--no-config``, ``--people`` and ``--from-app-config``."""
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
        click.option(
            "--from-app-config",
            "own_app_config",
            metavar="FILE…",
            multiple=True,
            help="Files of a Backstage app-config, as Backstage is given them: exactly its clients are registered.",
        ),
    )
    for option in reversed(options):
        function = option(function)
    return function


class OwnFiles:
    """Files of an app-config as a source, and what was found in them beside the set-up.

    Parameters:
        names: the files.
        providers: ``ID=VENDOR`` for ids that do not tell what is behind them.
        environment: the variables there are.
    """

    def __init__(self, names: Sequence[str], providers: Sequence[str], environment: Mapping[str, str]) -> None:
        self._names = tuple(names)
        self._behind = dict(text.split("=", 1) for text in providers if "=" in text)
        self._environment = environment
        self._said: set[str] = set()
        self.stand_ins: Mapping[str, str] = {}
        """Variables that are not set, and what was taken for them."""

    @property
    def sources(self) -> list[Source]:
        """The files, if there are any."""
        return [Source(self._names, self._read)] if self._names else []

    def _read(self, files: Sequence[Path]) -> Setup:
        own = read_own_app_config(files, self._environment, self._behind)
        self.stand_ins = own.stand_ins
        for sentence in (*_in_words(own.stand_ins), *own.remarks):
            if sentence not in self._said:
                self._said.add(sentence)
                click.echo(f"mock-idp: {sentence}", err=True)
        return own.setup


def _in_words(stand_ins: Mapping[str, str]) -> Iterator[str]:
    if stand_ins:
        pairs = ", ".join(f"{name}={value}" for name, value in stand_ins.items())
        yield f"Not set, so these stand in (`mock-idp run` with the same option sets them for the backend): {pairs}."


def find_sources(
    config: Path | None, no_config: bool, people: Sequence[str], own: OwnFiles | None = None
) -> list[Source]:
    """The files that these options name, in the order in which they count.

    Parameters:
        config: the set-up file, or None for the usual one if it is there.
        no_config: True if there is to be none.
        people: files or patterns of a catalog.
        own: files of an app-config.

    Raises:
        click.UsageError: ``config`` and ``no_config`` contradict each other.
    """
    if config and no_config:
        raise click.UsageError("--config and --no-config contradict each other.")
    if config is None and not no_config and Path(FILE_NAME).exists():
        config = Path(FILE_NAME)
    sources = own.sources if own else []
    if people:
        sources.append(Source(tuple(people), read_catalog))
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
    if "providers" in setup.settings:
        # They come from an app-config then, and the option only tells what is behind them.
        said.pop("providers", None)
    return Settings(**{**options, **setup.settings, **said})


def read_sources(sources: Sequence[Source]) -> tuple[Sources, Setup]:
    """Read all files for the first time.

    Raises:
        SetupFileError: one cannot be used.
    """
    all_sources = Sources(sources)
    return all_sources, all_sources.read()
