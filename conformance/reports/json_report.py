"""The report as a JSON file."""

import json
from pathlib import Path
from typing import Any


def write_json(document: dict[str, Any], path: str) -> None:
    """Write the document, replacing the file only when it is complete."""
    target = Path(path)
    partial = target.with_name(f"{target.name}.partial")
    partial.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    partial.replace(target)
