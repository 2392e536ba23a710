"""The one test function of the suite; every case is an item of it."""

import traceback

import pytest

from conformance.cases import Case, on_target
from conformance.play import TargetStoppedError, empty_result, play
from conformance.plugin.hooks import RESULT
from conformance.plugin.run import Run
from conformance.verdicts import CaseResult, Verdict


def test_case(case: Case, run: Run, request: pytest.FixtureRequest) -> None:
    """Play the case and turn its verdict into pytest's outcome."""
    result = _result(case, run, request)
    request.node.stash[RESULT] = result.to_json()
    if result.verdict in {Verdict.NOT_APPLICABLE, Verdict.NOT_RUN}:
        pytest.skip(result.message)
    if result.verdict is Verdict.DEVIATION:
        pytest.xfail("; ".join(f"{id_}: {reason}" for id_, reason in result.deviations.items()))
    if result.verdict in {Verdict.FAILED, Verdict.ERROR}:
        pytest.fail(
            f"{case.scenario.file}:{case.scenario.line}  {case.scenario.title}\n\n{result.message}", pytrace=False
        )


def _result(case: Case, run: Run, request: pytest.FixtureRequest) -> CaseResult:
    case = on_target(case, run.target)
    if not case.is_playable:
        return empty_result(case)
    facts = run.library.facts[case.provider.vendor]
    try:
        return play(case, facts, run.target, run.wire, run.idp, run.policy)
    except TargetStoppedError as error:
        # Going on would repeat the same sentence for every case left.
        request.session.shouldstop = str(error)
        result = empty_result(case)
        result.verdict, result.message = Verdict.ERROR, str(error)
        return result
    except Exception as error:
        result = empty_result(case)
        result.verdict = Verdict.ERROR
        result.message = f"the suite itself failed: {traceback.format_exception_only(error)[-1].strip()}"
        return result
