"""Matchers: what ``expect`` may say about a value. Pure.

A plain value means equality. A mapping whose keys are all operators means that each of them holds:
``{at_least: 590, at_most: 600}``. Add an operator by writing a function and listing it in
:data:`OPERATORS`, and what stands beside it in :data:`OPERANDS`; its docstring is its documentation.

What stands beside an operator is checked, so that a slip of the pen is told before it passes for a check:
``lacks_keys: token`` would look for the keys t, o, k, e and n, and always hold; ``{at_leest: 5}`` would be a plain
mapping that no value ever equals. Both are mistakes of the scenario.
"""

import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from itertools import combinations
from typing import Any, Final

from conformance.paths import MISSING, look_up

Operator = Callable[[Any, Any], bool]

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


def _equals(actual: Any, wanted: Any) -> bool:
    """The same value and type; true and 1 differ, at any depth."""
    if isinstance(actual, bool) != isinstance(wanted, bool):
        return False
    if isinstance(actual, dict) and isinstance(wanted, dict):
        return actual.keys() == wanted.keys() and all(_equals(actual[key], wanted[key]) for key in wanted)
    if isinstance(actual, list) and isinstance(wanted, list):
        return len(actual) == len(wanted) and all(map(_equals, actual, wanted))
    return bool(actual == wanted)


def _stands_in(item: Any, items: Any) -> bool:
    return any(_equals(item, other) for other in items)


def _equals_if_known(actual: Any, wanted: Any) -> bool:
    """The same value; beside null, the path leads nowhere."""
    return actual is MISSING if wanted is None else _equals(actual, wanted)


def _if_there(actual: Any, wanted: Any) -> bool:
    """The path leads nowhere, or what is there satisfies the matcher."""
    return actual is MISSING or matches(actual, wanted)


def _not_equals(actual: Any, wanted: Any) -> bool:
    """There is a value, and it is another one."""
    return actual is not MISSING and not _equals(actual, wanted)


def _one_of(actual: Any, wanted: Any) -> bool:
    """One of the listed values."""
    return _stands_in(actual, wanted)


def _matches(actual: Any, wanted: Any) -> bool:
    """A text that the regular expression matches from beginning to end."""
    return isinstance(actual, str) and re.fullmatch(wanted, actual, re.DOTALL) is not None


def _contains(actual: Any, wanted: Any) -> bool:
    """A text with this part, a list with this item, or a mapping with this key."""
    if isinstance(actual, str):
        if not isinstance(wanted, str):
            raise ValueError(f"a text cannot contain {wanted!r}, which is no text")
        return wanted in actual
    return isinstance(actual, list | dict) and _stands_in(wanted, actual)


def _not_contains(actual: Any, wanted: Any) -> bool:
    """There is a value, and it does not contain this."""
    return actual is not MISSING and not _contains(actual, wanted)


def _starts_with(actual: Any, wanted: Any) -> bool:
    """A text with this beginning."""
    return isinstance(actual, str) and actual.startswith(wanted)


def _ends_with(actual: Any, wanted: Any) -> bool:
    """A text with this end."""
    return isinstance(actual, str) and actual.endswith(wanted)


def _absent(actual: Any, wanted: Any) -> bool:
    """True: the path leads nowhere. False: it leads somewhere, null included."""
    return (actual is MISSING) is bool(wanted)


def _empty(actual: Any, wanted: Any) -> bool:
    """True: an empty text, list or mapping. False: one that is not empty."""
    return isinstance(actual, str | list | dict) and (len(actual) == 0) is bool(wanted)


def _type(actual: Any, wanted: Any) -> bool:
    """One of text, integer, number, boolean, list, mapping, null."""
    return is_type(actual, wanted)


def _at_least(actual: Any, wanted: Any) -> bool:
    """A number not below this."""
    return is_type(actual, "number") and bool(actual >= wanted)


def _at_most(actual: Any, wanted: Any) -> bool:
    """A number not above this."""
    return is_type(actual, "number") and bool(actual <= wanted)


def _length(actual: Any, wanted: Any) -> bool:
    """A text, list or mapping of this length."""
    return isinstance(actual, str | list | dict) and len(actual) == wanted


def _keys(actual: Any, wanted: Any) -> bool:
    """A mapping with exactly these keys, in any order."""
    return isinstance(actual, dict) and set(actual) == set(wanted)


def _has_keys(actual: Any, wanted: Any) -> bool:
    """A mapping with at least these keys."""
    return isinstance(actual, dict) and set(wanted) <= set(actual)


def _lacks_keys(actual: Any, wanted: Any) -> bool:
    """A mapping without any of these keys."""
    return isinstance(actual, dict) and not set(wanted) & set(actual)


def _same_items(actual: Any, wanted: Any) -> bool:
    """A list with exactly these items, in any order, each as often."""
    if not isinstance(actual, list) or len(actual) != len(wanted):
        return False
    rest = list(actual)
    for item in wanted:
        place = next((index for index, other in enumerate(rest) if _equals(other, item)), None)
        if place is None:
            return False
        del rest[place]
    return True


def _includes(actual: Any, wanted: Any) -> bool:
    """A list that has all of these items."""
    return isinstance(actual, list) and all(_stands_in(item, actual) for item in wanted)


def _words(actual: Any, wanted: Any) -> bool:
    """A text of exactly these words, in any order, separated by single spaces."""
    words = wanted.split() if isinstance(wanted, str) else list(wanted)
    return isinstance(actual, str) and sorted(actual.split(" ")) == sorted(dict.fromkeys(words))


def _has_words(actual: Any, wanted: Any) -> bool:
    """A text in which each of these words stands, separated by white space."""
    words = wanted.split() if isinstance(wanted, str) else list(wanted)
    return isinstance(actual, str) and set(words) <= set(actual.split())


def _holds(actual: Any, wanted: Any) -> bool:
    """A mapping in which each of these paths satisfies its matcher."""
    return isinstance(actual, dict) and all(matches(look_up(actual, path), inner) for path, inner in wanted.items())


def _every(actual: Any, wanted: Any) -> bool:
    """A list, not empty, in which each item satisfies the matcher."""
    return isinstance(actual, list) and bool(actual) and all(matches(item, wanted) for item in actual)


def _some(actual: Any, wanted: Any) -> bool:
    """A list in which at least one item satisfies the matcher."""
    return isinstance(actual, list) and any(matches(item, wanted) for item in actual)


def _just_one(actual: Any, wanted: Any) -> bool:
    """A list in which one item satisfies the matcher, and no second one does."""
    return isinstance(actual, list) and sum(matches(item, wanted) for item in actual) == 1


def _none(actual: Any, wanted: Any) -> bool:
    """A list, perhaps empty, in which no item satisfies the matcher."""
    return isinstance(actual, list) and not any(matches(item, wanted) for item in actual)


def _unlike(actual: Any, wanted: Any) -> bool:
    """A list, not empty, whose items have texts at this path, no two of which agree in half of their characters."""
    if not isinstance(actual, list):
        return False
    texts = [look_up(item, wanted) for item in actual]
    return (
        bool(texts)
        and all(isinstance(text, str) for text in texts)
        and all(2 * sum(map(str.__eq__, one, other)) < len(one) for one, other in combinations(texts, 2))
    )


OPERATORS: Final[Mapping[str, Operator]] = {
    "equals": _equals,
    "equals_if_known": _equals_if_known,
    "if_there": _if_there,
    "not_equals": _not_equals,
    "one_of": _one_of,
    "matches": _matches,
    "contains": _contains,
    "not_contains": _not_contains,
    "starts_with": _starts_with,
    "ends_with": _ends_with,
    "absent": _absent,
    "empty": _empty,
    "type": _type,
    "at_least": _at_least,
    "at_most": _at_most,
    "length": _length,
    "keys": _keys,
    "has_keys": _has_keys,
    "lacks_keys": _lacks_keys,
    "same_items": _same_items,
    "includes": _includes,
    "words": _words,
    "has_words": _has_words,
    "holds": _holds,
    "every": _every,
    "some": _some,
    "just_one": _just_one,
    "none": _none,
    "unlike": _unlike,
}
"""Name of an operator -> the function that decides it."""

OPERANDS: Final[Mapping[str, str]] = {
    "equals": "any value",
    "equals_if_known": "any value",
    "if_there": "matcher",
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
    "just_one": "matcher",
    "none": "matcher",
    "unlike": "text",
}
"""Name of an operator -> what stands beside it."""


def matches(actual: Any, matcher: Any) -> bool:
    """Say whether a value satisfies a matcher.

    Parameters:
        actual: the observed value, or ``MISSING``.
        matcher: a plain value, or a mapping of operators.

    Raises:
        ValueError: the matcher itself is wrong (see :func:`mistakes_in`).
    """
    if not is_operation(matcher):
        return _equals(actual, matcher)
    mistakes = mistakes_in(matcher)
    if mistakes:
        raise ValueError("; ".join(mistakes))
    return all(OPERATORS[name](actual, wanted) for name, wanted in matcher.items())


def describe(matcher: Any) -> str:
    """A matcher in words, for messages."""
    if not is_operation(matcher):
        return repr(matcher)
    return " and ".join(f"{name.replace('_', ' ')} {wanted!r}" for name, wanted in matcher.items())


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
        return [f"{operators[0]!r} is an operator and {others} is none; write a mapping to compare with below equals"]
    near = {key: get_close_matches(str(key), OPERANDS, n=1, cutoff=0.8) for key in plain}
    if not all(near.values()):
        return []
    return [
        f"there is no operator {key!r}; {found[0]!r} is one. Write a mapping to compare with below equals"
        for key, found in near.items()
    ]


def _wants_type(name: str) -> Callable[[Any], list[str]]:
    article = "an" if name == "integer" else "a"
    return lambda operand: [] if is_type(operand, name) else [f"{operand!r} is not {article} {name}"]


def _wants_pattern(operand: Any) -> list[str]:
    if not isinstance(operand, str):
        return [f"{operand!r} is not a text"]
    try:
        re.compile(operand)
    except re.error as error:
        return [f"{operand!r} is not a regular expression: {error}"]
    return []


def _wants_type_name(operand: Any) -> list[str]:
    known = isinstance(operand, str) and operand in TYPES
    return [] if known else [f"no type {operand!r}; there are {', '.join(TYPES)}"]


def _wants_words(operand: Any) -> list[str]:
    fits = isinstance(operand, str) or (isinstance(operand, list) and all(isinstance(word, str) for word in operand))
    return [] if fits else [f"{operand!r} is neither a text nor a list of texts"]


def _wants_paths(operand: Any) -> list[str]:
    if not isinstance(operand, dict) or not operand:
        return [f"{operand!r} is not a mapping of paths to matchers"]
    return [f"{path}: {mistake}" for path, matcher in operand.items() for mistake in mistakes_in(matcher)]


_CHECKS: Final[Mapping[str, Callable[[Any], list[str]]]] = {
    "any value": lambda _: [],
    "list": _wants_type("list"),
    "text": _wants_type("text"),
    "boolean": _wants_type("boolean"),
    "number": _wants_type("number"),
    "integer": _wants_type("integer"),
    "pattern": _wants_pattern,
    "type": _wants_type_name,
    "words": _wants_words,
    "paths": _wants_paths,
    "matcher": mistakes_in,
}
"""Kind of operand -> what is wrong with one."""
