"""What is wrong with scenarios and shows once the IdP is known: environments, personas, cases nobody plays. Pure."""

from collections.abc import Iterator

from conformance.cases import Case, applies, fan_out, persona_names, spare_personas
from conformance.scenario.expansion import bound
from conformance.scenario.loader import Library
from conformance.scenario.model import Scenario
from conformance.target.description import Provider, Target

OWN = "own"


def mistakes_in(library: Library, target: Target, *, complete: bool) -> list[str]:
    """Sentences about scenarios that would not be played as they are meant to.

    Parameters:
        library: all scenarios.
        target: the examined target.
        complete: True if the target has everything that the kit knows, so that nothing may be left out: the
            embedded pair with all its providers.
    """
    found = [sentence for scenario in library.scenarios for sentence in _of(scenario, library, target)]
    cases = fan_out(library, target)
    found += [
        f"{_where(case.scenario)}: {case.absent}; there are {len(spare_personas(target))}"
        for case in cases
        if case.absent and case.absent.startswith("the mock IdP has no persona left")
    ]
    if complete:
        found += _never_played(library, cases, target)
    return found


def _of(scenario: Scenario, library: Library, target: Target) -> Iterator[str]:
    for name in sorted(persona_names(scenario) - {OWN} - set(target.personas)):
        yield f"{_where(scenario)}: there is no persona {name!r}; there are {', '.join(target.personas)}"
    known = {entry["id"]: [item["name"] for item in entry.get("environments", [])] for entry in target.idp["providers"]}
    wanted: dict[str, set[str]] = {}
    for entry in target.idp["providers"]:
        vendor = entry["vendor"]
        provider = Provider(entry["id"], vendor, entry.get("kind", "oauth"))
        facts = library.facts.get(vendor)
        if facts is None or facts.kind == "proxy" or not applies(scenario.applies_to, provider, facts):
            continue
        for part in bound(scenario, facts):
            if part.environment is not None:
                wanted.setdefault(part.environment, set()).add(provider.id)
    for environment, providers in wanted.items():
        if not any(environment in known[id_] for id_ in providers):
            there = sorted({name for id_ in providers for name in known[id_]})
            yield (
                f"{_where(scenario)}: no provider that it applies to has an environment {environment!r} at the "
                f"mock IdP; there are {', '.join(there)}"
            )


def _never_played(library: Library, cases: list[Case], target: Target) -> Iterator[str]:
    played = {case.scenario.scenario for case in cases if case.absent is None}
    reasons = {case.scenario.scenario: case.absent for case in cases if case.absent is not None}
    for scenario in library.scenarios:
        if scenario.scenario not in played and scenario.profile in {None, target.profile}:
            reason = reasons.get(scenario.scenario, "no provider has an element of its 'each'")
            yield f"{_where(scenario)}: {scenario.scenario!r} is played on no provider at all: {reason}"


def _where(scenario: Scenario) -> str:
    return f"{scenario.file}:{scenario.line}"
