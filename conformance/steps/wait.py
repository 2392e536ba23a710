"""The step that lets time pass."""

from typing import Annotated, ClassVar

from pydantic import Field

from conformance.scenario.shape import Shape, shape_of
from conformance.steps.base import CaseContext, Observation, Step


class Wait(Step):
    """Let time pass, where a requirement is about it: a target may fetch an issuer's keys once a minute only.

    The case takes that long, so none of the scenarios that every run plays has it. Observes ``seconds``.
    """

    action: ClassVar[str] = "wait"
    observes: ClassVar[Shape] = shape_of("seconds")
    seconds: Annotated[float, Field(gt=0)]
    """how long."""

    def play(self, context: CaseContext) -> Observation:
        """Wait."""
        context.wait(self.seconds)
        return {"seconds": self.seconds}
