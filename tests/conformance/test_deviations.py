"""Accepted deviations: reading them, applying them, finding those that occur no more."""

import textwrap

import pytest

from conformance.deviations import Deviation, DeviationFileError, accepted, read_deviations, stale
from conformance.verdicts import Verdict
from tests.conformance.samples import MUST, OTHER_MUST, check, result

REASON = "The vendor's module forgets it."


@pytest.fixture
def file(tmp_path):
    return tmp_path / "deviations.yaml"


def entry(**changes):
    return Deviation(**{"requirement": MUST, "reason": REASON, **changes})


def test_good_file(file):
    file.write_text(
        textwrap.dedent(f"""\
        target: Backstage 1.40
        deviations:
          - requirement: {MUST}
            reason: {REASON}
          - {{requirement: {OTHER_MUST}, providers: [github], scenarios: [a-b], reason: {REASON}, reference: "https://x"}}
        """)
    )
    content = read_deviations(file)
    assert content.target == "Backstage 1.40"
    assert content.deviations[0] == entry()
    assert content.deviations[1].providers == ["github"]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "has to be a mapping"),
        (b"[]", "has to be a mapping"),
        (b"deviations: []", "target: is missing"),
        (b"target: x", "deviations: is missing"),
        (b"target: x\ndeviations: [a", ":2: the deviations file is not YAML"),
        (b"target: \xff", "the deviations file is not UTF-8"),
        (b"target: x\ndeviations: [{requirement: GEN-01}]", "deviations.0.reason: is missing"),
        (
            b"target: x\ndeviations: [{requirement: GEN-01, reason: brief}]",
            "deviations.0.reason: is too short; say it in a",
        ),
        (
            b"target: x\ndeviations: [{requirement: A-1, reason: long enough reason, x: 1}]",
            "deviations.0.x: there is no such",
        ),
        (b"target: x\ndeviations: [{requirement: GEN-1000, reason: long enough reason}]", "no requirement 'GEN-1000'"),
    ],
)
def test_unusable_file(file, content, told):
    file.write_bytes(content)
    with pytest.raises(DeviationFileError) as caught:
        read_deviations(file)
    assert str(caught.value).startswith(str(file))
    assert told in str(caught.value)
    # A file that cannot be used is shown what one looks like.
    assert "\n" not in str(caught.value).partition("; a file looks like this:")[0]


def test_several_mistakes_at_once(file):
    file.write_text("target: x\ndeviations: [{requirement: GEN-01}, {reason: long enough reason}]")
    with pytest.raises(
        DeviationFileError, match=r"deviations.0.reason: is missing; deviations.1.requirement: is missing"
    ):
        read_deviations(file)


def test_file_that_is_not_there(file):
    with pytest.raises(DeviationFileError, match="cannot be read: No such file or directory"):
        read_deviations(file)


@pytest.mark.parametrize(
    ("limits", "covered"),
    [
        ({}, True),
        ({"providers": ["github", "x"]}, True),
        ({"providers": ["google"]}, False),
        ({"scenarios": ["sample-scenario"]}, True),
        ({"scenarios": ["other"]}, False),
        ({"providers": ["github"], "scenarios": ["other"]}, False),
        ({"providers": []}, False),
    ],
)
def test_limits(limits, covered):
    one = entry(**limits)
    failing = result(Verdict.FAILED, check(holds=False))
    assert one.covers(MUST, failing) is covered
    assert one.covers(OTHER_MUST, failing) is False
    assert accepted([one], failing.checks[0], failing) is (one if covered else None)


def test_first_entry_that_covers_is_taken():
    narrow, wide = entry(providers=["google"]), entry()
    failing = result(Verdict.FAILED, check(holds=False))
    assert accepted([narrow, wide], failing.checks[0], failing) is wide


def test_another_form_of_failure_is_not_accepted():
    failing = result(Verdict.FAILED, check(holds=False))
    shown = failing.checks[0].actual
    assert accepted([entry(observed=shown)], failing.checks[0], failing)
    assert accepted([entry(observed={"contains": "something else"})], failing.checks[0], failing) is None


class TestStale:
    def test_checked_and_held_everywhere(self):
        assert stale([entry()], [result(Verdict.PASSED, check())]) == [entry()]

    def test_needed_somewhere(self):
        cases = [result(Verdict.PASSED, check()), result(Verdict.DEVIATION, check(holds=False))]
        assert stale([entry()], cases) == []

    def test_not_checked_at_all(self):
        cases = [result(Verdict.PASSED, check(OTHER_MUST)), result(Verdict.NOT_APPLICABLE, requirements=[MUST])]
        assert stale([entry()], cases) == []

    def test_only_cases_within_its_limits_count(self):
        assert stale([entry(providers=["google"])], [result(Verdict.PASSED, check())]) == []
        cases = [result(Verdict.PASSED, check()), result(Verdict.FAILED, check(holds=False), provider="google")]
        assert stale([entry(providers=["github"])], cases) == [entry(providers=["github"])]

    def test_order_of_the_file(self):
        entries = [entry(reason="the second reason"), entry(reason="a first reason")]
        assert stale(entries, [result(Verdict.PASSED, check())]) == entries
