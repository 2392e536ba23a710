"""Read scenario files: YAML streams of scenarios, provider facts, expectations and the vocabulary.

Every mistake in a file is reported with file and line, all of them at once.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from conformance.requirement_list import Level, Requirement
from conformance.scenario.checks import Known, StepRules, mistakes_of, wrong_facts
from conformance.scenario.expansion import with_expectations
from conformance.scenario.model import Expectation, OwnRequirements, ProviderFacts, Scenario, StepEntry, Vocabulary
from conformance.scenario.near_misses import NearMisses, NearMissTable, looked_up, mistakes_in_table
from conformance.scenario.references import UnknownReferenceError
from conformance.scenario.reserved import shared_services
from conformance.scenario.wording import in_words
from conformance.scenario.yaml_files import Lines, documents


class ScenarioFileError(Exception):
    """One or more scenario files cannot be used; the text lists every mistake with file and line."""


@dataclass(frozen=True, slots=True)
class Library:
    """Everything read from the scenario directories.

    Parameters:
        scenarios: in order of file and line.
        facts: vendor id -> facts.
        capabilities: the vocabulary: word -> its meaning.
        requirements: those that do not stand in the specification.
    """

    scenarios: tuple[Scenario, ...]
    facts: Mapping[str, ProviderFacts]
    capabilities: Mapping[str, str] = field(default_factory=dict)
    requirements: tuple[Requirement, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """JSON-able form, for the xdist workers; :meth:`from_json` reads it."""
        return {
            "scenarios": [scenario.model_dump(mode="json") for scenario in self.scenarios],
            "facts": {id_: facts.model_dump(mode="json") for id_, facts in self.facts.items()},
            "capabilities": dict(self.capabilities),
            "requirements": [{**asdict(own), "level": own.level.value} for own in self.requirements],
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Library":
        """Rebuild a library from :meth:`to_json`."""
        return cls(
            tuple(map(Scenario.model_validate, data["scenarios"])),
            {id_: ProviderFacts.model_validate(facts) for id_, facts in data["facts"].items()},
            data["capabilities"],
            tuple(Requirement(**{**row, "level": Level(row["level"])}) for row in data["requirements"]),
        )


MODELS: Final[Mapping[str, type[BaseModel]]] = {
    "scenario": Scenario,
    "provider": ProviderFacts,
    "expectation": Expectation,
    "near_misses": NearMissTable,
    "requirements": OwnRequirements,
    "capabilities": Vocabulary,
}
"""First key of a document -> its model; ``capabilities`` comes last because facts have such a key, too."""


class _Reading:
    """What has been read so far, and what is wrong with it.

    Parameters:
        mistakes: ``file:line: sentence``.
    """

    def __init__(self) -> None:
        self.mistakes: list[str] = []
        self.scenarios: dict[str, Scenario] = {}
        self.facts: dict[str, ProviderFacts] = {}
        self.expectations: dict[str, Expectation] = {}
        self.tables: dict[str, NearMissTable] = {}
        self.capabilities: dict[str, str] = {}
        self.requirements: dict[str, Requirement] = {}
        self._paths: dict[int, Path] = {}
        self._directories: dict[int, Path] = {}

    def read(self, directory: Path) -> None:
        """Read every file below a directory."""
        if not directory.is_dir():
            self.mistakes.append(f"{directory}: there is no such directory of scenarios")
        self.mistakes += [f"{path}: scenario files end in .yaml" for path in sorted(directory.rglob("*.yml"))]
        for path in sorted(directory.rglob("*.yaml")):
            for data, lines in documents(path, self.mistakes):
                document = _document(data, lines, path, directory, self.mistakes)
                if document is not None:
                    self._paths[id(document)] = path
                    self._directories[id(document)] = directory
                    self._keep(document, path)

    def _keep(self, document: Any, path: Path) -> None:
        if isinstance(document, Scenario):
            self._add(self.scenarios, document.scenario, document, path)
        elif isinstance(document, ProviderFacts):
            self._add(self.facts, document.provider, document, path)
        elif isinstance(document, Expectation):
            self._add(self.expectations, document.expectation, document, path)
        elif isinstance(document, NearMissTable):
            self._add(self.tables, document.near_misses, document, path)
        elif isinstance(document, OwnRequirements):
            self._keep_requirements(document, path)
        else:
            for word, meaning in document.capabilities.items():
                if word in self.capabilities:
                    self.mistakes.append(f"{path}:{document.line}: the capability {word!r} has a meaning already")
                self.capabilities[word] = meaning

    def _keep_requirements(self, document: OwnRequirements, path: Path) -> None:
        source = f"{path}:{document.line}"
        for id_, own in document.requirements.items():
            if id_ in self.requirements:
                self.mistakes.append(f"{source}: {id_!r} stands already in {self.requirements[id_].source}")
            self.requirements[id_] = Requirement(
                id_, own.level, own.title, f"Of your own ({document.file})", source, ""
            )

    def _add(self, found: dict[str, Any], key: str, document: Any, path: Path) -> None:
        if key in found:
            first = found[key]
            self.mistakes.append(f"{path}:{document.line}: {key!r} is already defined in {first.file}:{first.line}")
        found[key] = document

    def check(self, requirements: Collection[str], steps: StepRules) -> None:
        """Look at everything once more, now that all of it is known."""
        for id_ in self.requirements.keys() & set(requirements):
            self.mistakes.append(
                f"{self.requirements[id_].source}: the specification has a requirement {id_!r} already; rename yours"
            )
        requirements = {*requirements, *self.requirements}
        known = Known(requirements, steps, self.facts, self.capabilities, is_whole=not self.mistakes)
        for facts in self.facts.values():
            self._tell(facts, wrong_facts(facts, known))
        for table in self.tables.values():
            self._tell(table, [f"{table.line}: {mistake}" for mistake in mistakes_in_table(table)])
        lacking: dict[str, dict[str, None]] = {}
        for id_, scenario in self.scenarios.items():
            complete = scenario.model_copy(update={"steps": list(self._spelt_out(scenario, is_whole=known.is_whole))})
            self.scenarios[id_] = complete
            for mistake in mistakes_of(complete, known):
                vendor, member = mistake.lacks or ("", "")
                if vendor and self._come_from_elsewhere(self.facts[vendor], scenario):
                    lacking.setdefault(vendor, {})[member] = None
                else:
                    self._tell(scenario, [mistake.text])
        for vendor, members in lacking.items():
            facts = self.facts[vendor]
            say = f"the facts of {vendor!r} lack what generic scenarios need: {', '.join(sorted(members))}"
            self._tell(facts, [f"{facts.line}: {say}"])

    def _come_from_elsewhere(self, facts: ProviderFacts, scenario: Scenario) -> bool:
        """Say whether facts were written for scenarios of others; then the facts are to be completed."""
        return self._directories[id(facts)] != self._directories[id(scenario)]

    def _spelt_out(self, scenario: Scenario, *, is_whole: bool) -> Iterator[StepEntry]:
        for step in scenario.steps:
            try:
                told = with_expectations(step, self.expectations)
                if isinstance(told.each, NearMisses):
                    told = told.model_copy(update={"each": looked_up(told.each, self.tables)})
                yield told
            except UnknownReferenceError as error:
                if is_whole:
                    self._tell(scenario, [f"{step.line}: step {step.action!r}: {error}"])
                yield step

    def _tell(self, document: Any, mistakes: Any) -> None:
        self.mistakes += [f"{self._paths[id(document)]}:{mistake}" for mistake in mistakes]


def load(directories: Sequence[Path], known_requirements: Mapping[str, Any], steps: StepRules) -> Library:
    """Read every ``*.yaml`` below the directories.

    Parameters:
        directories: where to look; later ones may add documents, not replace them.
        known_requirements: requirement ids that may stand in ``expect``.
        steps: what the language's steps take and observe.

    Raises:
        ScenarioFileError: with every mistake found.
    """
    reading = _Reading()
    for directory in directories:
        reading.read(directory)
    reading.check(known_requirements, steps)
    reading.mistakes += shared_services(list(reading.scenarios.values()))
    if reading.mistakes:
        raise ScenarioFileError("\n".join(sorted(reading.mistakes, key=_place)))
    own = tuple(reading.requirements.values())
    return Library(tuple(reading.scenarios.values()), reading.facts, reading.capabilities, own)


def _place(mistake: str) -> tuple[str, int]:
    """Where a mistake is: file and line, so that they are told in the order of reading."""
    path, _, rest = mistake.partition(".yaml:")
    line = rest.partition(":")[0]
    return path, int(line) if line.isdigit() else 0


def _document(data: Any, lines: Lines, path: Path, directory: Path, mistakes: list[str]) -> BaseModel | None:
    model = next((MODELS[key] for key in MODELS if isinstance(data, dict) and key in data), None)
    if model is None:
        mistakes.append(f"{path}:{lines[()]}: a document begins with {' or '.join(f'{key}:' for key in MODELS)}")
        return None
    if isinstance(data.get("steps"), list):
        for index, step in enumerate(data["steps"]):
            if isinstance(step, dict):
                step["line"] = lines[("steps", index)]
    try:
        return model.model_validate({**data, "file": str(path.relative_to(directory)), "line": lines[()]})
    except ValidationError as error:
        mistakes += [f"{path}:{lines[mistake['loc']]}: {in_words(mistake)}" for mistake in error.errors()]
    return None
