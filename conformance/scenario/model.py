"""What a scenario file may hold: provider facts and scenarios, as pydantic models.

Step arguments are checked by the steps themselves (``conformance.steps``), which this module does not know.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

KebabCase = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
RequirementId = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9]*(-[A-Z0-9]+)+$")]
Kind = Literal["oauth", "proxy"]

STEP_MODIFIERS = ("expect", "save", "browser", "why")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Applies(_Strict):
    """Which providers a scenario fans out to. Every given condition has to hold.

    Attributes:
        kind: OAuth-type or proxy-type providers; without it, both.
        providers: only these provider ids.
        vendors: only providers with these vendors behind them.
        has: capabilities the provider's facts must list.
        lacks: capabilities the provider's facts must not list.
    """

    kind: Kind | None = None
    providers: list[str] | None = None
    vendors: list[str] | None = None
    has: list[str] = []
    lacks: list[str] = []


class StepEntry(_Strict):
    """One step as it stands in the file.

    Attributes:
        action: name of the step (``start``, ``sign_in`` …).
        arguments: what stands below that name.
        expect: requirement id -> path -> matcher; checked against the step's observation.
        save: name under which later steps reach the observation.
        browser: which browser acts; each has cookies of its own.
        why: a remark for readers, shown when a check of the step fails.
        line: line in the file, for messages.
    """

    action: str
    arguments: dict[str, Any] = {}
    expect: dict[RequirementId, dict[str, Any] | list[dict[str, Any]]] = {}
    save: str | None = None
    browser: str = "main"
    why: str | None = None
    line: int = 0

    @model_validator(mode="before")
    @classmethod
    def _from_yaml(cls, data: Any) -> Any:
        """Turn ``{start: {…}, save: …}`` into action and arguments."""
        if not isinstance(data, dict) or "action" in data:
            return data
        actions = [key for key in data if key not in STEP_MODIFIERS and key != "line"]
        if len(actions) != 1:
            found = ", ".join(map(str, actions)) or "none"
            raise ValueError(f"a step has exactly one action beside {', '.join(STEP_MODIFIERS)}; found: {found}")
        entry = {key: value for key, value in data.items() if key != actions[0]}
        return {**entry, "action": actions[0], "arguments": data[actions[0]] or {}}

    def checks(self) -> list[tuple[str, str, Any]]:
        """Every (requirement id, path, matcher) of the step, in the order of the file."""
        found = []
        for requirement, groups in self.expect.items():
            for group in groups if isinstance(groups, list) else [groups]:
                found += [(requirement, path, matcher) for path, matcher in group.items()]
        return found


class Scenario(_Strict):
    """One YAML document that shows one or more requirements to hold.

    Attributes:
        scenario: its id, unique among all scenarios.
        title: one sentence that says what a good backend does.
        applies_to: see :class:`Applies`.
        environment: the environment of the provider that it needs; without it, the run's ``--env``.
        profile: the configuration profile that the target must have been started with.
        once: True if it says nothing about providers: it runs on the first that it applies to.
        steps: what happens, in order.
        file: where it was read from, relative to the scenarios directory.
        line: its first line there.
    """

    scenario: KebabCase
    title: Annotated[str, StringConstraints(min_length=10)]
    applies_to: Applies = Applies()
    environment: str | None = None
    profile: str | None = None
    once: bool = False
    steps: Annotated[list[StepEntry], Field(min_length=1)]
    file: str = ""
    line: int = 0

    @property
    def requirements(self) -> list[str]:
        """Ids of all requirements the scenario checks, in order, without duplicates."""
        return list(dict.fromkeys(id_ for step in self.steps for id_ in step.expect))


class Scopes(_Strict):
    """What a backend does with scopes at a vendor; see SCOPE in the specification.

    Attributes:
        required: scopes the backend always asks for.
        frontend: scopes the Backstage frontend asks for by default.
        reported: those of them that the session names as granted; all if left out.
        extra: two further scopes that the vendor knows, for tests.
        persisted: True if the backend remembers granted scopes in a cookie.
    """

    required: list[str] = []
    frontend: list[str] = []
    reported: list[str] = []
    extra: list[str] = []
    persisted: bool = False

    @model_validator(mode="before")
    @classmethod
    def _report_all(cls, data: Any) -> Any:
        """Most vendors name every scope they grant."""
        is_left_out = isinstance(data, dict) and "frontend" in data and "reported" not in data
        return {**data, "reported": data["frontend"]} if is_left_out else data


class ProviderFacts(_Strict):
    """What generic scenarios must know about providers of one vendor; ``${provider.…}`` reaches it.

    Attributes:
        provider: the vendor's id.
        title: the name people know.
        kind: OAuth-type or proxy-type.
        capabilities: what it can do (``refresh``, ``refresh-grant``, ``rotation``, ``logout-hook`` …).
        scopes: see :class:`Scopes`.
        authorization_path: path of the vendor's authorization endpoint, below the service.
        profile: what the session's profile says about a persona, with ``${persona.…}`` references.
        wordings: texts in which providers differ, or matchers of them, by name.
        facts: further data for the vendor's own scenarios.
        file: where it was read from.
        line: its first line there.
    """

    provider: str
    title: str
    kind: Kind
    capabilities: list[str] = []
    scopes: Scopes = Scopes()
    authorization_path: str | None = None
    profile: dict[str, Any] = {}
    wordings: dict[str, str | dict[str, Any]] = {}
    facts: dict[str, Any] = {}
    file: str = ""
    line: int = 0
