"""Fan-out: one scenario on one provider (and environment) is one case. Pure."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from conformance.scenario.loader import Library
from conformance.scenario.model import Applies, ProviderFacts, Scenario
from conformance.target.description import Provider, Target


@dataclass(frozen=True, slots=True)
class Case:
    """A scenario applied to one provider and environment.

    Parameters:
        scenario: what is played.
        provider: on which provider.
        environment: in which of its environments; empty for proxy-type providers.
        absent: why it cannot be played on this target (not applicable), or None.
    """

    scenario: Scenario
    provider: Provider
    environment: str
    absent: str | None = None

    @property
    def id(self) -> str:
        """``protocol/frame:nonce-must-match[github/development]``."""
        place = f"{self.provider.id}/{self.environment}" if self.environment else self.provider.id
        return f"{self.scenario.file.removesuffix('.yaml')}:{self.scenario.scenario}[{place}]"


def fan_out(library: Library, target: Target, only_requirements: Collection[str] = ()) -> list[Case]:
    """Every case of a run, also those that the target does not have what they need for.

    Parameters:
        library: scenarios and provider facts.
        target: the examined target.
        only_requirements: if given, only scenarios that check one of them.
    """
    cases: list[Case] = []
    for scenario in library.scenarios:
        if only_requirements and not set(only_requirements) & set(scenario.requirements):
            continue
        cases += _cases_of(scenario, target, library.facts)
    return cases


def _cases_of(scenario: Scenario, target: Target, facts: Mapping[str, ProviderFacts]) -> Iterable[Case]:
    matching = [
        provider
        for provider in target.providers
        if provider.vendor in facts and applies(scenario.applies_to, provider, facts[provider.vendor])
    ]
    cases = [_case(scenario, provider, target) for provider in matching]
    if scenario.once:
        playable = [case for case in cases if case.absent is None]
        cases = (playable or cases)[:1]
    if not cases:
        nobody = Provider("none", "none", "oauth")
        cases = [Case(scenario, nobody, "", "the target has no provider that the scenario applies to")]
    return cases


def applies(conditions: Applies, provider: Provider, facts: ProviderFacts) -> bool:
    """Say whether a scenario is about such a provider at all."""
    return (
        (conditions.kind is None or conditions.kind == provider.kind)
        and (provider.id in conditions.providers if conditions.providers is not None else not provider.reserved)
        and (conditions.vendors is None or provider.vendor in conditions.vendors)
        and set(conditions.has) <= set(facts.capabilities)
        and not set(conditions.lacks) & set(facts.capabilities)
    )


def _case(scenario: Scenario, provider: Provider, target: Target) -> Case:
    environment = "" if provider.kind == "proxy" else scenario.environment or target.environment
    absent = provider.absent
    if absent is None and environment and environment not in provider.environments:
        absent = f"the target has no environment {environment!r} of provider {provider.id!r}"
    if absent is None and scenario.profile not in {None, target.profile}:
        absent = f"it needs the profile {scenario.profile!r}; the target was started with {target.profile!r}"
    return Case(scenario, provider, environment, absent)
