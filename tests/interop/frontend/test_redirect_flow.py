"""`enableExperimentalRedirectFlow`: sign-in leaves the page and comes back to it."""

from __future__ import annotations

import pytest

from tests.interop.frontend.portal import Portal, allow, deny

DEEP = "/deep?filter=a%20b&x=1"


def leave(portal: Portal, provider: str, path: str = "/", system: str = "old") -> None:
    """Open the app and press the button, which leads to the vendor."""
    portal.configure(redirect=True, system=system, sign_in={"page": "provider", "provider": provider})
    portal.open(path)
    portal.page.get_by_role("button", name="Sign in").click()


@pytest.mark.quick
@pytest.mark.feature("redirect flow with a deep link: github ({system} system)")
@pytest.mark.parametrize("system", ["old", "new"])
def test_deep_link(portal: Portal, system: str) -> None:
    leave(portal, "github", DEEP, system)
    allow(portal.page)
    portal.expect_signed_in()
    assert portal.page.url == portal.stand.app_url + DEEP


@pytest.mark.feature("redirect flow: {provider}")
@pytest.mark.parametrize("provider", ["google", "oidc", "gitlab"])
def test_other_providers(portal: Portal, provider: str) -> None:
    leave(portal, provider)
    allow(portal.page)
    portal.expect_signed_in()
    portal.page.reload()
    portal.expect_signed_in()


@pytest.mark.feature("redirect flow, page with several providers")
def test_several_providers(portal: Portal) -> None:
    portal.configure(redirect=True, sign_in={"page": "providers", "providers": ["guest", "github", "gitlab"]})
    portal.open()
    portal.tile("gitlab").get_by_role("button", name="Sign in").click()
    allow(portal.page)
    portal.expect_signed_in()


@pytest.mark.feature("redirect flow: denied")
def test_denied(portal: Portal) -> None:
    leave(portal, "github", DEEP)
    deny(portal.page)
    portal.expect_error("The user has denied your application access")
    # To the front page, wherever it began (REDIR-12).
    assert portal.page.url.startswith(f"{portal.stand.app_url}/?error=")


@pytest.mark.feature("redirect flow: not in the catalog")
def test_not_in_the_catalog(portal: Portal) -> None:
    leave(portal, "github")
    allow(portal.page, "not-in-catalog")
    portal.expect_error("unable to resolve user identity")
    assert "error=" in portal.page.url
