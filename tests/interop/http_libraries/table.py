"""What HTTP libraries do under `mock-idp run`, read from ``libraries.yaml``, and as a table for people.

``python -m tests.interop.http_libraries.table`` writes the table into docs/http-libraries.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from tests.support.processes import ROOT

FILE = Path(__file__).with_name("libraries.yaml")
PAGE = ROOT / "docs" / "http-libraries.md"
BEGIN, END = "<!-- libraries: begin -->", "<!-- libraries: end -->"


@dataclass(frozen=True)
class Library:
    """An HTTP library.

    Attributes:
        name: what it is called.
        language: what it is for.
        alone: what it does by itself, a key of ``alone`` in the file.
        program: what runs the program that uses it; empty if it was not tried.
        remedy: what makes it reach the mock; empty if nothing is needed.
        source: where it is written down, of one that was not tried.
    """

    name: str
    language: str
    alone: str
    program: str = ""
    remedy: str = ""
    source: str = ""


def read_table() -> tuple[list[Library], Mapping[str, str]]:
    """All libraries, and what they do in words.

    Raises:
        ValueError: a library does something unknown, needs a remedy and has none, or was not tried and has no source.
    """
    data = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    libraries = []
    for entry in data["libraries"]:
        renamed = {"name": entry.pop("library"), "language": entry.pop("for"), **entry}
        library = Library(**renamed)
        if library.alone not in data["alone"]:
            raise ValueError(f"{library.name}: alone is {library.alone!r}, which is none of {', '.join(data['alone'])}")
        if library.alone != "reached" and not library.remedy:
            raise ValueError(f"{library.name} does not reach the mock alone, and has no remedy")
        if not library.program and not library.source:
            raise ValueError(f"{library.name} was not tried, and has no source")
        libraries.append(library)
    return libraries, data["alone"]


def markdown() -> str:
    """The table as it stands on the page, the two marking lines included."""
    libraries, words = read_table()
    rows = (
        f"| {library.name} | {library.language} | {words[library.alone]} | {library.remedy or '–'} "
        f"| {'tried' if library.program else f'not tried; {library.source}'} |"
        for library in libraries
    )
    head = ("| library | for | by itself | what to do | |", "|---|---|---|---|---|")
    return "\n".join([BEGIN, "", *head, *rows, "", END])


def parts_of_page() -> tuple[str, str, str]:
    """The page before, in and after the two marking lines."""
    text = PAGE.read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN)
    there, end, after = rest.partition(END)
    return before, begin + there + end, after


if __name__ == "__main__":
    before, _, after = parts_of_page()
    PAGE.write_text(before + markdown() + after, encoding="utf-8")
