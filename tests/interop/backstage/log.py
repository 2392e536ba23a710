"""The end of a Backstage log, for people."""

from __future__ import annotations

import json
from pathlib import Path

_LINES = 15


def last_words(log_file: Path) -> str:
    """Return the last messages of a log, without the requests it served and without stack traces.

    Backstage writes an object per line, except for what goes wrong before or after it has a logger.
    """
    lines = log_file.read_text(encoding="utf-8", errors="replace").splitlines()
    messages = [message for line in lines if (message := _message(line))]
    return "\n".join(messages[-_LINES:])


def _message(line: str) -> str | None:
    try:
        entry = json.loads(line)
    except ValueError:
        return None if line.lstrip().startswith("at ") else line
    if not isinstance(entry, dict):
        return line
    if entry.get("type") == "incomingRequest":
        return None  # Mostly our own questions whether it is ready.
    where = entry.get("plugin") or entry.get("service") or ""
    return f"{entry.get('level', '')} {where}: {entry.get('message', '')}"
