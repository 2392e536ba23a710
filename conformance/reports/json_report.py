"""The report as JSON, whose schema is published."""

import json
from typing import Any


def render_json(document: dict[str, Any]) -> str:
    """The document as JSON text; halves of characters, which JSON of a target can carry, become JSON escapes later."""
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"
