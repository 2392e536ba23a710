"""The mock's own pages, each brought about in a browser the way people get there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import requests
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from mock_idp.vendors import vendors

CHROMIUM = "/usr/bin/chromium"
DESKTOP, PHONE, POPUP = (1400, 1000), (400, 800), (450, 730)
SCHEMES = ("light", "dark")

Visit = Callable[[Page, str], None]


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def window(browser: Browser, scheme: str, size: tuple[int, int], *, scripts: bool = True) -> Iterator[BrowserContext]:
    """A fresh window.

    Params:
        browser: whose.
        scheme: ``light`` or ``dark``.
        size: width and height.
        scripts: False for people without JavaScript.
    """
    context = browser.new_context(
        color_scheme="dark" if scheme == "dark" else "light",
        viewport={"width": size[0], "height": size[1]},
        java_script_enabled=scripts,
        reduced_motion="reduce",
    )
    try:
        yield context
    finally:
        context.close()


def at(path: str) -> Visit:
    """A page by its address."""
    return lambda page, url: _went(page, url + path)


def sign_in_page(vendor: str) -> Visit:
    """The page where a person decides."""

    def visit(page: Page, url: str) -> None:
        page.goto(f"{url}/__idp/vendors/{vendor}.html")
        page.get_by_role("button", name="Try a sign-in").click()
        page.get_by_role("button", name="Allow").wait_for()

    return visit


def tried(vendor: str, *faults: str) -> Visit:
    """What is shown after somebody signed in."""

    def visit(page: Page, url: str) -> None:
        sign_in_page(vendor)(page, url)
        if faults:
            choose_faults(page, *faults)
        page.get_by_role("button", name="Allow").click()
        page.locator("#tried").wait_for()

    return visit


def choose_faults(page: Page, *faults: str) -> None:
    """Open the list of faults on a sign-in page and tick some."""
    page.get_by_text("Advanced: let this sign-in go wrong").click()
    page.get_by_role("button", name="Choose from a list").click()
    for fault in faults:
        page.locator(f"input[name=fault][value={fault}]").check()


def faults_list(page: Page, url: str) -> None:
    """A sign-in page with the list of faults, some ticked."""
    sign_in_page("github")(page, url)
    choose_faults(page, "slow", "token-error")


def journal(page: Page, url: str) -> None:
    """The journal after a sign-in, a denied one, a refused one and one with a fault, everything unfolded."""
    tried("oidc")(page, url)
    tried("github", "token-error")(page, url)
    requests.get(f"{url}/google/o/oauth2/v2/auth?client_id=nobody", timeout=5)
    sign_in_page("okta")(page, url)
    page.get_by_role("button", name="Deny").click()
    page.locator("#tried").wait_for()
    page.goto(f"{url}/__idp/journal.html")
    page.evaluate("for (const details of document.querySelectorAll('details')) details.open = true")


def logout(page: Page, url: str) -> None:
    """The page after signing out."""
    _went(page, f"{url}/auth0/oidc/logout")


def _went(page: Page, url: str) -> None:
    page.goto(url)
    page.locator("h1").wait_for()


PAGES: Mapping[str, Visit] = {
    "landing": at("/"),
    **{f"sign-in-{vendor}": sign_in_page(vendor) for vendor in vendors()},
    "faults": faults_list,
    "vendor": at("/__idp/vendors/okta.html"),
    "proxy": at("/__idp/vendors/gcpIap.html"),
    "tried": tried("oidc"),
    "tried-saml": tried("saml"),
    "journal": journal,
    "logout": logout,
    "refused": at("/google/o/oauth2/v2/auth?client_id=nobody"),
    "mistake": at("/nothing-here"),
}
"""Name -> how to get there."""
