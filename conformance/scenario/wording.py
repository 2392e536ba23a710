"""Pydantic's findings in plain words."""

from collections.abc import Mapping
from typing import Any, Final

_WORDS: Final[Mapping[str, str]] = {
    "missing": "is missing",
    "extra_forbidden": "there is no such key here",
    "invalid_key": "a key has to be a text",
    "string_type": "has to be a text",
    "dict_type": "has to be a mapping",
    "model_type": "has to be a mapping",
    "list_type": "has to be a list",
    "bool_type": "has to be true or false",
    "bool_parsing": "has to be true or false",
    "int_type": "has to be a whole number",
    "int_parsing": "has to be a whole number",
    "too_short": "must not be empty",
    "string_too_short": "is too short; say it in a sentence",
}


def in_words(mistake: Mapping[str, Any]) -> str:
    """One entry of ``ValidationError.errors()``: where, and what is wrong there."""
    # Parts like ``dict[str,any]`` name a branch of pydantic's, not a place in the file.
    where = ".".join(str(part) for part in mistake["loc"] if "[" not in str(part))
    text = _WORDS.get(mistake["type"], mistake["msg"].removeprefix("Value error, "))
    return f"{where}: {text}" if where else text
