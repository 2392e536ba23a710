"""The sign-in pages that an app can have."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.interop.frontend.portal import Portal, allow

SYSTEMS = pytest.mark.parametrize("system", ["old", "new"])


@pytest.mark.quick
@pytest.mark.feature("SignInPage with several providers and guest ({system} system)")
@SYSTEMS
def test_several_providers_with_guest(portal: Portal, system: str) -> None:
    portal.configure(system=system, sign_in={"page": "providers", "providers": ["guest", "github", "google"]})
    portal.open()
    portal.sign_in("google")
    portal.page.reload()
    portal.expect_signed_in()
    portal.sign_out()
    portal.enter_as_guest()
    portal.page.reload()
    portal.expect_signed_in("user:development/guest")
    assert portal.problems == []


@pytest.mark.quick
@pytest.mark.feature("SignInPage with one provider ({system} system)")
@SYSTEMS
def test_one_provider(portal: Portal, system: str) -> None:
    portal.configure(system=system, sign_in={"page": "provider", "provider": "github"})
    portal.open()
    portal.sign_in("github")
    portal.page.reload()
    portal.expect_signed_in()
    portal.sign_out()
    portal.page.reload()
    portal.expect_sign_in_page()
    assert portal.problems == []


@pytest.mark.feature("SignInPage with `auto`")
def test_auto(portal: Portal) -> None:
    portal.configure(sign_in={"page": "provider", "provider": "github", "auto": True})
    with portal.page.expect_popup() as opened:
        portal.open()
    allow(opened.value)
    portal.expect_signed_in()
    with portal.page.expect_popup() as opened:
        portal.call("identity", "signOut")
    expect(opened.value.get_by_role("button", name="Allow")).to_be_visible()


@pytest.mark.feature("page by `auth.environment`: `{environment}`")
@pytest.mark.parametrize(
    ("environment", "has_guest"), [("development", True), ("production", False), ("local-part", False)]
)
def test_page_by_environment(portal: Portal, environment: str, has_guest: bool) -> None:
    portal.configure(environment=environment, sign_in={"page": "environment", "provider": "github"})
    portal.open()
    portal.expect_sign_in_page()
    expect(portal.page.get_by_role("button", name="Enter")).to_have_count(int(has_guest))
    portal.sign_in("github")
