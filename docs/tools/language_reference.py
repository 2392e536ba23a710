"""Writes the generated parts of docs/scenarios.md: ``python -m docs.tools.language_reference [--check]``."""

import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel

from conformance.driver.members import MEMBERS
from conformance.matchers import OPERANDS, OPERATORS
from conformance.scenario.facts import (
    IdleResolver,
    MissingKey,
    PersonaProfile,
    RefreshRequest,
    Requests,
    Resolver,
    Scopes,
    TokenRequest,
)
from conformance.scenario.filters import FILTERS
from conformance.scenario.model import (
    Applies,
    Expectation,
    OwnRequirement,
    OwnRequirements,
    ProviderFacts,
    Scenario,
    StepEntry,
    Vocabulary,
)
from conformance.scenario.near_misses import NearMisses, NearMissTable
from conformance.steps import STEPS
from conformance.steps.base import Step
from docs.tools.generated import write_or_check
from docs.tools.markdown import one_line, text_of

DOCUMENT: Final = Path(__file__).parents[1] / "scenarios.md"

_PART: Final = re.compile(r"(<!-- begin generated: ([\w-]+) -->\n).*?(<!-- end generated -->)", re.DOTALL)


def with_fresh_parts(text: str) -> str:
    """The document with everything between its markers made anew.

    Raises:
        KeyError: a marker names a part that does not exist.
    """
    made = parts()
    return _PART.sub(lambda found: f"{found[1]}\n{made[found[2]]}\n\n{found[3]}", text)


def parts() -> dict[str, str]:
    """Every generated part by the name in its marker."""
    return {
        "steps": "\n\n".join(_step(step) for step in STEPS.values()),
        "operators": _table(
            ("operator", "beside it", "holds for"),
            [(f"`{name}`", OPERANDS[name], text_of(operator)) for name, operator in OPERATORS.items()],
        ),
        "filters": _table(
            ("filter", "makes of the value"),
            [(f"`{name}`", text_of(function)) for name, function in FILTERS.items()],
        ),
        "members": "\n\n".join(_members(group, members) for group, members in MEMBERS.items()),
        "scenario": _fields(Scenario, leave_out=("part",)),
        "applies-to": _fields(Applies),
        "step-entry": _fields(StepEntry, leave_out=("action", "arguments", "gathers", "unless_same")),
        "provider-facts": _fields(ProviderFacts),
        "expectation": _fields(Expectation),
        "near-misses": _fields(NearMisses, leave_out=("tries",)),
        "near-miss-table": _fields(NearMissTable),
        "vocabulary": _fields(Vocabulary),
        "own-requirements": _fields(OwnRequirements),
        "own-requirement": _fields(OwnRequirement),
        "scopes": _fields(Scopes),
        "token-request": _fields(TokenRequest),
        "refresh-request": _fields(RefreshRequest),
        "requests": _fields(Requests),
        "persona-profile": _fields(PersonaProfile),
        "resolver": _fields(Resolver),
        "idle-resolver": _fields(IdleResolver),
        "missing-key": _fields(MissingKey),
    }


def _step(step: type[Step]) -> str:
    rows = []
    for name, field in step.model_fields.items():
        default = "required" if field.is_required() else f"`{json.dumps(field.default)}`"
        rows.append((f"`{field.alias or name}`", default, one_line(field.description or "")))
    table = _table(("argument", "default", "meaning"), rows) if rows else "It takes no arguments."
    return f"### `{step.action}`\n\n{text_of(step)}\n\n{table}"


def _fields(model: type[BaseModel], leave_out: tuple[str, ...] = ()) -> str:
    hidden = {"file", "line", *leave_out}
    return _table(
        ("key", "meaning"),
        [
            (f"`{field.alias or name}`", one_line(field.description or ""))
            for name, field in model.model_fields.items()
            if name not in hidden
        ],
    )


def _members(group: str, members: Mapping[str, str]) -> str:
    return f"**{group}**\n\n" + _table(("member", "meaning"), [(f"`{name}`", text) for name, text in members.items()])


def _table(head: tuple[str, ...], rows: list[Any]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


if __name__ == "__main__":
    fresh = with_fresh_parts(DOCUMENT.read_text(encoding="utf-8"))
    sys.exit(write_or_check({DOCUMENT: fresh}, sys.argv[1:], "python -m docs.tools.language_reference"))
