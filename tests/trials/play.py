"""Plays the suite against each seed of a trial and says which are caught.

    python -m tests.trials.play first                the whole trial; writes build/reports/trials/first.json
    python -m tests.trials.play first --seed NAME    one seed, every check that fails is told
    python -m tests.trials.play first --shard 1/2    half of it, for two processes
    python -m tests.trials.play first --all --seed NAME   the whole suite until a MUST check fails

First the cases of the providers that the seed is shown on, in the seed's profile, until a check fails; a seed that
survives them is played on the others (not with ``--named``). What is not played cannot catch, so the figure is a
lower bound. Cases with words of the seed's title come first, which saves time and changes no verdict. ``--go-on`` keeps
what an interrupted run found.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import re
import tempfile
import time
from dataclasses import asdict, dataclass
from functools import cache, partial
from pathlib import Path

from conformance.cases import Case
from conformance.requirement_list import Level, requirements
from conformance.scenario.model import Scenario
from conformance.verdicts import CaseResult
from tests.defects.backend import StartError
from tests.defects.harness import STOPPED, Harness, running_harness
from tests.support.processes import ROOT
from tests.trials.seed import TRIALS, Seed, apply, seeds

MOST_OTHERS = 150
"""Cases of further providers that are played; the whole suite would take minutes for each seed that survives it."""

REPORTS = ROOT / "build" / "reports" / "trials"


@dataclass(frozen=True)
class Outcome:
    """What the suite says about a backend with a seed.

    Parameters:
        seed: id of the seed.
        verdict: ``caught`` (a MUST check failed), ``warned`` (only SHOULD checks), ``no start`` or ``survived``.
        by: the first check that failed: requirement, case and what was expected and seen.
        played: how many cases were played.
        seconds: how long that took.
    """

    seed: str
    verdict: str
    by: tuple[str, ...]
    played: int
    seconds: float


def play(harness: Harness, trial: str, seed: Seed, *, whole: bool, most_others: int | None) -> Outcome:
    """Play cases until one catches a seed.

    Parameters:
        harness: of the seed's profile.
        trial: the trial that the seed is of.
        seed: the seed.
        whole: play all cases of the seed's providers, and print each check that fails.
        most_others: of other providers no more cases are played; None for all of them.
    """
    started = time.monotonic()
    words = _words(f"{seed.id} {seed.title}")

    def likely_first(case: Case) -> int:
        return -len(words & _words_of(case.scenario))

    named = sorted(harness.cases_on(seed.providers), key=likely_first)
    ids = {case.id for case in named}
    rest = [] if whole else [case for case in harness.cases_on(()) if case.id not in ids]
    others = sorted(rest, key=likely_first)[:most_others]
    verdict, number = "survived", 0
    by: tuple[str, ...] = ()
    try:
        with contextlib.closing(harness.results(None, [*named, *others], partial(apply, trial, seed.id))) as results:
            for result in results:
                number += 1
                failed = _failures(result)
                if whole:
                    for one in failed:
                        print("   ", *one)
                must = [one for one in failed if requirements()[one[0]].level is Level.MUST]
                if must and verdict != "caught":
                    verdict, by = "caught", must[0]
                elif failed and verdict == "survived":
                    verdict, by = "warned", failed[0]
                if must and not whole:
                    break
    except StartError as error:
        verdict, by = "no start", (str(error),)
    return Outcome(seed.id, verdict, by, number, time.monotonic() - started)


def _words(text: str) -> frozenset[str]:
    """The longer words of a text, without their ends."""
    return frozenset(word[:6] for word in re.findall("[a-z]{4,}", text.lower()))


@cache
def _words_of_requirement(id_: str) -> frozenset[str]:
    return _words(requirements()[id_].title)


def _words_of(scenario: Scenario) -> frozenset[str]:
    said = _words(f"{scenario.scenario} {scenario.title} {scenario.file}")
    return said.union(*map(_words_of_requirement, scenario.requirements))


def _failures(result: CaseResult) -> list[tuple[str, ...]]:
    broken = [check for check in result.checks if not check.holds and check.path != STOPPED]
    counted = [one for one in broken if requirements()[one.requirement].level is not Level.INFO]
    return [(one.requirement, result.id, f"{one.path}: {one.expected} / {one.actual}"[:300]) for one in counted]


def _shard(text: str) -> tuple[int, int]:
    """``1/2`` is the first of two.

    Raises:
        argparse.ArgumentTypeError: it is not of this form.
    """
    found = re.fullmatch(r"([1-9]\d*)/([1-9]\d*)", text)
    if found is None or int(found[1]) > int(found[2]):
        raise argparse.ArgumentTypeError(f"{text!r} is no part of a trial, such as 1/2")
    return int(found[1]), int(found[2])


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("trial", choices=TRIALS)
    parser.add_argument("--seed", action="append", help="only this one, all of its cases; may be repeated")
    parser.add_argument("--shard", type=_shard, default="1/1", help="the first of two: 1/2")
    others = parser.add_mutually_exclusive_group()
    others.add_argument("--named", action="store_true", help="only providers that the seed names")
    others.add_argument("--all", action="store_true", help="the whole suite for each seed that survives")
    parser.add_argument("--go-on", action="store_true", help="keep what an interrupted run found")
    chosen = parser.parse_args()
    unknown = set(chosen.seed or ()) - seeds(chosen.trial).keys()
    if unknown:
        parser.error(f"the trial {chosen.trial} has no seed {', '.join(sorted(unknown))}")
    shard, of = chosen.shard
    REPORTS.mkdir(parents=True, exist_ok=True)
    report = REPORTS / f"{chosen.trial}{'' if of == 1 else f'-{shard}'}.json"
    wanted = [one for one in seeds(chosen.trial).values() if not chosen.seed or one.id in chosen.seed]
    wanted = [one for position, one in enumerate(wanted) if position % of == shard - 1]
    outcomes: dict[str, Outcome] = {}
    if chosen.go_on and report.exists():
        earlier = [Outcome(**one) for one in json.loads(report.read_text())]
        outcomes = {one.seed: one for one in earlier if one.verdict == "caught" or chosen.named}
        wanted = [one for one in wanted if one.id not in outcomes]
    for profile in sorted({one.profile for one in wanted}):
        with (
            tempfile.TemporaryDirectory() as directory,
            running_harness(Path(directory), profile, every_provider=True) as harness,
        ):
            for one in (one for one in wanted if one.profile == profile):
                is_whole = bool(chosen.seed) and not chosen.all
                most = None if chosen.all else 0 if chosen.named else MOST_OTHERS
                outcome = play(harness, chosen.trial, one, whole=is_whole, most_others=most)
                outcomes[one.id] = outcome
                print(
                    f"{outcome.verdict:9} {one.id} ({outcome.played}, {outcome.seconds:.0f} s)", *outcome.by, flush=True
                )
                if not chosen.seed:
                    report.write_text(json.dumps([asdict(each) for each in outcomes.values()], indent=1))


if __name__ == "__main__":
    main()
