"""``${…}`` references: how a scenario uses what it saved, the target, the provider and the personas.

A text that is one reference keeps the type of the value; a reference inside a longer text becomes text.
Filters follow a bar: ``${start.state.nonce | upper}``.
"""

import base64
import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import quote, unquote

from conformance.scenario.paths import MISSING, look_up

_REFERENCE: Final = re.compile(r"\$\{([^}]*)\}")


class UnknownReferenceError(Exception):
    """A reference leads nowhere: a mistake in the scenario, or a step before it did not get that far."""


def _words(value: Any) -> list[str]:
    return [word for word in re.split(r"[\s,|]+", str(value)) if word]


def _swap_case(value: Any) -> str:
    return str(value).swapcase()


FILTERS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "upper": lambda value: str(value).upper(),
    "lower": lambda value: str(value).lower(),
    "swap-case": _swap_case,
    "reverse": lambda value: value[::-1],
    "hex": lambda value: str(value).encode().hex(),
    "base64": lambda value: base64.b64encode(str(value).encode()).decode(),
    "percent": lambda value: quote(str(value), safe="-_.!~*'()"),
    "unpercent": lambda value: unquote(str(value)),
    "length": len,
    "text": str,
    "integer": int,
    "json": lambda value: json.dumps(value, separators=(",", ":"), ensure_ascii=False),
    "words": _words,
    "joined": lambda value: " ".join(str(part) for part in value),
    "quoted-pattern": lambda value: re.escape(str(value)),
    "half": lambda value: value[: len(value) // 2],
}
"""Name of a filter -> what it makes of the value."""


def reference_names(text: str) -> list[str]:
    """Every reference in a text, without its filters."""
    return [inside.split("|")[0].strip() for inside in _REFERENCE.findall(text)]


def resolve(value: Any, scope: Mapping[str, Any]) -> Any:
    """Replace the references in ``value`` (text, list or mapping, keys included) from ``scope``.

    Raises:
        UnknownReferenceError: a path leads nowhere or a filter is not known.
    """
    if isinstance(value, str):
        whole = _REFERENCE.fullmatch(value)
        if whole:
            return _evaluate(whole.group(1), scope)
        return _REFERENCE.sub(lambda found: str(_evaluate(found.group(1), scope)), value)
    if isinstance(value, list):
        return [resolve(item, scope) for item in value]
    if isinstance(value, dict):
        return {_resolve_key(key, scope): resolve(item, scope) for key, item in value.items()}
    return value


def _resolve_key(key: Any, scope: Mapping[str, Any]) -> Any:
    resolved = resolve(key, scope)
    if isinstance(key, str) and not isinstance(resolved, str):
        raise UnknownReferenceError(f"{key} is a key, so it has to be a text, not {resolved!r}")
    return resolved


def _evaluate(inside: str, scope: Mapping[str, Any]) -> Any:
    path, *filters = (part.strip() for part in inside.split("|"))
    value = look_up(dict(scope), path)
    if value is MISSING:
        raise UnknownReferenceError(f"${{{inside}}}: there is no {path!r} here")
    for name in filters:
        if name not in FILTERS:
            raise UnknownReferenceError(f"${{{inside}}}: no filter {name!r}; there are {', '.join(FILTERS)}")
        try:
            value = FILTERS[name](value)
        except (TypeError, ValueError, LookupError, OverflowError) as error:
            raise UnknownReferenceError(f"${{{inside}}}: {name} does not fit {value!r}: {error}") from error
    return value
