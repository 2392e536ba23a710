"""What a person reads when a sign-in goes wrong."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.interop.frontend.portal import PLAIN, Portal, allow, deny

UNRESOLVED = "Failed to sign-in, unable to resolve user identity"


def open_with(portal: Portal, provider: str, environment: str = "development", system: str = "old") -> None:
    portal.configure(
        system=system, environment=environment, sign_in={"page": "providers", "providers": ["guest", provider]}
    )
    portal.open()


@pytest.mark.quick
@pytest.mark.feature("error on the page: denied ({system} system)")
@pytest.mark.parametrize("system", ["old", "new"])
def test_denied(portal: Portal, system: str) -> None:
    open_with(portal, "github", system=system)
    deny(portal.press_sign_in("github"))
    portal.expect_error("Authentication rejected, The user has denied your application access.")
    # And it can be tried again.
    portal.sign_in("github")


@pytest.mark.feature("error on the page: denied at {provider}")
@pytest.mark.parametrize("provider", ["google", "microsoft", "oidc"])
def test_denied_elsewhere(portal: Portal, provider: str) -> None:
    open_with(portal, provider)
    deny(portal.press_sign_in(provider))
    portal.expect_error("Authentication rejected")


@pytest.mark.feature("error on the page: {persona}")
@pytest.mark.parametrize(
    ("persona", "sentence"),
    [
        ("not-in-catalog", UNRESOLVED),
        ("no-email", "user profile does not contain an email"),
        ("duplicate-email", "User lookup resulted in multiple matches"),
    ],
)
def test_nobody_to_be(portal: Portal, persona: str, sentence: str) -> None:
    open_with(portal, "oidc", "email")
    allow(portal.press_sign_in("oidc"), persona)
    portal.expect_error(sentence)


@pytest.mark.feature("error on the page: {environment}")
@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ("wrong-secret", "Authentication failed, Failed to obtain access token"),
        ("no-sign-in", "The github provider is not configured to support sign-in"),
    ],
)
def test_set_up_wrongly(portal: Portal, environment: str, sentence: str) -> None:
    open_with(portal, "github", environment)
    allow(portal.press_sign_in("github"), PLAIN)
    portal.expect_error(sentence)


@pytest.mark.feature("error on the page: popup closed")
def test_popup_closed(portal: Portal) -> None:
    open_with(portal, "github")
    popup = portal.press_sign_in("github")
    expect(popup.get_by_role("button", name="Allow")).to_be_visible()
    popup.close()
    portal.expect_error("Login failed, popup was closed")


@pytest.mark.feature("error at the start stays in the popup (FE-11)")
def test_unknown_environment(portal: Portal) -> None:
    open_with(portal, "github", "nowhere")
    popup = portal.press_sign_in("github")
    sentence = "No configuration available for the 'nowhere' environment of this provider."
    expect(popup.locator("body")).to_contain_text(sentence)
    popup.close()
    portal.expect_error("Login failed, popup was closed")
