"""Which scenario or test shows each requirement, and what the backends make of it, as a page.

    python docs/tools/coverage.py [--reference REPORT.json …] [--real REPORT.json …] [--output FILE]
    python docs/tools/coverage.py --check

Scenarios are read, and pytest collects the tests with their marks (``@pytest.mark.requirement("KEY-07")``); nothing is
run. Verdicts come from reports of the suite. Why a requirement has no check stands in docs/spec/unchecked.yaml;
``--check`` writes nothing and fails for a MUST row that has neither a check nor a reason.
"""

import argparse
import json
import os
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest
import yaml

ROOT: Final = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from conformance.plugin.options import SCENARIOS  # noqa: E402 - the checkout comes first
from conformance.requirement_list import Level, Requirement, requirements  # noqa: E402
from conformance.scenario.expansion import bound  # noqa: E402
from conformance.scenario.loader import ScenarioFileError, load  # noqa: E402
from conformance.steps import RULES  # noqa: E402

OUTPUT: Final = ROOT / "build" / "reports" / "coverage.md"
REASONS: Final = ROOT / "docs" / "spec" / "unchecked.yaml"

BACKENDS: Final = ("reference", "real")
PRINTED: Final = {"reference": tuple(Level), "real": (Level.MUST,)}
"""Levels whose verdicts are printed. What a sound backend does beyond the contract, and a product does not, is for its
maintainers to hear first (SECURITY.md); whoever runs the suite sees it in the report."""
FROM_OUTSIDE: Final = frozenset("HUKC")
"""Test codes of what can be seen from outside without waiting (docs/spec/README.md)."""
SIGNS: Final = {"passed": "✓", "warned": "warned", "deviation": "deviation", "failed": "failed", "error": "error"}
WORST_LAST: Final = tuple(SIGNS)


class CoverageError(Exception):
    """Something does not fit together; the text says what, one sentence a line."""


@dataclass(frozen=True)
class Row:
    """One requirement and what is known about it.

    Parameters:
        requirement: the requirement.
        scenarios: ids of the scenarios that check it.
        tests: node ids of the tests that are marked with it.
        reason: why nothing checks it, if somebody said so.
        verdicts: the worst verdict by backend.
    """

    requirement: Requirement
    scenarios: Sequence[str] = ()
    tests: Sequence[str] = ()
    reason: str = ""
    verdicts: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_checked(self) -> bool:
        """True if a scenario or a test shows it."""
        return bool(self.scenarios or self.tests)

    @property
    def shown_by(self) -> str:
        """Scenarios, tests, or the reason why there are none."""
        tests = [f"`{test.rpartition('/')[2]}`" for test in self.tests]
        return ", ".join([*self.scenarios, *tests]) or (f"*{self.reason}*" if self.reason else "**no check yet**")


def by_scenario() -> dict[str, list[str]]:
    """Requirement -> scenarios that check it, also those that only a vendor's facts name."""
    library = load([SCENARIOS], requirements(), RULES)
    found: dict[str, list[str]] = defaultdict(list)
    for scenario in library.scenarios:
        fitting = [facts for facts in library.facts.values() if scenario.applies_to.fit(facts)]
        ids = dict.fromkeys(scenario.requirements)
        if scenario.each is not None:
            ids |= {id_: None for facts in fitting for part in bound(scenario, facts) for id_ in part.requirements}
        for id_ in ids:
            found[id_].append(scenario.scenario)
    return found


class MarkedTests:
    """A pytest plugin that remembers which collected tests show which requirements."""

    def __init__(self) -> None:
        self.by_requirement: dict[str, dict[str, None]] = defaultdict(dict)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Read the marks."""
        for item in items:
            for mark in item.iter_markers("requirement"):
                for id_ in mark.args:
                    self.by_requirement[id_][item.nodeid.partition("[")[0]] = None


def by_test() -> dict[str, list[str]]:
    """Requirement -> tests that are marked with it.

    Raises:
        CoverageError: the tests cannot be collected.
    """
    marked = MarkedTests()
    options = ["--collect-only", "-qq", "-p", "no:cacheprovider", "-p", "no:randomly", "--no-header", "--no-summary"]
    # This process has imported plugins before pytest does.
    options += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]
    before = sys.stdout
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        sys.stdout = nowhere
        try:
            status = pytest.main([*options, str(ROOT / "tests"), "--rootdir", str(ROOT)], plugins=[marked])
        finally:
            sys.stdout = before
    if status != pytest.ExitCode.OK:
        raise CoverageError(f"The tests cannot be collected (pytest tests --collect-only ends with {int(status)}).")
    return {id_: list(tests) for id_, tests in marked.by_requirement.items()}


def read_rows(
    scenarios: Mapping[str, Sequence[str]],
    tests: Mapping[str, Sequence[str]],
    reasons: Mapping[str, str],
    verdicts: Mapping[str, Mapping[str, str]],
) -> list[Row]:
    """Put everything together.

    Parameters:
        scenarios: requirement -> scenarios that check it.
        tests: requirement -> tests that show it.
        reasons: requirement -> why nothing does.
        verdicts: backend -> requirement -> its worst verdict.

    Raises:
        CoverageError: a mark or a reason names an id that does not exist, or a reason is stale.
    """
    known = requirements()
    mistakes = [f"{', '.join(tests[id_])}: there is no requirement {id_}." for id_ in tests if id_ not in known]
    for id_ in reasons:
        if id_ not in known:
            mistakes.append(f"{REASONS.name}: there is no requirement {id_}.")
        elif id_ in scenarios or id_ in tests:
            where = ", ".join([*scenarios.get(id_, []), *tests.get(id_, [])])
            mistakes.append(f"{REASONS.name}: {id_} is checked by {where}; take its reason out.")
    if mistakes:
        raise CoverageError("\n".join(mistakes))
    return [
        Row(
            requirement,
            scenarios.get(id_, []),
            tests.get(id_, []),
            reasons.get(id_, ""),
            {backend: verdicts.get(backend, {}).get(id_, "") for backend in BACKENDS},
        )
        for id_, requirement in known.items()
    ]


def worst_verdicts(report_files: Sequence[Path], levels: Sequence[Level]) -> dict[str, str]:
    """The worst verdict that any report gives each requirement of some levels.

    Raises:
        CoverageError: a file is no report of the suite.
    """
    worst: dict[str, str] = {}
    for file in report_files:
        try:
            for row in json.loads(file.read_text(encoding="utf-8"))["requirements"]:
                verdicts = [row["verdict"], worst.get(row["id"], WORST_LAST[0])]
                if row["verdict"] in WORST_LAST and row["level"] in levels:
                    worst[row["id"]] = max(verdicts, key=WORST_LAST.index)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise CoverageError(f"{file} is no report of the suite: {error!r}.") from error
    return worst


def share(rows: Sequence[Row]) -> str:
    """``123 of 130 (95 %)``."""
    checked = sum(row.is_checked for row in rows)
    # Rounded down: 100 % is said of nothing less.
    return f"{checked} of {len(rows)} ({100 * checked // len(rows)} %)" if rows else "–"


def page(rows: Sequence[Row]) -> str:
    """The whole page."""
    must = [row for row in rows if row.requirement.level is Level.MUST]
    outside = [row for row in must if FROM_OUTSIDE & set(row.requirement.observable)]
    should = [row for row in rows if row.requirement.level is Level.SHOULD]
    unsaid = [row for row in rows if not row.is_checked and not row.reason]
    areas: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        areas[f"{row.requirement.source.partition('#')[0]} – {row.requirement.area}"].append(row)
    return "\n".join(
        [
            "# Coverage",
            "",
            f"- MUST rows that can be seen from outside (codes H, U, K, C): **{share(outside)}** are checked.",
            f"- SHOULD rows: **{share(should)}** are checked.",
            f"- Rows without a check and without a reason: {len(unsaid)}.",
            "- Of the real Backstage, verdicts of MUST rows are printed; SECURITY.md says why.",
            "",
            "| area | " + " | ".join(Level) + " | by a scenario | by a test only |",
            "|---|---|---|---|---|---|",
            *(summary_line(area, part) for area, part in [*areas.items(), ("all", list(rows))]),
            "",
            *(line for area, part in areas.items() for line in section(area, part)),
        ]
    )


def summary_line(area: str, rows: Sequence[Row]) -> str:
    """How much of an area is checked, by level."""
    shares = [share([row for row in rows if row.requirement.level is level]) for level in Level]
    scenarios = sum(bool(row.scenarios) for row in rows)
    tests = sum(bool(row.tests) and not row.scenarios for row in rows)
    return f"| {area} | " + " | ".join(shares) + f" | {scenarios} | {tests} |"


def section(area: str, rows: Sequence[Row]) -> Iterator[str]:
    """One area, requirement by requirement."""
    yield from (f"## {area}", "", "| id | level | codes | reference | real | shown by |", "|---|---|---|---|---|---|")
    for row in rows:
        verdicts = " | ".join(SIGNS.get(row.verdicts.get(backend, ""), "–") for backend in BACKENDS)
        requirement = row.requirement
        codes = "".join(sorted(requirement.observable))
        yield f"| {requirement.id} | {requirement.level} | {codes} | {verdicts} | {row.shown_by} |"
    yield ""


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the page, or with ``--check`` say which MUST rows nothing checks."""
    parser = argparse.ArgumentParser(description="Write which scenario or test shows each requirement.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a MUST row has no check")
    parser.add_argument("--output", type=Path, default=OUTPUT, help="where to (default: build/reports/coverage.md)")
    for backend in BACKENDS:
        parser.add_argument(f"--{backend}", type=Path, nargs="+", default=[], help=f"reports of the {backend} backend")
    options = parser.parse_args(arguments)
    try:
        reasons = yaml.safe_load(REASONS.read_text(encoding="utf-8")) or {}
        verdicts = {backend: worst_verdicts(getattr(options, backend), PRINTED[backend]) for backend in BACKENDS}
        rows = read_rows(by_scenario(), by_test(), reasons, verdicts)
    except (CoverageError, ScenarioFileError) as error:
        print(error, file=sys.stderr)
        return 1
    must = [row for row in rows if row.requirement.level is Level.MUST]
    unsaid = [row.requirement.id for row in must if not row.is_checked and not row.reason]
    if unsaid:
        print(f"Nothing checks {', '.join(unsaid)}, and {REASONS.name} does not say why.", file=sys.stderr)
    if options.check:
        return int(bool(unsaid))
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(page(rows), encoding="utf-8")
    print(f"wrote {options.output}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
