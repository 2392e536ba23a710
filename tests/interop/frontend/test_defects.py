"""Three defects of a backend that the real frontend suffers from, and that the conformance suite finds.

Both meet the same running backend.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from conformance.verdicts import Verdict
from tests.defects.catalogue import catalogue
from tests.interop.frontend.conftest import GetIdps
from tests.interop.frontend.portal import Portal, allow
from tests.interop.frontend.stands import DEFECTIVE, Stand, running_stand
from tests.support.processes import ROOT


@pytest.fixture
def stand(request: pytest.FixtureRequest, idps: GetIdps, frontend_url: str) -> Iterator[Stand]:
    """The reference backend with the defect that the test names."""
    idp = idps("default")[DEFECTIVE]
    with running_stand(DEFECTIVE, idp, frontend_url, "default", request.param) as stand:
        yield stand


def begin_to_sign_in(portal: Portal) -> Page:
    portal.configure(sign_in={"page": "providers", "providers": ["guest", "github"]})
    portal.open()
    return portal.press_sign_in("github")


def expect_found_by_the_suite(stand: Stand, defect: str, report: Path) -> None:
    """Play what checks the requirements that the defect breaks, as a user of the suite would."""
    broken = catalogue()[defect].caught_by
    command = [sys.executable, "-m", "pytest", "conformance", "-q", "-p", "no:cacheprovider", "--provider", "github"]
    command += ["--target", f"{stand.backend_url}/api/auth", "--idp", stand.idp.url, "--report-json", str(report)]
    command += [word for id_ in sorted(broken) for word in ("--requirement", id_)]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    assert done.returncode == pytest.ExitCode.TESTS_FAILED, done.stdout
    verdicts = {row["id"]: row["verdict"] for row in json.loads(report.read_text("utf-8"))["requirements"]}
    assert {id_: verdicts.get(id_) for id_ in broken} == dict.fromkeys(broken, Verdict.FAILED.value), done.stdout


COOP = "page-cut-off-from-its-opener"


@pytest.mark.quick
@pytest.mark.parametrize("stand", [COOP], indirect=True)
def test_message_page_isolated_by_its_opener_policy(portal: Portal, tmp_path: Path) -> None:
    """The frontend loses sight of the popup, which looks closed to it (FE-14)."""
    allow(begin_to_sign_in(portal))
    portal.expect_error("Login failed, popup was closed")
    expect_found_by_the_suite(portal.stand, COOP, tmp_path / "report.json")


CSP = "policy-without-the-hash-of-the-script"


@pytest.mark.quick
@pytest.mark.parametrize("stand", [CSP], indirect=True)
def test_script_blocked_by_the_content_security_policy(portal: Portal, tmp_path: Path) -> None:
    """The popup stays open and says nothing (FE-13)."""
    popup = begin_to_sign_in(portal)
    with popup.expect_event("console", lambda said: "Content Security Policy" in said.text):
        allow(popup)
    assert popup.url.startswith(portal.stand.backend_url)
    assert not popup.is_closed()
    expect(portal.page.get_by_test_id("who")).to_have_count(0)
    popup.close()
    portal.expect_error("Login failed, popup was closed")
    expect_found_by_the_suite(portal.stand, CSP, tmp_path / "report.json")


SAME_SITE = "same-site-strict"


@pytest.mark.quick
@pytest.mark.parametrize("stand", [SAME_SITE], indirect=True)
def test_strict_cookies(portal: Portal, tmp_path: Path) -> None:
    """The vendor's redirect comes from another site, so that the callback gets no nonce (COOKIE-05)."""
    allow(begin_to_sign_in(portal))
    portal.expect_error("Auth response is missing cookie nonce")
    expect_found_by_the_suite(portal.stand, SAME_SITE, tmp_path / "report.json")
