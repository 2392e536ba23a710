"""What became of the cells of the matrix, as Markdown for people and JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.interop.clients.table import Cell

WORKS, FAILS = "✓", "✗"
_LONGEST = 300


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


def outcome_of(cell: Cell, *, works: bool, complaint: str | None) -> Outcome:
    """What became of a cell."""
    shown = complaint[:_LONGEST] if complaint else None
    return Outcome(cell.client.name, cell.target.name, cell.act, works, cell.cause, None if works else shown)


def write_reports(directory: Path, outcomes: list[Outcome], causes: Mapping[str, str]) -> None:
    """Write ``clients.json`` and ``clients.md``.

    Parameters:
        directory: where; it is made.
        outcomes: all of them.
        causes: letter -> what it stands for.
    """
    directory.mkdir(parents=True, exist_ok=True)
    data = {"causes": causes, "cells": [asdict(outcome) for outcome in outcomes]}
    (directory / "clients.json").write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    (directory / "clients.md").write_text(_markdown(outcomes, causes), encoding="utf-8")


def _markdown(outcomes: list[Outcome], causes: Mapping[str, str]) -> str:
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
