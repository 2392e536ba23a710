"""Writes the kill matrix: which requirements fail because of which defect.

    python -m tests.defects.matrix [--jobs N] [--missing | DEFECT …]

Plays every scenario against every defect, most of them on one provider, and writes ``docs/kill-matrix.md``, row by row.
With ``--missing`` only the defects that have no row yet are played, with names only these; other rows stay.
"""

from __future__ import annotations

import argparse
import re
import tempfile
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from pathlib import Path

from conformance.requirement_list import requirements
from tests.defects.bench import bench
from tests.defects.catalogue import catalogue
from tests.defects.defect import Defect
from tests.interop.idp_process import ROOT

MATRIX = ROOT / "docs" / "kill-matrix.md"
SHOWN = 12
"""Further requirements that a row lists by name."""
UNCAUGHT = "**uncaught**"

HEAD = """\
# Kill matrix

A scenario that cannot fail proves nothing. Each row is a deliberate defect of the reference backend
([tests/defects/catalogue](../tests/defects/catalogue)) and the requirements that fail because of it when all
scenarios are played, most of them on one provider. **Bold** are those that have to fail, which
`tests/defects/test_defects.py` checks. The others fail as well, many of them because nothing works any more after
the first failure.

Written by `python -m tests.defects.matrix`; do not edit. {count} of the catalogue's {all} defects have been played
against all scenarios so far, {uncaught}. Every one of the catalogue is played against the scenarios that name it
by `pytest tests/defects`.
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m tests.defects.matrix", description="Write docs/kill-matrix.md.")
    parser.add_argument("defects", metavar="DEFECT", nargs="*", help="play only these; the other rows stay")
    parser.add_argument("--missing", action="store_true", help="play only defects that have no row yet")
    parser.add_argument("--jobs", type=int, default=2, help="how many mock IdPs work side by side (default: 2)")
    options = parser.parse_args(arguments)
    unknown = [id_ for id_ in options.defects if id_ not in catalogue()]
    if unknown:
        parser.error(f"there is no defect {', '.join(unknown)}")
    rows = read_rows(MATRIX.read_text(encoding="utf-8")) if options.defects or options.missing else {}
    chosen = options.defects or [id_ for id_ in catalogue() if id_ not in rows]
    Played(rows, [catalogue()[id_] for id_ in chosen]).by(options.jobs)


class Played:
    """A table that fills while defects are played.

    Parameters:
        rows: rows by id; more are added.
        waiting: defects to be played.
    """

    def __init__(self, rows: dict[str, str], waiting: Sequence[Defect]) -> None:
        self._rows = rows
        self._count = len(waiting)
        self._waiting = deque(waiting)
        self._lock = threading.Lock()
        self._begun = time.monotonic()

    def by(self, jobs: int) -> None:
        """Play all of them, so many at a time, and write the file after each."""
        self._write()
        with ThreadPoolExecutor(jobs) as pool:
            for done in [pool.submit(self._work) for _ in range(min(jobs, self._count))]:
                done.result()

    def _work(self) -> None:
        """Play what is waiting, with a mock IdP of one's own."""
        with tempfile.TemporaryDirectory(prefix="defects-") as folder, bench(Path(folder)) as ready:
            # Popping from a deque is atomic, so the threads share it.
            while self._waiting:
                defect = self._waiting.popleft()
                self._rows[defect.id] = row(defect, ready.judge(defect, ready.all_scenarios(defect)).failing)
                with self._lock:
                    self._write()
                    played = self._count - len(self._waiting)
                    print(f"{time.monotonic() - self._begun:6.0f} s  {played}/{self._count}  {defect.id}", flush=True)

    def _write(self) -> None:
        MATRIX.write_text(document(self._rows), encoding="utf-8")


def read_rows(text: str) -> dict[str, str]:
    """The rows of an earlier run by id."""
    return {match[1]: match[0] for match in re.finditer(r"^\| `([a-z0-9-]+)` \|.*$", text, re.MULTILINE)}


def document(rows: Mapping[str, str]) -> str:
    """The whole file; it says how many defects have no row yet."""
    listed = [defect for defect in catalogue().values() if defect.id in rows]
    uncaught = sum(UNCAUGHT in rows[defect.id] for defect in listed)
    said = f"**{uncaught} of them uncaught**" if uncaught else "all of them caught"
    return HEAD.format(count=len(listed), all=len(catalogue()), uncaught=said) + "".join(sections(listed, rows))


def sections(listed: Sequence[Defect], rows: Mapping[str, str]) -> Iterator[str]:
    """One table for each area."""
    for area, members in groupby(listed, key=lambda defect: defect.area):
        yield f"\n## {area.replace('_', ' ').capitalize()}\n\n"
        yield "| defect | what the broken backend does | caught by |\n|---|---|---|\n"
        yield from (f"{rows[defect.id]}\n" for defect in members)


def row(defect: Defect, failing: Iterable[str]) -> str:
    """One line of the table."""
    known = set(failing)
    ordered = [id_ for id_ in requirements() if id_ in known]
    named = [f"**{id_}**" for id_ in ordered if id_ in defect.caught_by]
    others = [id_ for id_ in ordered if id_ not in defect.caught_by]
    more = f" and {len(others) - SHOWN} more" if len(others) > SHOWN else ""
    caught = ", ".join([*named, *others[:SHOWN]]) + more
    return f"| `{defect.id}` | {defect.title} | {caught if named else UNCAUGHT} |"


if __name__ == "__main__":
    main()
