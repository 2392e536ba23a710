"""Three defects of a backend that the real frontend suffers from.

`tests/defects` shows that the conformance suite finds each of them too.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.interop.frontend.conftest import GetIdps
from tests.interop.frontend.portal import Portal, allow
from tests.interop.frontend.stands import DEFECTIVE, Stand, running_stand


@pytest.fixture
def stand(request: pytest.FixtureRequest, idps: GetIdps, frontend_url: str) -> Iterator[Stand]:
    """The reference backend with the defect that the test names."""
    idp = idps("default")[DEFECTIVE]
    with running_stand(DEFECTIVE, idp, frontend_url, "default", request.param) as stand:
        yield stand


def sign_in(portal: Portal) -> Page:
    portal.configure(sign_in={"page": "providers", "providers": ["guest", "github"]})
    portal.open()
    popup = portal.press_sign_in("github")
    allow(popup)
    return popup


@pytest.mark.quick
@pytest.mark.parametrize("stand", ["page-cut-off-from-its-opener"], indirect=True)
def test_message_page_isolated_by_its_opener_policy(portal: Portal) -> None:
    """The frontend loses sight of the popup, which looks closed to it (FE-14)."""
    sign_in(portal)
    portal.expect_error("Login failed, popup was closed")


@pytest.mark.quick
@pytest.mark.parametrize("stand", ["policy-without-the-hash-of-the-script"], indirect=True)
def test_script_blocked_by_the_content_security_policy(portal: Portal) -> None:
    """The popup stays open and says nothing (FE-13)."""
    popup = sign_in(portal)
    popup.wait_for_url(f"{portal.stand.backend_url}/**")
    popup.wait_for_load_state()
    portal.page.wait_for_timeout(1000)  # Ten polls of the frontend: it would have taken a message.
    assert not popup.is_closed()
    expect(portal.page.get_by_test_id("who")).to_have_count(0)
    popup.close()
    portal.expect_error("Login failed, popup was closed")


@pytest.mark.quick
@pytest.mark.parametrize("stand", ["same-site-strict"], indirect=True)
def test_strict_cookies(portal: Portal) -> None:
    """The vendor's redirect comes from another site, so that the callback gets no nonce (COOKIE-05)."""
    sign_in(portal)
    portal.expect_error("Auth response is missing cookie nonce")
