"""Durations in the configuration (protocol.md §2): objects, ISO 8601 texts, "number and unit" texts.

Follows ``readDurationFromConfig`` of Backstage and ``ms`` of npm, oddities included.
"""

import math
import re
from collections.abc import Mapping
from typing import Any

SECONDS = {
    "years": 365 * 86400.0,
    "months": 30 * 86400.0,
    "weeks": 7 * 86400.0,
    "days": 86400.0,
    "hours": 3600.0,
    "minutes": 60.0,
    "seconds": 1.0,
    "milliseconds": 0.001,
}
"""A year counts as 365 days and a month as 30 days."""

_UNITS = {
    "milliseconds": ("milliseconds", "millisecond", "msecs", "msec", "ms"),
    "seconds": ("seconds", "second", "secs", "sec", "s"),
    "minutes": ("minutes", "minute", "mins", "min", "m"),
    "hours": ("hours", "hour", "hrs", "hr", "h"),
    "days": ("days", "day", "d"),
    "weeks": ("weeks", "week", "w"),
    "years": ("years", "year", "yrs", "yr", "y"),
}
_NUMBER_AND_UNIT = re.compile(r"(\d*\.?\d+) *([a-z]+)", re.IGNORECASE)
_NUMBER = r"(\d+(?:\.\d+)?)"
_ISO = re.compile(
    rf"P(?:{_NUMBER}Y)?(?:{_NUMBER}M)?(?:{_NUMBER}W)?(?:{_NUMBER}D)?"
    r"(?:T(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:[.,]\d+)?)S)?)?"
)


def seconds(value: Any) -> float:
    """Read a duration.

    Parameters:
        value: the configured value.

    Returns:
        Seconds, with fractions.

    Raises:
        ValueError: not a duration; the text says what one looks like.
    """
    if isinstance(value, str):
        text = value.strip()
        return _iso(text) if text.startswith("P") else _number_and_unit(text)
    if isinstance(value, Mapping):
        return _object(value)
    raise ValueError(f"expected a duration such as '2 days', 'PT1H' or {{hours: 1}}, got {value!r}")


def _object(value: Mapping[str, Any]) -> float:
    expected = ", ".join(f"'{name}'" for name in SECONDS)
    unknown = ", ".join(f"'{name}'" for name in value if name not in SECONDS)
    if unknown:
        raise ValueError(f"Unknown property {unknown}; expected one or more of {expected}")
    if not value:
        raise ValueError(f"Needs one or more of {expected}")
    try:
        return sum(SECONDS[name] * float(amount) for name, amount in value.items())
    except (TypeError, ValueError) as error:
        raise ValueError("the members of a duration have to be numbers") from error


def _iso(text: str) -> float:
    match = _ISO.fullmatch(text)
    if match is None or not any(match.groups()):
        raise ValueError(
            "Invalid ISO format, expected a value similar to 'P2DT6H' (2 days 6 hours) or 'PT1M' (1 minute)"
        )
    amounts = [float(group.replace(",", ".")) if group else 0.0 for group in match.groups()]
    return math.fsum(amount * factor for amount, factor in zip(amounts, list(SECONDS.values())[:7], strict=True))


def _number_and_unit(text: str) -> float:
    if text.isdigit():
        raise ValueError("The value cannot be a plain number; try adding a unit like 'ms' or 'seconds'")
    match = _NUMBER_AND_UNIT.fullmatch(text)
    unit = match and next((name for name, names in _UNITS.items() if match[2].lower() in names), None)
    if match is None or unit is None:
        raise ValueError("Not a valid duration string, try a number followed by a unit such as '1d' or '2 seconds'")
    return float(match[1]) * SECONDS[unit]
