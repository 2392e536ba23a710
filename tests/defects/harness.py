"""Plays scenarios against the reference backend, with or without a defect.

Backend and mock IdP are processes, started by their command lines. The cases are played by the suite's own code
inside this process: a pytest of its own for each defect would take three times as long, and a configuration fault
would hide what the scenarios have to say. ``test_defects.py`` goes the whole way once.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Collection, Generator, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from conformance.cases import Case, fan_out
from conformance.driver.wire import Wire
from conformance.embedded import free_port
from conformance.examination.probe import ProbeOptions, examine, wire_for
from conformance.play import TargetStoppedError, empty_result
from conformance.plugin.options import ENVIRONMENT, SCENARIOS, TIMEOUT_SECONDS
from conformance.requirement_list import Level, requirements
from conformance.scenario.loader import Library, load
from conformance.steps import RULES
from conformance.target import Target
from conformance.verdicts import CaseResult, Verdict, requirement_verdicts
from mock_idp.profiles import profiles
from tests.defects.backend import running_backend
from tests.defects.catalogue import catalogue
from tests.defects.defect import DIFFERENT_PROVIDERS, Defect
from tests.support.idp_process import IdpProcess, running_idp
from tests.support.playing import play_case

TRACEBACK = re.compile(r"^Traceback \(most recent call last\):\n(?:[ \t].*\n|\n)*.*$", re.MULTILINE)
STOPPED = "(answer)"
"""Where the suite says that a check failed which it never came to."""


@dataclass(frozen=True)
class Judgement:
    """What the scenarios say about one backend.

    Parameters:
        cases: results of all cases that were played.
        log: what the backend wrote to standard error.
    """

    cases: list[CaseResult]
    log: str

    @property
    def verdicts(self) -> dict[str, Verdict]:
        """The verdict of each requirement that was checked."""
        levels = {id_: requirement.level for id_, requirement in requirements().items()}
        return requirement_verdicts(self.cases, levels, should_fails=False)

    @property
    def failing(self) -> set[str]:
        """Requirements that a check found not to hold: MUST rows failed, SHOULD rows warned.

        Not those that could not be checked any more because the case had come to a stop.
        """
        checks = [check for case in self.cases for check in case.checks if check.path != STOPPED]
        broken = {check.requirement for check in checks if not check.holds}
        return {id_ for id_ in broken if requirements()[id_].level is not Level.INFO}

    @property
    def failing_scenarios(self) -> set[str]:
        """Scenarios in which such a check failed."""
        return {
            case.scenario
            for case in self.cases
            if any(check.requirement in self.failing and not check.holds for check in case.checks)
        }

    @property
    def crashes(self) -> list[str]:
        """The last lines of Python's tracebacks in the backend's log."""
        return [block.strip().splitlines()[-1] for block in TRACEBACK.findall(self.log)]

    @property
    def errors(self) -> list[CaseResult]:
        """Cases in which the harness is at fault, or thinks so."""
        return [case for case in self.cases if case.verdict is Verdict.ERROR]


@dataclass(frozen=True)
class Harness:
    """What is the same for all defects of a profile.

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

    def judge(
        self, defect: Defect | None, cases: Iterable[Case], prepare: Callable[[], None] | None = None
    ) -> Judgement:
        """Start a backend and play cases against it; parameters and errors as of :meth:`results`."""
        results = list(self.results(defect, cases, prepare))
        return Judgement(results, self.log.read_text(encoding="utf-8", errors="replace"))

    def results(
        self, defect: Defect | None, cases: Iterable[Case], prepare: Callable[[], None] | None = None
    ) -> Generator[CaseResult]:
        """Start a backend and play cases against it, one after the other, for as long as somebody wants to know.

        Parameters:
            defect: what is wrong with the backend; None for nothing.
            cases: what is played.
            prepare: changes a backend that stays sound, see :func:`running_backend`.

        Raises:
            StartError: the backend did not start; the text says why.
        """
        with self.backend(defect, prepare):
            # Connections of its own: those to an earlier backend on this port are dead.
            wire = wire_for(
                self.target.idp, self.target.ca_pem, TIMEOUT_SECONDS, public_address=self.target.public_address
            )
            with contextlib.closing(wire):
                for case in cases:
                    yield self._play(case, wire)

    @property
    def log(self) -> Path:
        """Where backends write to; each one writes over the log of the one before."""
        return self.idp.directory / "backend.log"

    def backend(
        self, defect: Defect | None, prepare: Callable[[], None] | None = None
    ) -> contextlib.AbstractContextManager[None]:
        """A backend that listens where the mock IdP expects it; ``prepare`` as in :func:`running_backend`."""
        return start_backend(self.idp, self.config_file, self.log, defect, prepare)

    def cases(self, defect: Defect) -> list[Case]:
        """Cases of the scenarios that have to catch a defect, on the providers it is shown on."""
        return self.cases_on(defect.providers, defect.caught_by)

    def cases_of(self, *wanted: str) -> list[Case]:
        """Cases of the scenarios that check one of these requirements, on providers that differ."""
        return self.cases_on(DIFFERENT_PROVIDERS, wanted)

    def cases_of_all_defects(self) -> list[Case]:
        """Everything that is played for one defect of this profile or another."""
        requirements_ = frozenset[str]().union(*(defect.caught_by for defect in defects_of(self.target.profile)))
        return self.cases_on(providers_of_all_defects(self.target.profile), requirements_)

    def cases_on(self, providers: Collection[str], only: Collection[str] = ()) -> list[Case]:
        """Cases that hold in this profile.

        Parameters:
            providers: ids of the providers that they are about; none for all.
            only: ids of requirements of which they check one; none for any.
        """
        limited = tuple(provider for provider in self.target.providers if not providers or provider.id in providers)
        cases = fan_out(self.library, replace(self.target, providers=limited), only)
        # What needs no profile need not hold in every one: another may lack a session secret, or have its own keys.
        wanted: set[str | None] = {None, "default"} if self.target.profile == "default" else {self.target.profile}
        if not profiles()[self.target.profile].providers and not defects_of(self.target.profile):
            wanted.add(None)  # A profile that changes nothing but the address.
        return [case for case in cases if case.is_playable and case.scenario.profile in wanted]

    def _play(self, case: Case, wire: Wire) -> CaseResult:
        try:
            return play_case(case, self.library.facts[case.provider.vendor], self.target, wire)
        except TargetStoppedError as error:
            result = empty_result(case)
            result.verdict, result.message = Verdict.ERROR, str(error)
            return result


def defects_of(profile: str) -> list[Defect]:
    """The defects that are shown on backends with this profile."""
    return [defect for defect in catalogue().values() if defect.profile == profile]


def providers_of_all_defects(profile: str) -> frozenset[str]:
    """The providers that the mock IdP has to know."""
    return frozenset[str]().union(*(defect.providers for defect in defects_of(profile)))


def start_backend(
    idp: IdpProcess, config_file: Path, log: Path, defect: Defect | None, prepare: Callable[[], None] | None = None
) -> contextlib.AbstractContextManager[None]:
    """Run a backend that belongs to a mock IdP; see :func:`running_backend`."""
    arguments = ["serve", "--config", str(config_file), "--port", idp.backend_url.rpartition(":")[2]]
    return running_backend(defect, arguments, {**os.environ, **idp.environment}, log, prepare)


class Harnesses:
    """A harness for each profile, made when it is first asked for. Use it as a context manager.

    Parameters:
        directory: for configuration, certificates and logs.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._stack = contextlib.ExitStack()
        self._by_profile: dict[str, Harness] = {}

    def of(self, profile: str) -> Harness:
        """The harness of a profile."""
        if profile not in self._by_profile:
            folder = self._directory / profile
            folder.mkdir()
            self._by_profile[profile] = self._stack.enter_context(running_harness(folder, profile))
        return self._by_profile[profile]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *details: object) -> None:
        self._stack.close()


@contextlib.contextmanager
def running_harness(directory: Path, profile: str, *, every_provider: bool = False) -> Iterator[Harness]:
    """Start a mock IdP and examine the backend that has no defect.

    Parameters:
        directory: for configuration, certificates and logs.
        profile: configuration profile of both.
        every_provider: whether they have more providers than the catalogue of defects needs.
    """
    library = load([SCENARIOS], requirements(), RULES)
    # Profiles with providers of their own have few enough.
    all_of_them = every_provider or profiles()[profile].providers
    named = [] if all_of_them else sorted(providers_of_all_defects(profile) or DIFFERENT_PROVIDERS)
    providers = [text for id_ in named for text in ("--provider", id_)]
    options = ["--profile", profile, *providers]
    with running_idp(directory, f"http://localhost:{free_port()}", *options) as idp:
        config_file = idp.write_app_config(*options)
        probe = ProbeOptions(f"{idp.backend_url}/api/auth", idp.url, None, ENVIRONMENT, profile, {}, TIMEOUT_SECONDS)
        with start_backend(idp, config_file, directory / "backend.log", None):
            target = examine(probe, library.facts).ready()
        yield Harness(idp, config_file, library, target)
