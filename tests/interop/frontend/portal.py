"""Drives the real frontend in a browser, as a person does: sign-in page, popups, dialogs, and the bench behind them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.interop.frontend.stands import Stand

PLAIN, MANY_GROUPS = "plain", "many-groups"
ADA, PETRA = "user:default/ada-quill", "user:default/petra-reed"
Config = Mapping[str, Any]


def app_config(  # noqa: PLR0913 - each is a part of an app
    stand: Stand,
    *,
    system: str = "old",
    sign_in: Config | None = None,
    scm: str = "default",
    environment: str = "development",
    redirect: bool = False,
    backend_url: str | None = None,
    app_url: str | None = None,
) -> Config:
    """The configuration of the frontend, and what the app is made of.

    Params:
        stand: the backend.
        system: `old` or `new`, the frontend system.
        sign_in: which sign-in page; guest alone if nothing is said.
        scm: which factory of ScmAuth: `default`, `subset` or `merge`.
        environment: `auth.environment`.
        redirect: whether sign-in leaves the page instead of opening a popup.
        backend_url: where the frontend finds its backend, if that is not the backend itself.
        app_url: the app's own base URL, if it is not served where it usually is.
    """
    # Not a wildcard, so that the frontend trusts this address with its token (FE-76).
    people = {"target": stand.people_url.replace("people", "{{pluginId}}"), "plugins": ["people"]}
    return {
        "app": {"title": "Conformance", "baseUrl": app_url or stand.app_url},
        "backend": {"baseUrl": backend_url or stand.backend_url},
        "auth": {"environment": environment},
        "enableExperimentalRedirectFlow": redirect,
        "discovery": {"endpoints": [people]},
        "conformance": {"system": system, "scm": scm, **({"signIn": sign_in} if sign_in else {})},
    }


class Portal:
    """The app in one window of a browser that has not been here before.

    Attributes:
        page: the window.
        stand: the backend.
    """

    def __init__(self, context: BrowserContext, stand: Stand) -> None:
        self.context = context
        self.stand = stand
        self.page: Page = context.new_page()
        self.problems: list[str] = []
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))

    def configure(self, **parts: Any) -> None:
        """Say what the app is made of, before it is opened; parts as of :func:`app_config`."""
        config = app_config(self.stand, **parts)
        self.context.add_init_script(f"window.__APP_CONFIG__ = {json.dumps(config)};")

    def open(self, path: str = "/") -> None:
        """Go to the app."""
        self.page.goto(self.stand.app_url + path)

    def tile(self, title: str) -> Locator:
        """What the sign-in page shows for one provider."""
        return self.page.get_by_role("listitem").filter(has=self.page.get_by_text(title, exact=True)).last

    def press_sign_in(self, title: str) -> Page:
        """Press the button of a provider and return the popup."""
        return self._popup_of(self.tile(title).get_by_role("button", name="Sign in"))

    def sign_in(self, title: str, persona: str = PLAIN) -> None:
        """Sign in on the page of several providers."""
        allow(self.press_sign_in(title), persona)
        self.expect_signed_in()

    def enter_as_guest(self) -> None:
        """Sign in without any vendor."""
        self.page.get_by_role("button", name="Enter").click()
        self.expect_signed_in("user:development/guest")

    def sign_out(self) -> None:
        """Sign out, which leads back to the sign-in page."""
        self.call("identity", "signOut")
        self.expect_sign_in_page()

    def expect_signed_in(self, ref: str = ADA) -> None:
        """Wait for the page behind the sign-in page, which says who is signed in."""
        expect(self.page.get_by_test_id("who")).to_have_text(f"Signed in as {ref}")

    def expect_sign_in_page(self) -> None:
        """Wait until somebody is asked to sign in."""
        expect(self.page.get_by_role("button", name=re.compile("Sign in|Enter", re.IGNORECASE)).first).to_be_visible()

    def expect_error(self, text: str) -> None:
        """Wait until the page shows this error."""
        expect(self.page.get_by_text(text).first).to_be_visible()

    def call(self, api: str, method: str, *arguments: Any) -> Call:
        """Call a method of an API; whatever it asks for has to be answered by the test."""
        form = self.page.locator("form")
        form.locator("[name=api]").select_option(api)
        form.locator("[name=method]").fill(method)
        form.locator("[name=args]").fill(json.dumps(arguments)[1:-1])
        number = self.page.locator("#calls > li").count()
        # Not by a click: several calls are made while the dialog of the first one covers the page.
        form.evaluate("form => form.requestSubmit()")
        return Call(self.page.locator("#calls > li").nth(number))

    def get(self, api: str, method: str, *arguments: Any) -> Any:
        """Call a method that needs nobody's answer, and return what it returned."""
        return self.call(api, method, *arguments).result()

    def press_log_in(self) -> Page:
        """Press the button in the dialog that asks for more, and return the popup."""
        return self._popup_of(self.page.get_by_role("dialog").get_by_role("button", name="Log in"))

    def _popup_of(self, button: Locator) -> Page:
        """Press a button when no earlier popup is left, and return the one that opens.

        A popup closes 100 ms after it has answered (MSG-11). Whoever is faster than that, as only a test is, gets no
        new one: the frontend opens it by a name, by which the browser finds the old one.
        """
        for popup in self.context.pages:
            if popup is not self.page and not popup.is_closed():
                popup.wait_for_event("close")
        with self.page.expect_popup() as opened:
            button.click()
        return opened.value

    def reject_all(self) -> None:
        """Refuse everything that the dialog lists."""
        self.page.get_by_role("dialog").get_by_role("button", name="Reject all").click()


class Call:
    """A call on the bench."""

    def __init__(self, entry: Locator) -> None:
        self._entry = entry

    def expect_pending(self) -> None:
        """See that nothing came of it yet."""
        expect(self._entry).to_have_attribute("data-state", "pending")

    def result(self) -> Any:
        """Wait for what it returns."""
        return self._outcome("done")

    def error(self) -> dict[str, str]:
        """Wait for what it is refused with."""
        error: dict[str, str] = self._outcome("failed")
        return error

    def shown(self) -> Any:
        """What it has come to by now."""
        return json.loads(self._entry.locator("pre").inner_text())

    def _outcome(self, state: str) -> Any:
        self._entry.and_(self._entry.page.locator("[data-state=done], [data-state=failed]")).wait_for()
        assert self._entry.get_attribute("data-state") == state, self._entry.inner_text()
        return self.shown()


def allow(popup: Page, persona: str = PLAIN, without: tuple[str, ...] = ()) -> list[str]:
    """Decide at a vendor's page to let the app in; gives the scopes that it listed."""
    popup.check(f'input[name="persona"][value="{persona}"]')
    scopes = [str(box.get_attribute("value")) for box in popup.locator('input[name="scope"]').all()]
    for scope in without:
        popup.uncheck(f'input[name="scope"][value="{scope}"]')
    popup.click('button[value="allow"]')
    return scopes


def deny(popup: Page) -> None:
    """Decide at a vendor's page against it."""
    popup.click('button[value="deny"]')
