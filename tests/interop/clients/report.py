"""What became of the cells of the matrix, as Markdown for people and JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest

from tests.interop.clients.table import Cause, Cell, read_table

WORKS, FAILS = "✓", "✗"
_LONGEST = 300
_PROPERTY = "outcome of a cell"


@dataclass(frozen=True)
class Outcome:
    """What became of one cell.

    Attributes:
        client: who.
        target: where.
        act: what.
        works: whether it did.
        cause: the letter of what is known to be in the way.
        complaint: what client and mock said, if it did not work.
    """

    client: str
    target: str
    act: str
    works: bool
    cause: str | None
    complaint: str | None


class MatrixReport:
    """A plugin of pytest that notes what becomes of each cell, and writes the reports in the end.

    Parameters:
        directory: where the reports go.
        is_worker: True in a process of pytest-xdist that only plays cells; the main process hears of them.
    """

    def __init__(self, directory: Path, *, is_worker: bool) -> None:
        self._directory = directory
        self._is_worker = is_worker
        self._outcomes: list[Outcome] = []

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Write the outcome of a cell on its test report, which travels between processes."""
        report = yield
        cell = getattr(item, "callspec", None) and item.callspec.params.get("cell")
        if isinstance(cell, Cell) and (call.when == "call" or call.excinfo):
            complaint = str(call.excinfo.value)[:_LONGEST] if call.excinfo else None
            outcome = Outcome(cell.client.name, cell.target.name, cell.act, call.excinfo is None, cell.cause, complaint)
            report.user_properties.append((_PROPERTY, asdict(outcome)))
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Remember it."""
        found = [value for name, value in report.user_properties if name == _PROPERTY]
        # The properties of a test are on the reports of its later phases, too.
        self._outcomes += [Outcome(**value) for value in found if report.when == "call" or report.failed]  # type: ignore[arg-type]

    def pytest_sessionfinish(self) -> None:
        """Write the reports, if cells were played."""
        if self._outcomes and not self._is_worker:
            write_reports(self._directory, self._outcomes, read_table()[1])


def write_reports(directory: Path, outcomes: list[Outcome], causes: Mapping[str, Cause]) -> None:
    """Write ``clients.json`` and ``clients.md``.

    Parameters:
        directory: where; it is made.
        outcomes: all of them.
        causes: letter -> what it stands for.
    """
    directory.mkdir(parents=True, exist_ok=True)
    data = {
        "causes": {letter: asdict(cause) for letter, cause in causes.items()},
        "cells": [asdict(outcome) for outcome in outcomes],
    }
    (directory / "clients.json").write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    (directory / "clients.md").write_text(_markdown(outcomes, causes), encoding="utf-8")


def _markdown(outcomes: list[Outcome], causes: Mapping[str, Cause]) -> str:
    acts = list(dict.fromkeys(outcome.act for outcome in outcomes))
    rows: dict[tuple[str, str], dict[str, str]] = {}
    for outcome in outcomes:
        mark = WORKS if outcome.works else f"{FAILS}{outcome.cause or '?'}"
        rows.setdefault((outcome.client, outcome.target), {})[outcome.act] = mark
    lines = [
        "# Clients of others at the mock",
        "",
        f"{sum(outcome.works for outcome in outcomes)} of {len(outcomes)} cells work.",
        "",
        f"| client | at | {' | '.join(acts)} |",
        f"|---|---|{'---|' * len(acts)}",
        *(
            f"| {client} | {target} | {' | '.join(marks.get(act, '') for act in acts)} |"
            for (client, target), marks in rows.items()
        ),
        "",
    ]
    used = {outcome.cause for outcome in outcomes if outcome.cause and not outcome.works}
    lines += [f"- {FAILS}{letter}: {text}" for letter, text in causes.items() if letter in used]
    return "\n".join(lines) + "\n"
