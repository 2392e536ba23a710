"""References: what ``${…}`` becomes."""

import pytest

from conformance.scenario.filters import FILTERS
from conformance.scenario.references import UnknownReferenceError, references, resolve

SCOPE = {
    "start": {"state": {"nonce": "aB/c=="}, "status": 302, "scopes": ["a", "b"], "flag": True, "none": None},
    "provider": {"id": "github"},
    "persona": {"many-groups": {"login": "m"}},
}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("${start.status}", 302),
        ("${ start.status }", 302),
        ("${start.flag}", True),
        ("${start.none}", None),
        ("${start.scopes}", ["a", "b"]),
        ("${start.scopes.0}", "a"),
        ("${persona.many-groups.login}", "m"),
        ("${start.state}", {"nonce": "aB/c=="}),
        ("status ${start.status}", "status 302"),
        ("${provider.id}-${start.state.nonce}", "github-aB/c=="),
        ("no reference, $ and {braces}", "no reference, $ and {braces}"),
        (5, 5),
        (None, None),
    ],
)
def test_value_keeps_its_type_when_it_stands_alone(text, value):
    resolved = resolve(text, SCOPE)
    assert resolved == value
    assert type(resolved) is type(value)


def test_lists_mappings_and_keys_are_resolved():
    tree = {"${provider.id}-nonce": [{"x": "${start.status}"}, 1], 2: "two"}
    assert resolve(tree, SCOPE) == {"github-nonce": [{"x": 302}, 1], 2: "two"}


@pytest.mark.parametrize(
    ("name", "given", "made"),
    [
        ("upper", "aB", "AB"),
        ("lower", "aB", "ab"),
        ("swap-case", "aB", "Ab"),
        ("reverse", "abc", "cba"),
        ("reverse", [1, 2], [2, 1]),
        ("hex", "aé", "61c3a9"),
        ("lines", "x" * 80, f"{'x' * 76}\r\nxxxx"),
        ("base64", "a:b", "YTpi"),
        ("percent", "a b/+é'", "a%20b%2F%2B%C3%A9'"),
        ("unpercent", "a%20b+c", "a b+c"),
        ("length", "abc", 3),
        ("length", {"a": 1}, 1),
        ("text", 5, "5"),
        ("integer", "5", 5),
        ("json", {"a": [1, "é"]}, '{"a":[1,"é"]}'),
        ("words", "a b,c|d ", ["a", "b", "c", "d"]),
        ("joined", ["a", 1], "a 1"),
        ("quoted-pattern", "a.b", r"a\.b"),
        ("half", "abcde", "ab"),
        ("before-dot", "a.b.c", "a"),
        ("after-dot", "a.b.c", "b.c"),
        ("port", "https://127.0.0.1:9443/x", 9443),
        # RFC 7636 appendix B.
        ("s256", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
        ("thousand-times", "ab", "ab" * 1000),
        ("kebab-case", "userIdMatchingUserEntityAnnotation", "user-id-matching-user-entity-annotation"),
        ("known", {"a": 1, "b": None, "c": ""}, {"a": 1, "c": ""}),
        ("unhex", "61c3a9", "aé"),
        ("unbase64", "YTpi", "a:b"),
        ("unbase64", "Pz8_Pg", "???>"),
        ("parsed", '{"a":[1]}', {"a": [1]}),
        ("but-first", "abc", "bc"),
        ("but-last", [1, 2, 3], [1, 2]),
        ("other-first", "-ab", "-bb"),
        ("other-first", "9a", "0a"),
        ("swap-first", "1ab", "1Ab"),
        ("without-padding", "YQ==", "YQ"),
        ("with-padding", "YQ", "YQ=="),
        ("with-padding", "YTpi", "YTpi="),
        ("other-base64", "a+/-_", "a-_+/"),
        ("full-width", "a1-", "\uff41\uff11-"),
        ("look-alike", "bad", "b\u0430d"),
        ("look-alike", "123", "123"),
        ("folding-alike", "kiss", "\u212ai\u017f\u017f"),
        ("dotless", "iI", "\u0131\u0130"),
        ("percent-first", "/ab", "/%61b"),
        ("scheme", "https://u@h.example:1/p?q#f", "https"),
        ("authority", "https://u@h.example:1/p?q#f", "u@h.example:1"),
        ("host", "https://h.example:1/p", "h.example"),
        ("port-part", "https://h.example:1/p", ":1"),
        ("port-part", "https://h.example", ""),
        ("below-host", "https://h.example:1/p?q#f", "/p?q#f"),
        ("before-at", "a@b@c", "a@b"),
        ("after-at", "a@b@c", "c"),
        ("from-last-dot", "a.b.c", ".c"),
        ("to-last-dot", "a.b.c", "a.b"),
        ("folder", "https://h.example/a/b/c?q", "/a/b"),
    ],
)
def test_filters(name, given, made):
    assert resolve(f"${{value | {name}}}", {"value": given}) == made


def test_every_filter_has_an_example():
    table = next(mark for mark in test_filters.pytestmark if mark.name == "parametrize").args[1]
    assert {row[0] for row in table} == set(FILTERS)


def test_filters_follow_each_other():
    assert resolve("x${start.state.nonce | reverse | upper | hex}", SCOPE) == "x" + b"==C/BA".hex()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("${strat.status}", "there is no 'strat.status' here"),
        ("a ${start.absent} b", "there is no 'start.absent' here"),
        ("${start.status | uper}", "no filter 'uper'; there are upper, "),
        ("${start.status | length}", "length does not fit 302"),
        ("${start.status | reverse}", "reverse does not fit 302"),
        ("${start.state | reverse}", "reverse does not fit"),
        ("${start.state | half}", "half does not fit"),
        ("${provider.id | integer}", "integer does not fit 'github'"),
        ("${start.flag | joined}", "joined does not fit True"),
    ],
)
def test_what_leads_nowhere_is_told(text, told):
    with pytest.raises(UnknownReferenceError) as caught:
        resolve({"key": [text]}, SCOPE)
    assert told in str(caught.value)
    assert str(caught.value).startswith("${")


@pytest.mark.parametrize("key", ["${start.scopes}", "${start.status}", "${start.none}"])
def test_key_has_to_become_a_text(key):
    with pytest.raises(UnknownReferenceError, match="is a key, so it has to be a text"):
        resolve({key: 1}, SCOPE)


def test_references_are_found_with_their_filters():
    found = references({"${a.b | upper | text} and ${c}": ["${d}", 5, {"x": "none"}]})
    assert list(found) == [("a.b", ["upper", "text"]), ("c", []), ("d", [])]
