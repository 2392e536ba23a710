"""Plays stories against a running reference backend, and saves the one that fails as a scenario file."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from conformance.cases import Case
from conformance.driver.wire import Wire
from conformance.examination.probe import wire_for
from conformance.plugin.options import TIMEOUT_SECONDS
from conformance.requirement_list import requirements
from conformance.scenario.loader import load
from conformance.scenario.model import Scenario
from conformance.steps import RULES
from conformance.target import Provider
from conformance.verdicts import CaseResult, Verdict
from tests.defects.catalogue import catalogue
from tests.defects.defect import Defect
from tests.defects.harness import Harness
from tests.exploration.fake_clock import FakeClock
from tests.exploration.keys import LIFETIME
from tests.exploration.model import Step
from tests.exploration.slow_defects import slow_defects
from tests.exploration.state_machine import Explorer
from tests.support.playing import play_case

ATTEMPTS = 60
"""How many stories are played to make a failing one shorter."""

AGES = 4 * LIFETIME
"""Seconds after which each story begins, so that it goes the same way whatever was played before."""

TITLE = "What a sound backend does, move by move (a counter-example that exploration found)"


class CounterExampleError(AssertionError):
    """A story did not go as the model says; the text is the suite's own message."""


@dataclass(frozen=True)
class Player:
    """A backend that is running, and how to play against it.

    Parameters:
        harness: the mock IdP and the examined target.
        provider: on which provider stories are played.
        wire: connections to the backend.
        clock: the time that passes for the backend's keys.
        environment: the environment that stories are played in; None for the usual one.
    """

    harness: Harness
    provider: Provider
    wire: Wire
    clock: FakeClock
    environment: str | None = None

    def play(self, scenario: Scenario) -> CaseResult:
        """Play one scenario, after so long a time that no key of an earlier one is left."""
        self.clock.advance(AGES)
        case = Case(scenario, self.provider, scenario.environment or self.harness.target.environment)
        facts = self.harness.library.facts[self.provider.vendor]
        policy = {"seed": 0, "should_fails": True, "wait": self.clock.advance}
        return play_case(case, facts, self.harness.target, self.wire, **policy)

    def judge(self, steps: list[Step]) -> None:
        """Play a story.

        Raises:
            CounterExampleError: it did not go as expected.
        """
        result = self.play(Scenario.model_validate(self.document(steps)))
        if result.verdict is not Verdict.PASSED:
            raise CounterExampleError(result.message)

    def document(self, steps: list[Step]) -> dict[str, Any]:
        """A story as a scenario document."""
        applies_to = {"providers": [self.provider.id]}
        environment = {"environment": self.environment} if self.environment else {}
        head = {"scenario": f"counter-example-{digest(steps)}", "title": TITLE, "applies_to": applies_to}
        return {**head, **environment, "steps": steps}


@contextlib.contextmanager
def player_of(
    harness: Harness, provider_id: str, defect: Defect | None, environment: str | None = None
) -> Iterator[Player]:
    """Start a backend, with or without a defect; parameters as of :class:`Player`."""
    provider = next(provider for provider in harness.target.providers if provider.id == provider_id)
    wire = wire_for(harness.target.idp, harness.target.ca_pem, TIMEOUT_SECONDS)
    clock = FakeClock(harness.idp.directory / "clock")
    prepare = functools.partial(_prepare, clock, defect.id if defect else None)
    with harness.backend(None, prepare), contextlib.closing(wire):
        yield Player(harness, provider, wire, clock, environment)


def known_defects() -> dict[str, Defect]:
    """Defects that stories find: those of the catalogue, and those that take time."""
    return {**catalogue(), **slow_defects()}


def _prepare(clock: FakeClock, defect_id: str | None) -> None:
    """Make the backend's process what the player needs; called in it."""
    clock.install()
    if defect_id:
        known_defects()[defect_id].patch()


def explore(player: Player, *, seed_number: int, stories: int, moves: int, folder: Path) -> Path | None:
    """Play many stories.

    Parameters:
        player: where they are played.
        seed_number: decides about all choices, so that a run can be repeated.
        stories: how many.
        moves: how many moves a story has at most.
        folder: where a counter-example is saved.

    Returns:
        The file of the shortest counter-example, or None if there is none.
    """
    failed: dict[str, tuple[list[Step], CounterExampleError]] = {}
    plays_left = ATTEMPTS

    def judge(steps: list[Step]) -> None:
        nonlocal plays_left
        key = digest(steps)
        if key in failed:
            raise failed[key][1]
        if failed:
            plays_left -= 1
        if plays_left < 0:
            return
        try:
            player.judge(steps)
        except CounterExampleError as error:
            failed[key] = (steps, error)
            raise

    @seed(seed_number)
    def explorer() -> Explorer:
        return Explorer(judge, keys_move=player.environment is not None)

    bounds = settings(
        max_examples=stories,
        stateful_step_count=moves,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
    )
    try:
        run_state_machine_as_test(explorer, settings=bounds)  # type: ignore[arg-type] # any factory will do
    except CounterExampleError:
        return save(folder, player.document(min((steps for steps, _ in failed.values()), key=len)))
    return None


def digest(steps: list[Step]) -> str:
    """A short name of a story."""
    return hashlib.sha256(json.dumps(steps, sort_keys=True).encode()).hexdigest()[:8]


def save(folder: Path, document: dict[str, Any]) -> Path:
    """Write a scenario file, as ``pytest conformance --scenarios FOLDER`` reads it."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{document['scenario']}.yaml"
    file.write_text(yaml.safe_dump(document, sort_keys=False, allow_unicode=True), "utf-8")
    return file


def saved(folder: Path) -> list[Scenario]:
    """The scenarios of a folder, read and checked like any other."""
    return list(load([folder], requirements(), RULES).scenarios)
