"""The browser that tests play: what it follows, what it decides, and what it says when it does not get there."""

from __future__ import annotations

from dataclasses import replace

import pytest
import requests

from mock_idp.testing import Idp, IdpError, SignInError
from mock_idp.vendors import vendors
from tests.mock_idp.testing.conftest import CALLBACK, App


def test_it_ends_at_the_application(idp: Idp, app: App) -> None:
    jane = idp.person(email="jane@acme.example", groups=["platform"])

    page = idp.sign_in("/login", as_=jane, app=app)

    assert (page.status, page.json, page.url.partition("?")[0]) == (200, {"page": "callback"}, CALLBACK)
    assert app.came["state"] == "s" * 32
    assert [url.partition("?")[0].rpartition("/")[2] for url in page.visited] == [
        "login",
        "authorize",
        "consent",
        "callback",
    ]
    (asked,) = idp.requests("authorization")
    assert (asked.grant, asked.client_id, asked.query["nonce"]) == (page.grant, app.client.id, "n" * 32)


@pytest.mark.parametrize("vendor", [vendor.id for vendor in vendors().values() if vendor.kind == "oauth"])
def test_every_vendor(vendor: str, idp: Idp) -> None:
    client = idp.client(vendor, redirect_uri=CALLBACK)
    scope = {"atlassian": "read:me"}.get(vendor, "openid" if "jwks" in client.endpoints else None)
    # The example of RFC 7636, appendix B.
    challenge = {"code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "code_challenge_method": "S256"}
    app = App(client, {"scope": scope, **challenge})

    page = idp.sign_in("/login", app=app)

    assert "code" in app.came
    assert [(request.endpoint, request.vendor) for request in idp.requests()] == [("authorization", vendor)]
    assert app.client.token_endpoint.startswith(idp.url_of(vendor))
    assert page.grant


def test_an_answer_that_travels_as_a_form(idp: Idp, app: App) -> None:
    app.parameters["response_mode"] = "form_post"

    idp.sign_in("/login", app=app)

    assert app.method == "POST"
    assert "code" in app.came


def test_denied(idp: Idp, app: App) -> None:
    idp.sign_in("/login", decision="deny", app=app)

    assert app.came["error"] == "access_denied"
    with pytest.raises(IdpError, match="decision is allow or deny, not 'no'"):
        idp.sign_in("/login", decision="no", app=app)


def test_scopes_are_chosen(idp: Idp, app: App) -> None:
    page = idp.sign_in("/login", scopes=["openid"], app=app)
    assert requests.get(f"{idp.url}/__idp/grants/{page.grant}", timeout=10).json()["scopes"] == ["openid"]

    with pytest.raises(SignInError, match="did not ask for the scope 'groups'; it asked for"):
        idp.sign_in("/login", scopes=["groups"], app=app)


def test_faults_strike_and_are_told(idp: Idp, app: App) -> None:
    idp.sign_in("/login", faults=[{"fault": "callback-error", "error": "temporarily_unavailable"}], app=app)
    assert app.came["error"] == "temporarily_unavailable"

    with pytest.raises(SignInError, match=r"^There is no fault 'wrong-singature'; there are"):
        idp.sign_in("/login", faults=["wrong-singature"], app=app)


def test_whoever_does_not_exist_cannot_sign_in(idp: Idp, app: App) -> None:
    with pytest.raises(SignInError, match="persona must be one of"):
        idp.sign_in("/login", as_="nobody", app=app)


def test_the_vendor_s_refusal_is_the_reason(idp: Idp, app: App) -> None:
    app.client = replace(app.client, redirect_uris=("http://app.example/elsewhere",))

    with pytest.raises(SignInError, match=r"No sign-in page was shown.*/login → .*/authorize; .*redirect"):
        idp.sign_in("/login", app=app)


def test_a_page_that_leads_nowhere(idp: Idp, app: App) -> None:
    with pytest.raises(SignInError, match="No sign-in page was shown"):
        idp.sign_in("/about", app=app)
    with pytest.raises(SignInError, match="went on for 30 pages"):
        idp.sign_in("/circle", app=app)


def test_addresses_that_cannot_be_opened(idp: Idp) -> None:
    with pytest.raises(SignInError, match="'/login' is no whole address"):
        idp.sign_in("/login")
    with pytest.raises(SignInError, match="does not answer"):
        idp.sign_in("http://127.0.0.1:9/login")
    with pytest.raises(TypeError, match="app is the test client of Flask"):
        idp.sign_in("/login", app=1)
    with pytest.raises(TypeError, match="A response has status_code"):
        idp.sign_in("/login", app=lambda method, url, form: "page")


def test_a_vendor_by_its_real_name(idp: Idp) -> None:
    client = idp.client("github", redirect_uri=CALLBACK, by_name=True)
    app = App(replace(client, endpoints={"authorization": "https://github.com/login/oauth/authorize"}))

    idp.sign_in("/login", app=app)

    (asked,) = idp.requests()
    assert asked.data["host"] == "github.com"
    with pytest.raises(IdpError, match="others use its vendor"):
        idp.clock.advance(1)
