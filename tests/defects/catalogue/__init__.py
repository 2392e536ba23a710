"""Every deliberate defect, found by looking, so that adding one touches no list."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from tests.defects.defect import Defect


def module_names() -> list[str]:
    """The modules that hold defects."""
    return [f"{__name__}.{module_info.name}" for module_info in pkgutil.iter_modules(__path__)]


@cache
def catalogue() -> Mapping[str, Defect]:
    """All defects by id, in the order of areas and of each file.

    Raises:
        ValueError: two areas have defects of one name.
    """
    found: dict[str, Defect] = {}
    for name in module_names():
        module = importlib.import_module(name)
        for one in vars(module).values():
            if isinstance(one, Defect):
                if one.id in found:
                    raise ValueError(f"there are two defects {one.id}, in {found[one.id].area} and in {one.area}")
                found[one.id] = one
    return MappingProxyType(found)
