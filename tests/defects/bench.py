"""Plays scenarios against the reference backend, with or without a defect.

Backend and mock IdP are processes, started by their command lines. The cases are played by the suite's own code
inside this process: a pytest of its own for each defect would take three times as long, and a configuration fault
would hide what the scenarios have to say. ``test_defects.py`` goes the whole way once.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from conformance.cases import Case, fan_out
from conformance.driver.idp import Idp
from conformance.driver.wire import Wire
from conformance.embedded import free_port, started
from conformance.play import TargetStoppedError, empty_result, play
from conformance.plugin.options import ENVIRONMENT, PROFILE, SCENARIOS, TIMEOUT_SECONDS
from conformance.requirement_list import Level, requirements
from conformance.scenario.loader import Library, load
from conformance.steps import RULES
from conformance.target.description import Target
from conformance.target.examination import Wish, examine, wire_for
from conformance.verdicts import CaseResult, Verdict, requirement_verdicts
from tests.defects.defect import Defect
from tests.interop.idp_process import ROOT, IdpProcess, running_idp

SEED = 1


@dataclass(frozen=True)
class Judgement:
    """What the scenarios say about one backend.

    Parameters:
        cases: results of all cases that were played.
    """

    cases: list[CaseResult]

    @property
    def verdicts(self) -> dict[str, Verdict]:
        """The verdict of each requirement that was checked."""
        return requirement_verdicts(self.cases, levels(), should_fails=False)

    @property
    def failing(self) -> set[str]:
        """Requirements that do not hold: MUST rows failed, SHOULD rows warned."""
        return {id_ for id_, verdict in self.verdicts.items() if verdict in {Verdict.FAILED, Verdict.WARNED}} | {
            check.requirement
            for case in self.cases
            for check in case.checks
            # A case that stopped with an error hides what its checks had found out before.
            if not check.holds and levels()[check.requirement] is not Level.INFO
        }

    @property
    def errors(self) -> list[CaseResult]:
        """Cases in which the harness is at fault, or thinks so."""
        return [case for case in self.cases if case.verdict is Verdict.ERROR]


@dataclass(frozen=True)
class Bench:
    """What is the same for all defects.

    Parameters:
        idp: the mock IdP.
        config_file: the app-config for backends.
        library: all scenarios.
        target: the backend without a defect, examined; the others take its place, one after the other.
    """

    idp: IdpProcess
    config_file: Path
    library: Library
    target: Target

    def judge(self, defect: Defect | None, only: Collection[str] = ()) -> Judgement:
        """Start a backend and play scenarios against it.

        Parameters:
            defect: what is wrong with the backend; None for nothing.
            only: play the scenarios that check one of these requirements; all if empty.

        Raises:
            EmbeddedStartError: the backend did not start; the text says why.
        """
        with running_backend(self.idp, self.config_file, defect):
            # Connections of its own: those to an earlier backend on this port are dead.
            wire = wire_for(self.target.idp, self.target.ca_pem, TIMEOUT_SECONDS)
            with contextlib.closing(wire):
                return Judgement([self._play(case, wire) for case in self.cases(defect, only)])

    def cases(self, defect: Defect | None, only: Collection[str] = ()) -> list[Case]:
        """The cases that :meth:`judge` plays."""
        limited = [one for one in self.target.providers if not defect or one.id in (defect.providers or {one.id})]
        return fan_out(self.library, replace(self.target, providers=tuple(limited)), only)

    def _play(self, case: Case, wire: Wire) -> CaseResult:
        if case.absent is not None:
            return empty_result(case)
        facts = self.library.facts[case.provider.vendor]
        idp = Idp(self.idp.url, wire)
        try:
            return play(case, facts, self.target, wire, idp, [], seed=SEED, should_fails=False)
        except TargetStoppedError as error:
            result = empty_result(case)
            result.verdict, result.message = Verdict.ERROR, str(error)
            return result


def levels() -> Mapping[str, Level]:
    """Level of every requirement."""
    return {id_: requirement.level for id_, requirement in requirements().items()}


@contextlib.contextmanager
def running_backend(idp: IdpProcess, config_file: Path, defect: Defect | None) -> Iterator[None]:
    """Run the reference backend for as long as the block lasts.

    Parameters:
        idp: the mock IdP, which knows where the backend has to listen.
        config_file: the app-config.
        defect: what is wrong with it.

    Raises:
        EmbeddedStartError: it did not start.
    """
    arguments = ["serve", "--config", str(config_file), "--port", idp.backend_url.rpartition(":")[2]]
    module = "reference_backend"
    if defect is not None:
        module, arguments = "tests.defects.serve", [defect.id, "--", *arguments]
    environment = {**os.environ, **idp.environment, "PYTHONPATH": str(ROOT)}
    with started(module, arguments, idp.directory / "backend.log", environment):
        yield


@contextlib.contextmanager
def bench(directory: Path) -> Iterator[Bench]:
    """Start a mock IdP and examine the backend that has no defect.

    Parameters:
        directory: for configuration, certificates and logs.
    """
    library = load([SCENARIOS], requirements(), RULES)
    with running_idp(directory, f"http://localhost:{free_port()}") as idp:
        config_file = idp.write_app_config()
        wish = Wish(f"{idp.backend_url}/api/auth", idp.url, None, ENVIRONMENT, PROFILE, {}, TIMEOUT_SECONDS)
        with running_backend(idp, config_file, None):
            target = examine(wish, library.facts)
        yield Bench(idp, config_file, library, target)
