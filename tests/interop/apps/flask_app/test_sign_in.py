"""Sign-ins of the note book, with the fixture ``idp``."""

from __future__ import annotations

import pytest
from app import create_app
from flask.testing import FlaskClient

from mock_idp.testing import Idp


@pytest.fixture
def browser(idp: Idp) -> FlaskClient:
    """The application with its own GitHub and Okta, and a browser."""
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


def test_github(idp: Idp, browser: FlaskClient) -> None:
    jane = idp.person("jane", email="jane@example.com")

    page = idp.sign_in("/login/github", as_=jane, app=browser)

    assert page.json["user"]["login"] == "jane"
    assert [request.endpoint for request in idp.requests()] == ["authorization", "token", "profile"]
