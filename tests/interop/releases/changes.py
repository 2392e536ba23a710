"""What changed between releases: `changes.yaml`, and what follows for each release.

A requirement that came later is not held against an older release, nor one that left against a newer: the suite is
given it as an accepted deviation that says since or until when, with the line of the public changelog.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from conformance.requirement_list import requirements

from .registry import number
from .yaml_files import read_yaml

FILE = Path(__file__).with_name("changes.yaml")
UNEXPLAINED = "unexplained"
"""What stands in place of a changelog line that was looked for and not found."""


class Change(BaseModel):
    """One change of behaviour that the suite sees."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    since: str | None = None
    """The first release of the table for which the rows hold; older ones are not measured by them."""
    until: str | None = None
    """The first release of the table for which the rows hold no more."""
    missed_from: str | None = None
    """Beside `since`: the first release that misses the rows, if those before it do not."""
    changelog: str
    """Package, version and commit of the changelog line; or `unexplained`."""
    what: str = Field(min_length=10)
    """The change, in a sentence."""
    rows: dict[str, list[str]]
    """Requirement to the scenarios that see the change; an empty list stands for all."""
    providers: list[str] | None = None
    """Provider ids it is limited to."""

    @model_validator(mode="after")
    def _has_one_end(self) -> Change:
        if (self.since is None) == (self.until is None):
            raise ValueError("a change has either 'since' or 'until'")
        if unknown := [row for row in self.rows if row not in requirements()]:
            raise ValueError(f"there is no requirement {unknown[0]!r}")
        return self

    def excuses(self, version: str) -> bool:
        """Whether its rows are not held against a release."""
        if self.since is not None:
            return number(self.missed_from or "0.0.0") <= number(version) < number(self.since)
        return number(version) >= number(str(self.until))

    @property
    def applicability(self) -> str:
        """When its rows do not apply, in words."""
        return f"not applicable before {self.since}" if self.since else f"not applicable from {self.until} on"

    @property
    def turning_point(self) -> str:
        """The release in which it happened."""
        return str(self.since or self.until)


class _Changes(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    changes: list[Change]


def read_changes(file: Path = FILE) -> list[Change]:
    """Read the changes.

    Raises:
        CannotRunError: the file is not of that form.
    """
    return read_yaml(file, _Changes, "list of changes").changes


def deviations(changes: list[Change], version: str) -> list[dict[str, Any]]:
    """What the suite is told to accept of a release because of the changes."""
    return [
        {
            "requirement": row,
            **({"scenarios": scenarios} if scenarios else {}),
            **({"providers": change.providers} if change.providers else {}),
            "reason": f"{change.applicability.capitalize()}: {change.what}",
            "reference": change.changelog,
        }
        for change in changes
        if change.excuses(version)
        for row, scenarios in change.rows.items()
    ]
