"""The failed requirements as SARIF 2.1.0, for code scanning: a rule for each, a result for each group of failures."""

import json
from typing import Any, Final

from conformance.reports.groups import BAD, WARNED, groups_of
from conformance.requirement_list import place

SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
LEVELS: Final = {"MUST": "error", "SHOULD": "warning", "INFO": "note"}


def render_sarif(document: dict[str, Any]) -> str:
    """The log as JSON text; a result points to the line of the scenario that shows it."""
    rows = {row["id"]: row for row in document["requirements"]}
    results, used = [], {}
    for group in groups_of(document, BAD | {WARNED}):
        for failure in group.failures:
            for id_ in failure.requirements:
                used[id_] = rows[id_]
                at = ", ".join(group.providers)
                results.append(
                    {
                        "ruleId": id_,
                        "level": LEVELS[rows[id_]["level"]],
                        "message": {
                            "text": f"{failure.path}: expected {failure.expected}, actual {failure.actual} (at {at})"
                        },
                        "locations": [_location(group.case["file"], failure.line)],
                        "partialFingerprints": {"scenario": f"{id_}/{group.case['scenario']}/{failure.path}"},
                    }
                )
    driver = {
        "name": document["kit"]["name"],
        "version": document["kit"]["version"],
        "rules": [_rule(row) for row in used.values()],
    }
    run = {"tool": {"driver": driver}, "results": results}
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=1, ensure_ascii=False) + "\n"


def _location(file: str, line: int) -> dict[str, Any]:
    region = {"startLine": max(line, 1)}
    return {"physicalLocation": {"artifactLocation": {"uri": f"scenarios/{file}"}, "region": region}}


def _rule(row: dict[str, Any]) -> dict[str, Any]:
    behind = f"\n\n{row['reference']}" if row["reference"] else ""
    return {
        "id": row["id"],
        "shortDescription": {"text": row["title"]},
        "help": {"text": f"{row['title']}\n\n{row['area']}, {place(row['source'])}{behind}"},
        "defaultConfiguration": {"level": LEVELS[row["level"]]},
    }
