"""Pages that are made from the code are fresh, and the list of pages is whole."""

from __future__ import annotations

import subprocess
import sys

import pytest

from docs.tools.reference_pages import PROGRAMS, REFERENCE, options_of, parts, subcommands
from tests.docs.pages import ROOT, all_pages


def test_pages_are_fresh() -> None:
    command = [sys.executable, "-m", "docs.tools.reference_pages", "--check"]
    checked = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_command_has_a_help(program: str) -> None:
    page = (REFERENCE / f"{program}.md").read_text(encoding="utf-8")
    group = PROGRAMS[program]
    for name, command in subcommands(group, group.make_context(program, [], resilient_parsing=True)):
        assert command.help, name
        assert f"## {program} {name}" in page
        assert all(text for _, text in options_of(command)), name


def test_every_part_stands_on_a_page() -> None:
    text = "".join(page.text for page in all_pages())
    assert [name for name in parts() if f"<!-- begin generated: {name} -->" not in text] == []
