"""A badge as JSON, in the form of shields.io's endpoint badges."""

import json
from typing import Any


def render_badge(document: dict[str, Any]) -> str:
    """How many of the checked requirements hold."""
    checked = [row for row in document["requirements"] if row["verdict"] not in {"not-applicable", "not-checked"}]
    holding = sum(row["verdict"] == "passed" for row in checked)
    bad = sum(row["verdict"] in {"failed", "error", "stale"} for row in checked)
    message = f"{holding} of {len(checked)} hold" if bad or holding < len(checked) else f"{holding} requirements"
    colour = "red" if bad else "green" if holding == len(checked) else "yellowgreen"
    badge = {"schemaVersion": 1, "label": "Backstage auth", "message": message, "color": colour}
    return json.dumps(badge) + "\n"
