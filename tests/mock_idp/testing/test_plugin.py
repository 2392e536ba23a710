"""The fixtures in a run of pytest of somebody else's."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mock_idp.testing import IdpServer

USES_IT = """
def test_github(idp):
    client = idp.client("github", redirect_uri="http://localhost/callback")
    assert client.url.startswith(idp.url)
    print("the mock is at", idp.url)
"""
DOES_NOT_USE_IT = """
import sys

def test_it_sleeps():
    assert "mock_idp.pytest_plugin" in sys.modules
    assert not {"mock_idp.testing", "mock_idp.settings", "requests", "flask"} & set(sys.modules)
"""


def run(folder: Path, text: str, *options: str, **variables: str) -> str:
    (folder / "test_it.py").write_text(text, encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n", encoding="utf-8")
    # Nothing but this plugin, whatever else is installed here.
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", **variables}
    command = [sys.executable, "-m", "pytest", "-q", "-s", "-p", "mock_idp.pytest_plugin", *options]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def test_a_run_without_it_pays_nothing(tmp_path: Path) -> None:
    assert "1 passed" in run(tmp_path, DOES_NOT_USE_IT)


def test_a_mock_of_its_own(tmp_path: Path, idp_server: IdpServer) -> None:
    said = run(tmp_path, USES_IT)

    assert "1 passed" in said
    assert idp_server.url not in said


@pytest.mark.parametrize("way", ["option", "variable"])
def test_a_mock_elsewhere(way: str, tmp_path: Path, idp_server: IdpServer) -> None:
    if way == "option":
        said = run(tmp_path, USES_IT, "--mock-idp", idp_server.url)
    else:
        said = run(tmp_path, USES_IT, MOCK_IDP_URL=idp_server.url)

    assert "1 passed" in said, said
    assert f"the mock is at {idp_server.url}" in said


def test_no_mock_there(tmp_path: Path) -> None:
    said = run(tmp_path, USES_IT, "--mock-idp", "http://127.0.0.1:9")

    assert "No mock IdP answers at http://127.0.0.1:9" in said
    assert "1 error" in said
