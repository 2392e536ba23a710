"""What became of the mutants, on disk and in words."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from tests.mutants.mutation import Mutant
from tests.mutants.subjects import AREAS, area_of

HERE = Path(__file__).parent
RESULTS = HERE / "results.json"
REASONS = HERE / "survivors.yaml"
"""Mutant id -> why it cannot be killed from outside (an equivalence), or what shows it instead (a unit test)."""


@dataclass(frozen=True)
class Outcome:
    """What became of one mutant.

    Parameters:
        killer: the case that failed, or what else went wrong; None if it survives.
    """

    killer: str | None


@dataclass
class Results:
    """All outcomes.

    Parameters:
        mutants: all mutants by id.
        outcomes: those that are known.
    """

    mutants: Mapping[str, Mutant]
    outcomes: dict[str, Outcome] = field(default_factory=dict)

    @classmethod
    def read(cls, mutants: Sequence[Mutant], file: Path = RESULTS) -> Results:
        """Read earlier outcomes; those of modules that changed since are forgotten."""
        results = cls({mutant.id: mutant for mutant in mutants})
        known = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        for mutant in mutants:
            entry = known.get(mutant.id)
            if entry and entry["digest"] == digest(mutant):
                results.outcomes[mutant.id] = Outcome(entry["killer"])
        return results

    def write(self, file: Path = RESULTS) -> None:
        """Write them."""
        entries = {
            id_: {"digest": digest(self.mutants[id_]), "killer": outcome.killer}
            for id_, outcome in sorted(self.outcomes.items())
        }
        file.write_text(json.dumps(entries, indent=1) + "\n", encoding="utf-8")

    def survivors(self) -> list[Mutant]:
        """Mutants that no case killed."""
        return [self.mutants[id_] for id_, outcome in self.outcomes.items() if outcome.killer is None]

    def summary(self) -> str:
        """One sentence."""
        killed = len(self.outcomes) - len(self.survivors())
        share = 100 * killed / max(1, len(self.outcomes))
        return f"{killed} of {len(self.outcomes)} mutants killed ({share:.1f} %); there are {len(self.mutants)}."

    def markdown(self) -> str:
        """A section for the kill matrix."""
        return "\n".join([HEAD.format(summary=self.summary()), *self._areas(), "", *self._survivors()]) + "\n"

    def _areas(self) -> Iterator[str]:
        yield "| area | mutants | killed | |\n|---|---|---|---|"
        for area in AREAS:
            outcomes = [one for id_, one in self.outcomes.items() if area_of(self.mutants[id_].module) == area]
            killed = sum(outcome.killer is not None for outcome in outcomes)
            if outcomes:
                yield f"| {area} | {len(outcomes)} | {killed} | {100 * killed / len(outcomes):.0f} % |"

    def _survivors(self) -> Iterator[str]:
        reasons = read_reasons()
        yield "Those that survive, each with the reason:\n"
        yield "| mutant | before | after | why it survives |\n|---|---|---|---|"
        for mutant in sorted(self.survivors(), key=lambda mutant: mutant.id):
            reason = reasons.get(mutant.id, "not read yet")
            yield f"| `{mutant.id}` | {_code(mutant.before)} | {_code(mutant.after)} | {reason} |"


def read_reasons(file: Path = REASONS) -> dict[str, str]:
    """Mutant id -> why it survives."""
    return yaml.safe_load(file.read_text(encoding="utf-8")) or {} if file.exists() else {}


HEAD = """\
## Mutants

Defects are mistakes that somebody thought of. Mutants are made by rule: one comparison, condition, constant, call or
answer of a module is different ([tests/mutants](../tests/mutants)). Only the scenarios judge them, from outside.
{summary} Made by `python -m tests.mutants`.
"""


def digest(mutant: Mutant) -> str:
    """Tells whether a mutant is still the same."""
    return hashlib.sha256(mutant.source.encode()).hexdigest()[:12]


def _code(text: str) -> str:
    line = " ".join(text.split()).replace("|", "\\|")
    return f"`{line[:60]}…`" if len(line) > 60 else f"`{line}`"
