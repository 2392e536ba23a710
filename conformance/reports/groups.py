"""Failures that look the same, put together, so that one defect is told once. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

BAD: Final = frozenset({"failed", "error"})
WARNED: Final = "warned"

_LABEL: Final = re.compile(r"«(secret|jwt) [0-9a-f]{6}»")
_NUMBER: Final = re.compile(r"\d{4,}")


@dataclass(frozen=True, slots=True)
class Failure:
    """One failed check, as often as it failed alike within a case.

    Parameters:
        requirements: ids of the requirements that it shows, in order.
        path: where in the observation.
        expected: the matcher in words.
        actual: the value in words.
        step: position of the step in the scenario.
        line: its line in the file.
        why: the step's remark, or None.
        times: how often it failed with the same words.
    """

    requirements: tuple[str, ...]
    path: str
    expected: str
    actual: str
    step: int
    line: int
    why: str | None
    times: int = 1


@dataclass(frozen=True, slots=True)
class Group:
    """Cases of one scenario that failed alike, on whatever provider.

    Parameters:
        case: the one with the shortest transcript; it stands for all.
        failures: its failed checks, each once.
        cases: all of them, in order of their ids.
    """

    case: dict[str, Any]
    failures: tuple[Failure, ...]
    cases: tuple[dict[str, Any], ...]

    @property
    def providers(self) -> list[str]:
        """The providers it failed at, the one shown first."""
        return list(dict.fromkeys([self.case["provider"], *(case["provider"] for case in self.cases)]))


def groups_of(document: dict[str, Any], verdicts: frozenset[str] = BAD) -> list[Group]:
    """The failed cases of a report, grouped by scenario and by what failed.

    Parameters:
        document: the report.
        verdicts: which cases.
    """
    found: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for case in document["cases"]:
        if case["verdict"] in verdicts:
            found.setdefault(signature_of(case), []).append(case)
    groups = []
    for cases in found.values():
        shown = min(cases, key=lambda case: (len(case["transcript"]), case["id"]))
        groups.append(Group(shown, tuple(failures_of(shown)), tuple(cases)))
    return sorted(groups, key=lambda group: (-len(group.cases), group.case["id"]))


def clusters_of(groups: list[Group]) -> list[list[Group]]:
    """Groups put together that failed for the same requirement first: one defect fails several scenarios.

    Parameters:
        groups: in the order in which they are to be told.
    """
    found: dict[str, list[Group]] = {}
    for group in groups:
        found.setdefault(first_requirement(group.case), []).append(group)
    return list(found.values())


def first_requirement(case: dict[str, Any]) -> str:
    """The requirement that failed first; of a case that failed for none, its scenario and what it says."""
    failed = next((check["requirement"] for check in case.get("checks", ()) if not check["holds"]), None)
    return failed or f"{case['scenario']}: {_alike(case['message'], case)}"


def signature_of(case: dict[str, Any]) -> tuple[Any, ...]:
    """What is the same for cases that failed alike; the provider's name and values made up for it do not count."""
    told = [
        (failure.requirements, failure.path, _alike(failure.expected, case), _alike(failure.actual, case))
        for failure in failures_of(case)
    ]
    problem = () if told else (_alike(case["message"], case),)
    return (case["scenario"], *told, *problem)


def failures_of(case: dict[str, Any]) -> Iterator[Failure]:
    """Failed checks of a case, each once: by path and values, with all requirements that share them."""
    found: dict[tuple[str, str, str], Failure] = {}
    for check in case.get("checks", ()):
        if check["holds"]:
            continue
        key = (check["path"], check["expected"], check["actual"])
        known = found.get(key)
        if known is None:
            why = check["why"]
            place = (check["step"], check["line"])
            found[key] = Failure((check["requirement"],), *key, *place, why)
        else:
            ids = tuple(dict.fromkeys((*known.requirements, check["requirement"])))
            times = known.times + (check["requirement"] == known.requirements[0])
            found[key] = Failure(ids, *key, known.step, known.line, known.why, times)
    yield from found.values()


def _alike(text: str, case: dict[str, Any]) -> str:
    """A text without what differs from provider to provider and from run to run."""
    for own in filter(None, (case["provider"], case["vendor"])):
        text = re.sub(rf"(?<![\w-]){re.escape(own)}(?![\w-])", "…", text)
    return _NUMBER.sub("0", _LABEL.sub("«secret»", text))
