"""Objects that people write, member by member: what each may be, as a reader and as JSON Schema.

Files and the control API read the same tables, so that both take the same values and explain mistakes alike.
"""

import difflib
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

Path = tuple[str | int, ...]
"""Where something stands: names of members and numbers in lists, from the outside in."""

JsonSchema = Mapping[str, Any]

_LONGEST = 10_000
_DEEPEST = 20
_NAME = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}"


class MemberError(ValueError):
    """A value that cannot be what it is meant to be.

    Parameters:
        sentence: what is wrong and what would be right.
        path: where it stands.
    """

    def __init__(self, sentence: str, path: Path = ()) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.path = path

    def below(self, step: str | int) -> "MemberError":
        """The same mistake, seen from one step further out."""
        return MemberError(self.sentence, (step, *self.path))


@dataclass(frozen=True, slots=True)
class Kind:
    """What a value may be.

    Parameters:
        schema: the same as JSON Schema; names that may become more are a function that gives them.
        read: takes the value and its name for messages; gives it as the mock uses it, or raises
            :class:`MemberError`.
    """

    schema: JsonSchema
    read: Callable[[Any, str], Any]


@dataclass(frozen=True, slots=True)
class Member:
    """One member of an object.

    Parameters:
        kind: what it may be.
        description: one sentence, for schemas and for who reads a file.
        required: True if there is no object without it.
    """

    kind: Kind
    description: str
    required: bool = False


Members = Mapping[str, Member]


def read_members(data: Any, members: Members, what: str) -> dict[str, Any]:
    """Read an object.

    Parameters:
        data: what was written.
        members: what it may have.
        what: what it is, with an article.

    Raises:
        MemberError: it is no object, lacks a member, has an unknown one, or one that cannot be.
    """
    if not isinstance(data, Mapping):
        raise MemberError(f"{what} must be an object with members, not {shown(data)}.")
    for name in data:
        if name not in members:
            raise MemberError(f"The member {shown(name)} means nothing here{instead(name, members)}", (str(name),))
    for name, member in members.items():
        if member.required and name not in data:
            raise MemberError(f"{what} needs the member {name}.")
    read = {}
    for name, value in data.items():
        try:
            read[name] = members[name].kind.read(value, name)
        except MemberError as error:
            raise error.below(name) from None
    return read


def schema_of(members: Members, description: str) -> dict[str, Any]:
    """An object as JSON Schema.

    Parameters:
        members: what it may have.
        description: what it is.
    """
    properties = {name: {"description": m.description, **with_names(m.kind.schema)} for name, m in members.items()}
    required = [name for name, member in members.items() if member.required]
    return {
        "type": "object",
        "description": description,
        "additionalProperties": False,
        **({"required": required} if required else {}),
        "properties": properties,
    }


def with_names(schema: Any) -> Any:
    """A schema with the names that there are by now; vendors of one's own are added after the tables were made."""
    if callable(schema):
        return sorted(schema())
    if isinstance(schema, Mapping):
        return {key: with_names(value) for key, value in schema.items()}
    return [with_names(entry) for entry in schema] if isinstance(schema, list) else schema


def instead(name: Any, known: Collection[str]) -> str:
    """The end of a sentence about an unknown name: what was probably meant, and what there is."""
    near = difflib.get_close_matches(str(name), known, 1)
    meant = f"; did you mean {near[0]}?" if near else ";"
    return f"{meant} There are {', '.join(sorted(known))}."


def shown(value: Any) -> str:
    """A value in a message, of bounded length."""
    return f"{value!r:.80}"


# --- kinds ------------------------------------------------------------------------------------------


def _text_kind(pattern: str, explanation: str, **schema: Any) -> Kind:
    compiled = re.compile(pattern)

    def read(value: Any, name: str) -> str:
        if not isinstance(value, str) or not compiled.fullmatch(value):
            raise MemberError(f"{name} must be {explanation}, not {shown(value)}.")
        return value

    return Kind({"type": "string", "pattern": f"^{pattern}$", **schema}, read)


NAME = _text_kind(_NAME, "a name of letters, digits, -, _ and dots")
LINE = _text_kind(r"[^\x00-\x1f\x7f]{1,500}", "one line of text")
EMAIL = _text_kind(r"[^\s@\x00-\x1f\x7f]{1,200}@[^\s@\x00-\x1f\x7f]{1,200}", "an e-mail address")
PICTURE = _text_kind(r"(https?://|data:image/)[!-~]{1,9900}", "an address of a picture (https://… or data:image/…)")
# RFC 6749 appendix A.1 and A.2.
CREDENTIAL = _text_kind(r"[!-~]([ -~]{0,498}[!-~])?", "a text of visible ASCII characters")
_URL = _text_kind(r"https?://[!-~]{1,500}", "a URL such as http://localhost:7007")
URL = Kind(_URL.schema, lambda value, name: _URL.read(value, name).rstrip("/"))
"""A base URL; a final slash is dropped."""


def or_null(kind: Kind) -> Kind:
    """A kind that may be missing on purpose."""
    return Kind(
        {"anyOf": [dict(kind.schema), {"type": "null"}]}, lambda v, name: None if v is None else kind.read(v, name)
    )


def or_false(kind: Kind) -> Kind:
    """A kind that may be ``false``: there is none."""
    return Kind(
        {"anyOf": [dict(kind.schema), {"const": False}]}, lambda v, name: None if v is False else kind.read(v, name)
    )


def _boolean(value: Any, name: str) -> bool:
    if not isinstance(value, bool):
        raise MemberError(f"{name} must be true or false, not {shown(value)}.")
    return value


BOOLEAN = Kind({"type": "boolean"}, _boolean)


def whole(lowest: int, highest: int) -> Kind:
    """A whole number within bounds."""

    def read(value: Any, name: str) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not lowest <= value <= highest:
            raise MemberError(f"{name} must be a whole number from {lowest} to {highest}, not {shown(value)}.")
        return value

    return Kind({"type": "integer", "minimum": lowest, "maximum": highest}, read)


def _identifier(value: Any, name: str) -> str | int:
    # Numbers above are not exact in every JSON parser (RFC 8259 section 6).
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53:
        return value
    if isinstance(value, str):
        read: str = LINE.read(value, name)
        return read
    raise MemberError(f"{name} must be a number or a text, not {shown(value)}.")


IDENTIFIER = Kind(
    {"anyOf": [{"type": "integer", "minimum": 0, "exclusiveMaximum": 2**53}, dict(LINE.schema)]}, _identifier
)


def list_of(kind: Kind, most: int = 1000) -> Kind:
    """A list, in order."""

    def read(value: Any, name: str) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise MemberError(f"{name} must be a list, not {shown(value)}.")
        if len(value) > most:
            raise MemberError(f"{name} has {len(value)} entries, at most {most} are possible.")
        entries = []
        for number, entry in enumerate(value):
            try:
                entries.append(kind.read(entry, f"an entry of {name}"))
            except MemberError as error:
                raise error.below(number) from None
        return tuple(entries)

    return Kind({"type": "array", "maxItems": most, "items": dict(kind.schema)}, read)


def map_of(kind: Kind, keys: Callable[[], Collection[str]] | None = None) -> Kind:
    """An object whose members are all alike.

    Parameters:
        kind: what each value may be.
        keys: gives the names there are, or None for any name.
    """

    def read(value: Any, name: str) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            raise MemberError(f"{name} must be an object with members, not {shown(value)}.")
        made = {}
        for key, entry in value.items():
            if keys and key not in keys():
                raise MemberError(f"There is no {shown(key)}{instead(key, keys())}", (str(key),))
            try:
                made[LINE.read(key, f"a name in {name}")] = kind.read(entry, f"{name}.{key}")
            except MemberError as error:
                raise error.below(str(key)) from None
        return made

    schema: dict[str, Any] = {"type": "object", "additionalProperties": dict(kind.schema)}
    if keys:
        schema |= {"propertyNames": {"enum": keys}}
    else:
        schema |= {"propertyNames": dict(LINE.schema)}
    return Kind(schema, read)


def one_of(choices: Callable[[], Collection[str]]) -> Kind:
    """One of several names."""

    def read(value: Any, name: str) -> str:
        if not isinstance(value, str) or value not in choices():
            raise MemberError(f"There is no {name} {shown(value)}{instead(value, choices())}")
        return value

    return Kind({"enum": choices}, read)


def _json(value: Any, name: str, depth: int = 0) -> Any:
    """A value that JSON can say."""
    if depth > _DEEPEST:
        raise MemberError(f"{name} is nested too deeply.")
    if value is None or isinstance(value, bool | int | float | str):
        if isinstance(value, str) and len(value) > _LONGEST:
            raise MemberError(f"A text in {name} has {len(value)} characters, at most {_LONGEST} are possible.")
        return value
    if isinstance(value, list):
        return [_json(entry, name, depth + 1) for entry in value]
    if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
        return {key: _json(entry, name, depth + 1) for key, entry in value.items()}
    raise MemberError(f"{name} must be a JSON value, not {shown(value)}; put a date in quotation marks.")


def one_of_these(*values: str | bool) -> Kind:
    """One of a few values that never change."""

    def read(value: Any, name: str) -> Any:
        # 1 is not true here, though Python says that they are equal.
        if not any(value == known and type(value) is type(known) for known in values):
            said = ", ".join(str(known).lower() if isinstance(known, bool) else known for known in values)
            raise MemberError(f"{name} must be one of {said}, not {shown(value)}.")
        return value

    return Kind({"enum": list(values)}, read)


def number(lowest: float, highest: float) -> Kind:
    """A number within bounds."""

    def read(value: Any, name: str) -> float:
        # What is no number (NaN) is in no order either.
        if not isinstance(value, int | float) or isinstance(value, bool) or not lowest <= value <= highest:
            raise MemberError(f"{name} must be a number from {lowest:g} to {highest:g}, not {shown(value)}.")
        return float(value)

    return Kind({"type": "number", "minimum": lowest, "maximum": highest}, read)


ANYTHING = Kind({}, _json)
UNREAD = Kind({}, lambda value, name: value)
"""What is read by other means afterwards."""
CLAIMS = Kind(
    {"type": "object"},
    lambda value, name: _json(value, name) if isinstance(value, Mapping) else map_of(ANYTHING).read(value, name),
)
