"""``${…}`` references: how a scenario uses what it saved, the target, the provider and the personas.

A text that is one reference keeps the type of the value; a reference inside a longer text becomes text.
Filters follow a bar: ``${start.state.nonce | upper}``.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from conformance.paths import MISSING, look_up, segments
from conformance.scenario.filters import FILTERS

_REFERENCE: Final = re.compile(r"\$\{([^}]*)\}")


class UnknownReferenceError(Exception):
    """A reference leads nowhere: a mistake in the scenario, or a step before it did not get that far."""


def references(value: Any) -> Iterator[tuple[str, list[str]]]:
    """Every reference in a text, list or mapping (keys included), as its path and its filters."""
    if isinstance(value, str):
        for inside in _REFERENCE.findall(value) if "${" in value else ():
            path, *filters = (part.strip() for part in inside.split("|"))
            yield path, filters
    elif isinstance(value, list):
        for item in value:
            yield from references(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from references(key)
            yield from references(item)


def resolve(value: Any, scope: Mapping[str, Any], only: Collection[str] | None = None) -> Any:
    """Replace the references in ``value`` (text, list or mapping, keys included) from ``scope``.

    Parameters:
        value: what holds references.
        scope: what they reach.
        only: replace references that begin with one of these and leave the others as they are.

    Raises:
        UnknownReferenceError: a path leads nowhere or a filter is not known.
    """
    if isinstance(value, str):
        if "${" not in value:
            return value
        whole = _REFERENCE.fullmatch(value)
        if whole:
            return _evaluate(whole.group(1), scope, only)
        return _REFERENCE.sub(lambda found: str(_evaluate(found.group(1), scope, only)), value)
    if isinstance(value, list):
        return [resolve(item, scope, only) for item in value]
    if isinstance(value, dict):
        return {_resolve_key(key, scope, only): resolve(item, scope, only) for key, item in value.items()}
    return value


def _resolve_key(key: Any, scope: Mapping[str, Any], only: Collection[str] | None) -> Any:
    if not isinstance(key, str) or "${" not in key:
        return key
    resolved = resolve(key, scope, only)
    if not isinstance(resolved, str):
        raise UnknownReferenceError(f"{key} is a key, so it has to be a text, not {resolved!r}")
    return resolved


def _evaluate(inside: str, scope: Mapping[str, Any], only: Collection[str] | None) -> Any:
    path, *filters = (part.strip() for part in inside.split("|"))
    if only is not None and segments(path)[:1] not in [[root] for root in only]:
        return f"${{{inside}}}"
    value = look_up(dict(scope), path)
    if value is MISSING:
        raise UnknownReferenceError(f"${{{inside}}}: there is no {path!r} here")
    if only is not None and filters and any(references(value)):
        raise UnknownReferenceError(f"${{{inside}}}: a filter does not fit {value!r}, which is not resolved yet")
    for name in filters:
        if name not in FILTERS:
            raise UnknownReferenceError(f"${{{inside}}}: no filter {name!r}; there are {', '.join(FILTERS)}")
        try:
            value = FILTERS[name](value)
        except (TypeError, ValueError, LookupError, OverflowError) as error:
            raise UnknownReferenceError(f"${{{inside}}}: {name} does not fit {value!r}: {error}") from error
    return value
