"""One sign-in in another browser than Chromium."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.interop.backstage.node import find_node
from tests.interop.frontend.app import APP
from tests.interop.frontend.portal import ADA, app_config
from tests.interop.frontend.stands import Stand

FIREFOX = Path("/usr/bin/firefox-esr")


@pytest.mark.skipif(not FIREFOX.exists(), reason="Firefox is missing: apt install firefox-esr")
@pytest.mark.feature("sign-in and reload in Firefox: {provider}")
@pytest.mark.parametrize("provider", ["gitlab"])
def test_firefox(stand: Stand, provider: str) -> None:
    """By a vendor with an address on loopback, for which Firefox needs neither proxy nor certificate."""
    config = app_config(stand, sign_in={"page": "provider", "provider": provider})
    command = [str(find_node()), "firefox.mjs", stand.app_url, json.dumps(config)]
    done = subprocess.run(command, cwd=APP, stdout=subprocess.PIPE, text=True, check=True, timeout=300)
    assert done.stdout.splitlines() == [f"Signed in as {ADA}"] * 2
