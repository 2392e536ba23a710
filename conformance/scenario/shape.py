"""Which members an observation may have, so that a misspelt one is told before it passes for absent. Pure.

A shape maps the name of a member to the shape below it, or to None if anything may stand there.
"""

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Final

from conformance.paths import segments

Shape = Mapping[str, Any]

KEY_OPERATORS: Final = ("keys", "has_keys", "lacks_keys")


def shape_of(*names: str, **below: Shape | None) -> Shape:
    """A shape of members with anything below them, and of members with a shape of their own."""
    return {**dict.fromkeys(names), **below}


def wrong_member(shape: Shape, path: str | Sequence[str]) -> str | None:
    """The sentence about the first part of a path that cannot be there; None if all can.

    Parts that hold references, numbers and ``length`` are let through.
    """
    known: Shape | None = shape
    for part in segments(path) if isinstance(path, str) else path:
        if known is None or "${" in part or part.lstrip("-").isdigit() or part == "length":
            return None
        if part not in known:
            return _unknown(part, known)
        known = known[part]
    return None


def wrong_keys(shape: Shape, path: str, matcher: Any) -> Iterator[str]:
    """Sentences about keys that a matcher lists and the member at ``path`` never has."""
    known: Shape | None = shape
    for part in segments(path):
        known = known.get(part) if known is not None else None
    if known is None or not isinstance(matcher, dict):
        return
    for operator in KEY_OPERATORS:
        listed = matcher.get(operator)
        for key in listed if isinstance(listed, list) else []:
            if isinstance(key, str) and "${" not in key and key not in known:
                yield f"{operator}: {_unknown(key, known)}"


def _unknown(part: str, known: Shape) -> str:
    near = get_close_matches(part, list(known), n=1, cutoff=0.6)
    there = f"perhaps {near[0]!r} is meant" if near else f"there are {', '.join(sorted(known))}"
    return f"there is no member {part!r}; {there}"
