"""Plays cases against mutants, the most promising first, until one fails."""

from __future__ import annotations

import ast
import contextlib
import os
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from conformance.cases import Case, fan_out
from conformance.driver.idp import Idp
from conformance.embedded import free_port
from conformance.play import TargetStoppedError, Terms, play
from conformance.plugin.options import ENVIRONMENT, PROFILE, SCENARIOS, TIMEOUT_SECONDS
from conformance.requirement_list import requirements
from conformance.scenario.loader import Library, load
from conformance.steps import RULES
from conformance.target.description import Target
from conformance.target.examination import Wish, examine, wire_for
from conformance.verdicts import Verdict
from tests.interop.idp_process import IdpProcess, running_idp
from tests.mutants.mutation import Mutant
from tests.mutants.subject import DoesNotStartError, Lines, running_mutant, running_traced
from tests.mutants.subjects import file_of, modules

REQUIREMENT_ID = re.compile(r"\b[A-Z][A-Z0-9]*(?:-[A-Z0-9]+)*-[0-9]+\b")
START = "it does not start"
STOPPED = "it stops"
FEW = 3
"""A line that fewer cases reach may have been reached for all of them."""
MOST = 150
"""Cases that are played against one mutant: what the most promising do not tell, the rest seldom does."""
PROVIDERS = 2
"""On how many OAuth providers a scenario is played; auth proxies have little in common, so it is played on all."""


@dataclass(frozen=True)
class MutantBench:
    """A mock IdP, and one backend after the other that belongs to it.

    Parameters:
        idp: the mock IdP.
        config_file: the app-config of the backends.
        library: all scenarios.
        target: the unchanged backend, examined.
        cases: what is played on it.
        reach: which lines each case reaches, by its id.
        at_start: the lines that are reached before any case.
        kills: how many mutants of a function or a module each case told from the original.
    """

    idp: IdpProcess
    config_file: Path
    library: Library
    target: Target
    cases: list[Case]
    reach: dict[str, Lines]
    at_start: Lines
    kills: Counter[tuple[str, str]]

    def killer(self, mutant: Mutant, most: int = MOST) -> str | None:
        """The case that tells a mutant from the original; None if there is none.

        Parameters:
            mutant: what is judged.
            most: how many cases are played at most.
        """
        cases = self.promising(mutant)[:most]
        if not cases:
            return None
        try:
            with running_mutant(mutant, *launch(self.idp, self.config_file)):
                seed = zlib.crc32(mutant.id.encode())
                killer = next(failures(cases, self.idp, self.library, self.target, seed), None)
        except DoesNotStartError:
            return START
        except TargetStoppedError:
            return STOPPED
        if killer:
            self.kills.update([(mutant.id.rpartition(":")[0], killer), (mutant.module, killer)])
        return killer

    def promising(self, mutant: Mutant) -> list[Case]:
        """Cases that reach the mutant's line, one of each scenario (and variant of a proxy), the most promising first.

        Those first that told other mutants of the same function or module from the original; then those that check a
        requirement which the function or the module cites. The rest in turn: those that reach much of the module, and
        those that reach little of anything, its subject and nothing but this line.

        What is reached once in the life of a backend (at its start, or before something is cached) may matter to every
        case. The cases of another profile than the default one are few, and are for what they reach.
        """
        place = (mutant.module, mutant.line)
        reaching = [case for case in self.cases if place in self.reach[case.id]]
        in_default = self.target.profile == PROFILE
        # A tracer sees but the first line of a constant that takes several.
        at_start = place in self.at_start or mutant.id.split(":")[1] == "module"
        if at_start or (in_default and len(reaching) < FEW):
            reaching += [case for case in self.cases if case not in reaching]
        first: dict[str, Case] = {}
        for case in reaching:
            # Variants of a proxy differ in what they are configured with, which is why a scenario names several.
            variant = case.provider.id if case.provider.kind == "proxy" else ""
            first.setdefault(f"{case.scenario.scenario}/{case.scenario.part}/{variant}", case)
        least = sorted(first.values(), key=lambda case: (place not in self.reach[case.id], len(self.reach[case.id])))
        most = sorted(least, key=lambda case: -sum(module == mutant.module for module, _ in self.reach[case.id]))
        ordered = dict.fromkeys(case.id for pair in zip(most, least, strict=True) for case in pair)
        rank = {id_: number for number, id_ in enumerate(ordered)}
        function = mutant.id.rpartition(":")[0]
        near, far = cited(mutant)

        def promise(case: Case) -> tuple[int, int, int, int, int]:
            checked = set(case.scenario.requirements)
            kills = self.kills[function, case.id], self.kills[mutant.module, case.id]
            return (-kills[0], -len(checked & near), -kills[1], -len(checked & far), rank[case.id])

        return sorted(least, key=promise)


def cited(mutant: Mutant) -> tuple[frozenset[str], frozenset[str]]:
    """The requirements that a mutant's function cites, and those that its module does."""
    near = [part for first, last, part in _parts(mutant.module) if first <= mutant.line <= last]
    return ids_in(min(near, key=len, default="")), ids_in(file_of(mutant.module).read_text(encoding="utf-8"))


@cache
def _parts(module: str) -> tuple[tuple[int, int, str], ...]:
    """First line, last line and text of each function and class."""
    text = file_of(module).read_text(encoding="utf-8")
    found = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    return tuple(
        (node.lineno, node.end_lineno or node.lineno, ast.get_source_segment(text, node) or "") for node in found
    )


def ids_in(text: str) -> frozenset[str]:
    """Requirement ids in a text."""
    return frozenset(REQUIREMENT_ID.findall(text)) & requirements().keys()


@contextlib.contextmanager
def mutant_bench(directory: Path, profile: str = PROFILE, like: MutantBench | None = None) -> Iterator[MutantBench]:
    """Start a mock IdP, and see what the cases reach in the unchanged backend.

    Parameters:
        directory: for configuration, certificates and logs.
        profile: of the backends; of another than the default one, only what needs it is played.
        like: another bench, from which it is known what the cases reach.

    Raises:
        AssertionError: the unchanged backend fails a case.
    """
    library = load([SCENARIOS], requirements(), RULES)
    for module in modules():
        _parts(module)  # before there are threads, of which ast.parse bears only one (CPython 3.11)
    with running_idp(directory, f"http://localhost:{free_port()}", "--profile", profile) as idp:
        config_file = idp.write_app_config("--profile", profile)
        with running_traced(modules(), *launch(idp, config_file)) as reached:
            target = examine(_wish(idp, profile), library.facts)
            at_start = reached()
            cases = list(some_of_each(_cases(library, target)))
            reach = dict(like.reach) if like else {}
            for case in [] if like else cases:
                for failed in failures([case], idp, library, target, 0):
                    raise AssertionError(f"the unchanged backend fails {failed}")
                reach[case.id] = reached()
        kills = like.kills if like else Counter[tuple[str, str]]()
        yield MutantBench(idp, config_file, library, target, cases, reach, at_start, kills)


def _cases(library: Library, target: Target) -> Iterator[Case]:
    for case in fan_out(library, target):
        wanted = target.profile in (PROFILE, case.scenario.profile)
        if wanted and case.absent is None:
            yield case


def some_of_each(cases: Iterable[Case]) -> Iterator[Case]:
    """Leave out what shows the same once more: a scenario on further providers of a kind."""
    counts: Counter[tuple[str, str, str]] = Counter()
    for case in cases:
        key = (case.scenario.scenario, case.scenario.part, case.provider.kind)
        counts[key] += 1
        if counts[key] <= PROVIDERS or case.provider.kind == "proxy":
            yield case


def launch(idp: IdpProcess, config_file: Path) -> tuple[list[str], dict[str, str], Path]:
    """How a backend of that IdP is started: command line, environment, where it writes to."""
    arguments = ["serve", "--config", str(config_file), "--port", idp.backend_url.rpartition(":")[2]]
    return arguments, {**os.environ, **idp.environment}, idp.directory / "backend.log"


def failures(
    cases: Iterable[Case], idp_process: IdpProcess, library: Library, target: Target, seed: int
) -> Iterator[str]:
    """Ids of the cases that do not pass.

    Raises:
        TargetStoppedError: the backend is gone.
    """
    terms = Terms(deviations=(), seed=seed, should_fails=True)
    with contextlib.closing(wire_for(target.idp, target.ca_pem, TIMEOUT_SECONDS, front=target.front)) as wire:
        idp = Idp(idp_process.url, wire)
        for case in cases:
            if play(case, library.facts[case.provider.vendor], target, wire, idp, terms).verdict is not Verdict.PASSED:
                yield case.id


def _wish(idp: IdpProcess, profile: str) -> Wish:
    return Wish(f"{idp.backend_url}/api/auth", idp.url, None, ENVIRONMENT, profile, {}, TIMEOUT_SECONDS)
