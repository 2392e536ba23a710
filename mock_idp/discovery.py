"""Finds the emulations of a package: a file that defines one is all there is to add one."""

import importlib
import inspect
import pkgutil
from collections.abc import Mapping
from types import ModuleType
from typing import TypeVar

from mock_idp.emulation import Emulation

Kind = TypeVar("Kind", bound=Emulation)


def discovered(package: ModuleType, base: type[Kind]) -> Mapping[str, Kind]:
    """Make one of each emulation that the modules of a package define, by id, in alphabetical order.

    Parameters:
        package: whose modules are searched.
        base: what the emulations are subclasses of; a class without an ``id`` of its own is only built upon.
    """
    found = {}
    for module_info in pkgutil.iter_modules(package.__path__):
        module = importlib.import_module(f"{package.__name__}.{module_info.name}")
        for _, candidate in inspect.getmembers(module, inspect.isclass):
            # Only where it is defined, since an emulation may import another one to build upon.
            own = candidate.__module__ == module.__name__ and "id" in vars(candidate)
            if own and issubclass(candidate, base):
                found[candidate.id] = candidate()
    return dict(sorted(found.items()))
