"""``${…}`` references: how a scenario uses what it saved, the target, the provider and the personas.

A text that is one reference keeps the type of the value; a reference inside a longer text becomes text.
Filters follow a bar: ``${start.state.nonce | upper}``.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from conformance.scenario.filters import FILTERS
from conformance.scenario.paths import MISSING, look_up

_REFERENCE: Final = re.compile(r"\$\{([^}]*)\}")


class UnknownReferenceError(Exception):
    """A reference leads nowhere: a mistake in the scenario, or a step before it did not get that far."""


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
