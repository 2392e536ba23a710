"""The authorization server's consent page, which is a page of the app (`@backstage/plugin-auth`)."""

from __future__ import annotations

import base64
import hashlib
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests
from playwright.sync_api import expect

from tests.interop.frontend.portal import ADA, Portal

CALLBACK = "http://localhost:4999/callback"
VERIFIER = "a-code-verifier-of-at-least-forty-three-characters"


@pytest.fixture
def profile() -> str:
    return "oidc-server"


def register(portal: Portal) -> dict[str, Any]:
    answer = requests.post(
        f"{portal.stand.backend_url}/api/auth/v1/register",
        json={"client_name": "Editor", "redirect_uris": [CALLBACK]},
        timeout=10,
    )
    assert answer.status_code == 201, answer.text
    client: dict[str, Any] = answer.json()
    return client


def open_consent_page(portal: Portal, client: dict[str, Any]) -> None:
    """Sign in to the app, then go where a client sends its user."""
    portal.configure(system="new", sign_in={"page": "providers", "providers": ["guest", "github"]})
    portal.open()
    portal.sign_in("github")
    challenge = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
    query = {
        "client_id": client["client_id"],
        "redirect_uri": CALLBACK,
        "response_type": "code",
        "scope": "openid",
        "state": "here",
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    portal.page.route(f"{CALLBACK}*", lambda route: route.fulfill(body="The client"))
    portal.page.goto(f"{portal.stand.backend_url}/api/auth/v1/authorize?{urlencode(query)}")
    expect(portal.page.get_by_text("Editor").first).to_be_visible()


@pytest.mark.feature("consent page: authorize, and the client's token")
def test_authorize(portal: Portal) -> None:
    client = register(portal)
    open_consent_page(portal, client)
    portal.page.get_by_role("button", name="Authorize").click()
    portal.page.wait_for_url(f"{CALLBACK}*")
    answered = parse_qs(urlsplit(portal.page.url).query)
    assert answered["state"] == ["here"]
    form = {"grant_type": "authorization_code", "code": answered["code"][0], "redirect_uri": CALLBACK}
    form |= {"code_verifier": VERIFIER, "client_id": client["client_id"], "client_secret": client["client_secret"]}
    url = f"{portal.stand.backend_url}/api/auth"
    token = requests.post(f"{url}/v1/token", data=form, timeout=10)
    assert token.status_code == 200, token.text
    bearer = {"Authorization": f"Bearer {token.json()['access_token']}"}
    assert requests.get(f"{url}/v1/userinfo", headers=bearer, timeout=10).json()["claims"]["sub"] == ADA


@pytest.mark.feature("consent page: cancel")
def test_cancel(portal: Portal) -> None:
    open_consent_page(portal, register(portal))
    portal.page.get_by_role("button", name="Cancel").click()
    portal.page.wait_for_url(f"{CALLBACK}*")
    assert parse_qs(urlsplit(portal.page.url).query)["error"] == ["access_denied"]


@pytest.mark.feature("consent page: an unknown session")
def test_unknown_session(portal: Portal) -> None:
    portal.configure(system="new", sign_in={"page": "providers", "providers": ["guest", "github"]})
    portal.open()
    portal.sign_in("github")
    portal.open("/oauth2/authorize/never-began")
    expect(portal.page.get_by_text("Authorization Error")).to_be_visible()
