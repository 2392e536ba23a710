"""The steps of the scenario language. Each module adds a few; :data:`STEPS` knows them all by name."""

import pkgutil
from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType

from conformance.steps.base import Step, named_steps
from conformance.steps.rules import RULES

__all__ = ["RULES", "STEPS"]

for _module in pkgutil.iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")

STEPS: Mapping[str, type[Step]] = MappingProxyType(named_steps())
"""Name of a step -> its class."""
