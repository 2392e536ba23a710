"""What a scenario file may hold: provider facts, scenarios, expectations and the vocabulary, as pydantic models.

Step arguments are checked by the steps themselves (``conformance.steps``), which this module does not know.
"""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from conformance.requirement_list import Level
from conformance.scenario.facts import KebabCase, Kind, ProviderFacts, RequirementId, Resolver, Scopes, TokenRequest
from conformance.scenario.near_misses import NearMisses

__all__ = [
    "Applies",
    "Expectation",
    "KebabCase",
    "Kind",
    "OwnRequirement",
    "OwnRequirements",
    "ProviderFacts",
    "RequirementId",
    "Resolver",
    "Scenario",
    "Scopes",
    "StepEntry",
    "TokenRequest",
    "Vocabulary",
]

STEP_MODIFIERS = ("expect", "save", "browser", "why", "each", "times")
IdOrReference = Annotated[
    str, StringConstraints(pattern=r"^(?:[A-Z][A-Z0-9]*(-[A-Z0-9]+)+|\$\{each(\.[A-Za-z0-9_-]+)*\})$")
]
Elements = list[Any] | Annotated[str, StringConstraints(pattern=r"^\$\{[^}]*\}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Applies(_Strict):
    """Which providers a scenario fans out to. Every given condition has to hold."""

    kind: Kind | None = None
    """providers that speak ``oauth`` or ``saml``, or that stand behind a ``proxy``; without it, all."""
    providers: list[str] | None = None
    """only these provider ids."""
    vendors: list[str] | None = None
    """only providers with these vendors behind them."""
    has: list[str] = []
    """capabilities the provider's facts must list."""
    lacks: list[str] = []
    """capabilities the provider's facts must not list."""

    def fit(self, facts: ProviderFacts) -> bool:
        """Say whether the scenario is about providers of that vendor, whatever their ids."""
        return (
            (self.kind is None or self.kind == facts.kind)
            and (self.vendors is None or facts.provider in self.vendors)
            and set(self.has) <= set(facts.capabilities)
            and not set(self.lacks) & set(facts.capabilities)
        )


class StepEntry(_Strict):
    """One step as it stands in the file."""

    action: str
    """name of the step (``start``, ``sign_in`` …)."""
    arguments: dict[str, Any] = {}
    """what stands below that name."""
    expect: dict[IdOrReference, dict[str, Any] | list[dict[str, Any]]] = {}
    """requirement id -> path -> matcher; checked against the step's observation. A key may hold several ids,
    separated by commas; the path ``is`` stands for the checks of an :class:`Expectation`."""
    save: str | None = None
    """name under which later steps reach the observation; in a repeated step, the list of all of them."""
    browser: str = "main"
    """which browser acts; each has cookies of its own."""
    why: str | None = None
    """a remark for readers, shown when a check of the step fails."""
    each: Elements | NearMisses | None = None
    """play the step once for each of these; ``${each}`` is the one at hand. A list, a reference to one among the
    provider's facts, or the near misses of a value."""
    times: Annotated[int, Field(ge=1, le=10_000)] | None = None
    """play the step so many times; ``${each}`` counts from 1."""
    line: int = 0
    """line in the file, for messages."""
    gathers: bool = False
    """True if ``save`` adds to a list, once the scenario is bound to a provider."""
    unless_same: list[Any] | None = None
    """two values, once the scenario is bound to a provider; if they are the same, the step is not played."""

    @model_validator(mode="before")
    @classmethod
    def _from_yaml(cls, data: Any) -> Any:
        """Turn ``{start: {…}, save: …}`` into action and arguments, and give each requirement id its own key."""
        if not isinstance(data, dict) or "action" in data:
            return data
        actions = [key for key in data if key not in STEP_MODIFIERS and key != "line"]
        if len(actions) != 1:
            found = ", ".join(map(str, actions)) or "none"
            raise ValueError(f"a step has exactly one action beside {', '.join(STEP_MODIFIERS)}; found: {found}")
        if "each" in data and "times" in data:
            raise ValueError("a step is repeated by each or by times, not by both")
        entry = {key: value for key, value in data.items() if key != actions[0]}
        if isinstance(entry.get("expect"), dict):
            entry["expect"] = _one_key_per_id(entry["expect"])
        return {**entry, "action": actions[0], "arguments": data[actions[0]] or {}}

    @property
    def is_repeated(self) -> bool:
        """True if the step is played several times."""
        return self.each is not None or self.times is not None

    def checks(self) -> list[tuple[str, str, Any]]:
        """Every (requirement id, path, matcher) of the step, in the order of the file."""
        found = []
        for requirement, groups in self.expect.items():
            for group in groups if isinstance(groups, list) else [groups]:
                found += [(requirement, path, matcher) for path, matcher in group.items()]
        return found


def _one_key_per_id(expect: dict[Any, Any]) -> dict[Any, Any]:
    """``"A-01, B-02": {…}`` as two entries; an id in several keys gets the checks of all of them."""
    groups: dict[Any, list[Any]] = {}
    for key, value in expect.items():
        for id_ in [part.strip() for part in key.split(",")] if isinstance(key, str) else [key]:
            groups.setdefault(id_, []).append(value)
    flat: dict[Any, Any] = {}
    for id_, values in groups.items():
        flat[id_] = (
            values[0]
            if len(values) == 1
            else [one for value in values for one in (value if isinstance(value, list) else [value])]
        )
    return flat


class Scenario(_Strict):
    """One YAML document that shows one or more requirements to hold."""

    scenario: KebabCase
    """its id, unique among all scenarios."""
    title: Annotated[str, StringConstraints(min_length=10)]
    """one sentence that says what a good backend does."""
    applies_to: Applies = Applies()
    """see :class:`Applies`."""
    environment: str | None = None
    """the environment of the provider that it needs; without it, the run's ``--env``."""
    profile: str | None = None
    """the configuration profile that the target must have been started with."""
    once: bool = False
    """True if it says nothing about providers: it runs on the first that it applies to and that has everything it
    needs. Its case id names no provider, so that it stays the same whichever that is."""
    each: Elements | None = None
    """one case for each element; ``${each}`` is the one at hand. A list, or a reference to one among the provider's
    facts."""
    steps: Annotated[list[StepEntry], Field(min_length=1)]
    """what happens, in order."""
    file: str = ""
    """where it was read from, relative to the scenarios directory."""
    line: int = 0
    """its first line there."""
    part: str = ""
    """which element of ``each`` this is, once the scenario is bound to a provider."""

    @model_validator(mode="after")
    def _one_each(self) -> "Scenario":
        """``${each}`` is one thing at a time."""
        if self.each is not None and any(step.is_repeated for step in self.steps):
            raise ValueError("a scenario with each cannot have repeated steps")
        return self

    @property
    def requirements(self) -> list[str]:
        """Ids of all requirements the scenario checks, in order, without duplicates and those that ``each`` names."""
        return list(dict.fromkeys(id_ for step in self.steps for id_ in step.expect if not id_.startswith("${")))


class Expectation(_Strict):
    """Checks with a name, for steps of any file: ``FRAME-07: {is: NAME}``."""

    expectation: KebabCase
    """the name, unique among all expectations."""
    expects: Annotated[dict[str, Any], Field(min_length=1)]
    """path -> matcher."""
    file: str = ""
    """where it was read from."""
    line: int = 0
    """its first line there."""


class OwnRequirement(_Strict):
    """A statement that the specification does not have, because it is about a provider that only you have."""

    level: Level
    """``MUST``, ``SHOULD`` or ``INFO``."""
    title: Annotated[str, StringConstraints(min_length=10)]
    """the statement, in a sentence or two."""


class OwnRequirements(_Strict):
    """Requirements of your own, which the scenarios beside them may check."""

    requirements: dict[RequirementId, OwnRequirement]
    """id -> the requirement."""
    file: str = ""
    """where it was read from."""
    line: int = 0
    """its first line there."""


class Vocabulary(_Strict):
    """The words that scenarios and facts may use, each with its meaning, so that a misspelt one is told."""

    capabilities: dict[KebabCase, Annotated[str, StringConstraints(min_length=10)]]
    """what a vendor's providers may be able to do -> what that means, in a sentence."""
    file: str = ""
    """where it was read from."""
    line: int = 0
    """its first line there."""
