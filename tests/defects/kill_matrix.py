"""The kill matrix: which requirements and scenarios fail under which defect, as a page.

``pytest tests/defects`` writes it to ``build/reports/`` from what it has just played; nothing of it is kept in git.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import TypedDict

from conformance.plugin.options import SCENARIOS
from conformance.requirement_list import Level, requirements
from conformance.scenario.loader import load
from conformance.steps import RULES
from tests.defects.catalogue import catalogue
from tests.defects.defect import Defect

PROPERTY = "defect-outcome"
"""Name under which a test hands on what failed, from an xdist worker too."""
SHOWN = 8
"""Further requirements that a row lists by name."""


class Outcome(TypedDict):
    """What failed under one defect: ids of requirements and of scenarios."""

    requirements: list[str]
    scenarios: list[str]


def write(outcomes: Mapping[str, Outcome], folder: Path) -> None:
    """Write ``kill-matrix.md`` and ``kill-matrix.json``.

    Parameters:
        outcomes: defect id -> what failed; only of the defects that were played.
        folder: where to; it is made if need be.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "kill-matrix.json").write_text(json.dumps(outcomes, indent=1) + "\n", encoding="utf-8")
    (folder / "kill-matrix.md").write_text(page(outcomes), encoding="utf-8")


def cover(defects: Mapping[str, Defect]) -> set[str]:
    """Ids of few defects that break every requirement which all of them break together.

    Parameters:
        defects: all of them, by id.
    """
    chosen: set[str] = set()
    in_order = sorted(defects)
    missing = frozenset[str]().union(*(defect.caught_by for defect in defects.values()))
    while missing:
        best = max(in_order, key=lambda id_: len(defects[id_].caught_by & missing))
        chosen.add(best)
        missing -= defects[best].caught_by
    return chosen


def page(outcomes: Mapping[str, Outcome]) -> str:
    """The whole page."""
    figures_ = "".join(f"| {name} | {value} |\n" for name, value in figures(outcomes))
    head = (
        "# Kill matrix\n\nEach row is a deliberate defect of the reference backend and the requirements that fail "
        "because of it. **Bold** are those that the defect names and that have to fail.\n\n| | |\n|---|---|\n"
    )
    return head + figures_ + "".join(sections(outcomes))


def figures(outcomes: Mapping[str, Outcome]) -> Iterator[tuple[str, str]]:
    """The numbers that matter."""
    played = [defect for id_, defect in catalogue().items() if id_ in outcomes]
    for level in (Level.MUST, Level.SHOULD):
        defects = [defect for defect in played if level_of(defect) is level]
        caught = sum(defect.caught_by <= set(outcomes[defect.id]["requirements"]) for defect in defects)
        yield f"defects of {level} requirements", f"{caught} of {len(defects)} caught"
    if len(played) < len(catalogue()):
        yield "defects that were not played", str(len(catalogue()) - len(played))
        return
    failed = {id_ for outcome in outcomes.values() for id_ in outcome["scenarios"]}
    idle = sorted(scenario_levels().keys() - failed)
    yield "scenarios that no defect makes fail", ", ".join(f"`{id_}`" for id_ in idle) or "none"


def level_of(defect: Defect) -> Level:
    """MUST if one of the requirements that it breaks is."""
    levels = {requirements()[id_].level for id_ in defect.caught_by}
    return next(level for level in Level if level in levels)


@cache
def scenario_levels() -> dict[str, Level]:
    """Id of every scenario that judges something -> its strictest level."""
    found = {}
    for scenario in load([SCENARIOS], requirements(), RULES).scenarios:
        levels = {requirements()[id_].level for id_ in scenario.requirements if "${" not in id_}
        if levels - {Level.INFO}:
            found[scenario.scenario] = next(level for level in Level if level in levels)
    return found


def sections(outcomes: Mapping[str, Outcome]) -> Iterator[str]:
    """One table for each area."""
    played = [defect for id_, defect in catalogue().items() if id_ in outcomes]
    for area, members in groupby(played, key=lambda defect: defect.area):
        yield f"\n## {area.replace('_', ' ').capitalize()}\n\n"
        yield "| defect | what the broken backend does | caught by |\n|---|---|---|\n"
        yield from (f"| `{defect.id}` | {defect.title} | {catchers(defect, outcomes)} |\n" for defect in members)


def catchers(defect: Defect, outcomes: Mapping[str, Outcome]) -> str:
    """Which requirements failed, those that it names first."""
    failing = set(outcomes[defect.id]["requirements"])
    ordered: Sequence[str] = [id_ for id_ in requirements() if id_ in failing]
    named = [f"**{id_}**" for id_ in ordered if id_ in defect.caught_by]
    others = [id_ for id_ in ordered if id_ not in defect.caught_by]
    more = f" and {len(others) - SHOWN} more" if len(others) > SHOWN else ""
    return ", ".join([*(named or ["**uncaught**"]), *others[:SHOWN]]) + more
