"""Plays one case as a run does, without pytest around it."""

from __future__ import annotations

from typing import Any

from conformance.cases import Case
from conformance.driver.idp import Idp
from conformance.driver.wire import Wire
from conformance.play import RunPolicy, play
from conformance.scenario.facts import ProviderFacts
from conformance.target import Target
from conformance.verdicts import CaseResult


def play_case(case: Case, facts: ProviderFacts, target: Target, wire: Wire, **policy: Any) -> CaseResult:
    """Play a case with the mock IdP that the target belongs to.

    Parameters:
        case: the case.
        facts: what is known about its vendor.
        target: the target.
        wire: connections to both.
        policy: as of :class:`RunPolicy`; by default nothing is accepted, and SHOULD rows do not fail.
    """
    idp = Idp(target.idp["urls"]["http"], wire)
    chosen = RunPolicy(**{"deviations": (), "seed": 1, "should_fails": False, **policy})
    return play(case, facts, target, wire, idp, chosen)
