"""A single-page app gets a token for somebody who is signed in already, in a frame that nobody sees."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.interop.clients.browser_programs import BrowserPrograms
from tests.interop.clients.test_matrix import journal
from tests.support.idp_process import IdpProcess

# oidc-client-ts has one way for all vendors; each of the others has its own vendor's way.
APPS = [
    ("oidc-client-ts", "oidc", "{idp}/oidc"),
    ("oidc-client-ts", "auth0", "https://harbour.auth0.com/"),
    ("oidc-client-ts", "okta", "https://harbour.okta.com/oauth2/default"),
    ("oidc-client-ts", "onelogin", "https://harbour.onelogin.com/oidc/2"),
    ("oidc-client-ts", "microsoft", "https://login.microsoftonline.com/{tenant}/v2.0"),
    ("auth0-spa-js", "auth0", "https://harbour.auth0.com/"),
    ("okta-auth-js", "okta", "https://harbour.okta.com/oauth2/default"),
    ("msal-browser", "microsoft", "https://login.microsoftonline.com/{tenant}/v2.0"),
]
TENANT = "5f0c7a1e-3b52-4c8d-9e64-7d21a0b3c4f5"


@dataclass(frozen=True)
class App:
    """A single-page app that a vendor knows, and the mock it is played at."""

    program: str
    settings: dict[str, Any]
    idp: IdpProcess
    browser: BrowserPrograms

    def renew(self, profile: Path | None) -> tuple[str, list[str | None]]:
        """What came of the renewal, ``token`` or the error; and why the mock refused each request that asks nobody."""
        since = journal(self.idp)["latest"]
        found = self.browser.play(self.program, "renew", self.settings, profile)
        asked = [entry for entry in journal(self.idp, since)["entries"] if entry["query"].get("prompt") == ["none"]]
        return found["renewed"], [entry["refusal"] and entry["refusal"]["reason"] for entry in asked]


@pytest.fixture(params=APPS, ids=lambda app: "-".join(app[:2]))
def app(request: pytest.FixtureRequest, idp: IdpProcess, browser_programs: BrowserPrograms) -> App:
    program, vendor, issuer = request.param
    origin = browser_programs.origin
    body = {
        "vendor": vendor,
        "client_id": request.node.name.translate({ord(sign): "-" for sign in "[]_"}),
        "public": True,
        "redirect_uris": [f"{origin}/{program}.html"],
    }
    answer = requests.post(f"{idp.url}/__idp/clients", json=body, timeout=10)
    assert answer.status_code == 201, answer.text
    where = issuer.format(idp=idp.url, tenant=TENANT)
    settings = {
        "vendor": vendor,
        "issuer": where,
        "host": where.partition("://")[2].rstrip("/"),
        "tenant": TENANT,
        "id": answer.json()["client_id"],
        "redirectUri": body["redirect_uris"][0],
        "origin": origin,
    }
    return App(program, settings, idp, browser_programs)


def test_an_everyday_window_renews(app: App, tmp_path: Path) -> None:
    renewed, refusals = app.renew(tmp_path)
    assert renewed == "token"
    assert refusals == [None], "asked once, in the frame, and nobody saw a page"


def test_a_private_window_is_told_at_once(app: App) -> None:
    # Its frames send no cookies to other sites, so that nobody is signed in there.
    renewed, refusals = app.renew(None)
    assert renewed in ("login_required", "interaction_required")
    assert refusals == ["no user is signed in"]
