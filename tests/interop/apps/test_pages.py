"""The pages of docs/testing: each program is copied into an empty folder and run as the page says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.interop.apps.pages import MOST_LINES, PAGES, copy, programs
from tests.interop.backstage.node import find_node, install_modules
from tests.support.idp_process import IdpProcess, running_idp

EXPRESS = Path(__file__).parent / "express_app"
CHROMIUM = "/usr/bin/chromium"
PYTEST = (sys.executable, "-m", "pytest", "-q", "-p", "mock_idp.pytest_plugin", "-p", "no:cacheprovider")

PLAYWRIGHT_OF_PYTHON = f"""\
# In the place of pytest-playwright: its fixture `page`.
import pytest
from playwright.sync_api import sync_playwright

@pytest.fixture
def page():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="{CHROMIUM}", args=["--no-sandbox"])
        yield browser.new_page()
        browser.close()
"""
PLAYWRIGHT_OF_NODE = f"""\
// The Chromium of the system.
const launchOptions = {{ executablePath: '{CHROMIUM}', args: ['--no-sandbox'] }};
export default {{ reporter: 'line', use: {{ launchOptions }} }};
"""


@pytest.fixture(scope="module")
def idp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IdpProcess]:
    with running_idp(tmp_path_factory.mktemp("idp"), "http://localhost:7007") as idp:
        yield idp


@pytest.fixture
def node_folder(tmp_path: Path) -> Path:
    """A folder with the packages and the helper of the Express application."""
    install_modules(directory=EXPRESS)
    (tmp_path / "node_modules").symlink_to(EXPRESS / "node_modules")
    (tmp_path / "mock-idp.mjs").write_bytes((EXPRESS / "mock-idp.mjs").read_bytes())
    return tmp_path


def run(command: list[str], folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=dict(os.environ))
    said = done.stdout + done.stderr
    assert done.returncode == 0, said[-4000:]
    return said


def under_the_mock(idp: IdpProcess, *command: str) -> list[str]:
    """``mock-idp run -- COMMAND``, with a mock that runs already."""
    return [sys.executable, "-m", "mock_idp", "run", "--idp", idp.url, "--", *command]


def test_the_flask_page(tmp_path: Path) -> None:
    copy("flask.md", tmp_path)

    assert "4 passed" in run([*PYTEST], tmp_path)


def test_the_django_page(tmp_path: Path) -> None:
    copy("django.md", tmp_path)

    assert "4 passed" in run([*PYTEST], tmp_path)


def test_the_fastapi_page(tmp_path: Path) -> None:
    pytest.importorskip("fastapi", reason="the extra interop has fastapi")
    copy("fastapi.md", tmp_path)

    assert "4 passed" in run([*PYTEST], tmp_path)


def test_the_express_page(node_folder: Path, idp: IdpProcess) -> None:
    copy("express.md", node_folder)

    said = run(under_the_mock(idp, str(find_node()), "--test", "--test-reporter=tap"), node_folder)

    assert re.search(r"^# pass 3$", said, re.MULTILINE), said


def test_the_playwright_page_in_python(tmp_path: Path) -> None:
    copy("flask.md", tmp_path, "app.py")
    copy("playwright.md", tmp_path, "test_browser.py")
    (tmp_path / "conftest.py").write_text(PLAYWRIGHT_OF_PYTHON, encoding="utf-8")

    assert "4 passed" in run([*PYTEST], tmp_path)


def test_the_playwright_page_in_node(node_folder: Path, idp: IdpProcess) -> None:
    copy("express.md", node_folder, "app.mjs")
    copy("playwright.md", node_folder, "sign-in.spec.mjs")
    (node_folder / "playwright.config.mjs").write_text(PLAYWRIGHT_OF_NODE, encoding="utf-8")
    playwright = str(EXPRESS / "node_modules" / "@playwright" / "test" / "cli.js")

    assert "1 passed" in run(under_the_mock(idp, str(find_node()), playwright, "test"), node_folder)


def test_the_cypress_page(node_folder: Path, idp: IdpProcess) -> None:
    copy("express.md", node_folder, "app.mjs")
    copy("cypress.md", node_folder)
    (node_folder / "play.mjs").write_bytes((EXPRESS.parent / "cypress_commands.mjs").read_bytes())
    spec = node_folder / "sign-in.cy.js"

    said = run(under_the_mock(idp, str(find_node()), "play.mjs", str(spec), CHROMIUM), node_folder)

    assert "3 passed" in said


@pytest.mark.parametrize("page", [page.name for page in PAGES.glob("*.md")])
def test_pages_are_short_and_every_program_is_run(page: str) -> None:
    text = (PAGES / page).read_text(encoding="utf-8")
    assert len(text.splitlines()) <= MOST_LINES
    run_above = {"app.py", "test_sign_in.py", "app.mjs", "sign-in.test.mjs", "test_browser.py", "sign-in.spec.mjs"}
    run_above |= {"start.mjs", "sign-in.cy.js"}
    assert programs(page).keys() <= run_above
