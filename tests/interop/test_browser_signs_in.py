"""A person's browser signs in to the real Backstage with Google, by Google's own name, offline."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlencode

import requests
from playwright.sync_api import Browser, sync_playwright

from conformance.embedded import free_port
from tests.interop.backstage.backstage import Backstage
from tests.support.idp_process import IdpProcess
from tests.support.processes import ROOT

SECONDS_TO_START = 30
SCREENSHOT = ROOT / "docs" / "images" / "google-sign-in.png"


@contextmanager
def chromium_of_the_mock(idp: IdpProcess, url: str) -> Iterator[Browser]:
    """Open a Chromium with `mock-idp browser` and take its remote control."""
    port = free_port()
    command = [sys.executable, "-m", "mock_idp", "browser", url, "--idp", idp.url]
    command += ["--headless", "--debugging-port", str(port)]
    with subprocess.Popen(command, cwd=ROOT) as process:
        try:
            _wait_for_remote_control(port, process)
            with sync_playwright() as playwright:
                yield playwright.chromium.connect_over_cdp(f"http://127.0.0.1:{port}")
        finally:
            process.terminate()


def _wait_for_remote_control(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while process.poll() is None and time.monotonic() < deadline:
        try:
            requests.get(f"http://127.0.0.1:{port}/json/version", timeout=1).raise_for_status()
            return
        except requests.RequestException:
            time.sleep(0.05)
    raise AssertionError("Chromium did not open its remote control")


def test_google_by_name_in_a_browser(backstage: Backstage, mock_idp: IdpProcess, app_url: str) -> None:
    page_url = f"{app_url}/?" + urlencode({"auth": backstage.auth_url, "provider": "google", "env": "development"})
    with chromium_of_the_mock(mock_idp, page_url) as browser:
        page = browser.contexts[0].pages[0]
        page.wait_for_selector("#sign-in")
        with page.expect_popup() as opened:
            page.click("#sign-in")
        popup = opened.value
        popup.wait_for_selector("text=Ada Quill")
        shown_at = popup.url
        if os.environ.get("KEEP_SCREENSHOT"):
            # The picture in the README: KEEP_SCREENSHOT=1 pytest tests/interop/test_browser_signs_in.py
            popup.screenshot(path=SCREENSHOT)
        popup.check('input[name="persona"][value="many-groups"]')
        popup.click('button[value="allow"]')
        page.wait_for_function("document.getElementById('outcome').textContent !== ''")
        outcome = json.loads(page.inner_text("#outcome"))

    assert shown_at.startswith("https://accounts.google.com/o/oauth2/v2/auth?")
    assert outcome["response"]["backstageIdentity"]["identity"]["userEntityRef"] == "user:default/petra-reed"
    # What Chromium asks Google on its own account is not what somebody did.
    journal = requests.get(f"{mock_idp.url}/__idp/journal", timeout=10).json()["entries"]
    assert "/ListAccounts" not in {entry["path"] for entry in journal}
    assert "/o/oauth2/v2/auth" in {entry["path"] for entry in journal}


def test_a_page_may_open_a_popup_that_nobody_clicked_for(mock_idp: IdpProcess) -> None:
    """As the sign-in page does with `auto` (FE-55)."""
    says = "<script>document.title = window.open('about:blank') ? 'opened' : 'blocked'</script>"
    with chromium_of_the_mock(mock_idp, mock_idp.url) as browser:
        page = browser.contexts[0].pages[0]
        page.goto(f"data:text/html,{says}")
        assert page.title() == "opened"
