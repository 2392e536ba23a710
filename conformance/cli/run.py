"""``auth-conformance run``: pytest on the packaged suite, its own options first."""

import importlib
import sys

import click
import pytest

from conformance.plugin import HOOKS, PACKAGE
from conformance.plugin.options import OPTIONS, TARGET

CACHE_OPTIONS = frozenset(
    {"--lf", "--last-failed", "--ff", "--failed-first", "--nf", "--new-first", "--sw", "--stepwise"}
)
"""Options of pytest that need its cache, which is not kept otherwise: a run leaves no file but what was asked for."""


class _Run(click.Command):
    """A command whose help lists the suite's options, and which passes all it does not know to pytest."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The suite's options, a line each."""
        with formatter.section("Options"):
            formatter.write_dl([(f"{option.name} {option.metavar}".strip(), option.help) for option in OPTIONS])


@click.command(
    "run",
    cls=_Run,
    context_settings={"ignore_unknown_options": True, "help_option_names": ["-h", "--help"], "max_content_width": 110},
    options_metavar="[OPTIONS] [PYTEST OPTIONS]",
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[URL]")
def command(arguments: tuple[str, ...]) -> None:
    """Test the auth plugin at URL, such as http://localhost:7007/api/auth, against a running mock IdP.

    Without URL, the reference backend and a mock IdP are started and tested. All options of pytest work too: -n 4,
    -k TEXT, -x, -q, --junit-xml FILE, -m "not fuzz".
    """
    # Where pytest is installed for other reasons and the suite's extra is not, pytest would show this as a defect.
    importlib.import_module(HOOKS)
    sys.exit(pytest.main(pytest_arguments(arguments)))


def pytest_arguments(arguments: tuple[str, ...]) -> list[str]:
    """The command line for pytest.

    Parameters:
        arguments: what was given; the first one is the target's URL if it is no option.
    """
    rest = list(arguments)
    target = [TARGET.name, rest.pop(0)] if rest and not rest[0].startswith("-") else []
    cache = [] if CACHE_OPTIONS & {argument.partition("=")[0] for argument in rest} else ["-p", "no:cacheprovider"]
    # The folder above the package as root keeps a configuration of the current folder out, and node ids short.
    root = [f"--rootdir={PACKAGE.parent}", "--import-mode=importlib"]
    # The package is imported before pytest could rewrite its assertions; it has none.
    quiet = ["-W", "ignore::pytest.PytestAssertRewriteWarning"]
    return [str(PACKAGE), *root, *quiet, *cache, *target, *rest]
