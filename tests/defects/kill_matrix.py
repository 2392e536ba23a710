"""The kill matrix as a document: what became of the defects, and of the mutants."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import groupby
from pathlib import Path

from conformance.plugin.options import SCENARIOS
from conformance.requirement_list import Level, requirements
from conformance.scenario.loader import load
from conformance.steps import RULES
from tests.defects.catalogue import catalogue
from tests.defects.defect import Defect
from tests.mutants.results import Results as MutantResults
from tests.support.processes import ROOT

MATRIX = ROOT / "docs" / "kill-matrix.md"
RESULTS = Path(__file__).parent / "results.json"
SHOWN = 8
"""Further requirements that a row lists by name."""
UNCAUGHT = "**uncaught**"
UNRELATED = "**only by others**"
UNPLAYED = "not played yet"

HEAD = """\
# Kill matrix

A scenario that cannot fail proves nothing. Each row is a deliberate defect of the reference backend
([tests/defects/catalogue](../tests/defects/catalogue)) and the requirements that fail because of it, when the scenarios
are played that check a requirement which the defect names. **Bold** are those that have to fail, which
`pytest tests/defects` checks. The others fail as well, many of them because nothing works any more after the first
failure. Made by `python -m tests.defects.matrix`; do not edit.

| | |
|---|---|
"""


@dataclass
class Results:
    """What failed under each defect.

    Parameters:
        defects: defect id -> ids of the requirements that failed.
        scenarios: defect id -> ids of the scenarios that failed.
    """

    defects: dict[str, list[str]] = field(default_factory=dict)
    scenarios: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def read(cls, file: Path = RESULTS) -> Results:
        """Read what is known of the defects that there are."""
        known = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        results = cls()
        for id_, entry in known.items():
            if id_ in catalogue():
                results.add(id_, entry["requirements"], entry["scenarios"])
        return results

    def add(self, defect: str, failing: Iterable[str], scenarios: Iterable[str]) -> None:
        """Keep what failed under a defect."""
        self.defects[defect] = sorted(failing)
        self.scenarios[defect] = sorted(scenarios)

    def write(self, file: Path = RESULTS) -> None:
        """Write everything, in the catalogue's order."""
        entries = {
            id_: {"requirements": self.defects[id_], "scenarios": self.scenarios[id_]}
            for id_ in catalogue()
            if id_ in self.defects
        }
        file.write_text(json.dumps(entries, indent=1) + "\n", encoding="utf-8")


def document(results: Results) -> str:
    """The whole document."""
    parts = [HEAD, *(f"| {name} | {value} |\n" for name, value in figures(results)), *sections(results), "\n"]
    return "".join(parts) + mutants().markdown()


@cache
def mutants() -> MutantResults:
    """What became of the mutants."""
    return MutantResults.read()


def figures(results: Results) -> Iterator[tuple[str, str]]:
    """The numbers that matter."""
    everything = list(catalogue().values())
    for level in (Level.MUST, Level.SHOULD):
        defects = [defect for defect in everything if level_of(defect) is level]
        caught = sum(is_caught(defect, results) for defect in defects)
        yield f"defects of {level} requirements", f"{caught} of {len(defects)} caught"
    alive = idle_scenarios(results)
    musts = {id_ for id_, level in scenario_levels().items() if level is Level.MUST}
    yield "scenarios of MUST requirements that a defect makes fail", f"{len(musts - set(alive))} of {len(musts)}"
    yield "scenarios that neither defect nor mutant makes fail", ", ".join(f"`{id_}`" for id_ in alive) or "none"
    yield "mutants", mutants().summary()


def level_of(defect: Defect) -> Level:
    """MUST if one of the requirements that it breaks is."""
    levels = {requirements()[id_].level for id_ in defect.caught_by}
    return next(level for level in Level if level in levels)


def is_caught(defect: Defect, results: Results) -> bool:
    """Say whether every requirement that it names failed."""
    return defect.caught_by <= set(results.defects.get(defect.id, ()))


@cache
def scenario_levels() -> dict[str, Level]:
    """Id of every scenario that judges something -> its strictest level."""
    found = {}
    for scenario in load([SCENARIOS], requirements(), RULES).scenarios:
        levels = {requirements()[id_].level for id_ in scenario.requirements if "${" not in id_}
        if levels - {Level.INFO}:
            found[scenario.scenario] = next(level for level in Level if level in levels)
    return found


def idle_scenarios(results: Results) -> list[str]:
    """Scenarios that nothing makes fail."""
    failed = {id_ for ids in results.scenarios.values() for id_ in ids} | mutants().killing_scenarios()
    return sorted(scenario_levels().keys() - failed)


def sections(results: Results) -> Iterator[str]:
    """One table for each area."""
    for area, members in groupby(catalogue().values(), key=lambda defect: defect.area):
        yield f"\n## {area.replace('_', ' ').capitalize()}\n\n"
        yield "| defect | what the broken backend does | caught by |\n|---|---|---|\n"
        yield from (f"| `{defect.id}` | {defect.title} | {catchers(defect, results)} |\n" for defect in members)


def catchers(defect: Defect, results: Results) -> str:
    """Which requirements failed, those that it names first."""
    if defect.id not in results.defects:
        return UNPLAYED
    failing = results.defects[defect.id]
    if not failing:
        return UNCAUGHT
    ordered: Sequence[str] = [id_ for id_ in requirements() if id_ in failing]
    named = [f"**{id_}**" for id_ in ordered if id_ in defect.caught_by]
    others = [id_ for id_ in ordered if id_ not in defect.caught_by]
    more = f" and {len(others) - SHOWN} more" if len(others) > SHOWN else ""
    return ", ".join([*(named or [UNRELATED]), *others[:SHOWN]]) + more
