"""The programs in a page of the documentation, as its readers copy them."""

from __future__ import annotations

import re
from pathlib import Path

from tests.support.processes import ROOT

PAGES = ROOT / "docs" / "testing"
MOST_LINES = 120
_PROGRAM = re.compile(r"^```(\w+)(?: file=(\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_OF_NO_FILE = {"sh"}


def programs(page: str) -> dict[str, str]:
    """File name -> text of every program in a page.

    Raises:
        ValueError: one has no file name, so that it would be tried by nobody.
    """
    text = (PAGES / page).read_text(encoding="utf-8")
    found = {}
    for language, file, program in _PROGRAM.findall(text):
        if not file and language not in _OF_NO_FILE:
            raise ValueError(f"{page}: a program without a name: {program[:60]!r}")
        if file:
            found[file] = program
    return found


def copy(page: str, folder: Path, *only: str) -> None:
    """Write the programs of a page into a folder; all, or those of these names."""
    for file, program in programs(page).items():
        if not only or file in only:
            (folder / file).write_text(program, encoding="utf-8")
