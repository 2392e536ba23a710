"""What stands beside an operator in a matcher, so that a slip of the pen is told before it passes for a check. Pure.

``lacks_keys: token`` would look for the keys t, o, k, e and n, and always hold; ``{at_leest: 5}`` would be a plain
mapping that no value ever equals. Both are mistakes of the scenario.
"""

import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any, Final

TYPES: Final[Mapping[str, tuple[type, ...]]] = {
    "text": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "list": (list,),
    "mapping": (dict,),
    "null": (type(None),),
}
"""Name of a type in scenarios -> the types of the values."""


def is_type(value: Any, name: str) -> bool:
    """Say whether a value has the type of that name; booleans are no numbers."""
    if isinstance(value, bool) and name in {"integer", "number"}:
        return False
    return isinstance(value, TYPES[name])


OPERANDS: Final[Mapping[str, str]] = {
    "equals": "any value",
    "equals_if_known": "any value",
    "not_equals": "any value",
    "one_of": "list",
    "matches": "pattern",
    "contains": "any value",
    "not_contains": "any value",
    "starts_with": "text",
    "ends_with": "text",
    "absent": "boolean",
    "empty": "boolean",
    "type": "type",
    "at_least": "number",
    "at_most": "number",
    "length": "integer",
    "keys": "list",
    "has_keys": "list",
    "lacks_keys": "list",
    "same_items": "list",
    "includes": "list",
    "words": "words",
    "has_words": "words",
    "holds": "paths",
    "every": "matcher",
    "some": "matcher",
    "none": "matcher",
    "unlike": "text",
}
"""Name of an operator -> what stands beside it."""


def is_operation(matcher: Any) -> bool:
    """Say whether a matcher is a mapping of operators rather than a plain value."""
    return isinstance(matcher, dict) and bool(matcher) and all(key in OPERANDS for key in matcher)


def mistakes_in(matcher: Any) -> list[str]:
    """Everything wrong with a matcher as it stands in the file; a ``${…}`` reference may stand for anything."""
    if not isinstance(matcher, dict):
        return []
    if not is_operation(matcher):
        return _suspicious_keys(matcher)
    found = []
    for name, operand in matcher.items():
        if not (isinstance(operand, str) and "${" in operand):
            found += [f"{name}: {mistake}" for mistake in _CHECKS[OPERANDS[name]](operand)]
    return found


def _suspicious_keys(plain: Mapping[Any, Any]) -> list[str]:
    """Find out whether a plain mapping is meant to be an operation."""
    operators = [key for key in plain if key in OPERANDS]
    if operators:
        others = ", ".join(repr(key) for key in plain if key not in OPERANDS)
        return [f"{operators[0]!r} is an operator and {others} is none; a mapping to compare with stands below equals"]
    near = {key: get_close_matches(str(key), OPERANDS, n=1, cutoff=0.8) for key in plain}
    if not all(near.values()):
        return []
    return [
        f"there is no operator {key!r}; {found[0]!r} is one. A mapping to compare with stands below equals"
        for key, found in near.items()
    ]


def _wants(name: str) -> Callable[[Any], list[str]]:
    article = "an" if name == "integer" else "a"
    return lambda operand: [] if is_type(operand, name) else [f"{operand!r} is not {article} {name}"]


def _pattern(operand: Any) -> list[str]:
    if not isinstance(operand, str):
        return [f"{operand!r} is not a text"]
    try:
        re.compile(operand)
    except re.error as error:
        return [f"{operand!r} is not a regular expression: {error}"]
    return []


def _type_name(operand: Any) -> list[str]:
    known = isinstance(operand, str) and operand in TYPES
    return [] if known else [f"no type {operand!r}; there are {', '.join(TYPES)}"]


def _words(operand: Any) -> list[str]:
    fits = isinstance(operand, str) or (isinstance(operand, list) and all(isinstance(word, str) for word in operand))
    return [] if fits else [f"{operand!r} is neither a text nor a list of texts"]


def _paths(operand: Any) -> list[str]:
    if not isinstance(operand, dict) or not operand:
        return [f"{operand!r} is not a mapping of paths to matchers"]
    return [f"{path}: {mistake}" for path, matcher in operand.items() for mistake in mistakes_in(matcher)]


_CHECKS: Final[Mapping[str, Callable[[Any], list[str]]]] = {
    "any value": lambda _: [],
    "list": _wants("list"),
    "text": _wants("text"),
    "boolean": _wants("boolean"),
    "number": _wants("number"),
    "integer": _wants("integer"),
    "pattern": _pattern,
    "type": _type_name,
    "words": _words,
    "paths": _paths,
    "matcher": mistakes_in,
}
"""Kind of operand -> what is wrong with one."""
