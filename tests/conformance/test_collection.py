"""What is a scenario's own mistake is an error, not a case that is not applicable and that nobody looks at."""

import pytest

from conformance.collection import collect
from conformance.play import empty_result
from conformance.scenario.facts import MissingKey, ProviderFacts, Resolver
from conformance.scenario.loader import Library
from conformance.verdicts import Verdict
from tests.conformance.samples import ABSENT, FACTS, GITHUB, MUST, OTHER_MUST, PROXY, scenario, target

IDP = {
    "urls": {"http": "http://127.0.0.1:9000"},
    "providers": [
        {"id": "github", "vendor": "github", "environments": [{"name": "development"}, {"name": "keys-down"}]},
        {"id": "okta", "vendor": "okta", "environments": [{"name": "development"}]},
        {"id": "oauth2Proxy", "vendor": "oauth2Proxy", "environments": []},
    ],
}
PERSONAS = {"plain": {"id": "plain"}, **{f"guest-{n}": {"id": f"guest-{n}", "spare": True} for n in (1, 2)}}


def cases(*scenarios, providers=(GITHUB, ABSENT, PROXY), only=(), is_complete=False, facts=FACTS, **changes):
    tested = target(*providers, **{"idp": IDP, "personas": PERSONAS, **changes})
    return collect(Library(scenarios, facts), tested, only, is_complete=is_complete)


def signing_in(name="sample-scenario", persona="own", requirement=MUST, **changes):
    return scenario(
        name, steps=[{"sign_in": {"persona": persona}, "expect": {requirement: {"status": 200}}}], **changes
    )


def mistake(*found):
    (case,) = found
    assert case.mistake and empty_result(case).verdict is Verdict.ERROR
    return empty_result(case).message


class TestEnvironments:
    def test_unknown_to_the_idp(self):
        told = mistake(*cases(scenario(environment="no-sing-in", applies_to={"kind": "oauth"})))
        assert told.startswith("the mock IdP has no environment 'no-sing-in' of any provider it applies to; there are ")

    def test_known_to_the_idp_but_not_to_the_target(self):
        (case,) = cases(scenario(environment="keys-down", applies_to={"vendors": ["github"]}))
        assert case.mistake is None and "the target has no environment" in case.not_applicable

    def test_of_the_kit_where_the_mock_has_somebodys_own(self):
        idp = {**IDP, "only_own_clients": True, "environment_names": ["keys-down", "no-sign-in"]}
        (case,) = cases(scenario(environment="no-sign-in", applies_to={"vendors": ["github"]}), idp=idp)
        assert case.mistake is None and "the target has no environment 'no-sign-in'" in case.not_applicable
        assert mistake(*cases(scenario(environment="no-sing-in", applies_to={"kind": "oauth"}), idp=idp))

    def test_known_for_one_of_several(self):
        found = cases(scenario(environment="keys-down", applies_to={"kind": "oauth"}))
        assert not any(case.mistake for case in found)

    def test_auth_proxies_have_none(self):
        assert not any(case.mistake for case in cases(scenario(environment="any", applies_to={"kind": "proxy"})))

    def test_of_elements(self):
        resolver = Resolver(name="byName", requirement=MUST, missing=MissingKey(message="m"))
        facts = {"github": ProviderFacts(provider="github", title="G", kind="oauth", resolvers=[resolver])}
        one = scenario(each="${provider.resolvers}", environment="resolver-${each.name | kebab-case}")
        assert "no environment 'resolver-by-name'" in mistake(*cases(one, facts=facts))


class TestPersonas:
    @pytest.mark.parametrize(
        "step",
        [
            {"sign_in": {"persona": "plane"}},
            {"start": {"origin": "${persona.plane.email}"}},
            {"together": {"steps": {"a": {"consent": {"persona": "plane"}}, "b": {"start": {}}}}},
        ],
    )
    def test_unknown(self, step):
        told = mistake(*cases(scenario(steps=[step], applies_to={"vendors": ["github"]})))
        assert told == "there is no persona 'plane' for all cases; there are plain, and own for one alone"

    def test_spare_ones_are_not_chosen_by_name(self):
        assert "no persona 'guest-1'" in mistake(
            *cases(signing_in(persona="guest-1", applies_to={"vendors": ["github"]}))
        )

    def test_known(self):
        (case,) = cases(signing_in(persona="plain", applies_to={"vendors": ["github"]}))
        assert (case.not_applicable, case.own) == (None, None)

    @pytest.mark.parametrize(
        "step",
        [
            {"sign_in": {"persona": "own"}},
            {"start": {"origin": "${persona.own.email}"}},
            {"start": {}, "expect": {MUST: {"url": "${persona.own.email | upper}"}}},
            {"together": {"steps": {"a": {"consent": {"persona": "own"}}, "b": {"start": {}}}}},
        ],
    )
    def test_own(self, step):
        (case,) = cases(scenario(steps=[step], applies_to={"vendors": ["github"]}))
        assert case.own == "guest-1"

    def test_own_follows_from_the_order_of_cases_alone(self):
        limited = {"applies_to": {"vendors": ["github"]}}
        scenarios = [
            signing_in("first", **limited),
            scenario("none", OTHER_MUST, **limited),
            signing_in("last", **limited),
        ]
        assert [case.own for case in cases(*scenarios)] == ["guest-1", None, "guest-2"]
        only = cases(scenarios[0], signing_in("last", requirement=OTHER_MUST, **limited), only=[OTHER_MUST])
        assert [case.own for case in only] == ["guest-2"]

    def test_none_left(self):
        *_, last = cases(*(signing_in(f"case-{n}", applies_to={"vendors": ["github"]}) for n in (1, 2, 3)))
        assert mistake(last) == "the mock IdP has no persona left for this case alone"

    def test_cases_that_are_not_played_need_none(self):
        absent = signing_in("absent", applies_to={"vendors": ["okta"]})
        first, second = cases(absent, signing_in("second", applies_to={"vendors": ["github"]}))
        assert (first.own, second.own) == (None, "guest-1")


class TestCompleteTarget:
    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"applies_to": {"vendors": ["okta"]}}, "the target has no provider 'okta'"),
            ({"applies_to": {"has": ["nothing"]}}, "the target has no provider that the scenario applies to"),
            ({"environment": "keys-down", "applies_to": {"vendors": ["github"]}}, "no environment 'keys-down'"),
            ({"each": "${provider.resolvers}"}, "no vendor has an element of its 'each'"),
        ],
    )
    def test_everything_is_played_somewhere(self, changes, reason):
        told = mistake(*cases(scenario(**changes), is_complete=True))
        assert told.startswith("it is played on no provider at all") and reason in told
        assert not any(case.mistake for case in cases(scenario(**changes)))

    def test_a_scenario_of_another_profile_is_not_missed(self):
        (case, *_) = cases(scenario(profile="other"), is_complete=True)
        assert case.mistake is None

    def test_one_provider_is_enough(self):
        found = cases(scenario(applies_to={"kind": "oauth"}), is_complete=True)
        assert [(case.provider.id, bool(case.mistake)) for case in found] == [("github", False), ("okta", False)]


def test_ids():
    part = scenario(each=[{"name": "a"}], applies_to={"vendors": ["github"]})
    assert cases(part)[0].id == "area/file:sample-scenario[github/development/a]"
    once = scenario(once=True, each=[{"name": "a"}, {"name": "b"}])
    assert [case.id for case in cases(once)] == ["area/file:sample-scenario[a]", "area/file:sample-scenario[b]"]


def test_libraries_travel():
    library = Library((signing_in(each=["a"], once=True),), FACTS, {"refresh": "It can be renewed."})
    assert Library.from_json(library.to_json()) == library
