"""`mock-idp front` in front of the real Backstage: a browser, and clients that claim to be somebody else."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

import pytest
import requests
from playwright.sync_api import Browser, Page, sync_playwright

from tests.interop.backstage.backstage import Backstage
from tests.support.idp_process import IdpProcess, running_front
from tests.support.processes import ROOT

PICTURES = ROOT / "docs" / "images"
ADA, PETRA = "user:default/ada-quill", "user:default/petra-reed"
PROVIDERS = {"gcp-iap": "gcpIap", "awsalb": "awsalb", "cfaccess": "cfaccess", "azure-easy-auth": "azureEasyAuth"}
PROVIDERS["oauth2-proxy"] = "oauth2Proxy"


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser that was told of nothing: it needs no proxy and no certificate for a front on loopback."""
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])


def keep_picture(page: Page, name: str) -> None:
    """The pictures in docs/vendors/gcpIap.md: KEEP_SCREENSHOT=1 pytest tests/interop/test_front.py."""
    if os.environ.get("KEEP_SCREENSHOT"):
        page.screenshot(path=PICTURES / name)


def proxied_sign_in(page: Page, app_url: str, front_url: str, **headers: str) -> dict[str, Any]:
    """Open the app, which asks through the front, and read what it got."""
    query = {"auth": f"{front_url}/api/auth", "provider": "gcpIap", "headers": json.dumps(headers)}
    page.goto(f"{app_url}/proxied?{urlencode(query)}")
    page.wait_for_function("document.getElementById('outcome').textContent !== ''")
    outcome: dict[str, Any] = json.loads(page.text_content("#outcome") or "")
    return outcome


def test_a_browser_signs_in_through_the_front(backstage: Backstage, mock_idp: IdpProcess, app_url: str) -> None:
    with running_front(mock_idp, "gcp-iap") as front_url, chromium() as browser:
        page = browser.new_page(viewport={"width": 1000, "height": 720})
        assert "failure" in proxied_sign_in(page, app_url, front_url), "nobody is signed in at the proxy yet"

        page.goto(f"{front_url}/api/auth/gcpIap/refresh")
        page.wait_for_selector("text=Petra Reed")
        keep_picture(page, "gcpIap-front.png")
        page.check('input[name="persona"][value="many-groups"]')
        page.click('button:has-text("Sign in")')
        page.wait_for_load_state()
        assert page.url == f"{front_url}/api/auth/gcpIap/refresh"

        outcome = proxied_sign_in(page, app_url, front_url)
        page.set_viewport_size({"width": 1000, "height": 470})
        keep_picture(page, "gcpIap-identity.png")
        assert outcome["status"] == 200
        assert outcome["session"]["backstageIdentity"]["identity"]["userEntityRef"] == PETRA

        page.goto(f"{front_url}/?gcp-iap-mode=CLEAR_LOGIN_COOKIE")
        page.wait_for_selector("text=Choose who you are")
        assert "failure" in proxied_sign_in(page, app_url, front_url)


def test_a_page_cannot_claim_to_be_somebody_else(backstage: Backstage, mock_idp: IdpProcess, app_url: str) -> None:
    claimed = headers_of(mock_idp, "gcpIap", "many-groups")
    with running_front(mock_idp, "gcp-iap", "--as", "plain") as front_url, chromium() as browser:
        outcome = proxied_sign_in(browser.new_page(), app_url, front_url, **claimed)
    assert outcome["session"]["backstageIdentity"]["identity"]["userEntityRef"] == ADA


def headers_of(idp: IdpProcess, provider: str, persona: str) -> dict[str, str]:
    """What the real proxy would add for somebody."""
    answer = requests.post(f"{idp.url}/__idp/proxies/{provider}/headers", json={"persona": persona}, timeout=10)
    return dict(answer.json()["headers"])


def signed_in(url: str, provider: str, headers: dict[str, str]) -> str:
    answer = requests.get(f"{url}/api/auth/{provider}/refresh", headers=headers, timeout=20)
    assert answer.status_code == 200, answer.text
    ref: str = answer.json()["backstageIdentity"]["identity"]["userEntityRef"]
    return ref


@pytest.mark.parametrize(("vendor", "provider"), PROVIDERS.items())
def test_a_client_never_gets_the_identity_it_claims(
    backstage: Backstage, mock_idp: IdpProcess, vendor: str, provider: str
) -> None:
    claimed = headers_of(mock_idp, provider, "many-groups")
    assert signed_in(mock_idp.backend_url, provider, claimed) == PETRA, "control: past the proxy they are all it takes"
    spellings: list[Callable[[str], str]] = [str, str.upper, lambda name: name.replace("-", "_")]
    with running_front(mock_idp, vendor, "--as", "plain") as front_url:
        for spell in spellings:
            assert signed_in(front_url, provider, {spell(name): value for name, value in claimed.items()}) == ADA
