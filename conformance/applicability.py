"""What applies to a target and what does not, each with its reason. Pure.

A case is *not applicable* where the target lacks what it needs: the provider, the environment, the profile. That is
neither the target's failure nor the scenario's mistake (see :mod:`conformance.collection`), and every report says it
with the reason that stands here. What a target has, :mod:`conformance.examination.probe` finds out.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from conformance.scenario.model import Applies, ProviderFacts, Scenario
from conformance.target import Provider, Target

NO_PROVIDER: Final = Provider("none", "none", "oauth")
"""The provider of a case that no provider of the target can be had for."""

REPLICA_STEP: Final = "replica"
"""The step that only several replicas of a target make sense of."""

REGISTER_STEP: Final = "register"
"""The step that only a target makes sense of at which clients register."""

NO_REGISTRATION: Final = "clients cannot register: the target's discovery document names no registration_endpoint"
ONE_REPLICA: Final = "it needs several replicas of the target (--replica URL, --replicas NUMBER)"
APPLIES_TO_NONE: Final = "the target has no provider that the scenario applies to"
NO_ENVIRONMENT: Final = "the target has none of its environments"


def provider_missing(provider_id: str) -> str:
    """The reason of every case on a provider that the target does not have."""
    return f"the target has no provider {provider_id!r}"


def vendor_unknown(vendor: str) -> str:
    """The reason of every case on a provider whose vendor has no facts."""
    return f"no scenarios know the vendor {vendor!r}"


def applies(conditions: Applies, provider: Provider, facts: ProviderFacts) -> bool:
    """Say whether a scenario is about such a provider at all."""
    named = provider.id in conditions.providers if conditions.providers is not None else not provider.reserved
    return named and conditions.fit(facts)


def has_profile(scenario: Scenario, target: Target) -> bool:
    """Say whether the target was started with the profile that a scenario needs."""
    return scenario.profile in {None, target.profile}


def has_replicas(scenario: Scenario, target: Target) -> bool:
    """Say whether there are as many of the target as a scenario needs."""
    return len(target.replicas) > 1 or all(step.action != REPLICA_STEP for step in scenario.steps)


def has_registration(scenario: Scenario, target: Target) -> bool:
    """Say whether clients can register at the target, if a scenario has clients that do (DCR-18)."""
    return target.registers_clients or not any(_registers(step.action, step.arguments) for step in scenario.steps)


def _registers(action: str, arguments: Mapping[str, Any]) -> bool:
    """Say whether a step, or one that it plays beside others, registers a client."""
    inner = arguments.get("steps")
    beside = inner.values() if isinstance(inner, Mapping) else ()
    return action == REGISTER_STEP or any(REGISTER_STEP in step for step in beside)


def profile_missing(scenario: Scenario, target: Target) -> str:
    """The reason of a scenario that needs another profile."""
    return f"it needs the profile {scenario.profile!r}; the target was started with {target.profile!r}"


def profile_of(reason: str) -> str | None:
    """The profile that a reason of :func:`profile_missing` asks for; None of any other reason."""
    found = re.match(r"it needs the profile '([^']*)'; ", reason)
    return found[1] if found else None


def not_applicable(provider: Provider, environment: str, further: Collection[str] = ()) -> str | None:
    """Why nothing can be played in that environment of a provider, or None if something can.

    Parameters:
        provider: the examined provider.
        environment: which of its environments; empty if it has none.
        further: other environments that steps of the scenario use.
    """
    if provider.not_applicable is None and environment:
        for name in (environment, *further):
            if name not in provider.environments:
                return f"the target has no environment {name!r} of provider {provider.id!r}"
    return provider.not_applicable


def environment_of(reason: str) -> str | None:
    """The environment that a reason of :func:`not_applicable` misses; None of any other reason."""
    found = re.match(r"the target has no environment '([^']*)' of provider ", reason)
    return found[1] if found else None


def further_environments(scenario: Scenario, target: Target) -> tuple[str, ...]:
    """Environments of the kit that steps of a scenario name, beside the one that it is played in.

    Any other name is one that no target has, and stands there for that.
    """
    kit = target.idp.get("environment_names", ())
    named = dict.fromkeys(name for step in scenario.steps for name in _named_in(step.arguments, step.each))
    return tuple(name for name in named if name in kit)


def _named_in(arguments: Any, each: Any) -> Iterator[str]:
    """Names of environments in a step, in steps inside it, and in what it is repeated for."""
    if not isinstance(arguments, Mapping):
        return
    for key, value in arguments.items():
        if key == "environment" and value == "${each}" and isinstance(each, list):
            yield from (element for element in each if isinstance(element, str))
        elif key == "environment" and isinstance(value, str):
            yield value
        else:
            yield from _named_in(value, each)
