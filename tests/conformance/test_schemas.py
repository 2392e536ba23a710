"""The published schemas are fresh, accept every file of ours, and refuse what the suite refuses."""

import json
import subprocess
import sys
from pathlib import Path

import jsonschema_rs
import pytest
import yaml

from conformance.deviations import DeviationFile
from docs.tools import generated
from docs.tools.schemas import FOLDER, files, or_reference
from tests.conformance.samples import MUST
from tests.conformance.scenario.test_loader import GOOD

ROOT = Path(__file__).parents[2]
SCENARIO_FILES = sorted((ROOT / "scenarios").rglob("*.yaml"))


@pytest.fixture(scope="module")
def scenario_schema():
    return jsonschema_rs.validator_for(json.loads((FOLDER / "scenario.schema.json").read_text()))


@pytest.fixture(scope="module")
def deviations_schema():
    return jsonschema_rs.validator_for(json.loads((FOLDER / "deviations.schema.json").read_text()))


def test_schemas_are_fresh():
    checked = subprocess.run(
        [sys.executable, "-m", "docs.tools.schemas", "--check"], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert (checked.returncode, checked.stderr) == (0, "")


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.json")), ids=lambda path: path.name)
def test_schemas_are_schemas(path):
    assert jsonschema_rs.meta.is_valid(json.loads(path.read_text()))


def test_every_schema_is_published():
    written = {path.name for path in files() if path.parent == FOLDER}
    assert {path.name for path in FOLDER.glob("*.json")} == written | {"report.schema.json"}
    assert all(path.exists() for path in files())


@pytest.mark.parametrize("path", SCENARIO_FILES, ids=lambda path: path.stem)
def test_every_scenario_file_fits(scenario_schema, path):
    for document in yaml.safe_load_all(path.read_text()):
        assert document is None or scenario_schema.is_valid(document), document.get("scenario")


@pytest.mark.parametrize("path", SCENARIO_FILES, ids=lambda path: path.stem)
def test_every_scenario_file_names_its_schema(path):
    first = path.read_text().splitlines()[0]
    marker = "# yaml-language-server: $schema="
    assert first.startswith(marker)
    assert (path.parent / first.removeprefix(marker)).resolve() == FOLDER / "scenario.schema.json"


class TestScenarioSchema:
    @pytest.fixture
    def document(self):
        made = yaml.safe_load(GOOD)
        made["steps"][0]["expect"] = {MUST: {"status": 200}}
        return made

    def test_good(self, scenario_schema, document):
        assert scenario_schema.is_valid(document)

    @pytest.mark.parametrize(
        "matcher",
        [
            200, "text", None, True, [], {}, {"name": "plain"}, "${a.b}", {"at_least": 1, "at_most": "${a}"},
            {"type": "text"}, {"absent": True}, {"words": ["a"]}, {"words": "a b"}, {"keys": "${a.b | words}"},
            {"every": {"matches": "x"}}, {"holds": {"a.b": {"length": 5}}}, {"equals": {"type": "x", "anything": 1}},
        ],
    )  # fmt: skip
    def test_good_matchers(self, scenario_schema, document, matcher):
        document["steps"][0]["expect"] = {MUST: {"path": matcher}}
        assert scenario_schema.is_valid(document)

    @pytest.mark.parametrize(
        "matcher",
        [
            {"at_least": "5"}, {"type": "string"}, {"absent": "no"}, {"lacks_keys": "token"},
            {"type": "text", "nmae": 1}, {"every": {"at_most": []}}, {"holds": {}}, {"words": 5},
            {"holds": {"a": {"length": 1.5}}},
        ],
    )  # fmt: skip
    def test_bad_matchers(self, scenario_schema, document, matcher):
        document["steps"][0]["expect"] = {MUST: {"path": matcher}}
        assert not scenario_schema.is_valid(document)

    @pytest.mark.parametrize(
        "step",
        [
            {"start": {}}, {"start": None}, {"consent": {"faults": "${a}"}}, {"consent": {"scopes": ["a", "${b}"]}},
            {"consent": {"decision": "${a}"}}, {"start": {"scope": None, "query": {"a": ["b"]}}},
            {"request": {"path": "/x", "json": {"a": 1}}}, {"journal": {"since": "${before.latest}"}},
            {"refresh": {"credentials": False}, "browser": "b", "save": "s", "why": "w"},
        ],
    )  # fmt: skip
    def test_good_steps(self, scenario_schema, document, step):
        document["steps"].append(step)
        assert scenario_schema.is_valid(document)

    @pytest.mark.parametrize(
        "step",
        [
            {}, "start", {"begin": {}}, {"start": {}, "consent": {}}, {"start": {"scoop": 1}},
            {"start": {"query": "x"}}, {"request": {}}, {"request": None}, {"consent": {"decision": "perhaps"}},
            {"journal": {"since": "five"}},
            {"request": {"path": "/x", "json_body": 1}}, {"start": {}, "line": 5}, {"start": {}, "save": 5},
            {"start": {}, "expect": {"gen-01": {"a": 1}}}, {"start": {}, "expect": {MUST: {}}},
            {"start": {}, "expect": {MUST: []}}, {"start": {}, "expect": {MUST: 5}}, {"start": {"faults": []}},
        ],
    )  # fmt: skip
    def test_bad_steps(self, scenario_schema, document, step):
        document["steps"].append(step)
        assert not scenario_schema.is_valid(document)

    @pytest.mark.parametrize(
        "change",
        [
            {"titel": "x"}, {"scenario": "Not Kebab"}, {"title": "short"}, {"steps": []}, {"applies_to": {"haz": []}},
            {"applies_to": {"kind": "ldap"}}, {"once": 5}, {"file": "x"}, {"line": 5}, {"provider": "x"},
        ],
    )  # fmt: skip
    def test_bad_documents(self, scenario_schema, document, change):
        assert not scenario_schema.is_valid({**document, **change})

    def test_provider_facts(self, scenario_schema):
        facts = {"provider": "x", "title": "X", "kind": "oauth", "scopes": {"required": ["a"], "extra": []}}
        assert scenario_schema.is_valid(facts)
        assert not scenario_schema.is_valid({**facts, "kind": "x"})
        assert not scenario_schema.is_valid({**facts, "scopes": {"needed": []}})
        assert not scenario_schema.is_valid({"provider": "x"})

    def test_steps_are_described(self):
        schema = json.loads((FOLDER / "scenario.schema.json").read_text())["definitions"]
        start = next(step for step in schema["step"]["oneOf"] if step["required"] == ["start"])
        described = start["properties"]["start"]
        assert described["description"].startswith("Open `/start` as the frontend's popup does")
        assert all(argument["description"] for argument in described["properties"].values())

    @pytest.mark.parametrize("key", [MUST, f"{MUST}, {MUST}", "${each.requirement}", f"${{each}}, {MUST}"])
    def test_requirement_ids(self, scenario_schema, document, key):
        # Which ids there are, the loader knows (tests of checks and deviations).
        document["steps"].append({"start": {}, "expect": {key: {"a": 1}}})
        assert scenario_schema.is_valid(document)


class TestDeviationsSchema:
    GOOD = {"target": "x 1", "deviations": [{"requirement": MUST, "reason": "Long enough.", "providers": ["github"]}]}  # noqa: RUF012

    def test_good(self, deviations_schema):
        assert deviations_schema.is_valid(self.GOOD)
        assert DeviationFile.model_validate(self.GOOD)

    @pytest.mark.parametrize(
        "entry",
        [{"requirement": "gen-01"}, {"reason": "short"}, {"providers": "github"}, {"extra": 1}, {"reference": 5}],
    )
    def test_bad(self, deviations_schema, entry):
        assert not deviations_schema.is_valid({**self.GOOD, "deviations": [{**self.GOOD["deviations"][0], **entry}]})


@pytest.mark.parametrize(
    ("schema", "with_reference"),
    [
        ({}, {}),
        ({"type": "string"}, {"type": "string"}),
        ({"type": "null"}, {"type": "null"}),
        ({"type": "integer", "default": 1}, {"default": 1, "anyOf": [{"type": "integer"}, "REF"]}),
        ({"type": "string", "enum": ["a"]}, {"anyOf": [{"type": "string", "enum": ["a"]}, "REF"]}),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, {"anyOf": [{"type": "string"}, {"type": "null"}]}),
        (
            {"anyOf": [{"type": "integer"}, {"type": "array"}]},
            {"anyOf": [{"type": "integer"}, "REF", {"type": "array"}]},
        ),
    ],
)
def test_references_may_stand_where_no_text_may(schema, with_reference):
    reference = {"$ref": "#/definitions/reference"}
    if "anyOf" in with_reference:
        with_reference["anyOf"] = [reference if part == "REF" else part for part in with_reference["anyOf"]]
    assert or_reference(schema) == with_reference


class TestWriteOrCheck:
    def test_writes_what_is_stale(self, tmp_path, capsys):
        fresh, stale, new = (tmp_path / name for name in ("fresh", "stale", "new"))
        fresh.write_text("a")
        stale.write_text("old")
        wanted = {fresh: "a", stale: "b", new: "c"}
        assert generated.write_or_check(wanted, ["--check"], "make") == 1
        assert capsys.readouterr().err == f"{stale} is stale; run make\n{new} is stale; run make\n"
        assert generated.write_or_check(wanted, [], "make") == 0
        assert capsys.readouterr().out == f"wrote {stale}\nwrote {new}\n"
        assert generated.write_or_check(wanted, ["--check"], "make") == 0
        assert [path.read_text() for path in wanted] == ["a", "b", "c"]

    def test_other_arguments(self, capsys):
        assert generated.write_or_check({}, ["--chekc"], "make") == 2
        assert capsys.readouterr().err == "usage: make [--check]\n"
