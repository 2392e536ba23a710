"""The pytest plugin that sleeps: pytest loads this module in every run, and it acts only if the suite is asked for.

The suite is asked for by ``pytest conformance`` in a checkout, ``pytest --pyargs conformance`` anywhere, or the path of
the installed package. Only then are the hooks, with their options, loaded; so an unrelated run has no option more,
starts no server and imports no other module of the suite.
"""

import copy
from collections.abc import Iterable
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent
"""The folder whose tests are the suite."""

HOOKS = "conformance.plugin.hooks"
"""The module that holds options and hooks."""


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config, parser: pytest.Parser, args: list[str]) -> None:
    """Load the hooks if the suite is among what pytest is asked to run.

    Options of the suite are unknown yet; their values look like files here, and are none.
    """
    # An xdist worker has its options not in the arguments but from the controller.
    known = parser.parse_known_args(args, namespace=copy.copy(early_config.option))
    if asks_for_suite(known.file_or_dir, early_config.invocation_params.dir, pyargs=known.pyargs):
        early_config.pluginmanager.import_plugin(HOOKS)


def asks_for_suite(arguments: Iterable[str], directory: Path, *, pyargs: bool) -> bool:
    """Say whether one of pytest's positional arguments is the suite, or a part of it.

    Parameters:
        arguments: files, folders, node ids or, with ``pyargs``, names of packages.
        directory: what relative paths are relative to.
        pyargs: True if arguments may be names of packages.
    """
    for argument in arguments:
        name = argument.partition("::")[0]
        if pyargs and name.partition(".")[0] == PACKAGE.name:
            return True
        path = Path(directory, name).resolve()
        if path == PACKAGE or PACKAGE in path.parents:
            return True
    return False
