"""What a check, a case and a requirement come to. Pure.

A failed check counts by the level of its requirement: MUST fails, SHOULD warns (or fails with ``--level should``), INFO
is only recorded. An accepted deviation takes its place. A case comes to the worst of its checks, a requirement to the
worst of all cases that checked it.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Final

from conformance.requirement_list import Level


class Verdict(StrEnum):
    """What a case or a requirement comes to; the order of declaration is from best to worst."""

    NOT_APPLICABLE = "not-applicable"
    PASSED = "passed"
    NOT_RUN = "not-run"
    DEVIATION = "deviation"
    WARNED = "warned"
    STALE = "stale"
    FAILED = "failed"
    ERROR = "error"


SEVERITY: Final = {verdict: rank for rank, verdict in enumerate(Verdict)}
FAILS_THE_RUN: Final = frozenset({Verdict.FAILED, Verdict.STALE, Verdict.ERROR})


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The worst of some verdicts; not applicable if there are none."""
    return max(verdicts, key=SEVERITY.__getitem__, default=Verdict.NOT_APPLICABLE)


@dataclass(frozen=True, slots=True)
class Check:
    """One matcher applied to one value.

    Parameters:
        requirement: id of the requirement it belongs to.
        path: where in the observation.
        expected: the matcher in words; empty if the check holds.
        actual: the observed value in words, secrets masked; empty if the check holds.
        holds: True if the value satisfies the matcher.
        step: position of the step in the scenario, from 1.
        line: line of the step in the scenario file.
        why: the step's remark.
    """

    requirement: str
    path: str
    expected: str
    actual: str
    holds: bool
    step: int
    line: int
    why: str | None = None


@dataclass(slots=True)
class CaseResult:
    """Everything a report says about a case.

    Parameters:
        id: id of the case.
        scenario: id of the scenario.
        title: its title.
        file: its file.
        requirements: ids it checks.
        provider: provider id.
        vendor: the vendor behind it.
        env: environment of the provider; empty for proxy-type providers.
        verdict: what it comes to.
        level: the strictest level among its requirements.
        message: what went wrong, for people; empty if nothing did.
        checks: every check that was made.
        deviations: reason by requirement id, of accepted deviations that occurred.
        transcript: the HTTP exchanges, secrets masked; empty if the case passed.
        seconds: how long it took.
    """

    id: str
    scenario: str
    title: str
    file: str
    requirements: list[str]
    provider: str
    vendor: str
    env: str
    verdict: Verdict
    level: Level
    message: str = ""
    checks: list[Check] = field(default_factory=list)
    deviations: dict[str, str] = field(default_factory=dict)
    transcript: list[dict[str, Any]] = field(default_factory=list)
    seconds: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """JSON-able form; :meth:`from_json` reads it.

        Verdict and level become plain texts: the channel between xdist workers carries no enumerations.
        """
        return {**asdict(self), "verdict": self.verdict.value, "level": self.level.value}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "CaseResult":
        """Rebuild a result from :meth:`to_json`."""
        checks = [Check(**check) for check in data["checks"]]
        typed = {"verdict": Verdict(data["verdict"]), "level": Level(data["level"]), "checks": checks}
        return cls(**{**data, **typed})


def verdict_of_failure(level: Level, *, should_fails: bool) -> Verdict:
    """What a failed check of a requirement of that level comes to, without a deviation."""
    if level is Level.MUST or (level is Level.SHOULD and should_fails):
        return Verdict.FAILED
    return Verdict.WARNED if level is Level.SHOULD else Verdict.PASSED


def strictest(levels: Iterable[Level]) -> Level:
    """MUST before SHOULD before INFO; INFO if there are none."""
    found = set(levels)
    return next((level for level in Level if level in found), Level.INFO)


def requirement_verdicts(
    results: Iterable[CaseResult], levels: dict[str, Level], *, should_fails: bool
) -> dict[str, Verdict]:
    """Verdict of every requirement that some case checked or would have checked."""
    found: dict[str, list[Verdict]] = {}
    for result in results:
        for requirement in result.requirements:
            found.setdefault(requirement, [])
        if result.verdict in {Verdict.ERROR, Verdict.NOT_RUN}:
            for requirement in result.requirements:
                found[requirement].append(result.verdict)
        for check in result.checks:
            if check.holds:
                verdict = Verdict.PASSED
            elif check.requirement in result.deviations:
                verdict = Verdict.DEVIATION
            else:
                verdict = verdict_of_failure(levels[check.requirement], should_fails=should_fails)
            found[check.requirement].append(verdict)
    return {requirement: worst(verdicts) for requirement, verdicts in found.items()}
