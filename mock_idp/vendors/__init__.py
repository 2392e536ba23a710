"""The vendors, one file each. A file in this package that defines a vendor is all there is to add one."""

import importlib
import inspect
import pkgutil
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from mock_idp.vendors.base import Vendor


@cache
def vendors() -> Mapping[str, Vendor]:
    """All vendors by id, in alphabetical order."""
    found = {}
    for module_info in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{module_info.name}")
        for _, candidate in inspect.getmembers(module, inspect.isclass):
            # Only where it is defined, since a vendor may import another one to build upon.
            if issubclass(candidate, Vendor) and candidate.__module__ == module.__name__ and "id" in vars(candidate):
                found[candidate.id] = candidate()
    return MappingProxyType(dict(sorted(found.items())))
