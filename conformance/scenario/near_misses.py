"""Near misses: values that are almost right, as tables, and what becomes of a table in a step. Pure.

Most comparisons that fail people do not fail at values that are wildly wrong: a prefix is compared, case is folded, a
dot is lost. A table holds every way in which values of one kind can be almost right, and is applied to each place where
a backend compares such values: ``each: {near_misses: secret, of: "${signed_in.state.nonce}"}``.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from conformance.scenario.facts import KebabCase
from conformance.scenario.references import UnknownReferenceError, references, resolve

RIGHT: Final = "right"
"""What a table calls the right value: ``${right | reverse}``."""

_OF_RIGHT: Final = re.compile(r"\$\{\s*right\b([^}]*)\}")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class NearMiss(_Strict):
    """A way in which a value can be almost right."""

    value: Any
    """the value; ``${right}`` in it is the right one."""
    source: Annotated[str, StringConstraints(min_length=4)]
    """which clause or weakness names it: ``CWE-187``, ``RFC 8725 section 3.1``."""


class NearMissTable(_Strict):
    """Every way in which values of one kind can be almost right. What a sound backend may accept is not in it."""

    near_misses: KebabCase
    """the name of the kind."""
    about: Annotated[str, StringConstraints(min_length=10)]
    """which values these are, and where a backend compares them."""
    values: Annotated[dict[KebabCase, NearMiss], Field(min_length=3)]
    """name -> the value and its source."""
    file: str = ""
    """where it was read from."""
    line: int = 0
    """its first line there."""

    @model_validator(mode="before")
    @classmethod
    def _of_one_source(cls, data: Any) -> Any:
        """``{name: [VALUE, SOURCE]}`` is short for ``{name: {value: VALUE, source: SOURCE}}``."""
        values = data.get("values") if isinstance(data, dict) else None
        if not isinstance(values, dict):
            return data
        full = {
            name: {"value": one[0], "source": one[1]} if isinstance(one, list) and len(one) == 2 else one
            for name, one in values.items()
        }
        return {**data, "values": full}


class NearMisses(_Strict):
    """In the place of the elements of a step's ``each``: the step is played with every near miss of a value.

    What turns out to be the right value itself, such as the lower case of what has no upper case, is left out.
    """

    near_misses: KebabCase
    """the kind: which table."""
    of: Any
    """the right value, usually a reference."""
    but: list[str] = []
    """names of near misses that are none here; say why in a comment."""
    tries: dict[str, NearMiss] = {}
    """those of the table, once it has been looked up."""


def looked_up(wanted: NearMisses, tables: Mapping[str, NearMissTable]) -> NearMisses:
    """The near misses of a step, with the values of the right one in them.

    Raises:
        UnknownReferenceError: there is no such table, or no such near miss in it.
    """
    if wanted.near_misses not in tables:
        there = ", ".join(tables) or "none"
        raise UnknownReferenceError(f"there is no table of near misses {wanted.near_misses!r}; there are {there}")
    values = tables[wanted.near_misses].values
    for name in wanted.but:
        if name not in values:
            raise UnknownReferenceError(
                f"near misses {wanted.near_misses!r} have no {name!r}; there are {', '.join(values)}"
            )
    tries = {
        name: near.model_copy(update={"value": _with_right(near.value, wanted.of)})
        for name, near in values.items()
        if name not in wanted.but
    }
    return wanted.model_copy(update={"tries": tries})


def _with_right(value: Any, right: Any) -> Any:
    """A table's value with the right one in the place of ``${right}``; the filters behind it stay."""
    if not any(references(right)):
        return resolve(value, {RIGHT: right}, [RIGHT])
    inside = str(right).strip()[2:-1]
    if isinstance(value, str):
        return _OF_RIGHT.sub(lambda found: f"${{{inside}{found.group(1)}}}", value)
    if isinstance(value, list):
        return [_with_right(item, right) for item in value]
    if isinstance(value, dict):
        return {_with_right(key, right): _with_right(item, right) for key, item in value.items()}
    return value


def mistakes_in_table(table: NearMissTable) -> list[str]:
    """Sentences about references of a table that reach anything but the right value."""
    return [
        f"{name}: ${{{path}}}: a near miss is made of ${{right}} alone"
        for name, near in table.values.items()
        for path, _ in references(near.value)
        if path != RIGHT
    ]


def mistake_in_use(wanted: NearMisses) -> str | None:
    """The sentence about a right value that is text around a reference; None if it is one reference or has none."""
    if any(references(wanted.of)) and not (
        isinstance(wanted.of, str) and re.fullmatch(r"\s*\$\{[^}]*\}\s*", wanted.of)
    ):
        return f"near misses of {wanted.of!r}: name the right value with 'set', and write one reference"
    return None
