"""What could pass for the wrong reason is a mistake of the file, told before anything is played."""

import pytest

from conformance.scenario.shape import shape_of, wrong_keys, wrong_member
from tests.conformance.scenario.test_loader import mistakes, read, write

FACTS = """\
capabilities: {refresh: A session can be renewed.}
---
provider: one
title: One
kind: oauth
capabilities: [refresh]
wordings: {denied: Refused}
facts: {only: here, words: [a, b]}
---
provider: two
title: Two
kind: oauth
scopes: {extra: [a, b]}
---
expectation: gone
expects: {status: 404}
---
"""
HEAD = """\
scenario: good-one
title: A good backend answers
applies_to: {kind: oauth}
steps:
"""


@pytest.fixture
def told(tmp_path):
    def tell(steps, head=HEAD, facts=FACTS):
        folder = tmp_path / "scenarios"
        write(folder, facts, "facts.yaml")
        write(folder, head + steps)
        return [one.removeprefix(f"{folder}/") for one in mistakes(folder)]

    return tell


@pytest.fixture
def reads(tmp_path):
    def load(steps, head=HEAD):
        write(tmp_path / "scenarios", FACTS, "facts.yaml")
        write(tmp_path / "scenarios", head + steps)
        return read(tmp_path / "scenarios").scenarios[0]

    return load


STEPS = [
    # a step (or several) with one mistake, and what is told about it
    ("{start: {}, expect: {GEN-01: {sesion: {absent: true}}}}", "there is no member 'sesion'; perhaps 'session'"),
    ("{start: {}, expect: {GEN-01: {refresh_cokie: {absent: true}}}}", "perhaps 'refresh_cookie' is meant"),
    ("{start: {}, expect: {GEN-01: {refresh_cookie.max_ag: {absent: true}}}}", "perhaps 'max_age' is meant"),
    ("{start: {}, expect: {GEN-01: {refresh_cookie: {lacks_keys: [domian]}}}}", "no member 'domian'"),
    ("{start: {}, expect: {GEN-01: {location.querry.a: 1}}}", "perhaps 'query' is meant"),
    ("{sign_in: {}, expect: {GEN-01: {start.stat.env: 1}}}", "perhaps 'state' is meant"),
    ("{journal: {}, expect: {GEN-01: {counts.tokn: {absent: true}}}}", "perhaps 'token' is meant"),
    ("{journal: {}, expect: {GEN-01: {counts: {lacks_keys: [tokens]}}}}", "lacks_keys: there is no member 'tokens'"),
    ("{set: {a: 1}, expect: {GEN-01: {b: 1}}}", "there is no member 'b'; there are a"),
    ("{together: {steps: {x: {start: {}}, y: {start: {}}}}, expect: {GEN-01: {z.status: 1}}}", "no member 'z'"),
    ("{together: {steps: {x: {start: {}}, y: {start: {}}}}, expect: {GEN-01: {x.stat: 1}}}", "perhaps 'state'"),
    ("{together: {steps: {x: {start: {}}}}, expect: {GEN-01: {x.status: 1}}}", "steps: must not be empty"),
    ("{together: {steps: {x: {start: {}}, y: {strat: {}}}}, expect: {GEN-01: {x.status: 1}}}", "y: there is no step"),
    ("{together: {steps: {x: {start: {}}, y: {start: {}, save: a}}}, expect: {GEN-01: {x.status: 1}}}", "y: save"),
    ("{together: {steps: {x: {start: {}}, all: {start: {}}}}, expect: {GEN-01: {x.status: 1}}}", "'all' is the list"),
    ("{together: {steps: {x: {start: {}}, y: {together: {steps: {}}}}}, expect: {GEN-01: {x.status: 1}}}", "within"),
    ("{start: {}, expect: {GEN-01: {is: goone}}}", "there is no expectation 'goone'; there are gone"),
    ("{start: {origin: '${begun.url}'}, expect: {GEN-01: {status: 1}}}", "nothing is called 'begun' here"),
    ("{start: {}, expect: {GEN-01: {url: '${last.sesion}'}}}", "${last.sesion}: there is no member 'sesion'"),
    ("{start: {}, save: begun, expect: {GEN-01: {url: '${begun.urll}'}}}", "perhaps 'url' is meant"),
    ("{start: {}, save: target, expect: {GEN-01: {status: 1}}}", "'target' cannot be saved under that name"),
    ("{start: {origin: '${target.app_orign}'}, expect: {GEN-01: {status: 1}}}", "perhaps 'app_origin' is meant"),
    ("{start: {origin: '${case.id | uper}'}, expect: {GEN-01: {status: 1}}}", "no filter 'uper'"),
    ("{start: {origin: '${each}'}, expect: {GEN-01: {status: 1}}}", "nothing is called 'each' here"),
    ("{start: {}, expect: {GEN-01: {url: '${provider.nothing}'}}}", "the facts of 'one' do not say that"),
    ("{start: {origin: '${provider.facts.only}'}, expect: {GEN-01: {status: 1}}}", "the facts of 'two' do not say"),
    ("{start: {scope: '${provider.scopes.extra.0}'}, expect: {GEN-01: {status: 1}}}", "the facts of 'one' do not say"),
    ("{start: {}, each: '${provider.facts.words}', expect: {GEN-01: {status: 1}}}", "vendor 'two'"),
    ("{start: {}, expect: {'GEN-01, GEN-02': {status: 1}}}", "there is no requirement 'GEN-02'"),
]  # fmt: skip


@pytest.mark.parametrize(("step", "sentence"), STEPS)
def test_one_mistake(told, step, sentence):
    found = told(f"  - {step}\n")
    assert any(one.startswith("one.yaml:") and sentence in one for one in found), found


GOOD = [
    "{start: {}, expect: {GEN-01: {refresh_cookie.raw_value.length: 5, set_cookie.0: a, messages.-1.data: {}}}}",
    "{start: {}, expect: {GEN-01: {cookies: {lacks_keys: [anything]}, json.what.ever: 1, headers.x: 1}}}",
    "{start: {}, save: mine, expect: {GEN-01: {url: '${mine.url}', '${last.url}': 1}}}",
    "{request: {path: '/${provider.id}/${provider.wordings.denied}'}, expect: {GEN-01: {status: '${persona.x.y}'}}}",
    "{start: {origin: '${each.a}'}, each: [{a: x}], save: many, expect: {GEN-01: {url: '${many.0.url}'}}}",
    "{set: {a: 1}, expect: {GEN-01: {a: '${last.a}'}}}",
    "{together: {steps: {x: {start: {}}, y: {set: {b: 1}}}}, expect: {GEN-01: {all.0.status: 1, y.b: 1}}}",
]


@pytest.mark.parametrize("step", GOOD)
def test_no_mistake(reads, step):
    assert reads(f"  - {step}\n", HEAD.replace("kind: oauth", "vendors: [one]"))


def test_what_steps_give_to_later_ones(reads):
    assert reads("  - set: {a: 1}\n  - start: {origin: '${a}'}\n    expect: {GEN-01: {status: 1}}\n")


def test_what_is_wrong_everywhere_is_told_once(told):
    assert len(told("  - {start: {}, expect: {GEN-01: {sesion: 1}}}\n")) == 1


@pytest.mark.parametrize(
    ("condition", "sentence"),
    [
        ("{has: [refesh]}", "the vocabulary has no capability 'refesh'; there are refresh"),
        ("{lacks: [x]}", "the vocabulary has no capability 'x'"),
        ("{vendors: [tree]}", "no facts are known of a vendor 'tree'; there are one, two"),
    ],
)
def test_unknown_conditions(told, condition, sentence):
    found = told("  - {start: {}, expect: {GEN-01: {status: 1}}}\n", HEAD.replace("{kind: oauth}", condition))
    assert found == [f"one.yaml:1: {found[0].split(': ', 1)[1]}"]
    assert sentence in found[0]


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ("capabilities: [refersh]", "no capability 'refersh'"),
        ("profile: {email: '${provider.id}'}", "facts reach it, persona, target and idp only"),
        ("profile: {email: '${it.email | uper}'}", "no filter 'uper'"),
        ("idle_resolvers: [{name: n, requirement: RES-99, message: m}]", "there is no requirement 'RES-99'"),
        ("resolvers: [{name: n, requirement: RES-99, missing: {message: m}}]", "there is no requirement 'RES-99'"),
    ],
)
def test_wrong_facts(told, facts, sentence):
    good = "  - {start: {}, expect: {GEN-01: {status: 1}}}\n"
    (found,) = told(good, facts=f"{FACTS}provider: three\ntitle: T\nkind: oauth\n{facts}\n")
    assert found.startswith("facts.yaml:") and sentence in found


def test_an_expectation_is_checked_where_it_is_used(told):
    facts = f"{FACTS}expectation: typing\nexpects: {{sesion: 1, status: {{at_leest: 5}}}}\n"
    found = told("  - {start: {}, expect: {GEN-01: {is: typing}}}\n", facts=facts)
    assert len(found) == 2 and all(one.startswith("one.yaml:5: step 'start': GEN-01") for one in found)


def test_names_stand_once(told):
    good = "  - {start: {}, expect: {GEN-01: {status: 1}}}\n"
    more = "expectation: gone\nexpects: {status: 1}\n---\ncapabilities: {refresh: It is said a second time.}\n"
    first, second = told(good, facts=FACTS + more)
    assert "'gone' is already defined in facts.yaml:" in first
    assert "the capability 'refresh' has a meaning already" in second


def test_what_may_stand_in_a_document_that_cannot_be_read_is_not_missed(told):
    good = "  - {start: {}, expect: {GEN-01: {is: gone}}}\n"
    (found,) = told(good, HEAD.replace("kind: oauth", "has: [refresh], vendors: [one]"), "capabilities: [\n")
    assert found.startswith("facts.yaml:") and "not YAML" in found


class TestShape:
    SHAPE = shape_of("a", b=shape_of("c"))

    @pytest.mark.parametrize(
        "path", ["a", "a.x.y", "b", "b.c", "b.c.d", "b.length", "b.0", "${x}", "b.${x}.y", "b.-1.x"]
    )
    def test_possible(self, path):
        assert wrong_member(self.SHAPE, path) is None

    @pytest.mark.parametrize(("path", "part"), [("x", "x"), ("b.d", "d"), ("b.d.e", "d")])
    def test_impossible(self, path, part):
        assert f"no member {part!r}" in wrong_member(self.SHAPE, path)

    @pytest.mark.parametrize(
        ("path", "matcher", "wrong"),
        [
            ("b", {"lacks_keys": ["c", "d", "${x}"]}, 1), ("b", {"keys": ["d", "e"]}, 2),
            ("b", {"has_keys": "${x}"}, 0), ("b", "d", 0), ("a", {"lacks_keys": ["d"]}, 0),
            ("a.b.c", {"lacks_keys": ["d"]}, 0),
            ("b", {"equals": ["d"]}, 0), ("b", {"keys": [5]}, 0),
        ],
    )  # fmt: skip
    def test_keys(self, path, matcher, wrong):
        assert len(list(wrong_keys(self.SHAPE, path, matcher))) == wrong
