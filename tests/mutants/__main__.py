"""Measures how many mutants of the reference backend the black-box suite kills.

    python -m tests.mutants [--jobs N] [--sample N --seed N] [--again | --check] [MODULE or MUTANT …]

Results are kept in ``tests/mutants/results.json`` as they come; ``docs/kill-matrix.md`` is made from it.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.mutants.bench import MutantBench, mutant_bench
from tests.mutants.mutation import Mutant
from tests.mutants.results import RESULTS, Results
from tests.mutants.subject import prepare
from tests.mutants.subjects import all_mutants

MOST_SURVIVORS = 0.1
"""Share of the mutants that may survive."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description="Mutate the reference backend.")
    parser.add_argument("wanted", metavar="MODULE|MUTANT", nargs="*", help="only these")
    parser.add_argument("--jobs", type=int, default=2, help="how many mock IdPs work side by side (default: 2)")
    parser.add_argument("--sample", type=int, help="only so many, chosen by the seed")
    parser.add_argument("--seed", type=int, default=1, help="of the choice (default: 1)")
    parser.add_argument("--again", action="store_true", help="also those whose outcome is known")
    parser.add_argument(
        "--check", action="store_true", help="only those that are known to be killed; most have to be again"
    )
    options = parser.parse_args(arguments)
    mutants = list(all_mutants())
    results = Results.read()
    chosen = [mutant for mutant in mutants if _is_wanted(mutant, options.wanted)]
    if not chosen:
        parser.error(f"there is no mutant {', '.join(options.wanted)}")
    if options.check:
        chosen = [mutant for mutant in chosen if results.kills(mutant)]
    if options.sample:
        chosen = random.Random(options.seed).sample(chosen, min(options.sample, len(chosen)))
    if not (options.again or options.check):
        chosen = [mutant for mutant in chosen if not results.knows(mutant)]
    prepare()
    if options.check:
        found = Results()
        Played(found, chosen, RESULTS.with_suffix(".tmp")).by(options.jobs)
        RESULTS.with_suffix(".tmp").unlink(missing_ok=True)
        print(found.summary())
        # Not all of them: a machine that was busy when they were judged may have killed one by being slow.
        return 1 if len(found.survivors()) > len(chosen) * MOST_SURVIVORS else 0
    Played(results, chosen, RESULTS).by(options.jobs)
    results.write()
    print(results.summary())
    return 0


def _is_wanted(mutant: Mutant, wanted: Sequence[str]) -> bool:
    short = mutant.module.removeprefix("reference_backend.")
    return not wanted or mutant.id in wanted or short in wanted or short.split(".")[0] in wanted


class Played:
    """Mutants that wait for their judgement.

    Parameters:
        results: outcomes are added.
        waiting: mutants.
        file: where the results are written to now and then.
    """

    def __init__(self, results: Results, waiting: Sequence[Mutant], file: Path) -> None:
        self._results = results
        self._file = file
        self._waiting = deque(waiting)
        self._count = len(waiting)
        self._lock = threading.Lock()
        self._begun = time.monotonic()

    def by(self, jobs: int) -> None:
        """Judge them side by side."""
        if not self._waiting:
            return
        with tempfile.TemporaryDirectory() as directory, mutant_bench(Path(directory)) as first:
            print(f"{len(first.cases)} cases pass on the unchanged backend", flush=True)
            with ThreadPoolExecutor(jobs) as pool:
                work = [pool.submit(self._judge, first), *(pool.submit(self._help, first) for _ in range(jobs - 1))]
                for done in work:
                    done.result()

    def _help(self, first: MutantBench) -> None:
        with tempfile.TemporaryDirectory() as directory, mutant_bench(Path(directory), like=first) as the_bench:
            self._judge(the_bench)

    def _judge(self, the_bench: MutantBench) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    return
                mutant = self._waiting.popleft()
            self._keep(mutant, the_bench)

    def _keep(self, mutant: Mutant, the_bench: MutantBench) -> None:
        killer = the_bench.killer(mutant)
        with self._lock:
            self._results.add(mutant, killer)
            number = self._count - len(self._waiting)
            if number % 20 == 0:
                self._results.write(self._file)
            seconds = time.monotonic() - self._begun
            print(f"{number}/{self._count} {seconds:.0f}s {killer or '** SURVIVES **'}  {mutant.id}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
