"""Read YAML files as streams of documents whose lines are known; every mistake is told with file and line."""

from collections.abc import Hashable, Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

Location = tuple[str, ...]


class Lines:
    """Line numbers of a composed YAML document, by location."""

    def __init__(self, node: yaml.Node) -> None:
        self._lines: dict[Location, int] = {}
        self._walk(node, (), ())

    def _walk(self, node: yaml.Node, location: Location, around: tuple[yaml.Node, ...]) -> None:
        if node in around:
            raise yaml.constructor.ConstructorError(None, None, "an alias is within its own value", node.start_mark)
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


class _UniqueKeys(yaml.SafeLoader):
    """Refuses a mapping that has the same key twice, which YAML would silently resolve to the last."""


class _FastUniqueKeys(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc] # chosen at run time
    """The same on libyaml, which PyYAML's wheels bring along: ten times as fast, with other words for mistakes."""


def _unique_mapping(loader: Any, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
    seen: set[Any] = set()
    for key_node, _ in node.value:
        if key_node.tag == "tag:yaml.org,2002:merge":
            continue
        key = loader.construct_object(key_node, deep=True)
        if not isinstance(key, Hashable):
            raise yaml.constructor.ConstructorError(None, None, f"{key!r} cannot be a key", key_node.start_mark)
        if key in seen:
            raise yaml.constructor.ConstructorError(None, None, f"{key!r} is defined twice", key_node.start_mark)
        seen.add(key)
    return yaml.constructor.SafeConstructor.construct_mapping(loader, node, deep)


for _loader in (_UniqueKeys, _FastUniqueKeys):
    _loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _unique_mapping)


def documents(path: Path, mistakes: list[str]) -> list[tuple[Any, Lines]]:
    """Every document of a file that is not empty, up to the first mistake.

    Parameters:
        path: the file.
        mistakes: what is wrong with it is added here.
    """
    text = _text(path, mistakes)
    if text is None:
        return []
    try:
        return list(_read(_FastUniqueKeys, text))
    except (yaml.YAMLError, ValueError):
        return _read_slowly(path, text, mistakes)


def _read(loader_class: Any, text: str) -> Iterator[tuple[Any, Lines]]:
    loader = loader_class(text)
    try:
        while loader.check_node():
            node = loader.get_node()
            if node is None:
                continue
            lines = Lines(node)
            data = loader.construct_document(node)
            if data is not None:
                yield data, lines
    finally:
        loader.dispose()


def _read_slowly(path: Path, text: str, mistakes: list[str]) -> list[tuple[Any, Lines]]:
    """Read with PyYAML's own parser, which says better what is wrong."""
    read = []
    try:
        for document in _read(_UniqueKeys, text):
            read.append(document)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        mistakes.append(f"{path}:{line}: not YAML: the character U+{error.character:04X} is not allowed here")
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        mistakes.append(f"{path}:{mark.line + 1 if mark else 1}: not YAML: {error.problem or error.context}")
    return read


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
