"""Why two targets may differ: a requirement that one of them does not meet, or an entry of a file. Pure, but for it."""

from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from conformance.comparison.exchanges import Difference
from conformance.requirement_list import requirements
from conformance.verdicts import CaseResult


class Explanation(BaseModel):
    """An entry of the file: a difference that is known, and why it may be.

    Attributes:
        place: where; ``*`` stands for anything.
        scenarios: only in these; empty for all.
        one: value of the first target, ``*`` for anything, null for none; left out for any.
        other: value of the second, likewise.
        requirement: the requirement that leaves it open or that one of the targets does not meet, if there is one.
        reason: why it may be, one sentence.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    place: str
    scenarios: tuple[str, ...] = ()
    one: str | None = "*"
    other: str | None = "*"
    requirement: str | None = None
    reason: str

    def fits(self, difference: Difference, scenario: str) -> bool:
        """Say whether it explains a difference."""
        return (
            fnmatchcase(difference.place, self.place.replace("[", "[[]"))
            and (not self.scenarios or scenario in self.scenarios)
            and _fits(self.one, difference.one)
            and _fits(self.other, difference.other)
        )


def _fits(wanted: str | None, value: str | None) -> bool:
    if wanted == "*":
        return True
    if wanted is None or value is None:
        return wanted is value
    return fnmatchcase(value, wanted.replace("[", "[[]"))


class ExplanationFileError(Exception):
    """The file cannot be used; the text says why."""


def read_explanations(file: Path) -> list[Explanation]:
    """Read a file of explanations.

    Raises:
        ExplanationFileError: it cannot be read, or has mistakes.
    """
    try:
        data = yaml.safe_load(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ExplanationFileError(f"{file} cannot be read: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ExplanationFileError(f"{file} is no YAML: {' '.join(str(error).split())}") from error
    entries = data.get("differences") if isinstance(data, dict) else None
    if not isinstance(entries, list):
        raise ExplanationFileError(f"{file}: it has to be a mapping with a list 'differences' of place and reason")
    found = []
    for number, entry in enumerate(entries, start=1):
        try:
            found.append(Explanation.model_validate(entry))
        except ValidationError as error:
            mistake = error.errors()[0]
            where = ".".join(map(str, mistake["loc"]))
            raise ExplanationFileError(f"{file}: difference {number}: {mistake['msg']} ({where})") from error
        requirement = found[-1].requirement
        if requirement is not None and requirement not in requirements():
            raise ExplanationFileError(f"{file}: difference {number}: there is no requirement {requirement!r}")
    return found


def explanation_of(
    difference: Difference, scenario: str, step: int, results: Sequence[CaseResult], known: Sequence[Explanation]
) -> str | None:
    """Why a difference may be, or None.

    Parameters:
        difference: what differs.
        scenario: id of the scenario.
        step: number of the step.
        results: what the case came to on both targets.
        known: entries of the file.
    """
    for entry in known:
        if entry.fits(difference, scenario):
            return ": ".join(filter(None, [entry.requirement, entry.reason]))
    failed = [
        {check.requirement for check in result.checks if not check.holds and check.step <= step} for result in results
    ]
    # What follows a check that only one of them failed, follows from that.
    only_one = sorted(failed[0] ^ failed[1])
    return f"{', '.join(only_one)}: only one of the targets meets it" if only_one else None
