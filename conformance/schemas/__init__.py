"""JSON Schemas of the files that people write, made from the models, the steps and their docstrings.

``python -m conformance.schemas`` writes them, ``--check`` says whether they are fresh. The report's schema beside
them is written by hand. Editors complete and check scenarios with them, see docs/scenarios.md.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel

from conformance import docstrings
from conformance.deviations import Deviation, DeviationFile
from conformance.matchers import OPERANDS, OPERATORS, TYPES
from conformance.requirement_list import requirements
from conformance.scenario.expansion import NAMED
from conformance.scenario.facts import (
    IdleResolver,
    MissingKey,
    PersonaProfile,
    RefreshRequest,
    Resolver,
    Scopes,
    TokenRequest,
)
from conformance.scenario.model import (
    STEP_MODIFIERS,
    Applies,
    Expectation,
    ProviderFacts,
    Scenario,
    StepEntry,
    Vocabulary,
)
from conformance.steps import STEPS
from conformance.steps.base import Step

FOLDER: Final = Path(__file__).parent

# What editors understand best; newer drafts add nothing that is needed here.
DIALECT: Final = "http://json-schema.org/draft-07/schema#"

PARTS_OF_FACTS: Final = (Scopes, TokenRequest, RefreshRequest, PersonaProfile, Resolver, MissingKey, IdleResolver)

REFERENCE: Final = {"$ref": "#/definitions/reference"}

JsonSchema = dict[str, Any]


def files() -> dict[Path, str]:
    """Every generated schema: path -> text."""
    made = {"scenario": scenario_schema(), "deviations": deviations_schema()}
    return {
        FOLDER / f"{name}.schema.json": json.dumps(schema, indent=1, ensure_ascii=False) + "\n"
        for name, schema in made.items()
    }


def scenario_schema() -> JsonSchema:
    """Schema of one document of a scenario file."""
    return {
        "$schema": DIALECT,
        "title": "A document of a scenario file",
        "description": "A scenario, provider facts, an expectation with a name, or the vocabulary.",
        "anyOf": [
            {"$ref": f"#/definitions/{model.__name__}"} for model in (Scenario, ProviderFacts, Expectation, Vocabulary)
        ],
        "definitions": {
            "Scenario": _model(
                Scenario, steps={"type": "array", "minItems": 1, "items": {"$ref": "#/definitions/step"}}
            ),
            "Expectation": _model(Expectation, expects={"$ref": "#/definitions/group"}),
            **{model.__name__: _model(model) for model in (ProviderFacts, Vocabulary, Applies, *PARTS_OF_FACTS)},
            "step": {"oneOf": [_step(step) for step in STEPS.values()]},
            "expect": _expect(),
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
    entry = _model(Deviation, requirement={"enum": list(requirements())})
    return {
        "$schema": DIALECT,
        "title": "Accepted deviations of a target",
        **_model(DeviationFile, deviations={"type": "array", "items": {"$ref": "#/definitions/Deviation"}}),
        "definitions": {"Deviation": entry},
    }


def _model(model: type[BaseModel], **replaced: JsonSchema) -> JsonSchema:
    """A model's own properties with the docstring's descriptions; definitions are shared, so they are left out."""
    made = model.model_json_schema(by_alias=True, ref_template="#/definitions/{model}")
    documentation = docstrings.read(model)
    made["properties"] |= replaced
    properties = {
        name: {**_bare(schema), **_described(documentation, name)}
        for name, schema in made["properties"].items()
        if name not in {"file", "line", "part"}
    }
    others = model.model_config.get("extra") == "allow"
    kept: JsonSchema = {"description": documentation.text, "type": "object", "additionalProperties": others}
    if made.get("required"):
        kept["required"] = made["required"]
    return {**kept, "properties": properties}


def _described(documentation: docstrings.Documentation, name: str) -> JsonSchema:
    text = documentation.attributes.get(name)
    return {"description": text} if text else {}


def _bare(schema: Any) -> Any:
    """A schema without pydantic's titles, which repeat the names."""
    if isinstance(schema, dict):
        return {name: _bare(part) for name, part in schema.items() if not (name == "title" and isinstance(part, str))}
    return [_bare(item) for item in schema] if isinstance(schema, list) else schema


def _step(step: type[Step]) -> JsonSchema:
    arguments = _model(step)
    arguments["properties"] = {name: or_reference(schema) for name, schema in arguments["properties"].items()}
    described = docstrings.read(StepEntry)
    modifiers: dict[str, JsonSchema] = {name: {"type": "string"} for name in STEP_MODIFIERS}
    modifiers["expect"] = {"$ref": "#/definitions/expect"}
    modifiers["each"] = or_reference({"type": "array"})
    modifiers["times"] = {"type": "integer", "minimum": 1, "maximum": 100}
    text = arguments.pop("description")
    accepted = arguments if "required" in arguments else {"anyOf": [arguments, {"type": "null"}]}
    return {
        "description": text,
        "type": "object",
        "additionalProperties": False,
        "required": [step.action],
        "properties": {
            step.action: {"description": text, **accepted},
            **{name: {**schema, **_described(described, name)} for name, schema in modifiers.items()},
        },
    }


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


def _expect() -> JsonSchema:
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            row.id: {"description": f"{row.level}: {row.title}", "allOf": [{"$ref": "#/definitions/checks"}]}
            for row in requirements().values()
        },
        "patternProperties": {
            pattern: {"$ref": "#/definitions/checks"}
            for pattern in (r"^[A-Z0-9-]+(, *[A-Z0-9-]+)+$", r"^\$\{each[^}]*\}(, *([A-Z0-9-]+|\$\{each[^}]*\}))*$")
        },
    }


def _matcher() -> JsonSchema:
    operations = {
        name: {"description": docstrings.read(OPERATORS[name]).text, **_OPERAND_SCHEMAS[OPERANDS[name]]}
        for name in OPERATORS
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
