"""A case is played step by step and comes to one verdict, whatever target, IdP and scenario do."""

import contextlib
from dataclasses import replace

import pytest

from conformance.cases import Case
from conformance.deviations import Deviation
from conformance.driver.wire import Wire
from conformance.play import SHOWN_CHARACTERS, TargetStoppedError
from conformance.verdicts import Verdict
from tests.conformance.fakes import PERSONAS, SECRETS, Pair, running_pair
from tests.conformance.samples import FACTS, GITHUB, INFO, MUST, OTHER_MUST, SHOULD, scenario, target
from tests.support.fake_servers import closed_port
from tests.support.playing import play_case

REASON = "Known, and accepted for now."


@pytest.fixture
def pair():
    with running_pair() as running:
        yield running


@pytest.fixture
def played(pair):
    with contextlib.closing(Wire(None, 10)) as wire:

        def run(*steps, deviations=(), should_fails=False, pair: Pair = pair, environment="development", **policy):
            info = {"urls": {"http": pair.idp.url}, "providers": pair.idp.providers}
            tested = target(GITHUB, auth_url=pair.auth_url, idp=info, personas={"plain": PERSONAS["personas"][0]})
            case = Case(scenario(steps=list(steps)), GITHUB, environment)
            chosen = {"deviations": deviations, "should_fails": should_fails, **policy}
            return play_case(case, FACTS["github"], tested, wire, **chosen)

        yield run


def start(requirement=MUST, **expected):
    return {"start": {}, "expect": {requirement: expected or {"status": 302}}}


def deviation(requirement=MUST):
    return Deviation(requirement=requirement, reason=REASON)


class TestVerdict:
    def test_passed_says_nothing(self, played):
        result = played(start(), {"refresh": {}, "expect": {OTHER_MUST: {"status": 401}}})
        assert (result.verdict, result.message, result.transcript) == (Verdict.PASSED, "", [])
        assert [check.requirement for check in result.checks] == [MUST, OTHER_MUST]
        assert result.seconds > 0

    @pytest.mark.parametrize(
        ("requirement", "accept", "should_fails", "verdict"),
        [
            (MUST, False, False, Verdict.FAILED),
            (MUST, True, False, Verdict.DEVIATION),
            (SHOULD, False, False, Verdict.WARNED),
            (SHOULD, False, True, Verdict.FAILED),
            (SHOULD, True, True, Verdict.DEVIATION),
            (INFO, False, False, Verdict.PASSED),
            (INFO, False, True, Verdict.PASSED),
            (INFO, True, False, Verdict.DEVIATION),
        ],
    )
    def test_of_a_failed_check(self, played, requirement, accept, should_fails, verdict):
        deviations = [deviation(requirement)] if accept else []
        result = played(start(requirement, status=200), deviations=deviations, should_fails=should_fails)
        assert result.verdict is verdict
        assert result.deviations == ({requirement: REASON} if accept else {})

    def test_checks_go_on_after_a_failed_one(self, played):
        result = played(start(status=200, body="x"), start(OTHER_MUST))
        assert [check.holds for check in result.checks] == [False, False, True]
        assert result.verdict is Verdict.FAILED

    def test_deviation_does_not_hide_another_failure(self, played):
        result = played(start(MUST, status=200), start(OTHER_MUST, status=200), deviations=[deviation(MUST)])
        assert result.verdict is Verdict.FAILED


class TestMessage:
    def test_says_what_was_expected_and_what_came(self, played):
        result = played({"start": {}, "why": "A remark.", "expect": {MUST: {"status": {"at_most": 299}}}})
        assert MUST in result.message
        assert "at        status  (step 1, line " in result.message
        assert "expected  at most 299" in result.message
        assert "actual    302" in result.message
        assert "why       A remark." in result.message

    def test_long_values_are_cut(self, played):
        result = played({"set": {"x": "y" * 5000}, "expect": {MUST: {"x": ""}}})
        assert f"… ({5002} characters)" in result.message
        assert len(result.checks[0].actual) < SHOWN_CHARACTERS + 30

    def test_nothing_secret_is_told(self, played):
        result = played(
            {"sign_in": {}, "save": "session", "expect": {MUST: {"session": {"absent": True}, "body": "x"}}},
            {"refresh": {}, "expect": {MUST: {"session.providerInfo.accessToken": "${session.start.state_text}"}}},
        )
        assert result.verdict is Verdict.FAILED
        assert len(result.transcript) == 5
        for secret in SECRETS:
            assert secret not in repr(result.to_json())

    def test_client_secret_is_not_told_either(self, played):
        result = played(start(body="${provider.client.client_secret}"))
        assert "x" * 12 not in repr(result.to_json())


class TestStopped:
    def test_reference_to_nowhere_is_the_scenarios_fault(self, played):
        result = played(start(status="${strat.status}"))
        assert result.verdict is Verdict.ERROR
        assert "step 1 (start, line " in result.message
        assert "there is no 'strat.status' here" in result.message

    def test_argument_of_the_wrong_type_is_the_scenarios_fault(self, played):
        result = played(start(), {"journal": {"since": "${provider.id}"}})
        assert result.verdict is Verdict.ERROR
        assert result.message.startswith("step 2 (journal, line ")

    def test_step_without_its_beginning_is_the_scenarios_fault(self, played):
        result = played({"callback": {}, "expect": {MUST: {"status": 200}}})
        assert result.verdict is Verdict.ERROR
        assert "this step continues consent, which did not happen before it" in result.message

    @pytest.mark.parametrize(
        "follow", [{"start": {"scope": "${first.session.x}"}}, {"journal": {"since": "${first.body}"}}]
    )
    def test_fault_after_a_failed_check_is_the_targets(self, played, follow):
        result = played({**start(status=200), "save": "first"}, follow)
        assert result.verdict is Verdict.FAILED

    def test_start_that_does_not_redirect_is_the_targets_fault(self, played):
        result = played({"start": {"environment": "nowhere"}}, {"consent": {}, "expect": {MUST: {"status": 302}}})
        assert result.verdict is Verdict.FAILED
        assert "start did not redirect to the vendor, it answered 404: " in result.message

    def test_token_that_is_none_is_the_targets_fault(self, played):
        result = played({"forge_token": {"token": "opaque"}, "expect": {MUST: {"token": "x"}}})
        assert result.verdict is Verdict.FAILED

    def test_accepted_deviation_that_stops_the_scenario_stays_a_deviation(self, played):
        steps = ({"start": {"environment": "nowhere"}, "expect": {MUST: {"status": 302}}}, {"consent": {}})
        assert played(*steps, deviations=[deviation()]).verdict is Verdict.DEVIATION

    def test_accepted_deviation_does_not_hide_a_later_stop(self, played, pair):
        pair.target.breaks_off_at = 2
        result = played(start(status=200), start(OTHER_MUST), deviations=[deviation()])
        assert result.verdict is Verdict.FAILED
        assert [(check.requirement, check.path) for check in result.checks] == [
            (MUST, "status"),
            (OTHER_MUST, "(answer)"),
        ]

    def test_known_stop_can_be_accepted(self, played, pair):
        pair.target.breaks_off_at = 2
        assert played(start(), start(OTHER_MUST), deviations=[deviation(OTHER_MUST)]).verdict is Verdict.DEVIATION

    @pytest.mark.parametrize("nowhere", ["http://[::1", "http://localhost:99999", "javascript:x"])
    def test_redirect_to_nowhere_breaks_nothing(self, played, pair, nowhere):
        pair.target.idp_url = nowhere
        assert played(start(), {"consent": {}}).verdict in {Verdict.ERROR, Verdict.FAILED}

    def test_absent_idp_is_nobodys_failure(self, played, pair):
        elsewhere = replace(pair.idp, url=f"http://127.0.0.1:{closed_port()}")
        result = played(start(), {"journal": {"state": "x"}}, pair=replace(pair, idp=elsewhere))
        assert result.verdict is Verdict.ERROR
        assert "the mock IdP at http://127.0.0.1" in result.message

    def test_idp_that_refuses_is_nobodys_failure(self, played):
        result = played(start(), {"journal": {"state": "x"}})
        assert result.verdict is Verdict.ERROR
        assert "the mock IdP refused GET /__idp/journal?state=x&since=0 with 404" in result.message

    def test_target_that_breaks_off_once_has_failed(self, played, pair):
        pair.target.breaks_off_at = 2
        result = played(start(), start(OTHER_MUST))
        assert result.verdict is Verdict.FAILED
        assert "broke off without an HTTP answer" in result.message
        assert "response" not in result.transcript[-1]

    def test_target_that_is_gone_ends_the_run(self, played, pair):
        pair.target.stops_after = 1
        with pytest.raises(TargetStoppedError, match="the target stopped answering: http://localhost:"):
            played(start(), start(OTHER_MUST))


class TestHostileKeySets:
    @pytest.mark.parametrize(
        "keys", [{"keys": None}, {"keys": [5, None, "x"]}, {"keys": {"kid": "a"}}, {"keys": [{"kid": []}]}]
    )
    def test_read_token_survives(self, played, pair, keys):
        pair.target.key_set = keys
        result = played({"read_token": {"token": SECRETS[-1]}, "expect": {MUST: {"verified": False}}})
        assert result.verdict is Verdict.PASSED


def test_time_passes_as_the_terms_say(played):
    waited = []
    step = {"wait": {"seconds": 61}, "expect": {MUST: {"seconds": 61}}}
    assert played(step, wait=waited.append).verdict is Verdict.PASSED
    assert waited == [61]
