"""Tables of near misses: how they are read, what becomes of them in a step, and which mistakes are told."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from conformance.plugin.options import SCENARIOS
from conformance.scenario.expansion import bound
from conformance.scenario.facts import ProviderFacts
from conformance.scenario.loader import ScenarioFileError, load
from conformance.scenario.near_misses import NearMissTable
from conformance.scenario.references import resolve
from conformance.steps import RULES

REQUIREMENTS = {"GEN-01": 1, "SEC-TOKX-01": 1}
PROVIDER = "provider: github\ntitle: GitHub\nkind: oauth\n"
TABLE = """\
near_misses: secret
about: Whatever has to be known as a whole.
values:
  beginning: ["${right | half}", CWE-187]
  upper-case: ["${right | upper}", CWE-178]
  list-of-it: {value: ["${right}", {"${right}": other}], source: CWE-843}
"""
SCENARIO = """\
scenario: almost
title: What is almost right is refused
steps:
  - set: {right: abcd}
  - start: {query: {env: "${each}"}}
    each: {near_misses: secret, of: "${right}"}
    expect:
      GEN-01: {status: 404}
  - start: {}
    why: Control.
    expect:
      GEN-01: {status: 200}
"""


FACTS = ProviderFacts(provider="github", title="GitHub", kind="oauth")


def read(folder: Path, *documents: str) -> Any:
    (folder / "one.yaml").write_text("---\n".join([PROVIDER, *documents]))
    return load([folder], REQUIREMENTS, RULES)


def mistakes(folder: Path, *documents: str) -> str:
    with pytest.raises(ScenarioFileError) as caught:
        read(folder, *documents)
    return str(caught.value)


def steps(folder: Path, *documents: str) -> Any:
    [scenario] = read(folder, *documents).scenarios
    [one] = bound(scenario, FACTS)
    return one.steps


def test_a_step_is_played_with_every_near_miss(tmp_path: Path) -> None:
    found = steps(tmp_path, TABLE, SCENARIO)
    values = [resolve(step.arguments["query"]["env"], {"right": "abcd"}) for step in found[1:4]]
    assert values == ["ab", "ABCD", ["abcd", {"abcd": "other"}]]


def test_the_remark_names_near_miss_and_source(tmp_path: Path) -> None:
    assert steps(tmp_path, TABLE, SCENARIO)[1].why == "(near miss: beginning, CWE-187)"


def test_a_step_knows_what_would_make_it_the_right_one(tmp_path: Path) -> None:
    step = steps(tmp_path, TABLE, SCENARIO)[2]
    assert resolve(step.unless_same, {"right": "ABCD"}) == ["ABCD", "ABCD"]


def test_filters_of_the_right_value_come_first(tmp_path: Path) -> None:
    scenario = SCENARIO.replace('of: "${right}"', 'of: "${right | reverse}"')
    assert resolve(steps(tmp_path, TABLE, scenario)[1].arguments["query"]["env"], {"right": "abcd"}) == "dc"


def test_a_literal_is_a_right_value(tmp_path: Path) -> None:
    scenario = SCENARIO.replace('of: "${right}"', "of: wxyz")
    assert steps(tmp_path, TABLE, scenario)[1].arguments["query"]["env"] == "wx"


def test_what_may_pass_is_left_out(tmp_path: Path) -> None:
    scenario = SCENARIO.replace('of: "${right}"}', 'of: "${right}", but: [beginning, list-of-it]}')
    assert len(steps(tmp_path, TABLE, scenario)) == 3


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("near_misses: secret, of", "near_misses: secrets, of", "there is no table of near misses 'secrets'"),
        ('of: "${right}"}', 'of: "${right}", but: [end]}', "near misses 'secret' have no 'end'"),
        ('of: "${right}"', 'of: "x${right}"', "name the right value with 'set'"),
        ("    why: Control.\n", "", "near misses need a control"),
        ('of: "${right}"', 'of: "${wrong}"', "nothing is called 'wrong' here"),
    ],
)
def test_mistakes_of_a_scenario(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert told in mistakes(tmp_path, TABLE, SCENARIO.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("${right | half}", "${left | half}", "a near miss is made of ${right} alone"),
        (", CWE-187]", "]", "values.beginning"),
        ("about: Whatever has to be known as a whole.\n", "", "about: is missing"),
    ],
)
def test_mistakes_of_a_table(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert told in mistakes(tmp_path, TABLE.replace(old, new), SCENARIO)


def test_a_control_carries_no_threat(tmp_path: Path) -> None:
    wrong = SCENARIO.replace(
        "    why: Control.\n    expect:\n      GEN-01", "    why: Control.\n    expect:\n      SEC-TOKX-01"
    )
    assert "SEC-TOKX-01 is a threat, which no control shows" in mistakes(tmp_path, TABLE, wrong)


def _tables() -> list[NearMissTable]:
    documents = yaml.safe_load_all((SCENARIOS / "near-misses.yaml").read_text(encoding="utf-8"))
    return [NearMissTable.model_validate(document) for document in documents]


@pytest.mark.parametrize("table", _tables(), ids=lambda table: table.near_misses)
def test_every_near_miss_differs_from_a_usual_value(table: NearMissTable) -> None:
    usual = "https://Kit.some-host.example:8443/Path"
    values = [repr(resolve(near.value, {"right": usual})) for near in table.values.values()]
    assert repr(usual) not in values
    assert len(set(values)) == len(values), "two near misses are the same"


@pytest.mark.parametrize("table", _tables(), ids=lambda table: table.near_misses)
def test_every_table_is_used(table: NearMissTable) -> None:
    used = re.compile(rf"near_misses: \"?{re.escape(table.near_misses)}\"?\b")
    files = [path for path in SCENARIOS.rglob("*.yaml") if path.name != "near-misses.yaml"]
    assert any(used.search(path.read_text(encoding="utf-8")) for path in files)
