"""What failed checks come to: by level, by deviation, by --level."""

import json

import pytest

from conformance.requirement_list import Level, requirements
from conformance.verdicts import (
    FAILS_THE_RUN,
    CaseResult,
    Verdict,
    requirement_verdicts,
    strictest,
    verdict_of_failure,
    worst,
)
from tests.conformance.samples import INFO, MUST, OTHER_MUST, SHOULD, check, result

LEVELS = {id_: row.level for id_, row in requirements().items()}


@pytest.mark.parametrize(
    ("level", "should_fails", "verdict"),
    [
        (Level.MUST, False, Verdict.FAILED),
        (Level.MUST, True, Verdict.FAILED),
        (Level.SHOULD, False, Verdict.WARNED),
        (Level.SHOULD, True, Verdict.FAILED),
        (Level.INFO, False, Verdict.PASSED),
        (Level.INFO, True, Verdict.PASSED),
    ],
)
@pytest.mark.parametrize("accepted", [False, True])
@pytest.mark.parametrize("holds", [False, True])
def test_table_of_verdicts(level, should_fails, verdict, accepted, holds):
    id_ = {Level.MUST: MUST, Level.SHOULD: SHOULD, Level.INFO: INFO}[level]
    case = result(verdict, check(id_, holds=holds), deviations={id_: "accepted"} if accepted and not holds else {})
    if not accepted and not holds:
        assert verdict_of_failure(level, should_fails=should_fails) is verdict
    expected = Verdict.PASSED if holds else Verdict.DEVIATION if accepted else verdict
    case.verdict = expected
    assert requirement_verdicts([case], LEVELS, should_fails=should_fails) == {id_: expected}


def test_requirement_comes_to_the_worst_of_its_cases():
    cases = [
        result(Verdict.PASSED, check(MUST), check(OTHER_MUST)),
        result(Verdict.FAILED, check(MUST, holds=False), check(OTHER_MUST)),
        result(Verdict.NOT_APPLICABLE, requirements=[MUST, OTHER_MUST, INFO]),
    ]
    verdicts = requirement_verdicts(cases, LEVELS, should_fails=False)
    assert verdicts == {MUST: Verdict.FAILED, OTHER_MUST: Verdict.PASSED, INFO: Verdict.NOT_APPLICABLE}


def test_error_is_none_of_the_requirements_passing():
    case = result(Verdict.ERROR, check(MUST), requirements=[MUST, OTHER_MUST])
    assert set(requirement_verdicts([case], LEVELS, should_fails=False).values()) == {Verdict.ERROR}


def test_requirement_without_a_check_is_never_passed():
    case = result(Verdict.FAILED, check(MUST, holds=False), requirements=[MUST, OTHER_MUST])
    assert requirement_verdicts([case], LEVELS, should_fails=False)[OTHER_MUST] is Verdict.NOT_APPLICABLE


def test_order_from_best_to_worst():
    assert worst([]) is Verdict.NOT_APPLICABLE
    assert worst([Verdict.PASSED, Verdict.NOT_APPLICABLE]) is Verdict.PASSED
    assert worst([Verdict.WARNED, Verdict.DEVIATION, Verdict.PASSED]) is Verdict.WARNED
    assert worst([Verdict.ERROR, Verdict.FAILED]) is Verdict.ERROR
    assert {Verdict.FAILED, Verdict.STALE, Verdict.ERROR} == FAILS_THE_RUN


@pytest.mark.parametrize(
    ("levels", "found"),
    [
        ([], Level.INFO),
        ([Level.INFO, Level.SHOULD], Level.SHOULD),
        ([Level.SHOULD, Level.MUST, Level.INFO], Level.MUST),
    ],
)
def test_strictest_level(levels, found):
    assert strictest(levels) is found


def test_result_survives_the_way_through_json():
    case = result(Verdict.WARNED, check(SHOULD, holds=False), deviations={MUST: "x"}, transcript=[{"request": {}}])
    sent = case.to_json()
    assert type(sent["verdict"]) is type(sent["level"]) is str  # enumerations do not get through to another process
    assert CaseResult.from_json(json.loads(json.dumps(sent))) == case
