"""YAML 1.2 on the parser of PyYAML, which speaks 1.1.

Backstage reads its files with ``yaml`` of npm, as YAML 1.2 (core schema, §10.3.2). There ``no``, ``on`` and ``12:30``
are text (in 1.1 a boolean, a boolean and 750), ``<<`` is a key like any other, and a key stands once (§3.2.1.3). What
the values are is decided here; PyYAML only tells where they begin and end.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

import yaml

from reference_backend.formats import js_text

try:
    # Ten times as fast; absent where PyYAML was built without libyaml.
    from yaml import CSafeLoader as _SafeLoader
except ImportError:
    from yaml import SafeLoader as _SafeLoader  # type: ignore[assignment]

_CORE = "tag:yaml.org,2002:"
_NO_BREAKS = "\x85\u2028\u2029"
"""Where a line ends in YAML 1.1, but not in 1.2 (§5.4)."""
_STAND_INS = "\uf8fd\uf8fe\uf8ff"
"""Characters for private use, which take their places while PyYAML reads."""
_HIDDEN = str.maketrans(_NO_BREAKS, _STAND_INS)
_SHOWN = str.maketrans(_STAND_INS, _NO_BREAKS)
_MAX_ALIASES = 100
"""More copies of one value than this are taken for an attack on the memory."""
_EXACT = 2**53
"""Beyond it a JavaScript number does not hold every whole number."""


def _whole(digits: str, base: int) -> int | float:
    value = int(digits, base)
    if abs(value) <= _EXACT:
        return value
    try:
        return float(value)
    except OverflowError:
        return float("-inf" if value < 0 else "inf")


def _special(text: str) -> float:
    return float(text.replace(".", ""))


_CORE_SCHEMA: tuple[tuple[str, re.Pattern[str], Callable[[str], Any]], ...] = (
    ("null", re.compile(r"~|null|Null|NULL|"), lambda text: None),
    ("bool", re.compile(r"true|True|TRUE|false|False|FALSE"), lambda text: text[0] in "tT"),
    ("int", re.compile(r"[-+]?[0-9]+"), lambda text: _whole(text, 10)),
    ("int", re.compile(r"0o[0-7]+"), lambda text: _whole(text[2:], 8)),
    ("int", re.compile(r"0x[0-9a-fA-F]+"), lambda text: _whole(text[2:], 16)),
    ("float", re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"), _special),
    ("float", re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)[eE][-+]?[0-9]+"), float),
    ("float", re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*)"), float),
)
"""Type, what its scalars look like, and what they are."""


def load(text: str) -> Any:
    """Parse one document; nothing at all is None.

    Raises:
        yaml.YAMLError: not YAML, or more than one document.
    """
    documents = load_all(text)
    first = next(documents, None)
    if next(documents, _END) is not _END:
        raise yaml.YAMLError("there is more than one document")
    return first


_END = object()


def load_all(text: str) -> Iterator[Any]:
    """Parse all documents.

    Raises:
        yaml.YAMLError: not YAML.
    """
    # The last line of a block scalar ends like the others, whether or not the file does (§8.1.1.2).
    whole = text if text.endswith("\n") else f"{text}\n"
    events = yaml.parse(whole.translate(_HIDDEN), _SafeLoader)
    for event in events:
        if isinstance(event, yaml.DocumentStartEvent):
            yield _Document(events).value(next(events))


@dataclass
class _Anchored:
    """A value with a name.

    Parameters:
        value: the value.
        copies: how many of it there are.
        weight: how many copies of other values each has in it, at most.
    """

    value: Any
    copies: int = 1
    weight: int = 1


class _Document:
    """Builds the values of one document from its events."""

    def __init__(self, events: Iterator[yaml.Event]) -> None:
        self._events = events
        self._anchored: dict[str, _Anchored | None] = {}
        self._heaviest = 1

    def value(self, event: yaml.Event) -> Any:
        """The value that begins with an event."""
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event)
        anchor: str | None = getattr(event, "anchor", None)
        if anchor is not None:
            # A value cannot be in itself, so until it is whole its name stands for nothing.
            self._anchored[anchor] = None
            before, self._heaviest = self._heaviest, 1
        if isinstance(event, yaml.ScalarEvent):
            value = _scalar(event)
        elif isinstance(event, yaml.SequenceStartEvent):
            value = [self.value(item) for item in self._until(yaml.SequenceEndEvent)]
        else:
            value = self._mapping()
        if anchor is not None:
            self._anchored[anchor] = _Anchored(value, weight=self._heaviest)
            self._heaviest = max(before, self._heaviest)
        return value

    def _until(self, end: type[yaml.Event]) -> Iterator[yaml.Event]:
        while not isinstance(event := next(self._events), end):
            yield event

    def _mapping(self) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        seen: set[tuple[bool, Any]] = set()
        for event in self._until(yaml.MappingEndEvent):
            key = self.value(event)
            if isinstance(key, dict | list):
                _refuse("a key is a text, not a list or mapping", event)
            # The same text as a number and as a text is two keys, of which the later counts. An alias is never
            # compared.
            same = (isinstance(key, str | bool), key)
            if not isinstance(event, yaml.AliasEvent):
                if same in seen:
                    _refuse(f"the key {key!r} is defined twice", event)
                seen.add(same)
            mapping["" if key is None else js_text.text(key)] = self.value(next(self._events))
        return mapping

    def _alias(self, event: yaml.AliasEvent) -> Any:
        found = self._anchored.get(str(event.anchor))
        if found is None:
            _refuse(f"there is no value {event.anchor!r} before this", event)
        found.copies += 1
        self._heaviest = max(self._heaviest, found.copies * found.weight)
        if self._heaviest > _MAX_ALIASES:
            _refuse(f"there are too many copies of {event.anchor!r}", event)
        return found.value


def _scalar(event: yaml.ScalarEvent) -> Any:
    """A plain scalar is what it looks like; one with a tag only if it looks like that, and otherwise text."""
    text = event.value.translate(_SHOWN)
    if event.tag is None and event.implicit[0]:
        wanted = None
    elif event.tag is not None and event.tag.startswith(_CORE):
        wanted = event.tag.removeprefix(_CORE)
    else:
        return text
    if text == "-" and not event.style:
        _refuse("a list of lines cannot begin between brackets", event)  # §7.3.3
    for name, pattern, make in _CORE_SCHEMA:
        if (wanted is None or wanted == name) and pattern.fullmatch(text):
            return make(text)
    return text


def _refuse(problem: str, event: yaml.Event) -> NoReturn:
    raise yaml.MarkedYAMLError(None, None, problem, event.start_mark)  # type: ignore[arg-type]  # libyaml's mark does, too
