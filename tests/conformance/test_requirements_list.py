"""The requirement list is made from the specification, complete, and says nothing confidential."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
SPECIFICATION = ROOT / "docs" / "spec"
SCRIPT = SPECIFICATION / "extract.py"


@pytest.fixture(scope="module")
def requirements() -> list[dict[str, Any]]:
    text = (ROOT / "conformance" / "requirements.jsonl").read_text("utf-8")
    return [json.loads(line) for line in text.rstrip("\n").split("\n")]


def run(script: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(script), *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=script.parent,
    )


def copy_of_the_house(folder: Path) -> Path:
    """Copy the specification and the list, and return the copied script."""
    (folder / "docs" / "spec").mkdir(parents=True)
    (folder / "conformance").mkdir()
    for file in (*SPECIFICATION.glob("*.md"), SCRIPT):
        (folder / "docs" / "spec" / file.name).write_text(file.read_text("utf-8"), "utf-8")
    return folder / "docs" / "spec" / "extract.py"


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), "utf-8")


def test_list_is_fresh() -> None:
    assert run(SCRIPT, "--check").returncode == 0


def test_stale_list_is_told_in_one_sentence(tmp_path: Path) -> None:
    script = copy_of_the_house(tmp_path)
    assert run(script).returncode == 0
    assert run(script, "--check").returncode == 0
    change(script.parent / "protocol.md", "| FRAME-07 | MUST |", "| FRAME-07 | SHOULD |")
    checked = run(script, "--check")
    assert checked.returncode == 1
    assert checked.stderr.count("\n") == 1
    assert "stale" in checked.stderr


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("| FRAME-07 |", "| FRAME-06 |", "FRAME-06 is used twice"),
        ("| FRAME-07 | MUST |", "| FRAME-07 | WILL |", "FRAME-07 needs a level"),
        ("| FRAME-07 |", "| frame 7 |", "'frame 7' is not a requirement id"),
        ("| FRAME-07 | MUST |", "| FRAME-07 |", "'FRAME-07' has"),
    ],
)
def test_unreadable_specification_is_told_in_one_sentence(tmp_path: Path, old: str, new: str, told: str) -> None:
    script = copy_of_the_house(tmp_path)
    change(script.parent / "protocol.md", old, new)
    made = run(script)
    assert made.returncode == 1
    assert told in made.stderr
    assert made.stderr.count("\n") == 1


def test_ids_are_unique(requirements: list[dict[str, Any]]) -> None:
    counted = Counter(entry["id"] for entry in requirements)
    assert [name for name, times in counted.items() if times > 1] == []


def test_every_entry_is_complete(requirements: list[dict[str, Any]]) -> None:
    for entry in requirements:
        assert entry["level"] in {"MUST", "SHOULD", "INFO"}, entry
        assert entry["title"].strip(), entry
        assert entry["area"].strip(), entry
        assert entry["observable"], entry
        assert set(entry["observable"]) <= set("HUKCTWF"), entry


def test_known_rows_are_read(requirements: list[dict[str, Any]]) -> None:
    by_id = {entry["id"]: entry for entry in requirements}
    assert by_id["FRAME-07"]["area"] == "Frame handler"
    assert by_id["RES-40"]["observable"] == ["U", "C"]
    assert by_id["FE-49"]["level"] == "SHOULD"
    assert by_id["SEC-IDT-01"]["limited_to"] == "OIDC"
    assert by_id["SEC-STATE-02"]["reference"] == "RFC 6749 §10.12; ASVS 10.1.2"
    assert by_id["GITHUB-01"]["area"] == "github"
    assert by_id["OUT-P0"]["level"] == "MUST"


def test_nothing_in_the_specification_is_left_out(requirements: list[dict[str, Any]]) -> None:
    ids = {entry["id"] for entry in requirements}
    rows = re.compile(r"^(?:\| |### |\*\*)([A-Z][A-Z0-9]*(?:-[A-Z]+[0-9]*)*-(?:[A-Z]?[0-9]+|OR))\b", re.MULTILINE)
    written = {
        name
        for file in SPECIFICATION.glob("*.md")
        for name in rows.findall(file.read_text("utf-8"))
        if not name.startswith(("DIFF-", "FD-"))
    }
    assert written == ids


def test_every_source_is_a_heading(requirements: list[dict[str, Any]]) -> None:
    anchors = {
        f"{file.name}#" + re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
        for file in SPECIFICATION.glob("*.md")
        for title in re.findall(r"^#{2,4} (.+)$", file.read_text("utf-8"), re.MULTILINE)
    }
    assert {entry["source"] for entry in requirements} <= anchors


def test_no_judgement_of_a_real_product() -> None:
    for file in SPECIFICATION.glob("*.md"):
        for number, line in enumerate(file.read_text("utf-8").splitlines(), start=1):
            assert "Real Backstage:" not in line, f"{file.name}:{number}"
