"""Plays the suite against each seed of a trial and says which are caught.

    python -m tests.trials.play first                the whole trial; writes build/reports/trials/first.json
    python -m tests.trials.play first --seed NAME    one seed, every check that fails is told
    python -m tests.trials.play first --shard 1/2    half of it, for two processes

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
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from functools import cache, partial
from pathlib import Path

from conformance.cases import Case, fan_out
from conformance.driver.wire import Wire
from conformance.embedded import free_port
from conformance.examination.probe import ProbeOptions, examine, wire_for
from conformance.play import TargetStoppedError, empty_result
from conformance.plugin.options import ENVIRONMENT, SCENARIOS, TIMEOUT_SECONDS
from conformance.requirement_list import Level, requirements
from conformance.scenario.loader import Library, load
from conformance.scenario.model import Scenario
from conformance.steps import RULES
from conformance.target import Target
from conformance.verdicts import CaseResult, Verdict
from tests.defects.backend import StartError
from tests.defects.harness import STOPPED, start_backend
from tests.support.idp_process import IdpProcess, running_idp
from tests.support.playing import play_case
from tests.support.processes import ROOT
from tests.trials.seed import Seed, apply, seeds

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


@dataclass(frozen=True)
class Ground:
    """What is the same for all seeds of a profile: the mock IdP, the configuration, the examined sound backend."""

    trial: str
    idp: IdpProcess
    config_file: Path
    library: Library
    target: Target

    def cases(self, providers: tuple[str, ...] = ()) -> list[Case]:
        """The cases of a profile, on some providers or on all."""
        chosen = tuple(one for one in self.target.providers if not providers or one.id in providers)
        # What needs no profile need not hold in every one: another may have no session secret, or keys of its own.
        wanted: set[str | None] = {None, "default"} if self.target.profile == "default" else {self.target.profile}
        found = fan_out(self.library, replace(self.target, providers=chosen))
        return [case for case in found if case.is_playable and case.scenario.profile in wanted]

    def play(self, seed: Seed, *, whole: bool, named_only: bool) -> Outcome:
        """Play cases until one catches the seed; with ``whole``, all of those providers, telling each failure."""
        started = time.monotonic()
        log = self.idp.directory / "backend.log"
        words = _words(f"{seed.id} {seed.title}")

        def likely_first(case: Case) -> int:
            return -len(words & _words_of(case.scenario))

        named = sorted(self.cases(seed.providers), key=likely_first)
        ids = {case.id for case in named}
        rest = [] if whole or named_only else [case for case in self.cases() if case.id not in ids]
        others = sorted(rest, key=likely_first)[:MOST_OTHERS]
        warned: tuple[str, ...] = ()
        number = 0
        try:
            with start_backend(self.idp, self.config_file, log, None, partial(apply, self.trial, seed.id)):
                address = self.target.public_address
                wire = wire_for(self.target.idp, self.target.ca_pem, TIMEOUT_SECONDS, public_address=address)
                with contextlib.closing(wire):
                    for number, case in enumerate([*named, *others], 1):
                        result = self._case(case, wire)
                        failed = _failures(result)
                        must = [one for one in failed if requirements()[one[0]].level is Level.MUST]
                        if whole:
                            for one in failed:
                                print("   ", *one)
                        elif must:
                            return Outcome(seed.id, "caught", must[0], number, time.monotonic() - started)
                        warned = warned or (failed[0] if failed else ())
        except StartError as error:
            return Outcome(seed.id, "no start", (str(error),), 0, time.monotonic() - started)
        return Outcome(seed.id, "warned" if warned else "survived", warned, number, time.monotonic() - started)

    def _case(self, case: Case, wire: Wire) -> CaseResult:
        try:
            return play_case(case, self.library.facts[case.provider.vendor], self.target, wire)
        except TargetStoppedError as error:
            result = empty_result(case)
            result.verdict, result.message = Verdict.ERROR, str(error)
            return result


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


@contextlib.contextmanager
def running_ground(trial: str, directory: Path, profile: str) -> Iterator[Ground]:
    """Start a mock IdP and examine the sound backend in a profile."""
    library = load([SCENARIOS], requirements(), RULES)
    options = ["--profile", profile]
    with running_idp(directory, f"http://localhost:{free_port()}", *options) as idp:
        config_file = idp.write_app_config(*options)
        probe = ProbeOptions(f"{idp.backend_url}/api/auth", idp.url, None, ENVIRONMENT, profile, {}, TIMEOUT_SECONDS)
        with start_backend(idp, config_file, directory / "backend.log", None):
            target = examine(probe, library.facts).ready()
        yield Ground(trial, idp, config_file, library, target)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("trial")
    parser.add_argument("--seed", action="append")
    parser.add_argument("--shard", default="1/1")
    parser.add_argument("--named", action="store_true")
    parser.add_argument("--go-on", action="store_true")
    chosen = parser.parse_args()
    shard, of = map(int, chosen.shard.split("/"))
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
            running_ground(chosen.trial, Path(directory), profile) as ground,
        ):
            for one in (one for one in wanted if one.profile == profile):
                outcome = ground.play(one, whole=bool(chosen.seed), named_only=chosen.named)
                outcomes[one.id] = outcome
                print(
                    f"{outcome.verdict:9} {one.id} ({outcome.played}, {outcome.seconds:.0f} s)", *outcome.by, flush=True
                )
                if not chosen.seed:
                    report.write_text(json.dumps([asdict(each) for each in outcomes.values()], indent=1))


if __name__ == "__main__":
    main()
