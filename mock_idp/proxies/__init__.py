"""Auth proxies, one file each. A file in this package that defines one is all there is to add one."""

import importlib
import inspect
import pkgutil
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from mock_idp.proxies.base import AuthProxy


@cache
def proxies() -> Mapping[str, AuthProxy]:
    """All auth proxies by id, in alphabetical order."""
    found = {}
    for module_info in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{module_info.name}")
        for _, candidate in inspect.getmembers(module, inspect.isclass):
            own = candidate.__module__ == module.__name__ and "id" in vars(candidate)
            if issubclass(candidate, AuthProxy) and own:
                found[candidate.id] = candidate()
    return MappingProxyType(dict(sorted(found.items())))
