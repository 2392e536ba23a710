"""A person in front of the app, in Chromium."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, ProxySettings, expect, sync_playwright

APP_URL = "http://localhost:3000"
_MILLISECONDS = 180_000
"""The first page is bundled when it is asked for."""


@contextmanager
def person(proxy: str, pictures: Path | None = None) -> Iterator[Person]:
    """Somebody whose browser finds the vendors' hosts at the mock, for as long as the block lasts.

    Params:
        proxy: the mock's forward proxy.
        pictures: where pictures of the pages go, if they are wanted.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        context = browser.new_context(
            proxy=ProxySettings(server=proxy, bypass="localhost,127.0.0.1"),
            ignore_https_errors=True,
            viewport={"width": 1200, "height": 760},
        )
        context.set_default_timeout(_MILLISECONDS)
        expect.set_options(timeout=_MILLISECONDS)
        try:
            yield Person(context.new_page(), pictures)
        finally:
            browser.close()


class Person:
    """Somebody at the app.

    Params:
        page: the window.
        pictures: where pictures go, or None.
    """

    def __init__(self, page: Page, pictures: Path | None) -> None:
        self.page = page
        self._pictures = pictures

    def sign_in(self, provider: str, persona: str, name: str) -> None:
        """Sign in by a button of the sign-in page, and see one's name and picture in the settings.

        Params:
            provider: what the button's tile is called.
            persona: who to be at the vendor.
            name: their name, which the settings show.
        """
        self.page.goto(APP_URL)
        tile = self.page.get_by_role("listitem").filter(has=self.page.get_by_text(provider, exact=True)).last
        expect(tile).to_be_visible()
        self._picture(self.page, "created-app-sign-in")
        with self.page.expect_popup() as opened:
            tile.get_by_role("button", name=re.compile("sign in", re.IGNORECASE)).click()
        popup = opened.value
        popup.check(f'input[name="persona"][value="{persona}"]')
        self._picture(popup, f"created-app-{provider.lower()}")
        popup.click('button[value="allow"]')
        expect(tile).to_be_hidden()
        self.page.goto(f"{APP_URL}/settings")
        expect(self.page.get_by_text(name).first).to_be_visible()
        picture = self.page.locator("main img, article img").first
        expect(picture).to_be_visible()
        assert picture.evaluate("image => image.decode().then(() => image.naturalWidth > 0)"), "the picture is broken"
        self._picture(self.page, f"created-app-settings-{provider.lower()}")

    def sign_out(self) -> None:
        """Sign out in the settings, which leads back to the sign-in page."""
        self.page.get_by_test_id("user-settings-menu").click()
        self.page.get_by_test_id("sign-out").click()
        expect(self.page.get_by_text("Sign in with Google").first).to_be_visible()

    def _picture(self, page: Page, name: str) -> None:
        if self._pictures is not None:
            page.screenshot(path=self._pictures / f"{name}.png")
