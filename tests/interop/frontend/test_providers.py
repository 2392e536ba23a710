"""What every auth API of the frontend gets out of a sign-in."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.interop.frontend.portal import ADA, Portal, allow
from tests.interop.frontend.stands import REAL

ID_TOKENS = {"auth0", "google", "microsoft", "oidc", "acme-sso", "okta", "onelogin"}
"""Providers that give ID tokens; the generic API needs them to be asked for `openid`."""

NO_EMAIL = {"bitbucket", "openshift"}
"""Vendors whose profile has no address; the sign-in resolver finds the person otherwise."""

PROVIDERS = [
    *("acme-sso", "atlassian", "auth0", "bitbucket", "bitbucketServer", "ghe", "github", "gitlab", "google"),
    *("microsoft", "oauth2", "oidc", "okta", "onelogin", "openshift"),
]


@pytest.mark.feature("popup, identity, profile, tokens, reload, sign-out: {provider}")
@pytest.mark.parametrize("provider", PROVIDERS)
def test_sign_in(portal: Portal, provider: str) -> None:
    portal.configure(sign_in={"page": "providers", "providers": ["guest", provider]})
    portal.open()
    portal.sign_in(provider)
    expect_everything(portal, provider)
    portal.page.reload()
    portal.expect_signed_in()
    expect_everything(portal, provider)
    portal.sign_out()
    portal.page.reload()
    portal.expect_sign_in_page()
    assert portal.problems == []


def expect_everything(portal: Portal, provider: str) -> None:
    identity = portal.get("identity", "getBackstageIdentity")
    assert identity["userEntityRef"] == ADA
    assert "group:default/harbour" in identity["ownershipEntityRefs"]
    assert portal.get(provider, "getBackstageIdentity")["identity"] == identity
    profile = portal.get(provider, "getProfile")
    assert profile["displayName"]
    assert profile.get("email") == (None if provider in NO_EMAIL else "ada-quill@lumenfold.example")
    assert portal.get("identity", "getCredentials")["token"]
    assert portal.get(provider, "getAccessToken")
    if provider in ID_TOKENS:
        assert portal.get(provider, "getIdToken").count(".") == 2
    assert portal.get("fetch", "fetch", "plugin://people/me") == {"status": 200, "body": {"sub": ADA}}


@pytest.mark.feature("access token and ID token without sign-in: pinniped")
def test_pinniped(portal: Portal) -> None:
    """Its provider module has no sign-in (`signIn` is not read), so that it only gives tokens to somebody."""
    portal.configure()
    portal.open()
    portal.enter_as_guest()
    token = portal.call("pinniped", "getAccessToken")
    allow(portal.press_log_in())
    assert token.result()
    assert portal.get("pinniped", "getIdToken").count(".") == 2


@pytest.mark.feature("popup, identity, reload, sign-out: saml")
def test_saml(portal: Portal, lacks: Callable[[str], None]) -> None:
    portal.configure(sign_in={"page": "providers", "providers": ["guest", "saml"]})
    portal.open()
    if portal.stand.name == REAL:
        expect(portal.press_sign_in("saml").locator("body")).to_contain_text("NotFoundError")
        lacks("SAML is gone from Backstage; the popup keeps a 404")
        return
    portal.sign_in("saml")
    portal.page.reload()
    portal.expect_signed_in()
    portal.sign_out()
    portal.page.reload()
    portal.expect_sign_in_page()


@pytest.mark.feature("popup: vmwareCloudServices")
def test_vmware_cloud(portal: Portal, lacks: Callable[[str], None]) -> None:
    portal.configure(sign_in={"page": "providers", "providers": ["guest", "vmwareCloudServices"]})
    portal.open()
    expect(portal.press_sign_in("vmwareCloudServices").locator("body")).to_contain_text("NotFoundError")
    lacks("the frontend has an API for it, no provider of this backend does; the popup keeps a 404")
