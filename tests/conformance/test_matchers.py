"""Operators: what holds, what does not, and what is no matcher at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.matchers import OPERANDS, OPERATORS, TYPES, describe, matches, mistakes_in
from conformance.paths import MISSING

# operator, operand, values for which it holds, values for which it does not
TABLE = [
    ("equals", 5, [5, 5.0], [6, "5", None, MISSING]),
    ("equals", {"a": [1, {"b": True}]}, [{"a": [1, {"b": True}]}], [{"a": [1, {"b": 1}]}, {"a": [1]}, {}]),
    ("equals", True, [True], [1, "true", MISSING]),
    ("equals", None, [None], [MISSING, 0, ""]),
    ("equals_if_known", 5, [5], [6, None, MISSING]),
    ("if_there", {"at_least": 5}, [MISSING, 6], [4, "6", None]),
    ("if_there", "a", [MISSING, "a"], ["b", None]),
    ("not_equals", 5, [6, "5", None, True], [5, MISSING]),
    ("not_equals", 1, [True, 2], [1]),
    ("one_of", ["a", 1], ["a", 1], ["b", True, MISSING, None]),
    ("matches", "a.*b", ["ab", "a\nb"], ["xab", "abx", 5, MISSING, None]),
    ("contains", "b", ["abc", ["a", "b"], {"b": 1}], ["a", ["abc"], {"a": "b"}, None, MISSING]),
    ("contains", 1, [[1, 2]], [[True], {"1": 1}, 1]),
    ("contains", {"a": 1}, [[{"a": 1}]], [[{"a": True}]]),
    ("not_contains", "b", ["a", ["abc"], {}, 5], ["abc", ["b"], MISSING]),
    ("starts_with", "ab", ["ab", "abc"], ["xab", ["ab"], MISSING]),
    ("ends_with", "ab", ["ab", "xab"], ["abx", ["ab"], MISSING]),
    ("absent", True, [MISSING], [None, "", 0]),
    ("absent", False, [None, "", 0], [MISSING]),
    ("empty", True, ["", [], {}], ["a", [0], {"a": 1}, None, 0, MISSING]),
    ("empty", False, ["a", [0], {"a": 1}], ["", [], {}, None, 5, MISSING]),
    ("type", "text", ["", "a"], [1, None, MISSING]),
    ("type", "integer", [1], [1.5, True, "1", MISSING]),
    ("type", "number", [1, 1.5], [True, "1", MISSING]),
    ("type", "boolean", [True, False], [1, MISSING]),
    ("type", "list", [[]], [{}, "a", MISSING]),
    ("type", "mapping", [{}], [[], MISSING]),
    ("type", "null", [None], [0, MISSING]),
    ("at_least", 5, [5, 5.5], [4.9, "6", True, None, MISSING]),
    ("at_most", 5, [5, -1], [5.1, "4", False, None, MISSING]),
    ("length", 2, ["ab", [1, 2], {"a": 1, "b": 2}], ["a", 2, None, MISSING]),
    ("keys", ["a", "b"], [{"b": 1, "a": 2}], [{"a": 1}, {"a": 1, "b": 2, "c": 3}, ["a", "b"], MISSING]),
    ("has_keys", ["a"], [{"a": None}, {"a": 1, "b": 2}], [{}, ["a"], MISSING]),
    ("lacks_keys", ["a", "b"], [{}, {"c": 1}], [{"a": None}, {"b": 1, "c": 1}, [], MISSING, None]),
    ("same_items", [1, 2, 2], [[2, 1, 2]], [[1, 2], [1, 1, 2], [True, 2, 2], "122", MISSING]),
    ("includes", ["a", "b"], [["b", "x", "a"]], [["a"], "ab", {"a": 1, "b": 2}, MISSING]),
    ("includes", [1], [[1]], [[True]]),
    ("words", "a b", ["b a", "a b"], ["a", "a b c", "a  b", "a b a", ["a", "b"], MISSING]),
    ("words", ["a", "b"], ["b a"], ["ab", MISSING]),
    ("has_words", "a b", ["b a", "x a\tb"], ["a", "ab", ["a", "b"], MISSING]),
    ("holds", {"a.b": 1, "c": {"absent": True}}, [{"a": {"b": 1}}], [{"a": {"b": 2}}, [], MISSING]),
    ("holds", {"a": 1, "c": {"absent": True}}, [{"a": 1}], [{"a": 1, "c": 1}]),
    ("every", {"type": "text"}, [["a"], ["a", "b"]], [[], ["a", 1], "ab", MISSING]),
    ("some", {"at_least": 5}, [[1, 6]], [[], [1], {"a": 6}, MISSING]),
    ("just_one", {"at_least": 5}, [[1, 6], [6]], [[], [1], [6, 7], {"a": 6}, MISSING]),
    ("none", {"at_least": 5}, [[], [1]], [[6, 1], None, MISSING]),
    ("none", 5, [[1]], [[5]]),
    ("unlike", "a.b", [[{"a": {"b": "xyz"}}, {"a": {"b": "abc"}}]], [[{"a": {"b": "x"}}, {"a": {"b": "x"}}], MISSING]),
    ("unlike", "a", [[{"a": "1"}], [{"a": "abc"}, {"a": "axy"}]], [[], [{}], [1], {}, [{"a": 1}]]),
    ("unlike", "a", [[{"a": "abcd"}, {"a": "axyz"}]], [[{"a": "abcd"}, {"a": "abxy"}], [{"a": ""}, {"a": ""}]]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("matcher", "value"), [({name: operand}, value) for name, operand, holds, _ in TABLE for value in holds]
)
def test_holds(matcher, value):
    assert matches(value, matcher)


@pytest.mark.parametrize(
    ("matcher", "value"), [({name: operand}, value) for name, operand, _, fails in TABLE for value in fails]
)
def test_does_not_hold(matcher, value):
    assert not matches(value, matcher)


def test_every_operator_is_in_the_table_with_a_docstring():
    assert {row[0] for row in TABLE} == set(OPERATORS) == set(OPERANDS)
    assert all(OPERATORS[name].__doc__ for name in OPERATORS)


def test_what_holds_for_what_is_not_there_says_so():
    assert {name for name, operand, _, _ in TABLE if matches(MISSING, {name: operand})} == {"absent", "if_there"}


def test_null_that_is_known_to_be_absent():
    assert matches(MISSING, {"equals_if_known": None})
    assert not matches(None, {"equals_if_known": None})


@pytest.mark.parametrize(
    ("value", "matcher", "holds"),
    [
        (200, 200, True),
        (200, "200", False),
        (True, 1, False),
        (MISSING, None, False),
        ({"a": 1}, {"a": 1}, True),
        ({"a": True}, {"a": 1}, False),
        ({}, {}, True),
        ([], [], True),
        ([{"a": 1}], [{"a": 1}], True),
    ],
)
def test_plain_value_means_equality(value, matcher, holds):
    assert matches(value, matcher) is holds


def test_all_operators_of_a_mapping_have_to_hold():
    assert matches(595, {"at_least": 590, "at_most": 600})
    assert not matches(601, {"at_least": 590, "at_most": 600})


@pytest.mark.parametrize(
    ("matcher", "told"),
    [
        ({"lacks_keys": "token"}, "lacks_keys: 'token' is not a list"),
        ({"keys": {"a": 1}}, "is not a list"),
        ({"one_of": "abc"}, "is not a list"),
        ({"matches": "("}, "is not a regular expression"),
        ({"matches": 5}, "5 is not a text"),
        ({"starts_with": 5}, "5 is not a text"),
        ({"absent": "no"}, "'no' is not a boolean"),
        ({"empty": 1}, "1 is not a boolean"),
        ({"type": "string"}, "no type 'string'; there are text, integer"),
        ({"type": ["text"]}, "no type ['text']"),
        ({"at_least": "5"}, "'5' is not a number"),
        ({"at_most": True}, "True is not a number"),
        ({"length": 1.5}, "1.5 is not an integer"),
        ({"words": 5}, "5 is neither a text nor a list of texts"),
        ({"holds": {}}, "{} is not a mapping of paths"),
        ({"holds": 5}, "5 is not a mapping of paths"),
        ({"holds": {"a": {"at_least": "x"}}}, "holds: a: at_least: 'x' is not a number"),
        ({"every": {"matches": "["}}, "every: matches: '['"),
        ({"none": {"hold": {"a": 1}}}, "none: there is no operator 'hold'; 'holds' is one"),
        ({"at_leest": 5}, "there is no operator 'at_leest'; 'at_least' is one"),
        ({"type": "text", "nmae": 1}, "'type' is an operator and 'nmae' is none"),
    ],
)
def test_mistakes(matcher, told):
    assert told in "; ".join(mistakes_in(matcher))


@pytest.mark.parametrize("matcher", [{"lacks_keys": "token"}, {"matches": "("}, {"type": "string"}, {"holds": 5}])
@pytest.mark.parametrize("value", [MISSING, None, "text", {"a": 1}, [1]])
def test_mistakes_are_told_whatever_the_value(matcher, value):
    with pytest.raises(ValueError, match=next(iter(matcher))):
        matches(value, matcher)


@pytest.mark.parametrize("name", ["contains", "not_contains"])
def test_text_cannot_contain_anything_but_text(name):
    with pytest.raises(ValueError, match="a text cannot contain 5"):
        matches("x5", {name: 5})


@pytest.mark.parametrize(
    "matcher",
    [
        5,
        "text",
        None,
        [],
        {},
        {"name": "x"},
        {"typ": "JWT", "alg": "ES256"},
        {"one_of": "${a}"},
        {"holds": {"${a}": {"length": "${b}"}}},
    ],
)
def test_no_mistake(matcher):
    assert mistakes_in(matcher) == []


def test_description_is_in_words():
    assert describe(5) == "5"
    assert describe({"a": 1}) == "{'a': 1}"
    assert describe({"at_least": 1, "not_equals": "x"}) == "at least 1 and not equals 'x'"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(json_values)
def test_every_value_equals_itself_and_nothing_wrapped_around_it(value):
    assert matches(value, {"equals": value})
    assert not matches(value, {"not_equals": value})
    assert not matches([value], {"equals": value})
    assert matches([value], {"contains": value, "includes": [value], "same_items": [value], "some": {"equals": value}})


@given(json_values, json_values)
def test_equals_and_not_equals_are_opposites_for_what_is_there(actual, wanted):
    assert matches(actual, {"equals": wanted}) is not matches(actual, {"not_equals": wanted})


@given(json_values)
def test_every_value_has_a_type(value):
    names = {name for name in TYPES if matches(value, {"type": name})}
    assert len(names) == (2 if "integer" in names else 1)


@given(st.lists(json_values, max_size=4), json_values)
def test_some_and_none_are_opposites(items, wanted):
    assert matches(items, {"some": {"equals": wanted}}) is not matches(items, {"none": {"equals": wanted}})
