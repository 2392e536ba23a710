"""Paths into plain data: ``headers.location``, ``messages.1.data``, ``annotations[google.com/email]``."""

import re
from typing import Any, Final

_SEGMENT: Final = re.compile(r"\[([^\]]*)\]|([^.\[\]]+)")


class Missing:
    """The value of a path that leads nowhere. There is one instance, :data:`MISSING`."""

    def __repr__(self) -> str:
        return "(absent)"

    def __bool__(self) -> bool:
        return False


MISSING: Final = Missing()


def segments(path: str) -> list[str]:
    """Split a path; square brackets keep a key that contains dots in one piece."""
    return [bracketed or plain for bracketed, plain in _SEGMENT.findall(path)]


def look_up(data: Any, path: str) -> Any:
    """Follow ``path`` through mappings and lists.

    Returns:
        What is there, or :data:`MISSING`. A negative number counts from the end of a list, and ``length``
        of a list, text or mapping is its length unless a mapping has such a key.
    """
    for segment in segments(path):
        data = _member(data, segment)
        if data is MISSING:
            break
    return data


def _member(data: Any, segment: str) -> Any:
    if isinstance(data, dict):
        if segment in data:
            return data[segment]
    elif isinstance(data, list) and re.fullmatch(r"-?\d+", segment):
        index = int(segment)
        return data[index] if -len(data) <= index < len(data) else MISSING
    if segment == "length" and isinstance(data, list | str | dict):
        return len(data)
    return MISSING
