"""Plays the defects and writes the kill matrix: which requirements fail because of which defect.

    python -m tests.defects.matrix [--jobs N] [--missing | DEFECT …]
    python -m tests.defects.matrix --write | --check

Every defect is played against the scenarios that check a requirement it names. What fails is kept in
``tests/defects/results.json``; ``docs/kill-matrix.md`` is made from it and from the outcomes of the mutants.
``--write`` makes the document anew without playing anything, ``--check`` tells whether it is up to date.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.defects.catalogue import catalogue
from tests.defects.defect import Defect
from tests.defects.harness import Harnesses
from tests.defects.kill_matrix import MATRIX, Results, document


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.defects.matrix", description="Write docs/kill-matrix.md.")
    parser.add_argument("defects", metavar="DEFECT", nargs="*", help="play only these; the other results stay")
    parser.add_argument("--missing", action="store_true", help="play only defects that have no result yet")
    parser.add_argument("--write", action="store_true", help="play nothing; make the document from what is known")
    parser.add_argument("--check", action="store_true", help="play nothing; say whether the document is up to date")
    parser.add_argument("--jobs", type=int, default=2, help="how many mock IdPs work side by side (default: 2)")
    options = parser.parse_args(arguments)
    unknown = [id_ for id_ in options.defects if id_ not in catalogue()]
    if unknown:
        parser.error(f"there is no defect {', '.join(unknown)}")
    results = Results.read()
    if options.check:
        return _check(results)
    if not options.write:
        stale = options.defects or [id_ for id_ in catalogue() if not (options.missing and id_ in results.defects)]
        Played(results, [catalogue()[id_] for id_ in stale]).by(options.jobs)
    MATRIX.write_text(document(results), encoding="utf-8")
    return 0


def _check(results: Results) -> int:
    if MATRIX.read_text(encoding="utf-8") == document(results):
        return 0
    print("docs/kill-matrix.md is not up to date: run python -m tests.defects.matrix --missing", file=sys.stderr)
    return 1


class Played:
    """Results that grow while defects are played.

    Parameters:
        results: more are added.
        waiting: defects to be played.
    """

    def __init__(self, results: Results, waiting: Sequence[Defect]) -> None:
        self._results = results
        self._count = len(waiting)
        self._waiting = deque(waiting)
        self._lock = threading.Lock()
        self._begun = time.monotonic()

    def by(self, jobs: int) -> None:
        """Play all of them, so many at a time, and write the results after each."""
        with ThreadPoolExecutor(jobs) as pool:
            for done in [pool.submit(self._work) for _ in range(min(jobs, self._count))]:
                done.result()

    def _work(self) -> None:
        """Play what is waiting, with mock IdPs of one's own."""
        with tempfile.TemporaryDirectory(prefix="defects-") as folder, Harnesses(Path(folder)) as harnesses:
            # Popping from a deque is atomic, so the threads share it.
            while self._waiting:
                defect = self._waiting.popleft()
                ready = harnesses.of(defect.profile)
                judgement = ready.judge(defect, ready.cases(defect))
                with self._lock:
                    self._results.add(defect.id, judgement.failing, judgement.failing_scenarios)
                    self._results.write()
                    played = self._count - len(self._waiting)
                    print(f"{time.monotonic() - self._begun:6.0f} s  {played}/{self._count}  {defect.id}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
