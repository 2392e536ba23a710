"""`auth-conformance playground`: the same app for people."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from conformance.embedded import free_port
from tests.interop.frontend.app import APP, build_app
from tests.interop.frontend.portal import PETRA, allow
from tests.support.processes import ROOT


@pytest.fixture
def playground() -> Iterator[str]:
    build_app()
    port = free_port()
    command = [sys.executable, "-m", "conformance", "playground", "--port", str(port), "--bundle", str(APP / "build")]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline().startswith(f"The app is at http://localhost:{port}, ")
            yield f"http://localhost:{port}"
        finally:
            process.terminate()
            assert process.wait(20) == 0


def test_a_person_clicks_through(playground: str, chromium: Browser) -> None:
    context = chromium.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.goto(playground)
    tile = page.get_by_role("listitem").filter(has=page.get_by_text("gitlab", exact=True)).last
    with page.expect_popup() as opened:
        tile.get_by_role("button", name="Sign in").click()
    allow(opened.value, "many-groups")
    expect(page.get_by_test_id("who")).to_have_text(f"Signed in as {PETRA}")
    page.get_by_role("row", name="gitlab").get_by_role("button", name="Profile").click()
    expect(page.locator("#calls > li")).to_contain_text("Petra Reed")
    page.get_by_role("button", name="fetch.fetch").click()
    page.get_by_role("button", name="Call", exact=True).click()
    expect(page.locator("#calls > li").last).to_contain_text('"status": 200')
    if os.environ.get("KEEP_SCREENSHOT"):
        # The picture in the README: KEEP_SCREENSHOT=1 pytest tests/interop/frontend/test_playground.py
        page.screenshot(path=ROOT / "docs" / "images" / "playground.png")
    context.close()
