"""The unmodified provider modules sign in with the mock IdP: the round trip that everything else builds on."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote, urljoin

import pytest
import requests

from tests.interop.backstage.backstage import Backstage
from tests.support.idp_process import IdpProcess


@pytest.fixture
def browser(mock_idp: IdpProcess) -> Iterator[requests.Session]:
    """A client that reaches the vendors' host names as a browser started by `mock-idp browser` does."""
    with requests.Session() as session:
        session.trust_env = False
        session.proxies = {"https": mock_idp.proxy_url}
        session.verify = str(mock_idp.ca_file)
        yield session


def sign_in(browser: requests.Session, start_url: str, persona: str) -> dict[str, Any]:
    """Go through the popup and return what it would post to the app."""
    page = browser.get(start_url, timeout=10)
    assert page.status_code == 200, page.text
    request = re.search(r'name="request" value="([^"]+)"', page.text)
    assert request, page.text
    answer = {
        "request": request[1],
        "persona": persona,
        "decision": "allow",
        "scope": re.findall(r'name="scope" value="([^"]+)"', page.text),
        "faults": "[]",
    }
    frame = browser.post(urljoin(page.url, "/__idp/consent"), data=answer, timeout=10)
    message = re.search(r"decodeURIComponent\('([^']+)'\)", frame.text)
    assert message, frame.text
    posted: dict[str, Any] = json.loads(unquote(message[1]))
    return posted


@pytest.mark.parametrize("provider", ["github", "ghe", "google"])
def test_a_persona_signs_in_and_refreshes(
    backstage: Backstage, app_url: str, browser: requests.Session, provider: str
) -> None:
    url = f"{backstage.auth_url}/{provider}"
    query = f"env=development&scope=&origin={app_url}&flow=popup"

    message = sign_in(browser, f"{url}/start?{query}", "plain")

    assert message["type"] == "authorization_response"
    assert "error" not in message, message
    identity = message["response"]["backstageIdentity"]["identity"]
    assert identity["userEntityRef"] == "user:default/ada-quill"

    refreshed = browser.get(
        f"{url}/refresh?env=development", headers={"X-Requested-With": "XMLHttpRequest"}, timeout=10
    )
    assert refreshed.status_code == 200, refreshed.text
    assert refreshed.json()["backstageIdentity"]["identity"]["userEntityRef"] == "user:default/ada-quill"
