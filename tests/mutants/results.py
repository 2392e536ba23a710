"""What became of the mutants, on disk and in words."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from tests.mutants.mutation import Mutant
from tests.mutants.subjects import AREAS, area_of, file_of, modules

HERE = Path(__file__).parent
RESULTS = HERE / "results.json"
RULES = HERE / "mutation.py"
REASONS = HERE / "survivors.yaml"
"""Why mutants survive: a list of entries, each with a kind (of :data:`KINDS`), a sentence, and the mutants."""

KINDS = {
    "equivalent": "it does what the original does",
    "unspecified": "no requirement says which is right",
    "start": "it shows only where the backend refuses to start",
    "moment": "it shows at one instant or one length, or after longer than a scenario can wait",
}
"""What a reason says about a survivor."""

HEAD = """\
## Mutants

Defects are mistakes that somebody thought of. Mutants are made by rule: one comparison, condition, constant, call or
answer of a module is different ([tests/mutants](../tests/mutants)). Only the scenarios judge them, from outside.
{summary} Made by `python -m tests.mutants`; as long as not all have been judged, those that were are a random sample.
"""


@dataclass(frozen=True)
class Outcome:
    """What became of one mutant.

    Parameters:
        killer: the case that failed, or what else went wrong; None if it survives.
        profile: the one in which it did; empty for the default.
        before: the changed part of the source, of those that survive.
        after: the same part, changed.
        test: a test of the reference backend that tells it from the original; empty if none is known.
    """

    killer: str | None
    profile: str = ""
    before: str = ""
    after: str = ""
    test: str = ""


@dataclass
class Results:
    """All outcomes.

    Parameters:
        outcomes: module -> mutant id -> outcome.
    """

    outcomes: dict[str, dict[str, Outcome]] = field(default_factory=dict)

    @classmethod
    def read(cls, file: Path = RESULTS) -> Results:
        """Read earlier outcomes; those of modules that changed since are forgotten."""
        known: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        return cls(
            {
                module: {id_: Outcome(**entry) for id_, entry in known[module]["mutants"].items()}
                for module in modules()
                if module in known and known[module]["digest"] == digest(module)
            }
        )

    def write(self, file: Path = RESULTS) -> None:
        """Write them."""
        entries = {
            module: {
                "digest": digest(module),
                "mutants": {
                    id_: {key: value for key, value in asdict(outcome).items() if value or key == "killer"}
                    for id_, outcome in sorted(outcomes.items())
                },
            }
            for module, outcomes in sorted(self.outcomes.items())
        }
        file.write_text(json.dumps(entries, indent=1) + "\n", encoding="utf-8")

    def add(self, mutant: Mutant, killer: str | None, profile: str = "") -> None:
        """Keep what became of a mutant; that it survives another profile, too, is not said."""
        outcome = Outcome(killer, profile) if killer else Outcome(None, "", mutant.before, mutant.after)
        self.outcomes.setdefault(mutant.module, {})[mutant.id] = outcome

    def add_test(self, mutant: Mutant, test: str) -> None:
        """Keep which test tells a survivor from the original."""
        outcomes = self.outcomes[mutant.module]
        outcomes[mutant.id] = replace(outcomes[mutant.id], test=test)

    def knows(self, mutant: Mutant) -> bool:
        """Say whether a mutant was judged already."""
        return mutant.id in self.outcomes.get(mutant.module, {})

    def kills(self, mutant: Mutant) -> bool:
        """Say whether a mutant is known to be killed."""
        return self.knows(mutant) and self.outcomes[mutant.module][mutant.id].killer is not None

    def profile_of(self, mutant: Mutant) -> str:
        """The profile in which a mutant is known to be killed; empty for the default one."""
        return self.outcomes[mutant.module][mutant.id].profile

    def kill_counts(self) -> Counter[tuple[str, str]]:
        """How many mutants of a function, and of a module, each case told from the original."""
        counts: Counter[tuple[str, str]] = Counter()
        for module, outcomes in self.outcomes.items():
            for id_, outcome in outcomes.items():
                if outcome.killer:
                    counts.update([(id_.rpartition(":")[0], outcome.killer), (module, outcome.killer)])
        return counts

    def survivors(self) -> dict[str, Outcome]:
        """Mutants that no case killed."""
        found = {id_: one for outcomes in self.outcomes.values() for id_, one in outcomes.items() if one.killer is None}
        return dict(sorted(found.items()))

    def unexplained(self) -> dict[str, Outcome]:
        """Survivors that have no reason yet."""
        reasons = read_reasons()
        return {id_: outcome for id_, outcome in self.survivors().items() if id_ not in reasons}

    def killing_scenarios(self) -> set[str]:
        """Ids of the scenarios that killed at least one."""
        killers = [outcome.killer or "" for outcomes in self.outcomes.values() for outcome in outcomes.values()]
        return {killer.partition(":")[2].partition("[")[0] for killer in killers if ":" in killer}

    def summary(self) -> str:
        """In a few words."""
        judged = sum(map(len, self.outcomes.values()))
        survivors = self.survivors()
        killed = judged - len(survivors)
        kinds = Counter(reason.kind for id_, reason in read_reasons().items() if id_ in survivors)
        different = judged - kinds["equivalent"]
        tellable = judged - sum(kinds.values())
        missing = [module for module in modules() if module not in self.outcomes]
        rest = f" {len(missing)} modules have not been judged as they are now." if missing else ""
        return (
            f"{killed} of {judged} killed ({100 * killed / max(1, judged):.1f} %). {kinds['equivalent']} of the others "
            f"are equivalent to the original, so that {100 * killed / max(1, different):.1f} % of those that do "
            f"something else are killed. {kinds['unspecified']} change what no requirement fixes, {kinds['start']} "
            f"show only where the start is refused, {kinds['moment']} only at one instant or after longer than a "
            f"scenario can wait: {100 * killed / max(1, tellable):.1f} % of all the rest are killed.{rest}"
        )

    def markdown(self) -> str:
        """A section for the kill matrix."""
        return "\n".join([HEAD.format(summary=self.summary()), *self._areas(), "", *self._survivors()]) + "\n"

    def _areas(self) -> Iterator[str]:
        yield "| area | mutants | killed | |\n|---|---|---|---|"
        for area in AREAS:
            parts = [outcomes for module, outcomes in self.outcomes.items() if area_of(module) == area]
            outcomes = [outcome for part in parts for outcome in part.values()]
            killed = sum(outcome.killer is not None for outcome in outcomes)
            if outcomes:
                yield f"| {area} | {len(outcomes)} | {killed} | {100 * killed / len(outcomes):.0f} % |"

    def _survivors(self) -> Iterator[str]:
        reasons = read_reasons()
        yield "Those that survive, each with the reason: " + "; ".join(
            f"*{kind}*: {says}" for kind, says in KINDS.items()
        )
        yield "\n| mutant | before | after | why it survives |\n|---|---|---|---|"
        for id_, outcome in self.survivors().items():
            why = str(reasons.get(id_) or (f"seen by `{outcome.test}`" if outcome.test else "not read yet"))
            yield f"| `{id_}` | {_code(outcome.before)} | {_code(outcome.after)} | {why} |"


@dataclass(frozen=True)
class Reason:
    """Why a mutant survives.

    Parameters:
        kind: one of :data:`KINDS`.
        why: a sentence.
    """

    kind: str
    why: str

    def __str__(self) -> str:
        """As the kill matrix shows it."""
        return f"*{self.kind}*: {self.why}"


def read_reasons(file: Path = REASONS) -> dict[str, Reason]:
    """Mutant id -> why it survives."""
    entries = yaml.safe_load(file.read_text(encoding="utf-8")) or [] if file.exists() else []
    return {id_: Reason(entry["kind"], entry["why"]) for entry in entries for id_ in entry["mutants"]}


def digest(module: str) -> str:
    """Tells whether a module and the rules for its mutants are still the same."""
    return hashlib.sha256(file_of(module).read_bytes() + RULES.read_bytes()).hexdigest()[:12]


def _code(text: str) -> str:
    line = " ".join(text.split()).replace("|", "\\|")
    return f"`{line[:60]}…`" if len(line) > 60 else f"`{line}`"
