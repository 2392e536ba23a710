"""The table of what the doctor names, ``build/reports/doctor.md``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from conformance.examination.findings import Finding

PROPERTY = "doctor"
FILE = "doctor.md"
Row = dict[str, list[str]]


def row(id_: str, what: str, is_defect: bool, findings: Sequence[Finding]) -> Row:
    """What the doctor said of one thing that is wrong; ``record_property`` takes it to the controller.

    Parameters:
        id_: its id.
        what: in words.
        is_defect: True if it is a defect of the backend.
        findings: what the doctor found.
    """
    said = [finding.text for finding in findings] or ["nothing"]
    return {f"{'backend' if is_defect else 'set-up'}/{id_}": [what, *said]}


def write(rows: Mapping[str, Sequence[str]], folder: Path) -> None:
    """Write the table.

    Parameters:
        rows: by kind and id.
        folder: where it goes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FILE).write_text("\n".join(_lines(rows)) + "\n", encoding="utf-8")


def _lines(rows: Mapping[str, Sequence[str]]) -> Iterable[str]:
    yield "# What the doctor says"
    for kind, title in (("set-up", "Faults of the set-up"), ("backend", "Defects of the backend")):
        mine = {id_: row for id_, row in rows.items() if id_.startswith(f"{kind}/")}
        yield from ("", f"## {title} ({len(mine)})", "", "| what is wrong | what the doctor says |", "| --- | --- |")
        for what, *said in mine.values():
            yield f"| {what} | {'<br>'.join(text.replace('|', '&#124;') for text in said)} |"
