"""Sign-ins of the note book, with the fixture ``idp``."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from app import create_app
from flask.testing import FlaskClient

from mock_idp.testing import Idp, IdpServer


def browser_of(idp: Idp) -> FlaskClient:
    """The application with a GitHub and an Okta of one test, and a browser."""
    github = idp.client("github", redirect_uri="http://localhost/callback/github")
    okta = idp.client("okta", redirect_uri="http://localhost/callback/okta")
    app = create_app(
        {
            "GITHUB_CLIENT_ID": github.id,
            "GITHUB_CLIENT_SECRET": github.secret,
            "GITHUB_AUTHORIZE_URL": github.authorization_endpoint,
            "GITHUB_ACCESS_TOKEN_URL": github.token_endpoint,
            "GITHUB_API_BASE_URL": f"{github.url}/api/v3/",
            "OKTA_CLIENT_ID": okta.id,
            "OKTA_CLIENT_SECRET": okta.secret,
            "OKTA_SERVER_METADATA_URL": okta.discovery_url,
        }
    )
    return app.test_client()


@pytest.fixture
def browser(idp: Idp) -> FlaskClient:
    return browser_of(idp)


def test_github(idp: Idp, browser: FlaskClient) -> None:
    jane = idp.person("jane", email="jane@example.com")

    page = idp.sign_in("/login/github", as_=jane, app=browser)

    assert page.json["user"]["login"] == "jane"
    assert [request.endpoint for request in idp.requests()] == ["authorization", "token", "profile"]


def test_claims(idp: Idp, browser: FlaskClient) -> None:
    jane = idp.person(email="jane@example.com", groups=["editors"], claims={"okta": {"locale": "fr-CH"}})

    user = idp.sign_in("/login/okta", as_=jane, app=browser).json["user"]

    assert user["email"] == "jane@example.com"
    assert user["groups"] == ["editors"]
    assert user["locale"] == "fr-CH"


def test_denied(idp: Idp, browser: FlaskClient) -> None:
    page = idp.sign_in("/login/github", decision="deny", app=browser)

    assert (page.status, page.json["error"]) == (401, "access_denied")
    assert idp.requests("token") == []


@pytest.mark.parametrize("fault", ["wrong-signature", "wrong-audience", "expired"])
def test_id_tokens_that_lie(idp: Idp, browser: FlaskClient, fault: str) -> None:
    page = idp.sign_in("/login/okta", faults=[fault], app=browser)

    assert page.status == 502
    assert [request.faults for request in idp.requests("token")] == [(fault,)]


def test_github_is_down(idp: Idp, browser: FlaskClient) -> None:
    page = idp.sign_in("/login/github", faults=[{"fault": "bad-gateway", "at": "profile"}], app=browser)

    assert page.status == 502


def test_a_token_grows_old(idp: Idp, browser: FlaskClient) -> None:
    idp.sign_in("/login/okta", app=browser)
    userinfo = {"url": idp.url_of("okta") + "/oauth2/v1/userinfo"}
    assert browser.get("/fresh", query_string=userinfo).status_code == 200

    idp.clock.advance(timedelta(hours=2))

    assert browser.get("/fresh", query_string=userinfo).status_code == 401


def test_what_github_was_asked(idp: Idp, browser: FlaskClient) -> None:
    idp.sign_in("/login/github", app=browser)

    (asked,) = idp.requests("authorization")
    assert asked.query["scope"] == "read:user user:email"
    (token,) = idp.requests("token")
    assert token.form["redirect_uri"] == "http://localhost/callback/github"
    assert token.refusal is None


def test_ten_at_once_do_not_see_each_other(idp_server: IdpServer) -> None:
    everybody_is_in = Barrier(10, timeout=60)

    def play(number: int) -> tuple[str, list[str], int]:
        with idp_server.idp() as idp:
            browser = browser_of(idp)
            idp.person(email="jane@example.com", groups=[f"group-{number}"])
            page = idp.sign_in("/login/okta", app=browser)
            everybody_is_in.wait()
            if number % 2:
                idp.clock.advance(7200)
            everybody_is_in.wait()
            userinfo = {"url": idp.url_of("okta") + "/oauth2/v1/userinfo"}
            status = browser.get("/fresh", query_string=userinfo).status_code
            return page.json["user"]["groups"][0], [request.endpoint for request in idp.requests()], status

    with ThreadPoolExecutor(10) as pool:
        found = list(pool.map(play, range(10)))

    asked = ["discovery", "authorization", "token", "jwks", "profile", "profile"]
    assert found == [(f"group-{number}", asked, 401 if number % 2 else 200) for number in range(10)]
