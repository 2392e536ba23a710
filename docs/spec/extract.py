"""Make the machine-readable requirement list from the specification.

The Markdown files beside this script are the source. A requirement is

- a table row whose first column is headed ``ID`` and whose table has a ``Level`` or a ``Resolver`` column, or
- a heading that opens with its id (``FE-…``, ``SEC-…``), with the fields below it as list items.

How each form is read is written in README.md. Run without arguments after a change of the specification.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
OUTPUT = HERE.parents[1] / "conformance" / "requirements.jsonl"
DOCUMENTS = ("protocol.md", "frontend.md", "security.md", "providers-oauth.md", "providers-proxy.md")

HEADING = re.compile(r"(#{2,4}) (.+)")
CELL_BORDER = re.compile(r"(?<!\\)\|")
ROW_ID = re.compile(r"[A-Z][A-Z0-9]*(-[A-Z0-9]+)+")
FRONTEND = re.compile(r"(FE-\d+) — (.+)")
SECURITY = re.compile(r"(SEC-([A-Z]+)-\d+) — (.+)")
FIELD = r"(.+(?:\n  .+)*)"  # a list item, whose further lines are indented
LEVEL = re.compile(r"(MUST|SHOULD|INFO)(?: \(([^)]*)\))?(.*)", re.DOTALL)


class SpecificationError(Exception):
    """The specification is written in a way that this script cannot read."""


@dataclass(frozen=True)
class Requirement:
    """One numbered statement of the specification."""

    id: str
    level: str
    title: str
    area: str
    observable: list[str]
    expected: str
    source: str
    limited_to: str = ""
    level_note: str = ""
    reference: str = ""

    def as_dict(self) -> dict[str, object]:
        """Return the members that have a value, in the order of the published list."""
        return {name: value for name, value in vars(self).items() if value}


@dataclass(frozen=True)
class Place:
    """Where in the specification a line stands."""

    document: str
    area: str
    section: str

    @property
    def source(self) -> str:
        """The file and the anchor that code hosts give to the heading."""
        anchor = re.sub(r"[^\w\- ]", "", self.section.lower()).replace(" ", "-")
        return f"{self.document}#{anchor}"


def read_all() -> list[Requirement]:
    """Read every requirement of the specification, in document order."""
    found = [item for name in DOCUMENTS for item in read_document(name, (HERE / name).read_text("utf-8"))]
    seen: set[str] = set()
    for item in found:
        if item.id in seen:
            raise SpecificationError(f"{item.source}: the id {item.id} is used twice.")
        seen.add(item.id)
    return found


def read_document(name: str, text: str) -> Iterator[Requirement]:
    """Yield the requirements of one document, block by block (a block ends at an empty line)."""
    place = Place(name, "", "")
    codes = class_codes(text)
    fenced = False
    for block in re.split(r"\n{2,}", text.replace("\n#", "\n\n#")):
        lines = block.strip().split("\n")
        if not fenced:
            if heading := HEADING.fullmatch(lines[0]):
                title = heading[2]
                area = short_name(title) if len(heading[1]) == 2 else place.area
                place = Place(name, area, title)
                if frontend := FRONTEND.fullmatch(title):
                    yield read_frontend(frontend, place, text)
                if security := SECURITY.fullmatch(title):
                    yield read_security(security, place, text, codes)
                lines = lines[1:]
            yield from read_table(lines, place)
        fenced ^= sum(line.lstrip().startswith("```") for line in block.split("\n")) % 2 == 1


def short_name(title: str) -> str:
    """Reduce a section's title to its area: no number, no prefix letters, no remark in brackets."""
    title = re.sub(r"^(\d+\.|[A-Z]+ —) ", "", title)
    title = re.sub(r"( \([^)]*\))+$", "", title)
    return title.split(" – ")[0].replace("`", "")


def cells(line: str) -> list[str]:
    """Split a table row at its borders and drop the escapes of vertical bars."""
    return [part.strip().replace("\\|", "|") for part in CELL_BORDER.split(line.strip())[1:-1]]


def read_table(lines: list[str], place: Place) -> Iterator[Requirement]:
    """Yield the requirements of the table in these lines, if it is a requirement table."""
    rows = [cells(line) for line in lines if line.startswith("|")]
    if not rows or rows[0][:1] != ["ID"] or not {"Level", "Resolver"} & set(rows[0]):
        return
    for values in rows[2:]:
        if len(values) != len(rows[0]):
            raise SpecificationError(f"{place.source}: '{values[0]}' has too few or too many cells.")
        row = dict(zip(rows[0], values, strict=True))
        if not ROW_ID.fullmatch(row["ID"]):
            raise SpecificationError(f"{place.source}: '{row['ID']}' is not a requirement id.")
        if "Resolver" in row:
            level, codes = "MUST", ["U", "C"]
            title = f"{row['Provider']}: {row['Resolver']}"
            expected = f"{row['Lookup']}; without the value: {row['Error when the value is missing']}"
        else:
            level, codes = row["Level"].split(" ")[0], list(re.sub(r"[^A-Z]", "", row["Test"]))
            title, expected = row["Requirement"], row["Exact observable"]
        if level not in ("MUST", "SHOULD", "INFO") or not codes:
            raise SpecificationError(f"{place.source}: {row['ID']} needs a level and a test code.")
        yield Requirement(row["ID"], level, title, place.area, codes, without_dash(expected), place.source)


def read_frontend(match: re.Match[str], place: Place, text: str) -> Requirement:
    """Read an entry of frontend.md: what is expected follows the arrow in the first paragraph below the level."""
    level, _, paragraph = (body_of(match, text).strip() + "\n\n").partition("\n\n")
    field = LEVEL.fullmatch(level.removeprefix("- **Level:** "))
    if field is None:
        raise SpecificationError(f"{place.source}: {match[1]} needs the field Level.")
    expected = " ".join(part.strip() for part in unwrapped(paragraph.split("\n\n")[0]).split("→ ")[1:])
    return Requirement(match[1], field[1], match[2], place.area, ["F"], expected, place.source)


def read_security(match: re.Match[str], place: Place, text: str, codes: dict[str, list[str]]) -> Requirement:
    """Read an entry of the catalogue: the level stands in its own field, the codes in the class table."""
    body = body_of(match, text)
    field = re.search(rf"\*\*Level:\*\* {FIELD}", body)
    level = LEVEL.fullmatch(unwrapped(field[1])) if field else None
    detection = re.search(rf"\*\*Detection:\*\* {FIELD}", body)
    reference = re.search(rf"\*\*Reference:\*\* {FIELD}", body)
    if level is None or detection is None or reference is None:
        raise SpecificationError(f"{place.source}: {match[1]} needs the fields Level, Detection and Reference.")
    return Requirement(
        match[1], level[1], match[3], place.area, codes[match[2]], unwrapped(detection[1]),
        place.source,
        limited_to=level[2] or "", level_note=level[3].strip(" ;"), reference=unwrapped(reference[1]),
    )  # fmt: skip


def body_of(match: re.Match[str], text: str) -> str:
    """Return what stands below the heading of a requirement, up to the next heading."""
    return re.split(r"\n#{2,3} ", text.split(f"### {match[0]}\n", 1)[1], maxsplit=1)[0]


def class_codes(text: str) -> dict[str, list[str]]:
    """Read which test codes belong to which class of the security catalogue."""
    rows = re.findall(r"\| SEC-([A-Z]+) \| \d+ \| ([A-Z, ]+) \|", text)
    return {name: codes.split(", ") for name, codes in rows}


def unwrapped(text: str) -> str:
    """Join the lines of a list item."""
    return " ".join(text.split())


def without_dash(text: str) -> str:
    """Treat a lone dash as nothing."""
    return "" if text == "—" else text


def main(arguments: list[str] | None = None) -> int:
    """Write the list, or with ``--check`` tell whether the written one is up to date."""
    parser = argparse.ArgumentParser(description="Make conformance/requirements.jsonl from docs/spec.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if the list is stale")
    options = parser.parse_args(arguments)
    try:
        items = [item.as_dict() for item in read_all()]
    except SpecificationError as error:
        print(error, file=sys.stderr)
        return 1
    wanted = "".join(f"{json.dumps(item, ensure_ascii=False)}\n" for item in items)
    if options.check:
        if not OUTPUT.exists() or OUTPUT.read_text("utf-8") != wanted:
            print("conformance/requirements.jsonl is stale: run python docs/spec/extract.py.", file=sys.stderr)
            return 1
        return 0
    OUTPUT.write_text(wanted, "utf-8")
    print(f"{len(items)} requirements written to {OUTPUT}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
