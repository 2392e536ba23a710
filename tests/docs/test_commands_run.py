"""Commands of README and docs that are quick do what they say."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from conformance.embedded import free_port
from tests.docs.pages import Command, current_pages
from tests.docs.programs import PROGRAMS
from tests.support.idp_process import running_idp

QUICK = {
    ("mock-idp", "personas"),
    ("mock-idp", "vendors"),
    ("mock-idp", "faults"),
    ("mock-idp", "schema"),
    ("mock-idp", "init"),
    ("auth-conformance", "explain"),
    ("auth-conformance", "list"),
}
"""Commands that need nothing that runs, and end."""


def quick_commands() -> dict[str, Command]:
    """The quick ones by their words, each once; what has a word in capitals or a choice is no whole command."""
    found = {}
    for page in current_pages():
        for command in page.commands:
            is_quick = command.words[:2] in QUICK or (command.words[0] in PROGRAMS and command.words[-1] == "--help")
            is_whole = not any(re.fullmatch(r"[A-Z]+|.*[…*].*|gitea|acme.*", word) for word in command.words)
            if is_quick and is_whole and len(command.words) > 1:
                found.setdefault(" ".join(command.words), command)
    return found


QUICK_COMMANDS = quick_commands()


@pytest.mark.parametrize("words", QUICK_COMMANDS)
def test_quick_command(words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "docs").mkdir()
    monkeypatch.chdir(tmp_path)
    program, *arguments = QUICK_COMMANDS[words].words
    result = CliRunner().invoke(PROGRAMS[program], arguments)
    assert (result.exit_code, bool(result.output or list(tmp_path.rglob("*.*")))) == (0, True), result.output


def test_there_are_quick_commands() -> None:
    assert len(QUICK_COMMANDS) >= 10


def scripts_of_curl() -> Iterator[tuple[str, str]]:
    for page in current_pages():
        for fence in page.fences:
            if fence.language == "sh" and fence.text.startswith("idp="):
                yield f"{page.name}:{fence.line}", fence.text


SCRIPTS = dict(scripts_of_curl())


@pytest.mark.skipif(shutil.which("curl") is None, reason="the page's script calls curl")
@pytest.mark.parametrize("place", SCRIPTS)
def test_script_of_the_control_api(place: str, tmp_path: Path) -> None:
    backend = f"http://localhost:{free_port()}"
    with running_idp(tmp_path, backend, "--provider", "google") as idp:
        script = SCRIPTS[place].replace("http://127.0.0.1:9000", idp.url)
        strict = 'set -euo pipefail\ncurl() { command curl --fail-with-body --silent --show-error "$@"; }\n'
        environment = {"PATH": os.environ["PATH"], "NO_PROXY": "*"}
        command = ["bash", "-c", strict + script]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path, env=environment)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr


def test_there_is_a_script() -> None:
    assert SCRIPTS
