"""Plays one case: its steps in order, a check for each matcher, a verdict at the end."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError

from conformance.cases import Case
from conformance.deviations import Deviation, accepted
from conformance.driver.browser import Transcript
from conformance.driver.idp import Idp, IdpError
from conformance.driver.secrets import Secrets
from conformance.driver.wire import NoAnswerError, Request, Wire, origin_of
from conformance.initial_scope import initial_scope
from conformance.matchers import describe, matches
from conformance.paths import look_up
from conformance.reports.transcript import render
from conformance.requirement_list import Level, requirements
from conformance.scenario.expansion import repeated
from conformance.scenario.model import ProviderFacts, StepEntry
from conformance.scenario.references import UnknownReferenceError, resolve
from conformance.steps import STEPS
from conformance.steps.base import CaseContext, Observation, ScenarioFault
from conformance.steps.idp import Journal
from conformance.target import Target
from conformance.verdicts import CaseResult, Check, Verdict, strictest, verdict_of_failure, worst

SHOWN_CHARACTERS: Final = 600
"""Longer values are cut in messages; the transcript has them whole."""


class _Stop(Exception):  # noqa: N818 - the scenario stops here; whose fault that is, it says
    """A step could not be played or its checks not made.

    Parameters:
        problem: what happened.
        blames_target: True if an answer of the target (or the lack of one) is the cause.
    """

    def __init__(self, problem: str, *, blames_target: bool) -> None:
        super().__init__(problem)
        self.blames_target = blames_target


class TargetStoppedError(Exception):
    """The target answered at first and does not any more; going on makes no sense."""


@dataclass(frozen=True, slots=True)
class RunPolicy:
    """On which terms cases are played and judged.

    Parameters:
        deviations: accepted deviations of the target.
        seed: of the run's random choices.
        should_fails: True if SHOULD rows fail the run.
        wait: lets so many seconds pass.
    """

    deviations: Sequence[Deviation]
    seed: int
    should_fails: bool
    wait: Callable[[float], None] = time.sleep


def play(
    case: Case,
    facts: ProviderFacts,
    target: Target,
    wire: Wire,
    idp: Idp,
    policy: RunPolicy,
    transcript: Transcript | None = None,
) -> CaseResult:
    """Play a case and say what it comes to.

    Parameters:
        case: the case.
        facts: what is known about its vendor.
        target: the target.
        wire: connections to target and IdP.
        idp: the mock IdP.
        policy: on which terms.
        transcript: where exchanges are written down, for readers of a case that passed.

    Raises:
        TargetStoppedError: the target cannot be reached any more.
    """
    begun = time.monotonic()
    transcript = transcript or Transcript()
    transcript.secrets.learn_from(target.idp["providers"])  # a leaked client secret must not leak once more
    context = CaseContext(target, case.provider, facts, case.environment, wire, idp, transcript)
    context.scope, context.provider_facts = initial_scope(case, facts, target, policy.seed)
    context.wait = policy.wait
    levels = {id_: requirements()[id_].level for id_ in case.scenario.requirements}
    steps = repeated(case.scenario, facts).steps
    result = empty_result(case)
    stop: _Stop | None = None
    number = 1
    try:
        if any(entry.action == Journal.action for entry in steps):
            context.journal_begins = idp.newest_before
        for number, entry in enumerate(steps, start=1):
            _play_step(entry, number, context, result)
    except NoAnswerError as error:
        at_target = error.origin == origin_of(target.auth_url)
        if at_target and _is_gone(target, wire):
            raise TargetStoppedError(f"the target stopped answering: {error}") from error
        stop = _Stop(str(error), blames_target=at_target)
    except IdpError as error:
        stop = _Stop(str(error), blames_target=False)
    except _Stop as error:
        stop = error
    if stop and stop.blames_target:
        result.checks += _checks_of_a_stop(steps, number, str(stop))
    _judge(result, policy, levels)
    if stop:
        if not stop.blames_target:
            result.verdict = Verdict.ERROR
        entry = steps[number - 1]
        where = f"step {number} ({entry.action}, line {entry.line}): {stop}"
        result.message = "\n".join(filter(None, [where, result.message]))
    result.seconds = round(time.monotonic() - begun, 4)
    if result.verdict is not Verdict.PASSED:
        result.transcript = render(transcript, origin_of(target.auth_url))
        result.message = transcript.secrets.mask(result.message)
    return result


def empty_result(case: Case) -> CaseResult:
    """A result with nothing but the case's own data: not applicable, or not run for a fault of the set-up."""
    scenario = case.scenario
    level = strictest(requirements()[id_].level for id_ in scenario.requirements)
    return CaseResult(
        id=case.id,
        scenario=scenario.scenario,
        title=scenario.title,
        file=scenario.file,
        requirements=scenario.requirements,
        provider=case.provider.id,
        vendor=case.provider.vendor,
        env=case.environment,
        verdict=_verdict_unplayed(case),
        level=level,
        message=case.mistake or case.not_applicable or case.fault or "",
    )


def _verdict_unplayed(case: Case) -> Verdict:
    if case.mistake:
        return Verdict.ERROR
    return Verdict.NOT_RUN if case.fault else Verdict.NOT_APPLICABLE


def did_not_run(case: Case, reason: str) -> CaseResult:
    """The result of a case that was planned and never came back: nothing that did not run is green, or an error."""
    result = empty_result(case)
    if case.is_playable:
        result.verdict = Verdict.NOT_RUN
        result.message = reason or "the run ended before"
    return result


def _play_step(entry: StepEntry, number: int, context: CaseContext, result: CaseResult) -> None:
    """Play a step and make its checks.

    Raises:
        _Stop: it cannot be played.
        NoAnswerError: a server did not answer.
    """
    context.acting = entry.browser
    context.transcript.begin_step()
    try:
        if entry.unless_same is not None and _is_same(resolve(entry.unless_same, context.scope)):
            return
        step = STEPS[entry.action].model_validate(resolve(entry.arguments, context.scope))
        observation = step.play(context)
    except ScenarioFault as error:
        raise _Stop(str(error), blames_target=error.blamed or _failed(result)) from error
    except UnknownReferenceError as error:
        raise _Stop(str(error), blames_target=_failed(result)) from error
    except ValidationError as error:
        mistake = error.errors()[0]
        text = f"{mistake['msg']} ({'.'.join(map(str, mistake['loc']))})"
        raise _Stop(text, blames_target=_failed(result)) from error
    context.remember(entry.action, observation)
    context.save(entry, observation)
    _check(entry, number, observation, context, result)


def _is_same(pair: Sequence[Any]) -> bool:
    """Say whether a near miss is the right value after all; ``1`` is not ``True``."""
    return matches(pair[0], {"equals": pair[1]})


def _check(entry: StepEntry, number: int, observation: Observation, context: CaseContext, result: CaseResult) -> None:
    secrets = context.transcript.secrets
    for requirement, raw_path, raw_matcher in entry.checks():
        try:
            path, matcher = resolve(raw_path, context.scope), resolve(raw_matcher, context.scope)
            actual = look_up(observation, path)
            holds = matches(actual, matcher)
        except (UnknownReferenceError, ValueError) as error:
            raise _Stop(f"{requirement} {raw_path}: {error}", blames_target=_failed(result)) from error
        # Nobody reads what held, and masking it takes longer than making the check.
        wanted, shown = ("", "") if holds else (secrets.mask(describe(matcher)), _shown(actual, secrets))
        result.checks.append(Check(requirement, path, wanted, shown, holds, number, entry.line, entry.why))


def _shown(actual: Any, secrets: Secrets) -> str:
    text = secrets.mask(repr(actual))
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}… ({len(text)} characters)"


def _checks_of_a_stop(steps: Sequence[StepEntry], number: int, problem: str) -> list[Check]:
    """A failed check for each requirement that the stopped step, or else the next one with any, would have shown.

    So that a stop is judged, accepted and counted like any other failure.
    """
    entry = next((step for step in steps[number - 1 :] if step.expect), None)
    if entry is None:
        entry = next(step for step in reversed(steps) if step.expect)
    wanted = "an answer with which the scenario can go on"
    return [Check(id_, "(answer)", wanted, problem, False, number, entry.line, entry.why) for id_ in entry.expect]


def _failed(result: CaseResult) -> bool:
    """Say whether a check failed already, which explains why a later step finds nothing to go on with."""
    return any(not check.holds for check in result.checks)


def _judge(result: CaseResult, policy: RunPolicy, levels: Mapping[str, Level]) -> None:
    verdicts = [Verdict.PASSED]
    lines = []
    for check in result.checks:
        if check.holds:
            continue
        entry = accepted(policy.deviations, check, result)
        if entry:
            result.deviations[check.requirement] = entry.reason
            verdicts.append(Verdict.DEVIATION)
        else:
            verdicts.append(verdict_of_failure(levels[check.requirement], should_fails=policy.should_fails))
        level, requirement = levels[check.requirement], requirements()[check.requirement]
        lines.append(
            f"{check.requirement} ({level}) {requirement.title}\n"
            f"    at        {check.path}  (step {check.step}, line {check.line})\n"
            f"    expected  {check.expected}\n"
            f"    actual    {check.actual}"
            + (f"\n    why       {check.why}" if check.why else "")
            + (f"\n    reference {requirement.reference}" if requirement.reference else "")
            + (f"\n    accepted  {entry.reason}" if entry else "")
        )
    result.verdict = worst(verdicts)
    result.message = "\n".join(lines)


def _is_gone(target: Target, wire: Wire) -> bool:
    """Ask once more, with a request that every auth backend answers."""
    try:
        wire.send(Request("GET", f"{target.auth_url}/.well-known/jwks.json", ()))
    except NoAnswerError:
        return True
    return False
