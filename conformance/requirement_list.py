"""The numbered requirements that scenarios refer to.

``requirements.jsonl``, one in a line, is made from ``docs/spec`` by ``docs/spec/extract.py`` (decision 332).
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import MappingProxyType

LIST_FILE = Path(__file__).with_name("requirements.jsonl")


class Level(StrEnum):
    """How binding a requirement is."""

    MUST = "MUST"
    SHOULD = "SHOULD"
    INFO = "INFO"


@dataclass(frozen=True, slots=True)
class Requirement:
    """One statement of the specification.

    Parameters:
        id: ``FRAME-07``.
        level: how binding it is.
        title: the statement itself, one or two sentences.
        area: name of the section it stands in.
        source: file and section of the specification, or file and line of an own one.
        reference: the clause, class of weakness or known case behind it; empty if the specification names none.
        expected: what is observed where it holds; empty if the statement says it all.
        observable: one-letter codes of how it can be observed (docs/spec/README.md).
    """

    id: str
    level: Level
    title: str
    area: str
    source: str
    reference: str
    expected: str = ""
    observable: str = ""


_OWN: dict[str, Requirement] = {}


def add(own: Iterable[Requirement]) -> None:
    """Have own requirements in this process, beside those of the specification."""
    _OWN.update((requirement.id, requirement) for requirement in own)


def requirements() -> Mapping[str, Requirement]:
    """All requirements by id, in the order of the specification; own ones come last."""
    return {**specified(), **_OWN} if _OWN else specified()


def place(source: str) -> str:
    """Where a requirement stands, for people: pages of the specification are known without their folder."""
    return f"docs/spec/{source}" if ".md" in source else source


@cache
def specified() -> Mapping[str, Requirement]:
    """The requirements of the specification."""
    with LIST_FILE.open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return MappingProxyType(
        {
            row["id"]: Requirement(
                id=row["id"],
                level=Level(row["level"]),
                title=row["title"],
                area=row["area"],
                source=row["source"],
                reference=row.get("reference", ""),
                expected=row.get("expected", ""),
                observable="".join(row.get("observable", [])),
            )
            for row in rows
        }
    )
