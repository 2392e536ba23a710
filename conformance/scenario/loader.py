"""Read scenario files: YAML streams of provider facts and scenarios.

Every mistake in a file is reported with file and line, all of them at once.
"""

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml
from pydantic import BaseModel, ValidationError

from conformance.operands import mistakes_in
from conformance.scenario.model import ProviderFacts, Scenario
from conformance.scenario.wording import in_words

CHANGE_SERVICE: Final = "change_service"
"""The step after which nobody else may rely on the service it changes."""

Location = tuple[str, ...]
StepCheck = Callable[[str, dict[str, Any]], list[str]]
"""Says what is wrong with a step of that name and these arguments."""


class ScenarioFileError(Exception):
    """One or more scenario files cannot be used; the text lists every mistake with file and line."""


@dataclass(frozen=True, slots=True)
class Library:
    """Everything read from the scenario directories.

    Parameters:
        scenarios: in order of file and line.
        facts: vendor id -> facts.
    """

    scenarios: tuple[Scenario, ...]
    facts: Mapping[str, ProviderFacts]


class _Lines:
    """Line numbers of a composed YAML document, by location."""

    def __init__(self, node: yaml.Node) -> None:
        self._lines: dict[Location, int] = {}
        self._walk(node, (), ())

    def _walk(self, node: yaml.Node, location: Location, around: tuple[yaml.Node, ...]) -> None:
        if node in around:
            raise yaml.constructor.ConstructorError(None, None, "an alias stands within its own value", node.start_mark)
        self._lines.setdefault(location, node.start_mark.line + 1)
        around = (*around, node)
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                place = (*location, str(key.value))
                self._lines[place] = key.start_mark.line + 1
                self._walk(value, place, around)
        elif isinstance(node, yaml.SequenceNode):
            for index, item in enumerate(node.value):
                self._walk(item, (*location, str(index)), around)

    def __getitem__(self, location: Sequence[str | int]) -> int:
        """Line of the location, or of the nearest enclosing one that stands in the file."""
        known = tuple(map(str, location))
        while known and known not in self._lines:
            known = known[:-1]
        return self._lines[known]


class _UniqueKeyLoader(yaml.SafeLoader):
    """Refuses a mapping that has the same key twice, which YAML would silently resolve to the last."""


def _unique_mapping(loader: yaml.SafeLoader, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
    seen: set[Any] = set()
    for key_node, _ in node.value:
        if key_node.tag == "tag:yaml.org,2002:merge":
            continue
        key = loader.construct_object(key_node, deep=True)
        if not isinstance(key, Hashable):
            raise yaml.constructor.ConstructorError(None, None, f"{key!r} cannot be a key", key_node.start_mark)
        if key in seen:
            raise yaml.constructor.ConstructorError(None, None, f"{key!r} stands here twice", key_node.start_mark)
        seen.add(key)
    return yaml.SafeLoader.construct_mapping(loader, node, deep)


_UniqueKeyLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _unique_mapping)

MODELS: Final[Mapping[str, type[BaseModel]]] = {"scenario": Scenario, "provider": ProviderFacts}
"""First key of a document -> its model."""


def load(directories: Sequence[Path], known_requirements: Mapping[str, Any], check_step: StepCheck) -> Library:
    """Read every ``*.yaml`` below the directories.

    Parameters:
        directories: where to look; later ones may add scenarios and facts, not replace them.
        known_requirements: requirement ids that may stand in ``expect``.
        check_step: decides whether a step exists and takes its arguments.

    Raises:
        ScenarioFileError: with every mistake found.
    """
    mistakes: list[str] = []
    scenarios: dict[str, Scenario] = {}
    facts: dict[str, ProviderFacts] = {}
    for directory in directories:
        if not directory.is_dir():
            mistakes.append(f"{directory}: there is no such directory of scenarios")
        mistakes += [f"{path}: scenario files end in .yaml" for path in sorted(directory.rglob("*.yml"))]
        for path in sorted(directory.rglob("*.yaml")):
            for document in _documents(path, directory, mistakes):
                if isinstance(document, Scenario):
                    mistakes += _mistakes_in(document, known_requirements, check_step, path)
                    _add(scenarios, document.scenario, document, path, mistakes)
                else:
                    _add(facts, document.provider, document, path, mistakes)
    mistakes += _shared_services(list(scenarios.values()))
    if mistakes:
        raise ScenarioFileError("\n".join(mistakes))
    return Library(tuple(scenarios.values()), facts)


def _shared_services(scenarios: Sequence[Scenario]) -> Iterator[str]:
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


def _add(found: dict[str, Any], key: str, document: Any, path: Path, mistakes: list[str]) -> None:
    if key in found:
        first = found[key]
        mistakes.append(f"{path}:{document.line}: {key!r} stands already in {first.file}:{first.line}")
    found[key] = document


def _documents(path: Path, directory: Path, mistakes: list[str]) -> Iterator[Any]:
    text = _text(path, mistakes)
    if text is None:
        return
    read = []
    try:
        loader = _UniqueKeyLoader(text)
        while loader.check_node():
            node = loader.get_node()
            if node is None:
                continue
            lines = _Lines(node)
            data = loader.construct_document(node)
            if data is not None:
                read.append((data, lines))
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        mistakes.append(f"{path}:{line}: not YAML: the character U+{error.character:04X} cannot stand here")
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        mistakes.append(f"{path}:{mark.line + 1 if mark else 1}: not YAML: {error.problem or error.context}")
    for data, lines in read:
        document = _document(data, lines, path, directory, mistakes)
        if document is not None:
            yield document


def _text(path: Path, mistakes: list[str]) -> str | None:
    try:
        content = path.read_bytes()
        return content.decode("utf-8")
    except OSError as error:
        mistakes.append(f"{path}: cannot be read: {error.strerror}")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        mistakes.append(f"{path}:{line}: not UTF-8; save the file in that encoding")
    return None


def _document(data: Any, lines: _Lines, path: Path, directory: Path, mistakes: list[str]) -> BaseModel | None:
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


def _mistakes_in(
    scenario: Scenario, requirements: Mapping[str, Any], check_step: StepCheck, path: Path
) -> Iterator[str]:
    for step in scenario.steps:
        where = f"{path}:{step.line}: step {step.action!r}"
        for requirement, groups in step.expect.items():
            if requirement not in requirements:
                yield f"{where}: there is no requirement {requirement!r}"
            if not groups or not all(groups if isinstance(groups, list) else [groups]):
                yield f"{where}: {requirement} expects nothing, so it cannot fail"
        for requirement, checked, matcher in step.checks():
            yield from (f"{where}: {requirement} {checked}: {mistake}" for mistake in mistakes_in(matcher))
        for mistake in check_step(step.action, step.arguments):
            yield f"{where}: {mistake}"
    if not scenario.requirements:
        yield f"{path}:{scenario.line}: scenario {scenario.scenario!r} expects nothing, so it cannot fail"
