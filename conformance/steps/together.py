"""Several steps at the same time."""

from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import Annotated, Any, ClassVar, Final

from pydantic import Field, ValidationError

from conformance.scenario.model import StepEntry
from conformance.scenario.shape import Shape
from conformance.scenario.wording import in_words
from conformance.steps.base import CaseContext, Observation, Step, named_steps
from conformance.steps.rules import RULES

ALL: Final = "all"
"""Where the observations stand as a list, for matchers such as ``some`` and ``every``."""


class Together(Step):
    """Play steps at the same time, to see what a race comes to.

    Requests that only begin at the same time seldom meet. Where the target asks the vendor in between, the fault
    ``hold`` lets the vendor's answers wait for each other, so that all of them are on their way at one moment.
    Observes each step's observation under the step's name, and all of them as the list ``all``, in the order of the
    file. Steps afterwards continue the last one of the file.
    """

    action: ClassVar[str] = "together"
    observes: ClassVar[Shape] = {ALL: None}
    steps: Annotated[dict[str, dict[str, Any]], Field(min_length=2)]
    """name -> step, with its action and, if it is not the same, the ``browser``."""

    @classmethod
    def shape(cls, arguments: Mapping[str, Any]) -> Shape:
        """The shape of each step under its name."""
        shapes = {name: RULES.shape(entry.action, entry.arguments) for name, entry in _entries(arguments).items()}
        return {**cls.observes, **shapes}

    @classmethod
    def defines(cls, arguments: Mapping[str, Any]) -> Collection[str]:
        """What its steps define."""
        entries = _entries(arguments).values()
        return [name for entry in entries for name in RULES.defines(entry.action, entry.arguments)]

    @classmethod
    def mistakes(cls, arguments: Mapping[str, Any]) -> list[str]:
        """What is wrong with one of its steps."""
        found = []
        for name, data in arguments["steps"].items():
            try:
                entry = StepEntry.model_validate(data)
            except ValidationError as error:
                found += [f"{name}: {in_words(mistake)}" for mistake in error.errors()]
                continue
            if entry.action == cls.action:
                found.append(f"{name}: {cls.action} cannot be used within {cls.action}")
            found += [f"{name}: {mistake}" for mistake in RULES.mistakes(entry.action, entry.arguments)]
            given = entry.model_dump(exclude_defaults=True).keys() - {"action", "arguments", "browser"}
            found += [f"{name}: {key} stands beside {cls.action}, not within it" for key in sorted(given)]
        if ALL in arguments["steps"]:
            found.append(f"{ALL!r} is the list of all observations, so no step can have that name")
        return found

    def play(self, context: CaseContext) -> Observation:
        """Prepare every step, let all of them go at once, wait for all."""
        start = Barrier(len(self.steps))
        prepared = []
        for name, data in self.steps.items():
            entry = StepEntry.model_validate(data)
            # A context of its own, for who acts and who signs in; browsers and what is remembered are shared.
            own = replace(context, acting=entry.browser, scope=dict(context.scope))
            _ = own.browser  # made before the race, not in it
            prepared.append((name, entry, own, named_steps()[entry.action].model_validate(entry.arguments)))

        def go(step: Step, own: CaseContext) -> Observation:
            start.wait()
            return step.play(own)

        with ThreadPoolExecutor(len(prepared)) as pool:
            waiting = [(name, entry, own, pool.submit(go, step, own)) for name, entry, own, step in prepared]
        seen: Observation = {}
        for name, entry, own, future in waiting:
            seen[name] = future.result()
            own.remember(entry.action, seen[name])
            context.scope |= own.scope
        return {**seen, ALL: list(seen.values())}


def _entries(arguments: Mapping[str, Any]) -> dict[str, StepEntry]:
    """The steps that can be read; what is wrong with the others, :meth:`Together.mistakes` says."""
    found = {}
    steps = arguments.get("steps")
    for name, data in steps.items() if isinstance(steps, dict) else ():
        try:
            found[name] = StepEntry.model_validate(data)
        except ValidationError:
            continue
    return found
