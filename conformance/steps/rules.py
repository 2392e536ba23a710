"""What the scenario language must know about steps before they are played; see ``conformance.scenario.checks``."""

from collections.abc import Collection
from functools import cached_property
from typing import Any

from pydantic import ValidationError

from conformance.scenario.shape import Shape
from conformance.scenario.wording import in_words
from conformance.steps.base import Step, named_steps


class Rules:
    """Answers for every step by its name; none of it needs a target."""

    @cached_property
    def _steps(self) -> dict[str, type[Step]]:
        # A library is thousands of steps; by the first of them all modules of steps have been imported.
        return named_steps()

    def mistakes(self, action: str, arguments: dict[str, Any]) -> list[str]:
        """Every mistake in a step as it stands in the file; references count as whatever type is wanted there.

        Parameters:
            action: name of the step.
            arguments: its arguments, references not resolved.
        """
        steps = self._steps
        if action not in steps:
            return [f"there is no step {action!r}; there are {', '.join(steps)}"]
        try:
            steps[action].model_validate(arguments)
        except ValidationError as error:
            return [
                in_words(mistake)
                for mistake in error.errors()
                if not (isinstance(mistake["input"], str) and "${" in mistake["input"])
            ]
        return steps[action].mistakes(arguments)

    def shape(self, action: str, arguments: dict[str, Any]) -> Shape | None:
        """Which members the step's observation may have; None if there is no such step."""
        step = self._steps.get(action)
        return step.shape(arguments) if step else None

    def defines(self, action: str, arguments: dict[str, Any]) -> Collection[str]:
        """Which names the step gives to later steps, beside that of ``save``."""
        step = self._steps.get(action)
        return step.defines(arguments) if step else ()


RULES = Rules()
