"""ProxiedSignInPage behind every auth proxy, app and backend on one origin."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from playwright.sync_api import expect

from tests.interop.frontend.app import AppServer, served_app
from tests.interop.frontend.portal import PETRA, Portal
from tests.support.idp_process import running_front

PROVIDERS = {
    "awsalb": "awsalb",
    "azure-easy-auth": "azureEasyAuth",
    "cfaccess": "cfaccess",
    "gcp-iap": "gcpIap",
    "oauth2-proxy": "oauth2Proxy",
}


@contextmanager
def app_behind(
    portal: Portal, vendor: str, *options: str, headers: str = "none", system: str = "old"
) -> Iterator[AppServer]:
    """Stand a front before the app, which passes on to the backend what is the backend's; opens nothing yet."""
    with (
        served_app(portal.stand.backend_url) as app,
        running_front(replace(portal.stand.idp, backend_url=app.url), vendor, *options) as front_url,
    ):
        app.url = front_url
        portal.configure(
            system=system,
            sign_in={"page": "proxied", "provider": PROVIDERS[vendor], "headers": headers},
            app_url=front_url,
            backend_url=front_url,
        )
        yield app


@pytest.mark.feature("ProxiedSignInPage behind {vendor}, one origin")
@pytest.mark.parametrize("vendor", PROVIDERS)
def test_every_front(portal: Portal, vendor: str) -> None:
    with app_behind(portal, vendor) as app:
        portal.page.goto(f"{app.url}/deep?x=1")
        portal.page.check('input[name="persona"][value="many-groups"]')
        portal.page.click('button:has-text("Sign in")')
        portal.expect_signed_in(PETRA)
        assert portal.page.url == f"{app.url}/deep?x=1"
        userinfo = portal.get("fetch", "fetch", "plugin://auth/v1/userinfo")
        assert userinfo["body"]["claims"]["sub"] == PETRA
        portal.page.reload()
        portal.expect_signed_in(PETRA)


@pytest.mark.feature("ProxiedSignInPage behind {vendor}, frontend on a port of its own")
@pytest.mark.parametrize("vendor", PROVIDERS)
def test_frontend_elsewhere(portal: Portal, vendor: str) -> None:
    app_url = portal.stand.app_url
    with running_front(portal.stand.idp, vendor, "--app", app_url) as front_url:
        portal.configure(sign_in={"page": "proxied", "provider": PROVIDERS[vendor]}, backend_url=front_url)
        portal.open("/deep?x=1")
        expect(portal.page.get_by_text("You do not appear to be signed in")).to_be_visible()
        portal.page.goto(front_url)
        portal.page.check('input[name="persona"][value="many-groups"]')
        portal.page.click('button:has-text("Sign in")')
        portal.page.wait_for_url(f"{app_url}/")
        portal.expect_signed_in(PETRA)
        userinfo = portal.get("fetch", "fetch", "plugin://auth/v1/userinfo")
        assert userinfo["body"]["claims"]["sub"] == PETRA
        portal.open("/deep?x=1")
        portal.expect_signed_in(PETRA)


@pytest.mark.feature("ProxiedSignInPage with headers: {headers} ({system} system)")
@pytest.mark.parametrize(
    ("headers", "system"), [("none", "old"), ("static", "old"), ("function", "old"), ("async", "old"), ("async", "new")]
)
def test_headers(portal: Portal, headers: str, system: str) -> None:
    with app_behind(portal, "gcp-iap", "--as", "many-groups", headers=headers, system=system) as app:
        portal.page.goto(app.url)
        portal.expect_signed_in(PETRA)
        refresh = next(fields for fields in app.seen if "X-Goog-Iap-Jwt-Assertion" in _title_case(fields))
    assert _title_case(refresh).get("X-Seen-By-Tests", "none") == headers


def _title_case(fields: dict[str, str]) -> dict[str, str]:
    return {name.title(): value for name, value in fields.items()}


@pytest.mark.feature("ProxiedSignInPage: a person who is not in the catalog")
def test_not_in_the_catalog(portal: Portal) -> None:
    with app_behind(portal, "gcp-iap", "--as", "not-in-catalog") as app:
        portal.page.goto(app.url)
        expect(portal.page.get_by_text("You do not appear to be signed in")).to_be_visible()
