"""Accepted deviations: requirements that a named target is known not to meet, each with its reason."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import yaml
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from conformance.matchers import matches
from conformance.requirement_list import requirements
from conformance.scenario.wording import in_words
from conformance.verdicts import CaseResult, Check

Sentence = Annotated[str, StringConstraints(min_length=10)]

TODO: Final = "TODO"
"""How a reason begins that nobody has written yet."""

SKELETON: Final = """\
target: our backend 1.2
deviations:
  - requirement: SESSION-04
    providers: [oidc]
    reason: The session cookie is not Secure before release 2."""
"""The least that a file has; shown where one cannot be used."""


class DeviationFileError(Exception):
    """The deviations file cannot be used; the text says where and why."""


class Deviation(BaseModel):
    """One accepted deviation."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)
    requirement: str
    """id of the requirement that is not met."""
    providers: list[str] | None = None
    """provider ids it is limited to; without it, all."""
    scenarios: list[str] | None = None
    """scenarios it is limited to; without it, all."""
    observed: Any = None
    """matcher for the value as messages show it; a failure of any other form is not accepted."""
    reason: Sentence
    """why it is accepted, in a sentence."""
    reference: str | None = None
    """where one can read more."""
    owner: str | None = None
    """who sees to it."""
    until: date | None = None
    """the day from which it is accepted no more."""

    def is_expired(self, today: date) -> bool:
        """Say whether it is accepted no more."""
        return self.until is not None and today >= self.until

    def covers(self, requirement: str, result: CaseResult) -> bool:
        """Say whether a failed check of ``requirement`` in that case is accepted."""
        return (
            requirement == self.requirement
            and (self.providers is None or result.provider in self.providers)
            and (self.scenarios is None or result.scenario in self.scenarios)
        )

    def accepts(self, check: Check, result: CaseResult) -> bool:
        """Say whether a failed check is the known one."""
        if not self.covers(check.requirement, result) or self.is_expired(datetime.now(UTC).date()):
            return False
        return self.observed is None or matches(check.actual, self.observed)


class DeviationFile(BaseModel):
    """A deviations file."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)
    target: str
    """the backend it speaks of, with its version."""
    deviations: list[Deviation]
    """the entries."""


def read_deviations(path: Path, *, allow_todo: bool = False) -> DeviationFile:
    """Read a deviations file.

    Parameters:
        path: the file.
        allow_todo: True if reasons may be left to be written.

    Raises:
        DeviationFileError: it is missing, no YAML, not of that form, names an unknown requirement, or a reason is
            still to be written.
    """
    try:
        content = DeviationFile.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise DeviationFileError(f"{path}: the deviations file cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise DeviationFileError(f"{path}: the deviations file is not UTF-8") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise DeviationFileError(f"{path}:{mark.line + 1 if mark else 1}: the deviations file is not YAML") from error
    except ValidationError as error:
        mistakes = "; ".join(map(in_words, error.errors()))
        raise DeviationFileError(f"{path}: {mistakes}; a file looks like this:\n{SKELETON}") from error
    for entry in content.deviations:
        if entry.requirement not in requirements():
            raise DeviationFileError(f"{path}: there is no requirement {entry.requirement!r}")
        if entry.reason.startswith(TODO) and not allow_todo:
            raise DeviationFileError(
                f"{path}: the deviation from {entry.requirement} has no reason yet; write one, or add --allow-todo"
            )
    return content


def accepted(deviations: Iterable[Deviation], check: Check, result: CaseResult) -> Deviation | None:
    """Find the entry that accepts a failed check, if there is one."""
    return next((entry for entry in deviations if entry.accepts(check, result)), None)


def uncovered(deviations: Sequence[Deviation], results: Sequence[CaseResult]) -> list[Deviation]:
    """Entries that cover no check of the run: misspelt, or about something this run left out."""
    return [
        entry
        for entry in deviations
        if not any(entry.covers(check.requirement, result) for result in results for check in result.checks)
    ]


def stale(deviations: Sequence[Deviation], results: Iterable[CaseResult]) -> list[Deviation]:
    """Entries whose requirement was checked and held in every case they cover: they must go."""
    checked: set[int] = set()
    needed: set[int] = set()
    for result in results:
        for check in result.checks:
            for number, entry in enumerate(deviations):
                if entry.covers(check.requirement, result):
                    checked.add(number)
                    if not check.holds:
                        needed.add(number)
    return [deviations[number] for number in sorted(checked - needed)]
