"""Figures and what was measured of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class Figure:
    """Something that is measured.

    Parameters:
        id: its name on the command line.
        title: its name in tables.
        unit: of its values.
        better: whether small or large values are good.
    """

    id: str
    title: str
    unit: str
    better: Literal["lower", "higher"] = "lower"


@dataclass
class Results:
    """Everything that was measured in one run.

    Parameters:
        values: (figure, subject) -> value of each round, in the order of the rounds.
        left_out: (subject, why) of what could not be measured.
        busiest: the largest share of its core that the load generator used, and where.
    """

    values: dict[tuple[str, str], list[float]] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    busiest: tuple[float, str] = (0.0, "")

    def enter(self, subject: str, measured: Mapping[str, float]) -> None:
        """Add what one round measured of a subject."""
        for figure, value in measured.items():
            self.values.setdefault((figure, subject), []).append(value)

    def loaded(self, share: float, where: str) -> None:
        """Remember how busy the load generator was."""
        self.busiest = max(self.busiest, (share, where))
