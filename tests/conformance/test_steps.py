"""Steps about values, several at once, people, and what steps say they observe."""

import contextlib
from dataclasses import replace
from threading import Barrier

import pytest

from conformance.cases import Case
from conformance.driver.wire import Wire
from conformance.scenario.expansion import bound
from conformance.scenario.facts import PersonaProfile
from conformance.steps import RULES, STEPS
from conformance.steps.base import CaseContext
from conformance.steps.idp import ENDPOINTS
from conformance.verdicts import Verdict
from mock_idp.oauth.model import Endpoint
from tests.conformance.fakes import PERSONAS, running_pair
from tests.conformance.samples import FACTS, GITHUB, MUST, scenario, target
from tests.support.playing import play_case

PLAIN = PERSONAS["personas"][0]
OTHER = {**PLAIN, "id": "guest-01", "email": "guest@example.test", "spare": True}
GITHUB_FACTS = FACTS["github"].model_copy(update={"profile": PersonaProfile(email="${it.email}")})


@pytest.fixture
def played():
    with running_pair() as pair, contextlib.closing(Wire(None, 10)) as wire:

        def run(*steps, own=None, journal=()):
            pair.idp.journal = list(journal)
            info = {"urls": {"http": pair.idp.url}, "providers": pair.idp.providers}
            personas = {"plain": PLAIN, "guest-01": OTHER}
            tested = target(GITHUB, auth_url=pair.auth_url, idp=info, personas=personas)
            (part,) = bound(scenario(steps=list(steps)), GITHUB_FACTS)
            case = replace(Case(part, GITHUB, "development"), own=own)
            return play_case(case, GITHUB_FACTS, tested, wire)

        yield run


def passes(result):
    assert result.message == ""
    return result.verdict is Verdict.PASSED


def given(values, expected):
    """A step that checks values."""
    return {"set": values, "expect": {MUST: expected}}


class TestValues:
    def test_names_are_for_later_steps(self, played):
        assert passes(
            played(
                given({"verifier": "${case.unique}${case.unique}", "n": 5}, {"verifier.length": 64}),
                given({"challenge": "${verifier | s256}", "m": "${n}"}, {"challenge.length": 43, "m": 5}),
            )
        )

    def test_nothing_to_set(self, played):
        assert "set is given nothing" in played({"set": {}, "expect": {MUST: {"a": 1}}}).message


class TestRepeated:
    def test_observations_are_gathered(self, played):
        assert passes(
            played(
                {"start": {}, "times": 3, "save": "many"},
                given({"seen": "${many}"}, {"seen": {"length": 3, "every": {"holds": {"status": 302}}}}),
            )
        )

    def test_messages_tell_which_one(self, played):
        result = played(
            {"start": {"environment": "${each}"}, "each": ["other", "none"], "expect": {MUST: {"status": 302}}}
        )
        assert (result.verdict, [check.holds for check in result.checks]) == (Verdict.FAILED, [True, False])
        assert "why       (each: 'none')" in result.message


class TestTogether:
    def test_each_by_its_name_and_all(self, played):
        steps = {"first": {"refresh": {}, "browser": "empty"}, "second": {"start": {}}}
        observed = {"first.status": 401, "second.status": 302, "all.1.status": 302, "all": {"length": 2}}
        assert passes(played({"sign_in": {}}, {"together": {"steps": steps}, "expect": {MUST: observed}}))

    def test_at_the_same_time(self, played, monkeypatch):
        everybody = Barrier(3)
        observe = CaseContext.observe

        def waiting(context, response, url):
            everybody.wait(10)  # breaks if the others come only afterwards
            return observe(context, response, url)

        monkeypatch.setattr(CaseContext, "observe", waiting)
        steps = {name: {"start": {}, "browser": name} for name in ("a", "b", "c")}
        assert passes(played({"together": {"steps": steps}, "expect": {MUST: {"all": {"length": 3}}}}))

    def test_later_steps_continue_in_each_browser(self, played):
        steps = {"one": {"start": {}}, "other": {"start": {}, "browser": "other"}}
        assert passes(
            played(
                {"together": {"steps": steps}},
                {"consent": {}, "expect": {MUST: {"status": 302}}},
                {"consent": {}, "browser": "other", "expect": {MUST: {"status": 302}}},
            )
        )

    def test_a_target_that_stops_one_of_them(self, played):
        steps = {"one": {"start": {}}, "other": {"callback": {}}}
        result = played({"together": {"steps": steps}, "expect": {MUST: {"all": {"length": 2}}}})
        assert "this step continues consent, which did not happen" in result.message


class TestPeople:
    def test_it_is_who_signed_in_last(self, played):
        assert passes(
            played(
                given({"a": "${it.email}"}, {"a": PLAIN["email"]}),
                {"sign_in": {"persona": "guest-01"}, "expect": {MUST: {"status": 200}}},
                given({"a": "${it.email}"}, {"a": OTHER["email"]}),
                given({"a": "${provider.profile | known}"}, {"a": {"equals": {"email": OTHER["email"]}}}),
            )
        )

    def test_own(self, played):
        assert passes(
            played(
                {"sign_in": {"persona": "own"}, "expect": {MUST: {"status": 200}}},
                given({"a": "${persona.own.id}", "b": "${it.id}"}, {"a": "guest-01", "b": "guest-01"}),
                own="guest-01",
            )
        )

    def test_nobody(self, played):
        result = played({"sign_in": {"persona": "own"}, "expect": {MUST: {"status": 200}}})
        assert result.verdict is Verdict.ERROR
        assert "there is no persona 'own'; there are plain, guest-01" in result.message


class TestShapes:
    """Whatever a step observes, it says that it may."""

    def test_what_is_seen_is_announced(self, played, monkeypatch):
        seen = {}
        remember = CaseContext.remember

        def noting(context, action, observation):
            seen.setdefault(action, {}).update(observation)
            remember(context, action, observation)

        monkeypatch.setattr(CaseContext, "remember", noting)
        token = "${renewed.session.backstageIdentity.token}"
        result = played(
            {"sign_in": {}},
            {"refresh": {}, "save": "renewed"},
            {"logout": {}},
            {"callback": {"query": {"code": None}}},
            {"read_token": {"token": token}},
            {"forge_token": {"token": token}},
            {"request": {"path": "/x"}},
            {"put_cookie": {"name": "a", "value": "b"}},
            {"look_at_cookies": {}},
            {"forget_cookies": {}},
            {"proxied_sign_in": {}, "expect": {MUST: {"status": {"type": "integer"}}}},
        )
        assert result.verdict is Verdict.PASSED, result.message
        assert len(seen) >= 12
        for action, members in seen.items():
            assert set(members) <= set(RULES.shape(action, {})), action

    @pytest.mark.parametrize("action", STEPS)
    def test_every_step_says_what_it_observes(self, action):
        assert isinstance(STEPS[action].observes, dict)

    def test_the_journal_knows_the_endpoints_of_the_mock(self):
        assert set(ENDPOINTS) == {str(endpoint) for endpoint in Endpoint}


class TestJournal:
    def test_of_a_grant(self, played):
        observed = {"count": 1, "counts.token": 1}
        assert passes(played({"sign_in": {}}, {"journal": {}, "expect": {MUST: observed}}, journal=["token"]))

    def test_of_a_grant_that_nobody_gave(self, played):
        nothing = {"counts": {"lacks_keys": ["token"]}}
        result = played({"journal": {"grant": "no/such grant"}, "expect": {MUST: nothing}})
        assert result.verdict is Verdict.ERROR
        assert "the mock IdP refused GET /__idp/grants/no%2Fsuch%20grant with 404" in result.message
