"""The page of releases: provider by release, and which rows changed from one release to the next, and why.

It names rows, clauses and lines of public changelogs, and shows no transcripts (SECURITY.md).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from conformance.reports.badge import render_badge
from tests.interop.backstage.errors import CannotRunError
from tests.support.processes import ROOT

from .changes import UNEXPLAINED, Change
from .play import RESULTS
from .registry import number
from .table import Release

OUTPUT = ROOT / "build" / "site-data" / "releases"
REFERENCE = "reference"
EXCUSED = "earlier"
"""Verdict of a case that only fails rows which came later than the release, or left before it."""
SIGNS = {
    "passed": "✓",
    "warned": "warned",
    "deviation": "deviation",
    EXCUSED: "earlier",
    "failed": "✗",
    "error": "error",
}
HOLDS, FAILS = "holds", "does not hold"


@dataclass(frozen=True)
class Column:
    """What one release came to.

    Attributes:
        name: its version, or "reference".
        report: the suite's report.
        verdicts: provider id to verdicts of its cases, counted; cases that did not apply are left out.
        rows: requirement to whether it holds; only those that were checked.
    """

    name: str
    report: Mapping[str, Any]
    verdicts: Mapping[str, Counter[str]]
    rows: Mapping[str, str]


def column(name: str, report: Mapping[str, Any], changes: Sequence[Change]) -> Column:
    """Count a report."""
    excuses = [change for change in changes if name != REFERENCE and change.excuses(name)]
    verdicts: dict[str, Counter[str]] = {}
    for case in report["cases"]:
        if case["verdict"] != "not-applicable":
            verdicts.setdefault(case["provider"], Counter())[_verdict(case, report, excuses)] += 1
    rows = {
        row["id"]: FAILS if row["failed_checks"] else HOLDS
        for row in report["requirements"]
        if row["checks"] and row["level"] != "INFO"
    }
    return Column(name, report, verdicts, rows)


def _verdict(case: Mapping[str, Any], report: Mapping[str, Any], excuses: Sequence[Change]) -> str:
    """The verdict of a case; whether it was played before or after a change became known makes no difference."""
    verdict = str(case["verdict"])
    if verdict not in {"failed", "deviation"}:
        return verdict
    must = {row["id"] for row in report["requirements"] if row["level"] == "MUST"}
    unmet = {check["requirement"] for check in case["checks"] if not check["holds"]} & must
    excused = {row for row in unmet if any(_is_about(change, row, case) for change in excuses)}
    if verdict == "failed":
        return EXCUSED if unmet and unmet == excused else "failed"
    return EXCUSED if excused else "deviation"


def _is_about(change: Change, row: str, case: Mapping[str, Any]) -> bool:
    if row not in change.rows or (change.providers and case["provider"] not in change.providers):
        return False
    return not change.rows[row] or case["scenario"] in change.rows[row]


def differences(older: Column, newer: Column, changes: Sequence[Change]) -> list[dict[str, str]]:
    """Rows whose outcome changed from one release to the next, each with the changelog line behind it."""
    found = []
    for row, now in newer.rows.items():
        before = older.rows.get(row)
        if before in (None, now):
            continue
        reason = next((c for c in changes if row in c.rows and _happened_between(c, older.name, newer.name)), None)
        found.append(
            {
                "row": row,
                "before": str(before),
                "now": now,
                "changelog": reason.changelog if reason else UNEXPLAINED,
                "what": reason.what if reason else "",
            }
        )
    return found


def _happened_between(change: Change, older: str, newer: str) -> bool:
    return number(older) < number(change.turning_point) <= number(newer)


def write_page(
    table: Sequence[Release], changes: Sequence[Change], results: Path = RESULTS, output: Path = OUTPUT
) -> Path:
    """Write `releases.json`, `releases.md` and a badge for each release; return the folder.

    Raises:
        CannotRunError: there are no reports yet.
    """
    names = [REFERENCE, *(release.version for release in reversed(table))]
    columns = [
        column(name, json.loads(file.read_text(encoding="utf-8")), changes)
        for name in names
        if (file := results / f"{name}.json").exists()
    ]
    if not columns:
        raise CannotRunError(f"There are no reports in {results}: python -m tests.interop.releases all makes them.")
    played = [entry for entry in columns if entry.name != REFERENCE]
    steps = list(pairwise(played))
    output.mkdir(parents=True, exist_ok=True)
    document = {
        "releases": [
            {
                **release.model_dump(exclude_none=True),
                "providers": {id_: dict(counts) for id_, counts in entry.verdicts.items()},
                "rows": dict(entry.rows),
            }
            for release in reversed(table)
            for entry in played
            if entry.name == release.version
        ],
        "changes": [
            {"from": older.name, "to": newer.name, "rows": differences(older, newer, changes)} for newer, older in steps
        ],
    }
    (output / "releases.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    (output / "releases.md").write_text(_markdown(table, columns, steps, changes), encoding="utf-8")
    for entry in columns:
        badge = {**json.loads(render_badge(dict(entry.report))), "label": f"auth backend {entry.name}"}
        (output / f"badge-{entry.name}.json").write_text(json.dumps(badge) + "\n", encoding="utf-8")
    return output


def _markdown(
    table: Sequence[Release],
    columns: Sequence[Column],
    steps: Sequence[tuple[Column, Column]],
    changes: Sequence[Change],
) -> str:
    lines = ["# Releases of the Backstage auth backend", "", "## Provider by release", ""]
    lines += _table(["provider", *(entry.name for entry in columns)])
    for provider in sorted({id_ for entry in columns for id_ in entry.verdicts}, key=str.lower):
        cells = [_cell(entry.verdicts.get(provider, Counter())) for entry in columns]
        lines.append(_row([f"`{provider}`", *cells]))
    totals: list[Counter[str]] = [sum(entry.verdicts.values(), Counter()) for entry in columns]
    lines.append(_row(["all", *map(_cell, totals)]))
    lines += [
        "",
        "## What ran",
        "",
        *_table(["auth backend", "Backstage", "Node", "auth-node", "modules without a fit"]),
    ]
    for release in reversed(table):
        cells = [release.backstage or "?", release.node or "?", release.packages.get("plugin-auth-node", "?")]
        lines.append(_row([release.version, *cells, ", ".join(release.absent) or "none"]))
    lines += ["", "## Rows that changed from one release to the next"]
    for newer, older in steps:
        found = differences(older, newer, changes)
        lines += ["", f"### {older.name} → {newer.name}", ""]
        if not found:
            lines.append("None.")
            continue
        by_reason: dict[tuple[str, str, str], list[str]] = {}
        for entry in found:
            by_reason.setdefault((entry["now"], entry["changelog"], entry["what"]), []).append(entry["row"])
        lines += _table(["rows", "now", "changelog", "what"])
        lines += [_row([", ".join(rows), *reason]) for reason, rows in by_reason.items()]
    return "\n".join(lines) + "\n"


def _table(titles: Sequence[str]) -> list[str]:
    return [_row(titles), "|" + "---|" * len(titles)]


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{counts[verdict]} {sign}" for verdict, sign in SIGNS.items() if counts.get(verdict)) or "–"
