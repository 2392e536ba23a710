"""The mock's own pages hold WCAG 2.2 AA as far as axe can tell, light and dark, and work without JavaScript."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from mock_idp.vendors import vendors
from tests.interop.backstage.node import install_modules
from tests.interop.pages.mock_pages import (
    DESKTOP,
    PAGES,
    PHONE,
    POPUP,
    SCHEMES,
    choose_faults,
    chromium,
    sign_in_page,
    tried,
    window,
)
from tests.support.idp_process import IdpProcess, running_idp

HERE = Path(__file__).parent
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
NOT_TOLERATED = ("serious", "critical")


@pytest.fixture(scope="module")
def axe() -> str:
    install_modules(directory=HERE)
    return (HERE / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def idp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IdpProcess]:
    with running_idp(tmp_path_factory.mktemp("idp"), "http://localhost:7007") as idp:
        yield idp


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def violations(page: Page, axe: str) -> list[str]:
    """What axe finds, each in a line; it is put in past the page's own policy, as a browser's extension is."""
    page.evaluate(axe)
    options = {"runOnly": {"type": "tag", "values": STANDARDS}, "resultTypes": ["violations"]}
    found: dict[str, Any] = page.evaluate("options => axe.run(document, options)", options)
    return [
        f"{one['impact']} {one['id']}: {node['target']} {node.get('failureSummary', '')}"
        for one in found["violations"]
        if one["impact"] in NOT_TOLERATED
        for node in one["nodes"]
    ]


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_serious(browser: Browser, idp: IdpProcess, axe: str, name: str, scheme: str) -> None:
    with window(browser, scheme, DESKTOP) as context:
        page = context.new_page()
        PAGES[name](page, idp.url)
        assert violations(page, axe) == []


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("vendor", vendors())
def test_the_popup_shows_scopes_and_buttons_together(
    browser: Browser, idp: IdpProcess, axe: str, vendor: str, scheme: str
) -> None:
    with window(browser, scheme, POPUP) as context:
        page = context.new_page()
        sign_in_page(vendor)(page, idp.url)
        scopes = page.locator(".scopes label, fieldset p").last.bounding_box()
        buttons = page.locator(".buttons").bounding_box()
        assert scopes
        assert buttons
        assert scopes["y"] + scopes["height"] <= buttons["y"], "the buttons cover the scopes"
        assert buttons["y"] + buttons["height"] <= POPUP[1]
        assert page.evaluate("scrollY") == 0
        assert violations(page, axe) == []


@pytest.mark.parametrize("name", ["landing", "journal", "tried", "faults", "vendor", "refused"])
def test_a_phone_scrolls_in_one_direction_only(browser: Browser, idp: IdpProcess, axe: str, name: str) -> None:
    with window(browser, "light", PHONE) as context:
        page = context.new_page()
        PAGES[name](page, idp.url)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
        assert violations(page, axe) == []


def test_the_journal_is_live(browser: Browser, idp: IdpProcess) -> None:
    with window(browser, "light", DESKTOP) as context:
        watching = context.new_page()
        watching.goto(f"{idp.url}/__idp/journal.html?vendor=gitlab")
        expect(watching.get_by_role("status")).to_contain_text("Live")
        page = context.new_page()
        sign_in_page("gitlab")(page, idp.url)
        newest = watching.locator(".sign-in").first
        expect(newest).to_contain_text("GitLab waits for a decision")
        page.get_by_role("button", name="Allow").click()
        expect(newest).to_contain_text("GitLab: Ada Quill allowed")


def test_faults_are_searched_and_chosen(browser: Browser, idp: IdpProcess) -> None:
    with window(browser, "light", DESKTOP) as context:
        page = context.new_page()
        sign_in_page("github")(page, idp.url)
        choose_faults(page)
        page.get_by_label("Search faults").fill("gateway")
        expect(page.locator(".fault:visible")).to_have_count(1)
        page.get_by_label("A gateway's error page").check()
        page.locator("select[name='bad-gateway.at']").select_option("profile")
        page.get_by_role("button", name="Allow").click()
        expect(page.locator("#tried")).to_contain_text("fault: bad-gateway")


def test_everything_works_without_javascript(browser: Browser, idp: IdpProcess) -> None:
    with window(browser, "light", DESKTOP, scripts=False) as context:
        page = context.new_page()
        tried("github", "token-error")(page, idp.url)
        expect(page.locator("#tried")).to_contain_text("fault: token-error")
        page.get_by_role("link", name="Journal of GitHub").click()
        page.get_by_label("Endpoint").select_option("token")
        page.get_by_role("button", name="Filter").click()
        expect(page.locator(".sign-in").first).to_contain_text("token-error")
