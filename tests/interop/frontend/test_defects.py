"""Three defects of a backend that the real frontend suffers from, and that the conformance suite finds.

Both meet the reference backend with the same patch.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.defects.catalogue import catalogue
from tests.defects.defect import DEFAULT_PROFILE
from tests.defects.harness import Harness, running_harness
from tests.interop.frontend.conftest import GetIdps
from tests.interop.frontend.portal import Portal, allow
from tests.interop.frontend.stands import DEFECTIVE, Stand, running_stand


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


@pytest.fixture(scope="module")
def harness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    """The suite, which looks at the backend once while it has no defect."""
    with running_harness(tmp_path_factory.mktemp("suite"), DEFAULT_PROFILE) as ready:
        yield ready


def expect_found_by_the_suite(harness: Harness, name: str) -> None:
    """Play against a backend with the same defect what checks the requirements that it breaks."""
    defect = catalogue()[name]
    judgement = harness.judge(defect, harness.cases(defect))
    assert defect.caught_by <= judgement.failing


COOP = "page-cut-off-from-its-opener"


@pytest.mark.quick
@pytest.mark.parametrize("stand", [COOP], indirect=True)
def test_message_page_isolated_by_its_opener_policy(portal: Portal, harness: Harness) -> None:
    """The frontend loses sight of the popup, which looks closed to it (FE-14)."""
    allow(begin_to_sign_in(portal))
    portal.expect_error("Login failed, popup was closed")
    expect_found_by_the_suite(harness, COOP)


CSP = "policy-without-the-hash-of-the-script"


@pytest.mark.quick
@pytest.mark.parametrize("stand", [CSP], indirect=True)
def test_script_blocked_by_the_content_security_policy(portal: Portal, harness: Harness) -> None:
    """The popup stays open and says nothing (FE-13)."""
    popup = begin_to_sign_in(portal)
    with popup.expect_event("console", lambda said: "Content Security Policy" in said.text):
        allow(popup)
    assert popup.url.startswith(portal.stand.backend_url)
    assert not popup.is_closed()
    expect(portal.page.get_by_test_id("who")).to_have_count(0)
    popup.close()
    portal.expect_error("Login failed, popup was closed")
    expect_found_by_the_suite(harness, CSP)


SAME_SITE = "same-site-strict"


@pytest.mark.quick
@pytest.mark.parametrize("stand", [SAME_SITE], indirect=True)
def test_strict_cookies(portal: Portal, harness: Harness) -> None:
    """The vendor's redirect comes from another site, so that the callback gets no nonce (COOKIE-05)."""
    allow(begin_to_sign_in(portal))
    portal.expect_error("Auth response is missing cookie nonce")
    expect_found_by_the_suite(harness, SAME_SITE)
