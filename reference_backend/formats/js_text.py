"""Texts as JavaScript makes and trims them (UP-09, §2.5 of providers-oauth.md)."""

import math
from decimal import Decimal
from typing import Any

UNDEFINED = "undefined"
OBJECT = "[object Object]"
_WHITE_SPACE = "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
_WHITE_SPACE += "\u2028\u2029\u202f\u205f\u3000\ufeff"
"""ECMA-262 §12.2 and §12.3; Python's own idea of white space has more characters, and not the last one."""


def text(value: Any) -> str:
    """The text of a JSON value inside a template."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return OBJECT
    if isinstance(value, list):
        return ",".join("" if item is None else text(item) for item in value)
    if isinstance(value, float):
        return _number(value)
    return str(value)


def _number(value: float) -> str:
    """ECMA-262 §6.1.6.1.20: digits as far as 21 of them do, else with an exponent."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "-Infinity" if value < 0 else "Infinity"
    sign = "-" if value < 0 else ""
    _, found, exponent = Decimal(repr(abs(value))).normalize().as_tuple()
    digits = "".join(map(str, found))
    point = len(digits) + int(exponent)
    if len(digits) <= point <= 21:
        return sign + digits.ljust(point, "0")
    if 0 < point <= 21:
        return f"{sign}{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    fraction = f".{digits[1:]}" if digits[1:] else ""
    return f"{sign}{digits[0]}{fraction}e{point - 1:+d}"


def member(values: dict[str, Any], name: str) -> str:
    """The text of a member that may be absent."""
    return text(values[name]) if name in values else UNDEFINED


def trim(value: str) -> str:
    """``String.prototype.trim``."""
    return value.strip(_WHITE_SPACE)


def trim_end(value: str) -> str:
    """``String.prototype.trimEnd``."""
    return value.rstrip(_WHITE_SPACE)
