"""Where reports are written to."""

from pathlib import Path


def write_report(text: str, path: Path) -> None:
    """Write a file, replacing it only when the new one is complete.

    Raises:
        OSError: it cannot be written.
    """
    partial = path.with_name(f"{path.name}.partial")
    partial.write_text(text, encoding="utf-8", errors="backslashreplace")
    partial.replace(path)
