"""JSON Schemas of the files that people write, made from the models, the steps and their docstrings.

``python -m docs.tools.schemas`` writes them, ``--check`` says whether they are fresh. The report's schema beside
them is written by hand. Editors complete and check scenarios with them, see docs/scenarios.md. Whether a requirement
of some id exists, the loader says and the schemas do not.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, models_json_schema

from conformance.deviations import DeviationFile
from conformance.matchers import OPERANDS, OPERATORS, TYPES
from conformance.scenario.expansion import NAMED
from conformance.scenario.model import (
    STEP_MODIFIERS,
    Expectation,
    OwnRequirements,
    ProviderFacts,
    Scenario,
    StepEntry,
    Vocabulary,
)
from conformance.scenario.near_misses import NearMissTable
from conformance.steps import STEPS
from conformance.steps.base import Step
from docs.tools.generated import write_or_check
from docs.tools.markdown import one_line, text_of
from mock_idp.setup.file import SCHEMA_FILE
from mock_idp.setup.file import schema as setup_schema

FOLDER: Final = Path(__file__).parents[2] / "conformance" / "schemas"

# What editors understand best; newer drafts add nothing that is needed here.
DIALECT: Final = "http://json-schema.org/draft-07/schema#"

ID: Final = r"[A-Z][A-Z0-9]*(-[A-Z0-9]+)+"
_EACH: Final = r"\$\{each[^}]*\}"
IDS: Final = rf"^({ID}|{_EACH})(, *({ID}|{_EACH}))*$"
"""What stands above checks: requirement ids, or references to them."""

FILLED_IN: Final = frozenset({"file", "line", "part", "tries"})
"""Members of models that no file has."""

REFERENCE: Final = {"$ref": "#/definitions/reference"}

JsonSchema = dict[str, Any]

WIDTH: Final = 120
WIDEST: Final = 600
"""Columns of a line, and of one with the whole schema of a property."""


def files() -> dict[Path, str]:
    """Every generated schema: path -> text."""
    made = {
        FOLDER / "scenario.schema.json": scenario_schema(),
        FOLDER / "deviations.schema.json": deviations_schema(),
        SCHEMA_FILE: setup_schema(),
    }
    return {path: f"{_text(schema)}\n" for path, schema in made.items()}


def _text(data: Any, depth: int = 0, before: str = "") -> str:
    """JSON with one line for each property, and for whatever else fits into one."""
    flat = before + json.dumps(data, ensure_ascii=False)
    is_leaf = not isinstance(data, dict | list) or (isinstance(data, dict) and '"properties"' not in flat)
    if not isinstance(data, dict | list) or len(flat) + depth < (WIDEST if is_leaf else WIDTH):
        return " " * depth + flat
    if isinstance(data, dict):
        inner = [_text(part, depth + 1, f"{json.dumps(name)}: ") for name, part in data.items()]
    else:
        inner = [_text(part, depth + 1) for part in data]
    opening, closing = "{}" if isinstance(data, dict) else "[]"
    return "\n".join([" " * depth + before + opening, ",\n".join(inner), " " * depth + closing])


def scenario_schema() -> JsonSchema:
    """Schema of one document of a scenario file."""
    documents = (Scenario, ProviderFacts, Expectation, Vocabulary, NearMissTable, OwnRequirements)
    made = _definitions(*documents, StepEntry)
    entry = made.pop("StepEntry")["properties"]
    made["Scenario"]["properties"]["steps"]["items"] = {"$ref": "#/definitions/step"}
    made["Scenario"]["properties"]["steps"]["minItems"] = 1
    # A value and its source may stand in a list.
    pair = {"type": "array", "minItems": 2, "maxItems": 2}
    values = made["NearMissTable"]["properties"]["values"]
    values.pop("additionalProperties", None)
    values["patternProperties"] = {"^[a-z0-9]+(-[a-z0-9]+)*$": {"anyOf": [{"$ref": "#/definitions/NearMiss"}, pair]}}
    values["additionalProperties"] = False
    made["Expectation"]["properties"]["expects"] = {"$ref": "#/definitions/group"}
    entry["expect"] = {"$ref": "#/definitions/expect", "description": entry["expect"]["description"]}
    return {
        "$schema": DIALECT,
        "title": "A document of a scenario file",
        "description": "A scenario, facts, a named expectation, near misses, the vocabulary, or own requirements.",
        "anyOf": [{"$ref": f"#/definitions/{model.__name__}"} for model in documents],
        "definitions": {
            **made,
            **_parts_of_steps(),
            "step": {"oneOf": [_step(step) for step in STEPS.values()]},
            **{f"step-{name}": _modifier(name, entry[name]) for name in STEP_MODIFIERS},
            "expect": {
                "type": "object",
                "additionalProperties": False,
                "patternProperties": {IDS: {"$ref": "#/definitions/checks"}},
            },
            "checks": {
                "anyOf": [
                    {"$ref": "#/definitions/group"},
                    {"type": "array", "minItems": 1, "items": {"$ref": "#/definitions/group"}},
                ]
            },
            "group": {
                "description": "Path into the observation -> matcher.",
                "type": "object",
                "minProperties": 1,
                "properties": {NAMED: {"description": "Name of an expectation.", "type": "string"}},
                "additionalProperties": {"$ref": "#/definitions/matcher"},
            },
            "matcher": _matcher(),
            "reference": {
                "description": "A text with a ${…} reference, which may stand for any type.",
                "type": "string",
                "pattern": r"\$\{[^}]*\}",
            },
        },
    }


def deviations_schema() -> JsonSchema:
    """Schema of a deviations file."""
    made = _definitions(DeviationFile)
    made["Deviation"]["properties"]["requirement"]["pattern"] = f"^{ID}$"
    return {
        "$schema": DIALECT,
        "title": "Accepted deviations of a target",
        **made.pop("DeviationFile"),
        "definitions": made,
    }


class _Generator(GenerateJsonSchema):
    """Draft 7 has ``definitions``; pydantic's titles repeat the names."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        """Leave titles out."""
        return False


def _definitions(*models: type[BaseModel]) -> JsonSchema:
    """The models and all parts of them, without what only the loader fills in."""
    keys: list[tuple[type[BaseModel], JsonSchemaMode]] = [(model, "validation") for model in models]
    _, made = models_json_schema(keys, ref_template="#/definitions/{model}", schema_generator=_Generator)
    return {name: _tidy(schema) for name, schema in made["$defs"].items()}


def _tidy(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_tidy(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    tidy = {name: _tidy(part) for name, part in schema.items() if not (name == "title" and isinstance(part, str))}
    if "default" in tidy and tidy["default"] in (None, [], {}):
        del tidy["default"]  # the same as leaving it out
    if isinstance(tidy.get("description"), str):
        tidy["description"] = one_line(tidy["description"])
    if isinstance(tidy.get("properties"), dict):
        tidy["properties"] = {name: part for name, part in tidy["properties"].items() if name not in FILLED_IN}
    return tidy


def _parts_of_steps() -> JsonSchema:
    """Models that are arguments of steps."""
    found = {}
    for step in STEPS.values():
        for name, schema in _definitions(step).items():
            if name != step.__name__:
                properties = {key: or_reference(part) for key, part in schema.pop("properties").items()}
                found[name] = {**schema, "properties": properties}
    return found


def _step(step: type[Step]) -> JsonSchema:
    arguments = _definitions(step)[step.__name__]
    properties = arguments.pop("properties", {})
    arguments["properties"] = {name: or_reference(schema) for name, schema in properties.items()}
    del arguments["description"]
    accepted = arguments if "required" in arguments else {**arguments, "type": ["object", "null"]}
    return {
        "type": "object",
        "additionalProperties": False,
        "required": [step.action],
        "properties": {
            step.action: {"description": text_of(step), **accepted},
            **{name: {"$ref": f"#/definitions/step-{name}"} for name in STEP_MODIFIERS},
        },
    }


def _modifier(name: str, schema: JsonSchema) -> JsonSchema:
    """What may stand beside the action of every step; null, which the model takes for left out, is not written."""
    described = {"description": schema["description"]}
    if name == "each":
        return {**described, "anyOf": [{"type": "array"}, {"$ref": "#/definitions/NearMisses"}, REFERENCE]}
    kept = [part for part in schema.get("anyOf", [schema]) if part.get("type") != "null"]
    return {**kept[0], **described}


def or_reference(schema: JsonSchema) -> JsonSchema:
    """The same schema, but wherever no text may stand, a text with a reference may."""
    inner = {name: part for name, part in schema.items() if name not in {"default", "description"}}
    around = {name: part for name, part in schema.items() if name in {"default", "description"}}
    if "items" in inner:
        inner["items"] = or_reference(inner["items"])
    if "anyOf" in inner:
        branches = [or_reference(branch) for branch in inner["anyOf"]]
        flat = [part for branch in branches for part in branch.get("anyOf", [branch])]
        unique = [part for number, part in enumerate(flat) if part not in flat[:number]]
        return {**around, "anyOf": unique}
    takes_any_text = not inner or (inner.get("type") == "string" and not {"enum", "pattern"} & set(inner))
    if takes_any_text or inner.get("type") == "null":
        return schema
    return {**around, "anyOf": [inner, REFERENCE]}


def _matcher() -> JsonSchema:
    operations = {
        name: {"description": text_of(OPERATORS[name]), **_OPERAND_SCHEMAS[OPERANDS[name]]} for name in OPERATORS
    }
    return {
        "description": "A value that has to be equal, or operators that all have to hold.",
        "anyOf": [
            {"type": "object", "minProperties": 1, "additionalProperties": False, "properties": operations},
            {"not": {"type": "object", "anyOf": [{"required": [name]} for name in OPERATORS]}},
        ],
    }


_OPERAND_SCHEMAS: Final[Mapping[str, JsonSchema]] = {
    "any value": {},
    "list": or_reference({"type": "array"}),
    "text": {"type": "string"},
    "pattern": {"type": "string"},
    "boolean": or_reference({"type": "boolean"}),
    "number": or_reference({"type": "number"}),
    "integer": or_reference({"type": "integer"}),
    "type": or_reference({"type": "string", "enum": list(TYPES)}),
    "words": {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]},
    "paths": or_reference(
        {"type": "object", "minProperties": 1, "additionalProperties": {"$ref": "#/definitions/matcher"}}
    ),
    "matcher": {"allOf": [{"$ref": "#/definitions/matcher"}]},
}
"""Kind of operand -> its schema."""


if __name__ == "__main__":
    sys.exit(write_or_check(files(), sys.argv[1:], "python -m docs.tools.schemas"))
