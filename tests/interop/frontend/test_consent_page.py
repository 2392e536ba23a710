"""The authorization server's consent page, which is a page of the app (`@backstage/plugin-auth`)."""

from __future__ import annotations

import base64
import hashlib
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests
from playwright.sync_api import expect

from mock_idp.client_site import REDIRECT_URI, client_url
from tests.interop.frontend.portal import ADA, Portal

# Who has a metadata document need not register, which the newest Backstage offers no more (DCR-18).
CLIENT = client_url("guest-01")
CLIENT_NAME = "App of guest-01"
VERIFIER = "a-code-verifier-of-at-least-forty-three-characters"


@pytest.fixture
def profile() -> str:
    return "oidc-server"


def open_consent_page(portal: Portal) -> None:
    """Sign in to the app, then go where a client sends its user."""
    portal.configure(system="new", sign_in={"page": "providers", "providers": ["guest", "github"]})
    portal.open()
    portal.sign_in("github")
    challenge = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
    query = {
        "client_id": CLIENT,
        "redirect_uri": REDIRECT_URI,
        "response_type": "code",
        "scope": "openid",
        "state": "here",
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    portal.page.route(f"{REDIRECT_URI}*", lambda route: route.fulfill(body="The client"))
    portal.page.goto(f"{portal.stand.backend_url}/api/auth/v1/authorize?{urlencode(query)}")
    expect(portal.page.get_by_text(CLIENT_NAME).first).to_be_visible()


@pytest.mark.feature("consent page: authorize, and the client's token")
def test_authorize(portal: Portal) -> None:
    open_consent_page(portal)
    portal.page.get_by_role("button", name="Authorize").click()
    portal.page.wait_for_url(f"{REDIRECT_URI}*")
    answered = parse_qs(urlsplit(portal.page.url).query)
    assert answered["state"] == ["here"]
    form = {"grant_type": "authorization_code", "code": answered["code"][0], "redirect_uri": REDIRECT_URI}
    form |= {"code_verifier": VERIFIER, "client_id": CLIENT}
    url = f"{portal.stand.backend_url}/api/auth"
    token = requests.post(f"{url}/v1/token", data=form, timeout=10)
    assert token.status_code == 200, token.text
    bearer = {"Authorization": f"Bearer {token.json()['access_token']}"}
    assert requests.get(f"{url}/v1/userinfo", headers=bearer, timeout=10).json()["claims"]["sub"] == ADA


@pytest.mark.feature("consent page: cancel")
def test_cancel(portal: Portal) -> None:
    open_consent_page(portal)
    portal.page.get_by_role("button", name="Cancel").click()
    portal.page.wait_for_url(f"{REDIRECT_URI}*")
    assert parse_qs(urlsplit(portal.page.url).query)["error"] == ["access_denied"]


@pytest.mark.feature("consent page: an unknown session")
def test_unknown_session(portal: Portal) -> None:
    portal.configure(system="new", sign_in={"page": "providers", "providers": ["guest", "github"]})
    portal.open()
    portal.sign_in("github")
    portal.open("/oauth2/authorize/never-began")
    expect(portal.page.get_by_text("Authorization Error")).to_be_visible()
