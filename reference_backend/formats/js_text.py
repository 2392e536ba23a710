"""How JavaScript turns values into text, where error texts show it (UP-09, §2.5 of providers-oauth.md)."""

import math
from typing import Any

UNDEFINED = "undefined"
OBJECT = "[object Object]"


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
    if isinstance(value, float) and math.isfinite(value) and value == int(value):
        return str(int(value))
    return str(value)


def member(values: dict[str, Any], name: str) -> str:
    """The text of a member that may be absent."""
    return text(values[name]) if name in values else UNDEFINED
