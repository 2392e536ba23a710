"""What several subcommands read: scenarios and requirements, with mistakes in a sentence."""

from collections.abc import Sequence
from pathlib import Path

import click

from conformance.plugin.options import SCENARIOS
from conformance.requirement_list import add, specified
from conformance.scenario.loader import Library, ScenarioFileError, load
from conformance.steps import RULES


class SetUpError(click.ClickException):
    """Something given is wrong; the message is one sentence."""

    exit_code = 4  # as pytest's for a wrong command line


def read_library(further: Sequence[str] = ()) -> Library:
    """The built-in scenarios, and those of further folders.

    Raises:
        SetUpError: with every mistake in them.
    """
    try:
        library = load([SCENARIOS, *map(Path, further)], specified(), RULES)
    except ScenarioFileError as error:
        raise SetUpError(str(error)) from error
    add(library.requirements)
    return library


scenarios_option = click.option(
    "--scenarios", metavar="DIR", multiple=True, help="Further scenarios beside the built-in ones."
)
