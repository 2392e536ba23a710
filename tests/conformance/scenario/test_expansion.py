"""Names, repetitions and elements are spelt out before anything is played."""

import pytest
from pydantic import ValidationError

from conformance.scenario.expansion import bound, with_expectations
from conformance.scenario.facts import MissingKey, ProviderFacts, Resolver
from conformance.scenario.model import Expectation, Scenario, StepEntry
from conformance.scenario.references import UnknownReferenceError, resolve
from tests.conformance.samples import FACTS, MUST, OTHER_MUST, scenario

KNOWN = {"gone": Expectation(expectation="gone", expects={"status": 404, "body": ""})}


def resolver(name):
    return Resolver(name=name, requirement=MUST, missing=MissingKey(message="There is none"))


FACTS_WITH_RESOLVERS = ProviderFacts(
    provider="x", title="X", kind="oauth", resolvers=[resolver("byName"), resolver("byId")], facts={"words": ["a", "b"]}
)


def step(**data):
    return StepEntry.model_validate({"start": {}, **data})


class TestExpectations:
    @pytest.mark.parametrize(
        ("written", "spelt_out"),
        [
            ({"is": "gone"}, {"status": 404, "body": ""}),
            ({"is": "gone", "status": 200}, [{"status": 404, "body": ""}, {"status": 200}]),
            ([{"a": 1}, {"is": "gone"}], [{"a": 1}, {"status": 404, "body": ""}]),
            ({"a": 1}, {"a": 1}),
            ({}, {}),
        ],
    )
    def test_names_become_checks(self, written, spelt_out):
        made = with_expectations(step(expect={MUST: written}), KNOWN)
        assert made.expect == {MUST: spelt_out}

    def test_unknown_name(self):
        with pytest.raises(UnknownReferenceError, match="no expectation 'gon'; there are gone"):
            with_expectations(step(expect={MUST: {"is": "gon"}}), KNOWN)

    def test_a_name_that_is_none(self):
        with pytest.raises(UnknownReferenceError, match="no expectation 5"):
            with_expectations(step(expect={MUST: {"is": 5}}), KNOWN)


class TestSeveralIds:
    def test_one_matcher_under_each(self):
        made = step(expect={f"{MUST},{OTHER_MUST}": {"a": 1}})
        assert made.checks() == [(MUST, "a", 1), (OTHER_MUST, "a", 1)]

    def test_an_id_in_several_keys(self):
        made = step(expect={MUST: {"a": 1}, f"{MUST}, {OTHER_MUST}": [{"b": 2}, {"c": 3}]})
        assert made.checks() == [
            (MUST, "a", 1), (MUST, "b", 2), (MUST, "c", 3), (OTHER_MUST, "b", 2), (OTHER_MUST, "c", 3),
        ]  # fmt: skip

    @pytest.mark.parametrize("key", [f"{MUST},", ",", f"{MUST};{OTHER_MUST}", "${it.id}", "${each.a"])
    def test_wrong_keys(self, key):
        with pytest.raises(ValidationError):
            step(expect={key: {"a": 1}})


class TestRepeatedSteps:
    def played(self, facts=FACTS["github"], **data):
        return bound(scenario(steps=[{"start": {}, "expect": {MUST: {"a": 1}}, **data}]), facts)[0].steps

    def test_each(self):
        elements = [{"o": "a", "q": {"b": 1}}, {"o": "c", "q": {}}]
        one, other = self.played(start={"origin": "${each.o}", "query": "${each.q}"}, each=elements)
        assert (one.arguments, other.arguments) == ({"origin": "a", "query": {"b": 1}}, {"origin": "c", "query": {}})
        assert not one.is_repeated
        assert one.why == "(each: {'o': 'a', 'q': {'b': 1}})"

    def test_why_is_kept(self):
        assert [one.why for one in self.played(each=["a"], why="Control.")] == ["Control. (each: 'a')"]

    def test_times(self):
        played = self.played(start={"origin": "${each}"}, times=3, save="all")
        assert [one.arguments["origin"] for one in played] == [1, 2, 3]
        assert all(one.gathers and one.save == "all" for one in played)

    def test_elements_among_the_facts(self):
        played = self.played(FACTS_WITH_RESOLVERS, start={"origin": "${each}"}, each="${provider.facts.words}")
        assert [one.arguments["origin"] for one in played] == ["a", "b"]

    def test_elements_may_hold_references(self):
        (one,) = self.played(start={"origin": "x${each}"}, each=["${it.login}"])
        assert one.arguments == {"origin": "x${it.login}"}

    def test_a_filter_cannot_wait(self):
        with pytest.raises(UnknownReferenceError, match="not resolved yet"):
            self.played(start={"origin": "${each | upper}"}, each=["${it.login}"])

    @pytest.mark.parametrize("each", ["${provider.facts.none}", "${provider.title}"])
    def test_no_list_among_the_facts(self, each):
        with pytest.raises(UnknownReferenceError):
            self.played(FACTS_WITH_RESOLVERS, each=each)

    @pytest.mark.parametrize(
        "wrong", [{"each": ["a"], "times": 2}, {"times": 0}, {"times": 10_001}, {"each": "a"}, {"each": {"a": 1}}]
    )
    def test_wrong_repetitions(self, wrong):
        with pytest.raises(ValidationError):
            step(**wrong)


class TestScenariosOfElements:
    SCENARIO = scenario(
        each="${provider.resolvers}",
        environment="resolver-${each.name | kebab-case}",
        steps=[
            {
                "sign_in": {"faults": "${each.missing.faults}"},
                "expect": {"${each.requirement}": {"a": "${each.name}"}},
            }
        ],
    )

    def test_one_for_each(self):
        one, other = bound(self.SCENARIO, FACTS_WITH_RESOLVERS)
        assert (one.environment, other.environment) == ("resolver-by-name", "resolver-by-id")
        assert (one.part, other.part) == ("byName", "byId")
        assert one.requirements == [MUST]
        assert one.steps[0].arguments == {"faults": []}
        assert one.each is None

    def test_none_for_an_empty_list(self):
        assert bound(self.SCENARIO, FACTS["github"]) == []

    def test_requirements_that_elements_name_are_not_known_before(self):
        assert self.SCENARIO.requirements == []

    @pytest.mark.parametrize(("element", "part"), [("a", "a"), ({"x": 1}, "1"), (5, "1"), ({"name": "n"}, "n")])
    def test_names_of_parts(self, element, part):
        assert [one.part for one in bound(scenario(each=[element]), FACTS["github"])] == [part]

    def test_repeated_steps_do_not_stand_within(self):
        with pytest.raises(ValidationError, match="cannot have repeated steps"):
            scenario(each=["a"], steps=[{"start": {}, "each": ["b"]}])


def test_without_repetitions_nothing_changes():
    plain = scenario()
    assert bound(plain, FACTS["github"]) == [plain]
    assert isinstance(plain, Scenario)


def test_only_some_references():
    tree = {"${each.a}": ["${each.b}", "x ${each.a} ${it.c}"]}
    assert resolve(tree, {"each": {"a": "k", "b": 5}}, ["each"]) == {"k": [5, "x k ${it.c}"]}
