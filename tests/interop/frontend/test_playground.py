"""`auth-conformance playground`: the same app for people, as the extra installs it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from conformance.embedded import free_port
from tests.interop.frontend.app import build_app
from tests.interop.frontend.portal import PETRA, allow
from tests.support.processes import ROOT


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both wheels, built as for a release; what else they need is that of this environment."""
    build_app()
    wheels, place = tmp_path_factory.mktemp("wheels"), tmp_path_factory.mktemp("installation")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    sources = [str(ROOT), str(ROOT / "playground")]
    subprocess.run([*pip, "wheel", "--no-deps", "--wheel-dir", str(wheels), *sources], check=True)
    built = sorted(map(str, wheels.glob("*.whl")))
    assert len(built) == 2
    subprocess.run([*pip, "install", "--no-deps", "--target", str(place), *built], check=True)
    return place


@pytest.fixture
def playground(installation: Path, tmp_path: Path) -> Iterator[str]:
    """It runs where there is neither Node nor a checkout."""
    nothing = tmp_path / "nothing"
    nothing.mkdir()
    environment = {**os.environ, "PYTHONPATH": str(installation), "PATH": str(nothing)}
    port = free_port()
    command = [str(installation / "bin" / "auth-conformance"), "playground", "--port", str(port)]
    with subprocess.Popen(command, cwd=nothing, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline().startswith(f"The app is at http://localhost:{port}, ")
            yield f"http://localhost:{port}"
        finally:
            process.terminate()
            assert process.wait(20) == 0


def test_the_extra_is_of_the_same_version(installation: Path) -> None:
    (app,) = Distribution.discover(name="backstage-auth-conformance-playground", path=[str(installation)])
    (kit,) = Distribution.discover(name="backstage-auth-conformance", path=[str(installation)])

    assert app.version == kit.version
    wanted = f"backstage-auth-conformance-playground=={kit.version}"
    assert [one for one in kit.requires or () if one.startswith(wanted) and "extra == 'playground'" in one]


def test_the_licences_of_what_is_in_the_bundle_are_there(installation: Path) -> None:
    licenses = (installation / "backstage_auth_conformance_playground" / "bundle" / "licenses.txt").read_text("utf-8")

    for package in ("react-dom 18.3.1 (MIT)", "@backstage/core-app-api 1.20.5 (Apache-2.0)"):
        assert package in licenses


@pytest.mark.quick
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
