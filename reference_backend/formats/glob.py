"""Globs over origins (ORIGIN-02 … ORIGIN-05, HTTP-02, protocol.md §44.10); follows picomatch, byte for byte.

Pattern and candidate are cut at ``/`` and compared segment by segment, ignoring case. ``*`` stands for
characters of one segment and never for a ``/``.
"""

import re
from functools import lru_cache

_RANGE = re.compile(r"(-?\d+)\.\.(-?\d+)\Z")
_CLASS = re.compile(r"\[([!^]?+)([^\]]+)\]")
_MEMBER = re.compile(r"(.)-(.)|.", re.DOTALL)


def matches(pattern: str, candidate: str) -> bool:
    """Tell whether a candidate matches a glob.

    Parameters:
        pattern: the glob; a leading ``!`` negates, a leading ``#`` matches nothing (ORIGIN-05).
        candidate: what is tested, for instance an origin.
    """
    if pattern.startswith("#"):
        return False
    positive = pattern.lstrip("!")
    negated = (len(pattern) - len(positive)) % 2 == 1
    return any(_segments_match(part, candidate) for part in expand_braces(positive)) != negated


def expand_braces(pattern: str) -> list[str]:
    """Expand ``{a,b}`` and ``{1..3}``; a single item in braces stays as it is.

    Raises nothing: unbalanced braces are literal text.
    """
    for start in (index for index, char in enumerate(pattern) if char == "{"):
        end, items = _brace_items(pattern, start)
        if items is None:
            continue
        return [
            pattern[:start] + head + tail
            for item in items
            for head in expand_braces(item)
            for tail in expand_braces(pattern[end + 1 :])
        ]
    return [pattern]


def _brace_items(pattern: str, start: int) -> tuple[int, list[str] | None]:
    depth, items, begin = 0, [], start + 1
    for index in range(start, len(pattern)):
        char = pattern[index]
        depth += {"{": 1, "}": -1}.get(char, 0)
        if char == "," and depth == 1:
            items.append(pattern[begin:index])
            begin = index + 1
        elif depth == 0:
            return index, [*items, pattern[begin:index]] if items else _number_range(pattern[begin:index])
    return start, None


def _number_range(text: str) -> list[str] | None:
    match = _RANGE.match(text)
    if match is None:
        return None
    first, last = int(match[1]), int(match[2])
    step = 1 if last >= first else -1
    return [str(number) for number in range(first, last + step, step)]


def _segments_match(pattern: str, candidate: str) -> bool:
    if not pattern:
        return not candidate
    # Runs of slashes count as one on both sides, and a candidate may end in a slash; a pattern may not.
    patterns, segments = re.split(r"/+", pattern), re.split(r"/+", candidate)
    if len(segments) == len(patterns) + 1 and segments[-1] == "":
        segments.pop()
    return len(patterns) == len(segments) and all(
        _segment_regex(one).fullmatch(other) for one, other in zip(patterns, segments, strict=True)
    )


@lru_cache(maxsize=512)
def _segment_regex(segment: str) -> re.Pattern[str]:
    if segment and not segment.strip("*"):
        # Only stars: at least one character, and not a hidden name.
        return re.compile(r"(?!\.).+", re.DOTALL)
    regex = "".join(_translate(segment))
    hidden = r"(?!\.)" if segment[:1] in ("*", "?", "[") else ""
    return re.compile(hidden + regex, re.IGNORECASE | re.DOTALL)


def _translate(segment: str) -> list[str]:
    parts, index = [], 0
    while index < len(segment):
        char = segment[index]
        bracket = _CLASS.match(segment, index) if char == "[" else None
        if bracket is not None:
            parts.append(_class_regex(bracket[2], negated=bool(bracket[1])))
            index = bracket.end()
            continue
        if char == "\\" and index + 1 < len(segment):
            index += 1
            parts.append(re.escape(segment[index]))
        else:
            parts.append({"*": ".*?", "?": "."}.get(char) or re.escape(char))
        index += 1
    return parts


def _class_regex(members: str, *, negated: bool) -> str:
    """A class of characters; ranges that run backwards are left out, and of none nothing is a member."""
    found = [
        re.escape(one[0]) if one[1] is None else f"{re.escape(one[1])}-{re.escape(one[2])}"
        for one in _MEMBER.finditer(members)
        if one[1] is None or one[1] <= one[2]
    ]
    return f"[{'^' if negated else ''}{''.join(found)}]" if found else "(?!)"
