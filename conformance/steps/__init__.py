"""The steps of the scenario language. Each module adds a few; :data:`STEPS` knows them all by name."""

import pkgutil
from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from conformance.scenario.wording import in_words
from conformance.steps.base import Step


def _discover() -> dict[str, type[Step]]:
    for module in pkgutil.iter_modules(__path__):
        import_module(f"{__name__}.{module.name}")
    found: dict[str, type[Step]] = {}
    waiting = list(Step.__subclasses__())
    while waiting:
        step = waiting.pop()
        waiting += step.__subclasses__()
        if "action" in vars(step):
            found[step.action] = step
    return dict(sorted(found.items()))


STEPS: Mapping[str, type[Step]] = MappingProxyType(_discover())
"""Name of a step -> its class."""


def check_step(action: str, arguments: dict[str, Any]) -> list[str]:
    """Every mistake in a step as it stands in the file; references count as whatever type is wanted there.

    Parameters:
        action: name of the step.
        arguments: its arguments, references not resolved.
    """
    if action not in STEPS:
        return [f"there is no step {action!r}; there are {', '.join(STEPS)}"]
    try:
        STEPS[action].model_validate(arguments)
    except ValidationError as error:
        return [
            in_words(mistake)
            for mistake in error.errors()
            if not (isinstance(mistake["input"], str) and "${" in mistake["input"])
        ]
    return []
