"""Writes docs/coverage.md: which scenario or test shows each requirement, and what two backends make of it.

python docs/coverage.py                                  # after a change of scenarios, tests or specification
python docs/coverage.py --reference A.json B.json --real C.json D.json    # take verdicts from reports of the suite
python docs/coverage.py --check                          # write nothing; exit 1 if something is stale

What checks what is read from the scenarios and from the marks of the tests (``@pytest.mark.requirement("KEY-07")``),
without running any. Verdicts come from coverage.json beside this script, which holds what the latest reports said,
one for each profile. Why a requirement has no check, stands in docs/spec/unchecked.yaml.
"""

import argparse
import ast
import json
import sys
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

HERE: Final = Path(__file__).resolve().parent
ROOT: Final = HERE.parent
sys.path.insert(0, str(ROOT))

from conformance.plugin.options import SCENARIOS  # noqa: E402 - the checkout comes first
from conformance.requirement_list import Level  # noqa: E402
from conformance.scenario.expansion import bound  # noqa: E402
from conformance.scenario.loader import ScenarioFileError, load  # noqa: E402
from conformance.steps import RULES  # noqa: E402

PAGE: Final = HERE / "coverage.md"
DIGEST: Final = HERE / "coverage.json"
REASONS: Final = HERE / "spec" / "unchecked.yaml"
TESTS: Final = ROOT / "tests"
LIST: Final = ROOT / "conformance" / "requirements.yaml"

BACKENDS: Final = ("reference", "real")
PRINTED: Final = {"reference": tuple(Level), "real": (Level.MUST,)}
"""Levels whose verdicts are printed. What a sound backend does beyond the contract, and a product does not, is for its
maintainers to hear first (SECURITY.md); whoever runs the suite sees it in the report."""
FROM_OUTSIDE: Final = frozenset("HUKC")
"""Test codes of what can be seen from outside without waiting (docs/spec/README.md)."""
SIGNS: Final = {"passed": "✓", "warned": "warned", "deviation": "deviation", "failed": "failed", "error": "error"}
WORST_LAST: Final = ("passed", "deviation", "warned", "failed", "error")


class CoverageError(Exception):
    """Something does not fit together; the text says what, one sentence a line."""


@dataclass(frozen=True)
class Row:
    """One requirement and what is known about it.

    Parameters:
        id: ``FRAME-07``.
        level: MUST, SHOULD or INFO.
        codes: how it can be observed.
        area: file and section of the specification.
        scenarios: ids of the scenarios that check it.
        tests: tests that are marked with it, ``file::name``.
        reason: why nothing checks it, if somebody said so.
        verdicts: the worst verdict by backend.
    """

    id: str
    level: Level
    codes: frozenset[str]
    area: str
    scenarios: Sequence[str]
    tests: Sequence[str]
    reason: str = ""
    verdicts: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_checked(self) -> bool:
        """True if a scenario or a test shows it."""
        return bool(self.scenarios or self.tests)

    @property
    def is_outside(self) -> bool:
        """True if it can be seen from outside, without waiting."""
        return bool(self.codes & FROM_OUTSIDE)


def by_scenario(known: Mapping[str, Any]) -> dict[str, list[str]]:
    """Requirement -> scenarios that check it, also those that only a vendor's facts name."""
    library = load([SCENARIOS], known, RULES)
    found: dict[str, list[str]] = defaultdict(list)
    for scenario in library.scenarios:
        fitting = [facts for facts in library.facts.values() if scenario.applies_to.fit(facts)]
        ids = dict.fromkeys(scenario.requirements)
        if scenario.each is not None:
            ids |= {id_: None for facts in fitting for part in bound(scenario, facts) for id_ in part.requirements}
        for id_ in ids:
            found[id_].append(scenario.scenario)
    return found


def by_test() -> dict[str, list[str]]:
    """Requirement -> tests that are marked with it.

    A mark inside a function's decorators, ``pytest.param`` included, counts for the function; any other for the file.
    """
    found: dict[str, list[str]] = defaultdict(list)
    for file in sorted(TESTS.rglob("*.py")):
        name = file.relative_to(ROOT).as_posix()
        for test, id_ in marks(ast.parse(file.read_text(encoding="utf-8"))):
            found[id_].append(f"{name}::{test}" if test else name)
    return {id_: list(dict.fromkeys(tests)) for id_, tests in found.items()}


def marks(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Every (test, requirement) of a file; the test is empty for a mark outside the decorators of a function."""
    decorators: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            for inner in (inner for decorator in node.decorator_list for inner in ast.walk(decorator)):
                decorators.add(id(inner))
                yield from ((node.name, id_) for id_ in requirements_of(inner))
    for node in ast.walk(tree):
        if id(node) not in decorators:
            yield from (("", id_) for id_ in requirements_of(node))


def requirements_of(node: ast.AST) -> list[str]:
    """The arguments of ``pytest.mark.requirement(…)``; none for any other node."""
    if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.requirement":
        return [str(argument.value) for argument in node.args if isinstance(argument, ast.Constant)]
    return []


def read_rows(digest: Mapping[str, Mapping[str, Mapping[str, Sequence[str]]]]) -> list[Row]:
    """Put everything together.

    Raises:
        CoverageError: a mark or a reason names an id that does not exist, or a reason is stale.
    """
    listed = yaml.safe_load(LIST.read_text(encoding="utf-8"))
    known = {item["id"]: item for item in listed}
    scenarios, tests = by_scenario(known), by_test()
    reasons: dict[str, str] = yaml.safe_load(REASONS.read_text(encoding="utf-8")) or {}
    mistakes = [f"{', '.join(tests[id_])}: there is no requirement {id_}." for id_ in tests if id_ not in known]
    for id_ in reasons:
        if id_ not in known:
            mistakes.append(f"{REASONS.name}: there is no requirement {id_}.")
        elif id_ in scenarios or id_ in tests:
            where = ", ".join([*scenarios.get(id_, []), *tests.get(id_, [])])
            mistakes.append(f"{REASONS.name}: {id_} is checked by {where}; take its reason out.")
    if mistakes:
        raise CoverageError("\n".join(mistakes))
    verdicts = {backend: worst_verdicts(digest.get(backend, {})) for backend in BACKENDS}
    return [
        Row(
            id=id_,
            level=Level(item["level"]),
            codes=frozenset(item["observable"]),
            area=f"{item['source'].partition('#')[0]} – {item['area']}",
            scenarios=scenarios.get(id_, []),
            tests=tests.get(id_, []),
            reason=reasons.get(id_, ""),
            verdicts={backend: verdicts[backend].get(id_, "") for backend in BACKENDS},
        )
        for id_, item in known.items()
    ]


def worst_verdicts(profiles: Mapping[str, Mapping[str, Sequence[str]]]) -> dict[str, str]:
    """The worst that any profile made of each requirement."""
    worst: dict[str, str] = {}
    for verdict in WORST_LAST:
        worst |= {id_: verdict for profile in profiles.values() for id_ in profile.get(verdict, ())}
    return worst


def digest_of(report_files: Sequence[Path], levels: Collection[str] = tuple(Level)) -> dict[str, dict[str, list[str]]]:
    """Profile -> verdict -> requirements, from reports of one backend.

    Parameters:
        report_files: the reports.
        levels: only rows of these levels.

    Raises:
        CoverageError: a file is no report of the suite, or two are of one profile.
    """
    digest: dict[str, dict[str, list[str]]] = {}
    for file in report_files:
        try:
            report = json.loads(file.read_text(encoding="utf-8"))
            profile, rows = report["target"]["profile"], report["requirements"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise CoverageError(f"{file} is no report of the suite: {error!r}.") from error
        if profile in digest:
            # Another release, say, which has providers that the first lacks.
            profile = f"{profile}, {report['target'].get('name') or file.stem}"
        if profile in digest:
            raise CoverageError(f"There are two reports of the profile {profile!r}.")
        counted: dict[str, list[str]] = {verdict: [] for verdict in WORST_LAST}
        for row in rows:
            if row["verdict"] in counted and row["level"] in levels:
                counted[row["verdict"]].append(row["id"])
        digest[profile] = {verdict: ids for verdict, ids in counted.items() if ids}
    return digest


def share(rows: Sequence[Row]) -> str:
    """``123 of 130 (95 %)``."""
    checked = sum(row.is_checked for row in rows)
    # Rounded down: 100 % is said of nothing less.
    return f"{checked} of {len(rows)} ({100 * checked // len(rows)} %)" if rows else "–"


def page(rows: Sequence[Row], digest: Mapping[str, Mapping[str, Any]]) -> str:
    """The whole page."""
    outside = [row for row in rows if row.level is Level.MUST and row.is_outside]
    should = [row for row in rows if row.level is Level.SHOULD]
    unsaid = [row.id for row in rows if not row.is_checked and not row.reason]
    runs = [f"{backend} ({', '.join(digest.get(backend, {})) or 'never'})" for backend in BACKENDS]
    return "\n".join(
        [
            "# Coverage",
            "",
            "Which scenario or test shows each requirement of the [specification](spec/README.md), and what the",
            "reference backend and the real Backstage make of it. Made by [coverage.py](coverage.py), not by hand.",
            "",
            f"- MUST rows that can be seen from outside (codes H, U, K, C): **{share(outside)}** are checked.",
            f"- SHOULD rows: **{share(should)}** are checked.",
            f"- Rows without a check and without a reason: {len(unsaid)}.",
            "- Of the real Backstage, verdicts of MUST rows are printed; [SECURITY.md](../SECURITY.md) says why.",
            f"- Verdicts are the worst of the latest runs in each profile: {'; '.join(runs)}.",
            "",
            "## Summary",
            "",
            *summary(rows),
            "",
            *(line for area, part in grouped(rows).items() for line in section(area, part)),
        ]
    )


def grouped(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """Rows by area, in the order of the specification."""
    areas: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        areas[row.area].append(row)
    return areas


def summary(rows: Sequence[Row]) -> Iterator[str]:
    """How much of each area is checked, by level."""
    yield "| area | " + " | ".join(Level) + " | by a scenario | by a test only |"
    yield "|---|---|---|---|---|---|"
    for area, part in [*grouped(rows).items(), ("all", list(rows))]:
        shares = [share([row for row in part if row.level is level]) for level in Level]
        scenarios = sum(bool(row.scenarios) for row in part)
        tests = sum(bool(row.tests) and not row.scenarios for row in part)
        yield f"| {area} | " + " | ".join(shares) + f" | {scenarios} | {tests} |"


def section(area: str, rows: Sequence[Row]) -> Iterator[str]:
    """One area, requirement by requirement."""
    yield from (f"## {area}", "", "| id | level | codes | reference | real | shown by |", "|---|---|---|---|---|---|")
    for row in rows:
        verdicts = " | ".join(SIGNS.get(row.verdicts.get(backend, ""), "–") for backend in BACKENDS)
        yield f"| {row.id} | {row.level} | {''.join(sorted(row.codes))} | {verdicts} | {shown_by(row)} |"
    yield ""


def shown_by(row: Row) -> str:
    """Scenarios, tests, or the reason why there are none."""
    tests = [f"`{test.rpartition('/')[2]}`" for test in row.tests]
    return ", ".join([*row.scenarios, *tests]) or (f"*{row.reason}*" if row.reason else "**no check yet**")


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the page, or with ``--check`` tell what is stale."""
    parser = argparse.ArgumentParser(description="Write docs/coverage.md.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if the page is stale")
    for backend in BACKENDS:
        parser.add_argument(f"--{backend}", type=Path, nargs="+", default=[], help=f"reports of the {backend} backend")
    options = parser.parse_args(arguments)
    digest = json.loads(DIGEST.read_text(encoding="utf-8")) if DIGEST.exists() else {}
    try:
        for backend in BACKENDS:
            digest[backend] = {**digest.get(backend, {}), **digest_of(getattr(options, backend), PRINTED[backend])}
        rows = read_rows(digest)
    except (CoverageError, ScenarioFileError) as error:
        print(error, file=sys.stderr)
        return 1
    wanted = page(rows, digest)
    if not options.check:
        DIGEST.write_text(json.dumps(digest, indent=1) + "\n", encoding="utf-8")
        PAGE.write_text(wanted, encoding="utf-8")
        return 0
    unsaid = [row.id for row in rows if row.level is Level.MUST and not row.is_checked and not row.reason]
    if unsaid:
        print(f"Nothing checks {', '.join(unsaid)}, and {REASONS.name} does not say why.", file=sys.stderr)
    if not PAGE.exists() or PAGE.read_text(encoding="utf-8") != wanted:
        print("docs/coverage.md is stale: run python docs/coverage.py.", file=sys.stderr)
        return 1
    return int(bool(unsaid))


if __name__ == "__main__":
    sys.exit(main())
