"""Fan-out: one scenario on one provider (and environment) is one case. Pure."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from conformance.applicability import (
    APPLIES_TO_NONE,
    NO_PROVIDER,
    NO_REGISTRATION,
    ONE_REPLICA,
    applies,
    further_environments,
    has_profile,
    has_registration,
    has_replicas,
    not_applicable,
    profile_missing,
    provider_missing,
)
from conformance.scenario.expansion import parts_of
from conformance.scenario.loader import Library
from conformance.scenario.model import ProviderFacts, Scenario
from conformance.scenario.near_misses import NearMisses
from conformance.scenario.references import references
from conformance.target import Provider, Target

_OWN: Final = re.compile(r"persona\.own\b")


@dataclass(frozen=True, slots=True)
class Case:
    """A scenario applied to one provider and environment.

    Parameters:
        scenario: what is played: the scenario, or what it is for one element of its ``each``.
        provider: on which provider.
        environment: in which of its environments; empty if the provider has none.
        not_applicable: why it cannot be played on this target, or None.
        mistake: what is wrong with the scenario itself, so that it is not played, or None.
        own: id of the persona that no other case uses, if it asks for one.
    """

    scenario: Scenario
    provider: Provider
    environment: str
    not_applicable: str | None = None
    mistake: str | None = None
    own: str | None = None

    @property
    def is_playable(self) -> bool:
        """True if it is applicable, and neither a mistake nor a fault of the set-up is known of it."""
        return self.not_applicable is None and self.mistake is None and self.fault is None

    @property
    def fault(self) -> str | None:
        """What is wrong with the set-up of its provider, or None."""
        return self.provider.fault if self.not_applicable is None else None

    @property
    def id(self) -> str:
        """``protocol/frame:nonce-must-match[github/development]``.

        A scenario that is played once says nothing about providers, and neither does its id: it is the same on
        whichever provider it is played.
        """
        name = f"{self.scenario.file.removesuffix('.yaml')}:{self.scenario.scenario}"
        parts = [self.scenario.part] if self.scenario.once else [self.provider.id, self.environment, self.scenario.part]
        place = "/".join(filter(None, parts))
        return f"{name}[{place}]" if place else name


def fan_out(library: Library, target: Target, only_requirements: Collection[str] = ()) -> list[Case]:
    """Every case of a run, also those that the target does not have what they need for.

    What is a mistake rather than not applicable, :func:`conformance.collection.collect` says.

    Parameters:
        library: scenarios and provider facts.
        target: the examined target.
        only_requirements: if given, only scenarios that check one of them.
    """
    cases: list[Case] = []
    for scenario in library.scenarios:
        cases += _cases_of(scenario, target, library.facts)
    cases = _with_own_personas(cases, target)
    if not only_requirements:
        return cases
    wanted = set(only_requirements)
    return [case for case in cases if wanted & set(case.scenario.requirements)]


def _cases_of(scenario: Scenario, target: Target, facts: Mapping[str, ProviderFacts]) -> Iterable[Case]:
    if not has_profile(scenario, target):
        # One case says it; one for each provider would bury what else is not applicable.
        return [Case(scenario, NO_PROVIDER, "", profile_missing(scenario, target))]
    if not has_replicas(scenario, target):
        return [Case(scenario, NO_PROVIDER, "", ONE_REPLICA)]
    if not has_registration(scenario, target):
        return [Case(scenario, NO_PROVIDER, "", NO_REGISTRATION)]
    matching = [
        provider
        for provider in target.providers
        if provider.vendor in facts and applies(scenario.applies_to, provider, facts[provider.vendor])
    ]
    cases = [
        _case(part, provider, target) for provider in matching for part in parts_of(scenario, facts[provider.vendor])
    ]
    if scenario.once:
        # The first provider that has everything the scenario needs, with all its parts.
        playable = [case for case in cases if case.is_playable] or cases
        cases = [case for case in playable if case.provider == playable[0].provider]
    if not cases and scenario.each is None:
        cases = [Case(scenario, NO_PROVIDER, "", APPLIES_TO_NONE)]
    return cases


def _case(scenario: Scenario, provider: Provider, target: Target) -> Case:
    environment = (scenario.environment or target.environment) if provider.has_environments else ""
    further = further_environments(scenario, target)
    return Case(scenario, provider, environment, not_applicable(provider, environment, further))


def on_target(case: Case, target: Target) -> Case:
    """A case that was collected before the target was examined, with what turns out to be missing there."""
    if not case.is_playable:
        return case
    provider = next((one for one in target.providers if one.id == case.provider.id), None)
    if provider is None:
        return replace(case, not_applicable=provider_missing(case.provider.id))
    reason = not_applicable(provider, case.environment, further_environments(case.scenario, target))
    return replace(case, provider=provider, not_applicable=reason)


def _with_own_personas(cases: list[Case], target: Target) -> list[Case]:
    """Give every case that asks for it a persona of its own: the same one in every worker and every run."""
    spare = (id_ for id_, persona in target.personas.items() if persona.get("spare"))
    given = []
    for case in cases:
        if not case.is_playable or not wants_own_persona(case.scenario):
            given.append(case)
            continue
        own = next(spare, None)
        mistake = None if own else "the mock IdP has no persona left for this case alone"
        given.append(replace(case, own=own, mistake=mistake))
    return given


def wants_own_persona(scenario: Scenario) -> bool:
    """Say whether a step says ``persona: own`` or refers to ``${persona.own…}``, in what it is repeated for, too."""
    for step in scenario.steps:
        each = step.each.model_dump() if isinstance(step.each, NearMisses) else step.each
        if _says_own(step.arguments) or _says_own(each):
            return True
        if any(_OWN.match(path) for path, _ in references([step.arguments, step.expect, each])):
            return True
    return False


def _says_own(value: Any) -> bool:
    if isinstance(value, dict):
        return value.get("persona") == "own" or any(map(_says_own, value.values()))
    return isinstance(value, list) and any(map(_says_own, value))


def persona_names(scenario: Scenario) -> set[str]:
    """Every persona that a scenario names, in arguments and in references."""
    found: set[str] = set()
    for step in scenario.steps:
        found |= _named(step.arguments)
        paths = (path.split(".") for path, _ in references([step.arguments, step.expect]))
        found |= {parts[1] for parts in paths if parts[0] == "persona" and len(parts) > 1}
    return {name for name in found if "${" not in name}


def _named(arguments: Any) -> set[str]:
    if not isinstance(arguments, dict):
        return set()
    here = {arguments["persona"]} if isinstance(arguments.get("persona"), str) else set()
    return here.union(*map(_named, arguments.values()))
