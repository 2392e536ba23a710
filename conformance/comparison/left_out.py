"""What a comparison leaves out: data, each entry with its reason, read from ``left-out.yaml`` beside this file."""

import re
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Final

import yaml
from pydantic import BaseModel, ConfigDict, field_validator

FILE: Final = Path(__file__).with_name("left-out.yaml")


class Entry(BaseModel):
    """One thing that is not compared.

    Attributes:
        name: what it is called; ``*`` stands for anything.
        reason: why it is left out.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str
    reason: str


class Pattern(Entry):
    """A text that is not compared wherever it stands.

    Attributes:
        pattern: regular expression; what it matches is replaced by the name.
    """

    pattern: str

    @field_validator("pattern")
    @classmethod
    def _is_an_expression(cls, value: str) -> str:
        re.compile(value)
        return value


class LeftOut(BaseModel):
    """Everything that a comparison leaves out.

    Attributes:
        headers: header fields that are not compared at all.
        cookies: cookies of which only the attributes are compared.
        attributes: attributes of cookies of which only the presence is compared.
        members: members of JSON, tokens and queries of which only the presence is compared.
        values: texts that are replaced by their name.
        steps: actions whose scenarios are not compared.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    headers: tuple[Entry, ...]
    cookies: tuple[Entry, ...]
    attributes: tuple[Entry, ...]
    members: tuple[Entry, ...]
    values: tuple[Pattern, ...]
    steps: tuple[Entry, ...]


@cache
def left_out() -> LeftOut:
    """The data of the file."""
    return LeftOut.model_validate(yaml.safe_load(FILE.read_text(encoding="utf-8")))


def covers(entries: tuple[Entry, ...], name: str) -> bool:
    """Say whether one of the entries is about a name."""
    return any(fnmatchcase(name, entry.name) for entry in entries)
