"""The page about a vendor of one's own works as it is written, from an empty folder."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, MarkdownPage

PAGE = MarkdownPage(ROOT / "docs" / "adding-a-vendor.md")
EXAMPLE = ROOT / "tests" / "interop" / "own_vendor"
BLOCK = re.compile(r"^`([\w./-]+)`:\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILES = dict(BLOCK.findall(PAGE.text))
MODULES = {"auth-conformance": "conformance", "mock-idp": "mock_idp"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Nothing but what the page shows."""
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def run(folder: Path, words: list[str]) -> str:
    program, *arguments = words
    command = [sys.executable, "-m", MODULES[program], *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def test_its_files_are_those_that_are_played_on_both_backends() -> None:
    assert list(FILES) == [
        "acme_login.py",
        "scenarios/acme-login.yaml",
        "acme_login_provider.py",
        "some_key.py",
        "scenarios/my-custom-provider.yaml",
    ]
    for name, text in FILES.items():
        assert text == (EXAMPLE / name).read_text(encoding="utf-8"), name


def test_the_mock_knows_the_vendor(folder: Path) -> None:
    (span,) = (piece.text for piece in PAGE.spans if piece.text.startswith("mock-idp vendors"))
    assert "authorization" in run(folder, shlex.split(span))


def test_the_app_config_has_the_provider(folder: Path) -> None:
    (command,) = (one for one in PAGE.commands if one.words[:2] == ("mock-idp", "app-config"))
    run(folder, list(command.words))
    assert "/acme-login\n" in (folder / "app-config.local.yaml").read_text(encoding="utf-8")


def test_its_scenarios_pass_on_the_reference_backend(folder: Path) -> None:
    (command,) = (one for one in PAGE.commands if one.words[:3] == ("auth-conformance", "run", "--vendor"))
    # All of them are played in tests/interop/test_own_vendor.py.
    said = run(folder, [*command.words, "-k", "vendors or scopes"])
    passed = re.search(r"^cases: .*?(\d+) passed", said, re.MULTILINE)
    assert passed, said
    assert int(passed[1]) >= 10
