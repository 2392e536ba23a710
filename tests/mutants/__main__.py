"""Measures how many mutants of the reference backend the black-box suite kills.

    python -m tests.mutants [--jobs N] [--most N] [--sample N --seed N] [--again | --survivors | --check] [WHAT …]

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

from conformance.plugin.options import PROFILE as DEFAULT
from mock_idp.profiles import profiles
from tests.mutants.bench import MOST, MutantBench, mutant_bench
from tests.mutants.mutation import Mutant
from tests.mutants.results import RESULTS, Results
from tests.mutants.subject import prepare
from tests.mutants.subjects import all_mutants

MOST_SURVIVORS = 0.1
"""Share of the mutants that may survive."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description="Mutate the reference backend.")
    parser.add_argument("wanted", metavar="WHAT", nargs="*", help="only these mutants, modules or packages")
    parser.add_argument("--jobs", type=int, default=2, help="how many mock IdPs work side by side (default: 2)")
    parser.add_argument("--sample", type=int, help="only so many, chosen by the seed")
    parser.add_argument("--seed", type=int, default=1, help="of the choice (default: 1)")
    parser.add_argument("--most", type=int, default=MOST, help=f"cases for one mutant at most (default: {MOST})")
    parser.add_argument("--profile", action="append", choices=list(profiles()), help="only this one; may be repeated")
    known = parser.add_mutually_exclusive_group()
    known.add_argument("--again", action="store_true", help="also those whose outcome is known")
    known.add_argument("--survivors", action="store_true", help="only those that survived, and without a reason so far")
    known.add_argument(
        "--check", action="store_true", help="only those that are known to be killed; most have to be again"
    )
    options = parser.parse_args(arguments)
    results = Results.read()
    chosen = [mutant for mutant in all_mutants() if _is_wanted(mutant, options.wanted)]
    if not chosen:
        parser.error(f"there is no mutant {', '.join(options.wanted)}")
    if options.check:
        chosen = [mutant for mutant in chosen if results.kills(mutant)]
    elif options.survivors:
        unexplained = results.unexplained()
        chosen = [mutant for mutant in chosen if mutant.id in unexplained]
    elif not options.again:
        chosen = [mutant for mutant in chosen if not results.knows(mutant)]
    if options.sample:
        chosen = random.Random(options.seed).sample(chosen, min(options.sample, len(chosen)))
    prepare()
    if options.check:
        return _check(results, chosen, options.jobs, options.most)
    for profile in sorted("" if id_ == DEFAULT else id_ for id_ in options.profile or profiles()):
        # The default one first; the others have few cases, for what it cannot show.
        waiting = chosen if not profile else [mutant for mutant in chosen if not results.kills(mutant)]
        Played(results, waiting, RESULTS, profile, options.most).by(options.jobs)
        results.write()
    print(results.summary())
    return 0


def _check(results: Results, chosen: Sequence[Mutant], jobs: int, most: int) -> int:
    """Play mutants again in the profile in which they were killed; returns the exit status."""
    found = Results()
    file = RESULTS.with_suffix(".tmp")
    for profile in sorted({results.profile_of(mutant) for mutant in chosen}):
        waiting = [mutant for mutant in chosen if results.profile_of(mutant) == profile]
        Played(found, waiting, file, profile, most).by(jobs, results)
    file.unlink(missing_ok=True)
    print(found.summary())
    # Not all of them: a machine that was busy when they were judged may have killed one by being slow.
    return 1 if len(found.survivors()) > len(chosen) * MOST_SURVIVORS else 0


def _is_wanted(mutant: Mutant, wanted: Sequence[str]) -> bool:
    short = mutant.module.removeprefix("reference_backend.")
    return not wanted or mutant.id in wanted or short in wanted or short.split(".")[0] in wanted


class Played:
    """Mutants that wait for their judgement.

    Parameters:
        results: outcomes are added.
        waiting: mutants.
        file: where the results are written to now and then.
        profile: of the backends; empty for the default one.
        most: how many cases are played against one mutant at most.
    """

    def __init__(self, results: Results, waiting: Sequence[Mutant], file: Path, profile: str, most: int) -> None:
        self._results = results
        self._file = file
        self._profile = profile
        self._most = most
        self._waiting = deque(waiting)
        self._count = len(waiting)
        self._lock = threading.Lock()
        self._begun = time.monotonic()

    def by(self, jobs: int, known: Results | None = None) -> None:
        """Judge them side by side.

        Parameters:
            jobs: how many at once.
            known: results that tell which cases are promising; by default those that are added to.
        """
        if not self._waiting:
            return
        with (
            tempfile.TemporaryDirectory() as directory,
            mutant_bench(Path(directory), self._profile or DEFAULT) as first,
        ):
            first.kills.update((known or self._results).kill_counts())
            print(f"{self._profile}: {len(first.cases)} cases pass on the unchanged backend", flush=True)
            with ThreadPoolExecutor(jobs) as pool:
                work = [pool.submit(self._judge, first), *(pool.submit(self._help, first) for _ in range(jobs - 1))]
                for done in work:
                    done.result()

    def _help(self, first: MutantBench) -> None:
        with (
            tempfile.TemporaryDirectory() as directory,
            mutant_bench(Path(directory), self._profile or DEFAULT, first) as the_bench,
        ):
            self._judge(the_bench)

    def _judge(self, the_bench: MutantBench) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    return
                mutant = self._waiting.popleft()
            self._keep(mutant, the_bench)

    def _keep(self, mutant: Mutant, the_bench: MutantBench) -> None:
        killer = the_bench.killer(mutant, self._most)
        with self._lock:
            self._results.add(mutant, killer, self._profile)
            number = self._count - len(self._waiting)
            if number % 20 == 0:
                self._results.write(self._file)
            seconds = time.monotonic() - self._begun
            print(f"{number}/{self._count} {seconds:.0f}s {killer or '** SURVIVES **'}  {mutant.id}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
