"""Which replica of the target a browser talks to."""

from typing import ClassVar

from pydantic import Field

from conformance.applicability import REPLICA_STEP
from conformance.scenario.shape import Shape, shape_of
from conformance.steps.base import CaseContext, Observation, Step


class Replica(Step):
    """Let the browser talk to one replica of the target from now on, or to all of them in turn again.

    Observes ``count``: how many there are. A scenario with this step is not applicable to a target of which there is
    one (``--replica``, ``--replicas``).
    """

    action: ClassVar[str] = REPLICA_STEP
    observes: ClassVar[Shape] = shape_of("count")
    number: int | None = Field(default=None, ge=1)
    """which one, from 1; the last one if there are fewer; null for in turn, as it is at first."""

    def play(self, context: CaseContext) -> Observation:
        """Choose the replica."""
        count = len(context.target.replicas)
        context.browser.use_replica(None if self.number is None else min(self.number, count) - 1)
        return {"count": count}
