"""Plays one case: its steps in order, a check for each matcher, a verdict at the end."""

import hashlib
import time
from collections.abc import Sequence
from typing import Any, Final

from pydantic import ValidationError

from conformance.cases import Case
from conformance.deviations import Deviation, accepted
from conformance.driver.browser import Transcript
from conformance.driver.idp import Idp, IdpError
from conformance.driver.wire import NoAnswerError, Request, Wire, origin_of
from conformance.matchers import describe, matches
from conformance.reports.transcript import render
from conformance.requirement_list import requirements
from conformance.scenario.model import ProviderFacts, StepEntry
from conformance.scenario.paths import look_up
from conformance.scenario.references import UnknownReferenceError, resolve
from conformance.steps import STEPS
from conformance.steps.base import Observation, ScenarioFault, Stage
from conformance.target.description import Target
from conformance.verdicts import CaseResult, Check, Verdict, strictest, verdict_of_failure, worst

SHOWN_CHARACTERS: Final = 600
"""Longer values are cut in messages; the transcript has them whole."""


class TargetStoppedError(Exception):
    """The target answered at first and does not any more; going on makes no sense."""


def play(
    case: Case,
    facts: ProviderFacts,
    target: Target,
    wire: Wire,
    idp: Idp,
    deviations: Sequence[Deviation],
    *,
    seed: int,
    should_fails: bool,
) -> CaseResult:
    """Play a case and say what it comes to.

    Raises:
        TargetStoppedError: the target cannot be reached any more.
    """
    begun = time.monotonic()
    transcript = Transcript()
    transcript.secrets.learn_from(target.idp["providers"])  # a leaked client secret must not leak once more
    stage = Stage(target, case.provider, facts, case.environment, wire, idp, transcript)
    stage.scope = _scope(case, facts, target, seed)
    levels = {id_: requirements()[id_].level for id_ in case.scenario.requirements}
    result = empty_result(case)
    problem = ""
    try:
        for number, entry in enumerate(case.scenario.steps, start=1):
            problem = _play_step(entry, number, stage, result)
            if problem:
                break
    except NoAnswerError as error:
        if error.origin == origin_of(target.auth_url) and _is_gone(target, wire):
            raise TargetStoppedError(f"the target stopped answering: {error}") from error
        problem = f"step {number} ({entry.action}, line {entry.line}): {error}"
        result.verdict = Verdict.FAILED if error.origin == origin_of(target.auth_url) else Verdict.ERROR
    except IdpError as error:
        problem, result.verdict = f"step {number} ({entry.action}, line {entry.line}): {error}", Verdict.ERROR
    _judge(result, deviations, levels, should_fails=should_fails)
    if problem:
        result.message = "\n".join(filter(None, [problem, result.message]))
    result.seconds = round(time.monotonic() - begun, 4)
    if result.verdict is not Verdict.PASSED:
        result.transcript = render(transcript)
        result.message = transcript.secrets.mask(result.message)
    return result


def empty_result(case: Case) -> CaseResult:
    """A result with nothing but the case's own data, not applicable so far."""
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
        verdict=Verdict.NOT_APPLICABLE,
        level=level,
        message=case.absent or "",
    )


def _scope(case: Case, facts: ProviderFacts, target: Target, seed: int) -> dict[str, Any]:
    """What ``${…}`` reaches before the first step."""
    provider = {
        **facts.model_dump(),
        "id": case.provider.id,
        "vendor": case.provider.vendor,
        "environment": case.environment,
        "url": f"{target.auth_url}/{case.provider.id}",
        "client": next(
            (
                environment
                for provider in target.idp["providers"]
                if provider["id"] == case.provider.id
                for environment in provider.get("environments", [])
                if environment["name"] == case.environment
            ),
            {},
        ),
    }
    scope = {
        "case": {"id": case.id, "unique": hashlib.sha256(f"{seed}/{case.id}".encode()).hexdigest()[:32]},
        "target": {
            "auth_url": target.auth_url,
            "backend_url": target.backend_url,
            "app_origin": target.app_origin,
            "environment": target.environment,
        },
        "idp": target.idp,
        "persona": {id_: _persona(persona, case.provider.vendor) for id_, persona in target.personas.items()},
    }
    # Facts may speak of personas, so they are resolved before anything refers to them.
    return {**scope, "provider": resolve(provider, scope)}


def _persona(persona: dict[str, Any], vendor: str) -> dict[str, Any]:
    """A persona with its face at the vendor and what the catalog says it owns (CTX-09)."""
    refs = [persona["entity_ref"], *persona["groups"]]
    return {
        **persona,
        "face": persona["faces"].get(vendor, {}),
        "ownership": [ref for ref in refs if ref and ref.startswith(("user:", "group:"))],
    }


def _play_step(entry: StepEntry, number: int, stage: Stage, result: CaseResult) -> str:
    """Play a step and make its checks; the answer says what stopped the scenario, if anything did."""
    where = f"step {number} ({entry.action}, line {entry.line})"
    stage.acting = entry.browser
    try:
        step = STEPS[entry.action].model_validate(resolve(entry.arguments, stage.scope))
        observation = step.play(stage)
    except ScenarioFault as error:
        result.verdict = Verdict.FAILED if error.blamed or _failed(result) else Verdict.ERROR
        return f"{where}: {error}"
    except UnknownReferenceError as error:
        result.verdict = Verdict.FAILED if _failed(result) else Verdict.ERROR
        return f"{where}: {error}"
    except ValidationError as error:
        result.verdict = Verdict.FAILED if _failed(result) else Verdict.ERROR
        return f"{where}: {error.errors()[0]['msg']} ({'.'.join(map(str, error.errors()[0]['loc']))})"
    stage.remember(entry.action, observation)
    stage.scope["last"] = observation
    if entry.save:
        stage.scope[entry.save] = observation
    return _check(entry, number, observation, stage, result)


def _check(entry: StepEntry, number: int, observation: Observation, stage: Stage, result: CaseResult) -> str:
    secrets = stage.transcript.secrets
    for requirement, raw_path, raw_matcher in entry.checks():
        try:
            path, matcher = resolve(raw_path, stage.scope), resolve(raw_matcher, stage.scope)
            actual = look_up(observation, path)
            holds = matches(actual, matcher)
        except (UnknownReferenceError, ValueError) as error:
            result.verdict = Verdict.FAILED if _failed(result) else Verdict.ERROR
            return f"step {number} ({entry.action}, line {entry.line}): {requirement} {raw_path}: {error}"
        shown = secrets.mask(repr(actual))
        result.checks.append(
            Check(
                requirement,
                path,
                secrets.mask(describe(matcher)),
                shown if len(shown) <= SHOWN_CHARACTERS else f"{shown[:SHOWN_CHARACTERS]}… ({len(shown)} characters)",
                holds,
                number,
                entry.line,
                entry.why,
            )
        )
    return ""


def _failed(result: CaseResult) -> bool:
    """Say whether a check failed already, which explains why a later step finds nothing to go on with."""
    return any(not check.holds for check in result.checks)


def _judge(result: CaseResult, deviations: Sequence[Deviation], levels: Any, *, should_fails: bool) -> None:
    verdicts = [Verdict.PASSED]
    stopped = result.verdict in {Verdict.FAILED, Verdict.ERROR}
    lines = []
    for check in result.checks:
        if check.holds:
            continue
        entry = accepted(deviations, check.requirement, result)
        if entry:
            result.deviations[check.requirement] = entry.reason
            verdicts.append(Verdict.DEVIATION)
        else:
            verdicts.append(verdict_of_failure(levels[check.requirement], should_fails=should_fails))
        level = levels[check.requirement]
        lines.append(
            f"{check.requirement} ({level}) {requirements()[check.requirement].title}\n"
            f"    at        {check.path}  (step {check.step}, line {check.line})\n"
            f"    expected  {check.expected}\n"
            f"    actual    {check.actual}"
            + (f"\n    why       {check.why}" if check.why else "")
            + (f"\n    accepted  {entry.reason}" if entry else "")
        )
    if stopped and not (result.verdict is Verdict.FAILED and result.deviations):
        verdicts.append(result.verdict)
    result.verdict = worst(verdicts)
    result.message = "\n".join(lines)


def _is_gone(target: Target, wire: Wire) -> bool:
    """Ask once more, with a request that every auth backend answers."""
    try:
        wire.send(Request("GET", f"{target.auth_url}/.well-known/jwks.json", ()))
    except NoAnswerError:
        return True
    return False
