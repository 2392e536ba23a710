"""The report as a JSON file."""

import json
from pathlib import Path
from typing import Any


def write_json(document: dict[str, Any], path: str) -> None:
    """Write the document, replacing the file only when it is complete."""
    target = Path(path)
    partial = target.with_name(f"{target.name}.partial")
    # Halves of characters, which JSON of a target can carry, become JSON escapes.
    text = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
    partial.write_text(text, encoding="utf-8", errors="backslashreplace")
    partial.replace(target)
