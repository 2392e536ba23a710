"""Services that a scenario changes belong to it alone. Pure."""

from collections.abc import Iterator, Sequence
from typing import Final

from conformance.scenario.model import Scenario

CHANGE_SERVICE: Final = "change_service"
"""The step after which nobody else may rely on the service it changes."""


def shared_services(scenarios: Sequence[Scenario]) -> Iterator[str]:
    """Scenarios that change a service which another scenario, perhaps at the same time, relies on."""
    for scenario in scenarios:
        if not any(step.action == CHANGE_SERVICE for step in scenario.steps):
            continue
        where = f"{scenario.file}:{scenario.line}: scenario {scenario.scenario!r} changes a service"
        wanted = scenario.applies_to.providers if scenario.applies_to.kind == "proxy" else scenario.environment
        if not wanted:
            yield f"{where}, so it names an environment (or, of auth proxies, the providers) that no other uses"
        for other in scenarios:
            if wanted and other is not scenario and _meet(scenario, other):
                yield f"{where} that {other.scenario!r} uses too; give it an environment or provider of its own"


def _meet(one: Scenario, other: Scenario) -> bool:
    """Whether both may be played on the same environment of the same provider."""
    first, second = one.applies_to, other.applies_to
    pairs = ((first.vendors, second.vendors), (first.providers, second.providers))
    if any(mine is not None and theirs is not None and not set(mine) & set(theirs) for mine, theirs in pairs):
        return False
    if first.kind == "proxy":
        # Providers that scenarios change are reserved for those that name them.
        return second.kind != "oauth" and second.providers is not None
    return second.kind != "proxy" and one.environment == other.environment
