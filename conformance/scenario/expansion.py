"""From a scenario as it stands in the file to the scenarios that are played: names, repetitions, elements. Pure.

What can be known before a target is there is done here, so that playing knows of steps and matchers only:
expectations by name when a file is read, ``each`` and ``times`` when a scenario is bound to a vendor's facts.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from conformance.scenario.facts import ProviderFacts
from conformance.scenario.model import Expectation, Scenario, StepEntry
from conformance.scenario.near_misses import NearMisses
from conformance.scenario.references import UnknownReferenceError, resolve

NAMED: Final = "is"
"""The path in ``expect`` that stands for an expectation's checks."""

_RESOLVED: Final = ("arguments", "expect", "save", "browser", "why")
"""What of a repeated step may refer to the element at hand."""


def with_expectations(step: StepEntry, known: Mapping[str, Expectation]) -> StepEntry:
    """The step with the checks of named expectations in place of their names.

    Raises:
        UnknownReferenceError: there is no expectation of that name.
    """
    expect: dict[str, Any] = {}
    for requirement, groups in step.expect.items():
        told = [
            part for group in (groups if isinstance(groups, list) else [groups]) for part in _spelt_out(group, known)
        ]
        expect[requirement] = told[0] if len(told) == 1 else told
    return step.model_copy(update={"expect": expect})


def _spelt_out(group: dict[str, Any], known: Mapping[str, Expectation]) -> Iterator[dict[str, Any]]:
    if NAMED in group:
        name = group[NAMED]
        if name not in known:
            raise UnknownReferenceError(f"there is no expectation {name!r}; there are {', '.join(known) or 'none'}")
        yield known[name].expects
    rest = {path: matcher for path, matcher in group.items() if path != NAMED}
    if rest or NAMED not in group:
        yield rest


def bound(scenario: Scenario, facts: ProviderFacts) -> list[Scenario]:
    """The scenarios to play on providers of a vendor, as they are played: every repetition of a step is a step.

    Raises:
        UnknownReferenceError: ``each`` names a fact that the vendor does not have.
    """
    return [repeated(part, facts) for part in parts_of(scenario, facts)]


def parts_of(scenario: Scenario, facts: ProviderFacts) -> list[Scenario]:
    """The scenarios to play on providers of a vendor: one, or one for each element of ``each``.

    Raises:
        UnknownReferenceError: ``each`` names a fact that the vendor does not have.
    """
    if scenario.each is None:
        return [scenario]
    found = []
    for number, element in enumerate(_elements(scenario.each, facts), start=1):
        data = scenario.model_dump(exclude={"each"})
        one = Scenario.model_validate(resolve(data, {"each": element}, ["each"]))
        found.append(one.model_copy(update={"part": _name_of(element, number)}))
    return found


def _elements(each: Any, facts: ProviderFacts) -> list[Any]:
    elements = each if isinstance(each, list) else resolve(each, {"provider": facts.model_dump()}, ["provider"])
    if not isinstance(elements, list):
        raise UnknownReferenceError(f"each: {each} is not a list but {elements!r}")
    return elements


def _name_of(element: Any, number: int) -> str:
    name = element.get("name") if isinstance(element, dict) else element
    return name if isinstance(name, str) and name else str(number)


def repeated(scenario: Scenario, facts: ProviderFacts) -> Scenario:
    """A part of a scenario with every repetition of a step as a step of its own.

    Raises:
        UnknownReferenceError: a step's ``each`` names a fact that the vendor does not have.
    """
    if not any(step.is_repeated for step in scenario.steps):
        return scenario
    steps: list[StepEntry] = []
    for step in scenario.steps:
        steps += _repetitions(step, facts) if step.is_repeated else [step]
    return scenario.model_copy(update={"steps": steps})


def _repetitions(step: StepEntry, facts: ProviderFacts) -> Iterator[StepEntry]:
    if isinstance(step.each, NearMisses):
        for name, near in step.each.tries.items():
            remark = f"(near miss: {name}, {near.source})"
            one = _repetition(step, near.value, remark)
            yield one.model_copy(update={"unless_same": [near.value, step.each.of]})
        return
    elements = list(range(1, step.times + 1)) if step.times else _elements(step.each, facts)
    for element in elements:
        yield _repetition(step, element, f"(each: {element!r})")


def _repetition(step: StepEntry, element: Any, remark: str) -> StepEntry:
    scope, only = {"each": element}, ("each",)
    told = resolve({name: getattr(step, name) for name in _RESOLVED}, scope, only)
    told["why"] = " ".join(filter(None, [told["why"], remark]))
    # Copied, since the step was validated when it was read, and there are thousands of repetitions.
    return step.model_copy(update={**told, "each": None, "times": None, "gathers": bool(step.save)})
