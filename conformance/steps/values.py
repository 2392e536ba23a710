"""The step that names values rather than asking for something: ``set``."""

from collections.abc import Collection, Mapping
from typing import Any, ClassVar

from pydantic import ConfigDict

from conformance.scenario.shape import Shape
from conformance.steps.base import CaseContext, Observation, ScenarioFault, Step


class Set(Step):
    """Give names to values: ``set: {verifier: "${case.unique}${case.unique}"}``, then ``${verifier | s256}``.

    Observes what it is given, under the names it is given, so that values that earlier steps saved can be compared.
    """

    model_config = ConfigDict(extra="allow", frozen=True)
    action: ClassVar[str] = "set"
    observes: ClassVar[Shape] = {}

    @classmethod
    def shape(cls, arguments: Mapping[str, Any]) -> Shape:
        """The names it is given."""
        return dict.fromkeys(arguments)

    @classmethod
    def defines(cls, arguments: Mapping[str, Any]) -> Collection[str]:
        """The names it is given."""
        return list(arguments)

    def play(self, context: CaseContext) -> Observation:
        """Remember the values."""
        values = dict(self.model_extra or {})
        if not values:
            raise ScenarioFault("set is given nothing to set")
        context.scope |= values
        return values
