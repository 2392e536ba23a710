"""Finds the emulations of a package, and keeps those that were added from elsewhere.

In a package, a file that defines one is all there is to add one.
"""

import importlib
import inspect
import pkgutil
from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import TypeVar

from mock_idp.emulation import Emulation

Kind = TypeVar("Kind", bound=Emulation)

_ADDED: dict[str, Emulation] = {}


def discovered(package: ModuleType, base: type[Kind]) -> Mapping[str, Kind]:
    """Make one of each emulation that the modules of a package define, by id.

    Parameters:
        package: whose modules are searched.
        base: what the emulations are subclasses of; a class without an ``id`` of its own is only built upon.
    """
    found = {}
    for module_info in pkgutil.iter_modules(package.__path__):
        module = importlib.import_module(f"{package.__name__}.{module_info.name}")
        for candidate in defined_in(module, base):
            if "id" in vars(candidate):
                found[candidate.id] = candidate()
    return found


def defined_in(module: ModuleType, base: type[Kind]) -> Iterator[type[Kind]]:
    """The subclasses that a module defines itself, since it may import others to build upon."""
    for _, candidate in inspect.getmembers(module, inspect.isclass):
        if issubclass(candidate, base) and candidate.__module__ == module.__name__:
            yield candidate


def add(emulation: Emulation) -> None:
    """Have one more emulation in this process; nothing else has its id."""
    _ADDED[emulation.id] = emulation


def with_added(built_in: Mapping[str, Kind], base: type[Kind]) -> Mapping[str, Kind]:
    """The emulations of a package and those that were added, by id, in alphabetical order.

    Parameters:
        built_in: those of the package.
        base: which of the added ones are of this kind.
    """
    added = {id_: emulation for id_, emulation in _ADDED.items() if isinstance(emulation, base)}
    return dict(sorted({**built_in, **added}.items()))
