"""Two reports of the suite, an old one and a new one: what got better, what got worse. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from conformance.verdicts import SEVERITY, Verdict

UNSEEN: Final = frozenset({"not-applicable", "not-run", "not-checked"})
"""Verdicts that say nothing about the target."""

BAD: Final = frozenset({"failed", "error", "stale"})


@dataclass(frozen=True, slots=True)
class Change:
    """A case or a requirement whose verdict is another one now.

    Parameters:
        id: of the case, or of the requirement.
        title: what it is about.
        old: verdict in the old report; None if it was not there, or said nothing.
        new: verdict in the new report, likewise.
    """

    id: str
    title: str
    old: str | None
    new: str | None

    @property
    def sort(self) -> str:
        """``better``, ``worse``, ``new`` or ``gone``."""
        if self.old is None:
            return "new"
        if self.new is None:
            return "gone"
        return "worse" if SEVERITY[Verdict(self.new)] > SEVERITY[Verdict(self.old)] else "better"

    @property
    def is_worse(self) -> bool:
        """True if it fails now and did not before, or is otherwise worse than it was."""
        return self.sort == "worse" or (self.sort == "new" and self.new in BAD)


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What changed between two reports.

    Parameters:
        requirements: those with another verdict.
        cases: those with another verdict.
    """

    requirements: tuple[Change, ...]
    cases: tuple[Change, ...]

    @property
    def is_worse(self) -> bool:
        """True if anything got worse."""
        return any(change.is_worse for change in (*self.requirements, *self.cases))

    def to_json(self) -> dict[str, Any]:
        """JSON-able form."""
        return {
            name: [
                {"id": change.id, "title": change.title, "old": change.old, "new": change.new, "change": change.sort}
                for change in changes
            ]
            for name, changes in (("requirements", self.requirements), ("cases", self.cases))
        } | {"worse": self.is_worse}


def compare_reports(old: Mapping[str, Any], new: Mapping[str, Any]) -> Outcomes:
    """Compare two report documents.

    Parameters:
        old: the earlier one.
        new: the later one.
    """
    return Outcomes(
        tuple(_changes(old["requirements"], new["requirements"])), tuple(_changes(old["cases"], new["cases"]))
    )


def _changes(old: list[dict[str, Any]], new: list[dict[str, Any]]) -> Iterator[Change]:
    before, after = ({row["id"]: row for row in rows} for rows in (old, new))
    for id_ in dict.fromkeys([*before, *after]):
        verdicts = [_seen(rows.get(id_)) for rows in (before, after)]
        if verdicts[0] != verdicts[1]:
            yield Change(id_, (after.get(id_) or before[id_])["title"], *verdicts)


def _seen(row: Mapping[str, Any] | None) -> str | None:
    verdict = row["verdict"] if row else None
    return None if verdict in UNSEEN else verdict


def in_words(outcomes: Outcomes) -> Iterator[str]:
    """The changes as lines for a terminal: requirements with their titles, cases by scenario."""
    for sort in ("worse", "better", "new", "gone"):
        rows = [change for change in outcomes.requirements if change.sort == sort]
        cases = [change for change in outcomes.cases if change.sort == sort]
        if not rows and not cases:
            continue
        yield f"{sort}: {len(rows)} requirements, {len(cases)} cases"
        for change in rows:
            yield f"  {change.id:<14} {_step(change)}  {change.title}"
        by_scenario: dict[tuple[str, str], list[str]] = {}
        for change in cases:
            scenario, _, place = change.id.partition("[")
            by_scenario.setdefault((scenario, _step(change)), []).append(place.removesuffix("]"))
        for (scenario, step), places in by_scenario.items():
            named = ", ".join(filter(None, places[:3]))
            more = f"; {len(places) - 3} more" if len(places) > 3 else ""
            yield f"  {scenario}  {step}" + (f"  at {named}{more}" if named else "")
    if not outcomes.requirements and not outcomes.cases:
        yield "nothing changed"


def _step(change: Change) -> str:
    return f"{change.old or 'not seen'} -> {change.new or 'not seen'}"
