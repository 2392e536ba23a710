"""A Flask application in a folder of its own, and its sign-in tests with the fixture ``idp``."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from tests.support.idp_process import running_idp

FOLDER = Path(__file__).parent / "flask_app"
TESTS = 10


def run(*options: str) -> str:
    """Run the application's tests, and give what pytest says."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "mock_idp.pytest_plugin", "-p", "no:cacheprovider", *options]
    done = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    return done.stdout


def passed(said: str) -> int:
    found = re.search(r"(\d+) passed", said)
    return int(found[1]) if found else 0


def test_with_a_mock_in_each_of_two_workers() -> None:
    assert passed(run("-n", "2")) == TESTS


def test_with_one_mock_elsewhere_for_both_workers(tmp_path: Path) -> None:
    with running_idp(tmp_path, "http://localhost:7007") as idp:
        assert passed(run("-n", "2", "--mock-idp", idp.url)) == TESTS
