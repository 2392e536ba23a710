"""The cases of a run; what only shows once the IdP is known and is a scenario's own mistake, is an error. Pure.

A misspelt environment or persona would otherwise make a case that is not applicable, and those are overlooked.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from conformance.applicability import NO_PROVIDER, applies, has_profile, has_registration, has_replicas
from conformance.cases import Case, fan_out, persona_names
from conformance.initial_scope import OWN
from conformance.scenario.expansion import parts_of
from conformance.scenario.facts import ProviderFacts
from conformance.scenario.loader import Library
from conformance.scenario.model import Scenario
from conformance.target import Provider, Target


def collect(
    library: Library, target: Target, only_requirements: Collection[str] = (), *, is_complete: bool = False
) -> list[Case]:
    """Every case of a run.

    Parameters:
        library: scenarios and provider facts.
        target: the examined target.
        only_requirements: if given, only scenarios that check one of them.
        is_complete: True if the target has everything that the kit knows (the embedded one, with all providers), so
            that a scenario that is played nowhere is a mistake.
    """
    found: dict[str, list[Case]] = {scenario.scenario: [] for scenario in library.scenarios}
    for case in fan_out(library, target):
        found[case.scenario.scenario].append(case)
    cases: list[Case] = []
    for scenario in library.scenarios:
        mistake = _mistake_in(scenario, library.facts, target)
        if mistake is None and is_complete:
            mistake = _never_played(scenario, found[scenario.scenario], target)
        if mistake is None:
            cases += found[scenario.scenario]
        else:
            wrong = found[scenario.scenario] or [Case(scenario, NO_PROVIDER, "")]
            cases += [replace(case, not_applicable=None, mistake=mistake) for case in wrong[:1]]
    wanted = set(only_requirements)
    return [case for case in cases if not wanted or wanted & set(case.scenario.requirements)]


def _mistake_in(scenario: Scenario, facts: Mapping[str, ProviderFacts], target: Target) -> str | None:
    shared = [id_ for id_, persona in target.personas.items() if not persona.get("spare")]
    unknown = sorted(persona_names(scenario) - {OWN, *shared})
    if unknown and target.personas:
        return f"there is no persona {unknown[0]!r} for all cases; there are {', '.join(shared)}, and own for one alone"
    wanted: dict[str, set[str]] = {}
    for provider, environments in _providers_of(scenario, facts, target):
        for part in parts_of(scenario, facts[provider.vendor]):
            if part.environment is not None:
                known = wanted.setdefault(part.environment, set())
                known |= environments
    # A mock that was set up from somebody's own app-config knows their environments only; the kit's are not misspelt.
    lacking = target.idp.get("environment_names", ()) if target.idp.get("only_own_clients") else ()
    for environment, known in wanted.items():
        if environment not in known and environment not in lacking:
            there = ", ".join(sorted(known))
            return f"the mock IdP has no environment {environment!r} of any provider it applies to; there are {there}"
    return None


def _providers_of(
    scenario: Scenario, facts: Mapping[str, ProviderFacts], target: Target
) -> Iterator[tuple[Provider, set[str]]]:
    """OAuth providers of the IdP that the scenario is about, with their environments; the target may lack some."""
    for entry in target.idp["providers"]:
        provider = Provider(entry["id"], entry["vendor"], "oauth")
        known = facts.get(provider.vendor)
        if known is not None and known.kind == "oauth" and applies(scenario.applies_to, provider, known):
            yield provider, {item["name"] for item in entry.get("environments", [])}


def _never_played(scenario: Scenario, cases: list[Case], target: Target) -> str | None:
    if any(case.not_applicable is None for case in cases) or not has_profile(scenario, target):
        return None
    if not has_replicas(scenario, target) or not has_registration(scenario, target):
        return None
    reason = next((case.not_applicable for case in cases), "no vendor has an element of its 'each'")
    return f"it is played on no provider at all, though the target has all of them: {reason}"
