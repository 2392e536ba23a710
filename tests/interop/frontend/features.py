"""The table feature × backend, as the tests of a run found it.

A test says which row it is about with `@pytest.mark.feature("row")`; parameters of the test may stand in braces.
Where a backend is known to do something else, the test shows what, and notes the reason with the fixture `lacks`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.interop.frontend.stands import REAL, REFERENCE

_BACKENDS = (REFERENCE, REAL)
_SIGNS = {"yes": "✓", "no": "✗", "failed": "test failed", "not run": ""}


@dataclass
class Row:
    """One feature.

    Attributes:
        outcomes: by backend, what became of each test about it.
        remarks: why a backend does not have it.
    """

    outcomes: dict[str, set[str]] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)

    def sign(self, backend: str) -> str:
        """The worst that was found for one backend."""
        found = self.outcomes.get(backend, {"not run"})
        return next(outcome for outcome in ("failed", "no", "yes", "not run") if outcome in found)


def named_rows(item: pytest.Item) -> list[str]:
    """The rows a test is about."""
    callspec = getattr(item, "callspec", None)
    parameters = callspec.params if callspec else {}
    return [str(mark.args[0]).format(**parameters) for mark in item.iter_markers("feature")]


class Table:
    """Collects what the tests of a run found, also from the workers of a parallel run."""

    def __init__(self) -> None:
        self._rows: dict[str, Row] = {}

    def add(self, report: pytest.TestReport) -> None:
        """Take the outcome of a test's call, or of a set-up that failed."""
        properties = report.user_properties
        backend = next((str(value) for name, value in properties if name == "backend"), None)
        if backend is None or (report.when != "call" and report.passed):
            return
        reasons = [str(value) for name, value in properties if name == "lacks"]
        outcome = "failed" if report.failed else "no" if reasons else "yes"
        for name, value in properties:
            if name == "feature":
                row = self._rows.setdefault(str(value), Row())
                row.outcomes.setdefault(backend, set()).add(outcome)
                row.remarks += [remark for reason in reasons if (remark := f"{backend}: {reason}") not in row.remarks]

    def write(self, directory: Path) -> None:
        """Write it for people (`frontend.md`) and for programs (`frontend.json`), if there is anything."""
        if not self._rows:
            return
        directory.mkdir(parents=True, exist_ok=True)
        rows = sorted(self._rows.items())
        document = [
            {"feature": name, **{backend: row.sign(backend) for backend in _BACKENDS}, "remarks": row.remarks}
            for name, row in rows
        ]
        (directory / "frontend.json").write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", "utf-8")
        lines = ["| feature | reference | real | remark |", "|---|---|---|---|", *map(_line, rows)]
        (directory / "frontend.md").write_text("\n".join(lines) + "\n", "utf-8")


def _line(named: tuple[str, Row]) -> str:
    name, row = named
    cells: Sequence[str] = [name, *(_SIGNS[row.sign(backend)] for backend in _BACKENDS), "; ".join(row.remarks)]
    return "| " + " | ".join(cells) + " |"
