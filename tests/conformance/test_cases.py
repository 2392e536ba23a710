"""Fan-out: which scenario becomes a case on which provider, and which cannot be played."""

from dataclasses import replace

import pytest

from conformance.applicability import environment_of
from conformance.cases import applies, fan_out
from conformance.scenario.loader import Library
from conformance.scenario.model import Applies
from tests.conformance.samples import ABSENT, FACTS, GHE, GITHUB, GOOGLE, MUST, OTHER_MUST, PROXY, scenario, target


def cases(*scenarios, providers=(GITHUB, GHE, GOOGLE, PROXY), only=(), **changes):
    return fan_out(Library(scenarios, FACTS), target(*providers, **changes), only)


def ids(found):
    return [case.id for case in found]


def test_one_case_for_each_provider_it_applies_to():
    assert ids(cases(scenario())) == [
        "area/file:sample-scenario[github/development]",
        "area/file:sample-scenario[ghe/development]",
        "area/file:sample-scenario[google/development]",
        "area/file:sample-scenario[oauth2Proxy]",
    ]


@pytest.mark.parametrize(
    ("conditions", "names"),
    [
        ({}, {"github", "ghe", "google", "oauth2Proxy"}),
        ({"kind": "oauth"}, {"github", "ghe", "google"}),
        ({"kind": "proxy"}, {"oauth2Proxy"}),
        ({"providers": ["ghe", "oauth2Proxy"]}, {"ghe", "oauth2Proxy"}),
        ({"vendors": ["github"]}, {"github", "ghe"}),
        ({"has": ["refresh", "refresh-grant"]}, {"google"}),
        ({"lacks": ["persisted-scopes"]}, {"google", "oauth2Proxy"}),
        ({"vendors": ["github"], "has": ["refresh-grant"]}, set()),
        ({"kind": "oauth", "has": ["refresh"], "lacks": ["refresh-grant"], "providers": ["ghe"]}, {"ghe"}),
    ],
)
def test_every_condition_has_to_hold(conditions, names):
    found = {one.id for one in (GITHUB, GHE, GOOGLE, PROXY) if applies(Applies(**conditions), one, FACTS[one.vendor])}
    assert found == names


def test_once_takes_the_first_that_can_be_played():
    one = scenario(once=True, environment="other", applies_to={"kind": "oauth"})
    (case,) = cases(one, providers=(ABSENT, GOOGLE, GHE, GITHUB))
    assert (case.provider, case.not_applicable) == (GITHUB, None)
    assert case.id == "area/file:sample-scenario", "it is the same on whichever provider it is played"


def test_once_takes_a_provider_that_has_everything():
    one = scenario(once=True, applies_to={"has": ["refresh-grant"]})
    (case,) = cases(one, providers=(GHE, PROXY, GOOGLE))
    assert case.provider == GOOGLE


def test_once_still_says_why_if_none_can_be_played():
    (case,) = cases(scenario(once=True, environment="nowhere"), providers=(GITHUB, GHE))
    assert case.not_applicable == "the target has no environment 'nowhere' of provider 'github'"


def test_environment_of_the_run_unless_the_scenario_names_one():
    (case,) = cases(scenario(), providers=(GITHUB,), environment="other")
    assert case.environment == "other"
    (case,) = cases(scenario(environment="development"), providers=(GITHUB,), environment="other")
    assert case.environment == "development"


def test_environment_that_the_target_has_not():
    github, ghe = cases(scenario(environment="other"), providers=(GITHUB, GHE))
    assert github.not_applicable is None
    assert ghe.not_applicable == "the target has no environment 'other' of provider 'ghe'"


@pytest.mark.parametrize(
    "step",
    [
        {"start": {"environment": "no-sign-in"}},
        {"start": {"environment": "${each}"}, "each": ["${target.environment}", "no-sign-in"]},
        {"together": {"steps": {"one": {"refresh": {"environment": "no-sign-in"}}}}},
    ],
)
def test_environments_that_steps_name_are_needed_too(step):
    one = scenario(steps=[{**step, "expect": {MUST: {"status": 200}}}])
    known = {"providers": [], "environment_names": ["development", "no-sign-in", "other"]}
    github, ghe = cases(one, providers=(replace(GITHUB, environments=("development", "no-sign-in")), GHE), idp=known)
    assert github.not_applicable is None
    assert ghe.not_applicable == "the target has no environment 'no-sign-in' of provider 'ghe'"
    assert environment_of(ghe.not_applicable) == "no-sign-in"


def test_an_environment_that_nobody_has_is_none_that_is_needed():
    one = scenario(steps=[{"start": {"environment": "no-such-environment"}, "expect": {MUST: {"status": 404}}}])
    (case,) = cases(one, providers=(GITHUB,), idp={"providers": [], "environment_names": ["development"]})
    assert case.not_applicable is None


def test_proxies_have_no_environment():
    (case,) = cases(scenario(environment="other"), providers=(PROXY,))
    assert (case.environment, case.not_applicable) == ("", None)


def test_profile():
    assert cases(scenario(profile="https"), providers=(GITHUB,), profile="https")[0].not_applicable is None
    (case,) = cases(scenario(profile="https"), providers=(GITHUB,))
    assert case.not_applicable == "it needs the profile 'https'; the target was started with 'default'"


def test_missing_provider_says_why():
    (case,) = cases(scenario(), providers=(ABSENT,))
    assert case.not_applicable == "the target has no provider 'okta'"


def test_scenario_that_applies_to_nobody_is_a_case_nevertheless():
    (case,) = cases(scenario(applies_to={"vendors": ["saml"]}))
    assert case.id == "area/file:sample-scenario[none]"
    assert case.not_applicable == "the target has no provider that the scenario applies to"


def test_vendor_without_facts_is_left_out():
    library = Library((scenario(),), {})
    assert (
        fan_out(library, target(GITHUB))[0].not_applicable == "the target has no provider that the scenario applies to"
    )


def test_only_some_requirements():
    both = (scenario("first-one", MUST), scenario("second-one", OTHER_MUST))
    assert [case.scenario.scenario for case in cases(*both, providers=(GITHUB,), only=[OTHER_MUST])] == ["second-one"]
    assert len(cases(*both, providers=(GITHUB,))) == 2


def test_a_reserved_provider_is_for_scenarios_that_name_it():
    reserved = replace(PROXY, reserved=True)
    assert not applies(Applies(), reserved, FACTS[PROXY.vendor])
    assert not applies(Applies(kind="proxy", vendors=[PROXY.vendor]), reserved, FACTS[PROXY.vendor])
    assert applies(Applies(providers=[PROXY.id]), reserved, FACTS[PROXY.vendor])
