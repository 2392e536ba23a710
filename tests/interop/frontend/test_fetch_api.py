"""Requests to backend plugins: FetchApi with its token, and the cookie for what cannot carry one."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.interop.frontend.portal import ADA, Portal
from tests.interop.frontend.stands import REFERENCE

PLAIN_FETCH = "url => fetch(url).then(answer => answer.status)"


def signed_in(portal: Portal, provider: str = "github", path: str = "/") -> None:
    portal.configure(sign_in={"page": "providers", "providers": ["guest", provider]})
    portal.open(path)
    portal.sign_in(provider)


@pytest.mark.quick
@pytest.mark.feature("FetchApi: a plugin beside the backend, by its plugin id")
def test_a_plugin(portal: Portal) -> None:
    signed_in(portal)
    assert portal.get("fetch", "fetch", "plugin://people/me") == {"status": 200, "body": {"sub": ADA}}
    entity = portal.get("fetch", "fetch", "plugin://people/entities/by-name/user/default/petra-reed")
    assert entity["body"]["metadata"]["name"] == "petra-reed"
    assert portal.page.evaluate(PLAIN_FETCH, f"{portal.stand.people_url}/me") == 401


@pytest.mark.feature("FetchApi: auth's userinfo")
def test_userinfo(portal: Portal) -> None:
    signed_in(portal)
    url = f"{portal.stand.backend_url}/api/auth/v1/userinfo"
    assert portal.get("fetch", "fetch", url)["body"]["claims"]["sub"] == ADA
    assert portal.page.evaluate(PLAIN_FETCH, url) == 401


@pytest.mark.feature("FetchApi: catalog")
def test_catalog(portal: Portal, lacks: Callable[[str], None]) -> None:
    signed_in(portal)
    answer = portal.get("fetch", "fetch", "plugin://catalog/entities/by-name/user/default/ada-quill")
    if portal.stand.name == REFERENCE:
        assert answer["status"] == 404
        lacks("it is an auth backend and has no other plugin; see the plugin beside it")
        return
    assert answer["body"]["metadata"]["name"] == "ada-quill"


@pytest.mark.feature("the same identity by every method")
def test_same_identity_by_every_method(portal: Portal) -> None:
    """What the same person is to a plugin does not depend on how they signed in."""
    portal.configure(sign_in={"page": "providers", "providers": ["guest", "github", "google", "oidc", "gitlab"]})
    portal.open()
    for provider in ("github", "google", "oidc", "gitlab"):
        portal.sign_in(provider)
        assert portal.get("fetch", "fetch", "plugin://people/me")["body"] == {"sub": ADA}, provider
        portal.sign_out()


@pytest.mark.feature("CookieAuthRefreshProvider: auth")
def test_cookie(portal: Portal) -> None:
    signed_in(portal)
    portal.open("/cookie")
    expect(portal.page.get_by_role("heading", name="The cookie is there")).to_be_visible()
    cookie = next(cookie for cookie in portal.context.cookies() if cookie["name"] == "backstage-auth")
    assert (cookie["httpOnly"], cookie["path"]) == (True, "/")


@pytest.mark.feature("CookieAuthRefreshProvider renews the cookie before it ends")
def test_cookie_refresh(portal: Portal) -> None:
    portal.page.clock.install()
    signed_in(portal)
    portal.open("/cookie")
    expect(portal.page.get_by_role("heading", name="The cookie is there")).to_be_visible()
    with portal.page.expect_response("**/.backstage/auth/v1/cookie") as answered:
        portal.page.clock.fast_forward("59:30")
    assert answered.value.status == 200
