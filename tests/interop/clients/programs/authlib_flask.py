"""Authlib in Flask with its defaults: https://docs.authlib.org/en/stable/oauth2/client/web/flask.html."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import flask
from authlib.common.security import generate_token
from authlib.integrations.flask_client import OAuth

# Vendors without discovery, as the examples of the documentation have them.
PLAIN = {
    "github": {
        "access_token_url": "https://github.com/login/oauth/access_token",
        "authorize_url": "https://github.com/login/oauth/authorize",
        "api_base_url": "https://api.github.com/",
        "client_kwargs": {"scope": "user:email"},
    },
    "bitbucket": {
        "access_token_url": "https://bitbucket.org/site/oauth2/access_token",
        "authorize_url": "https://bitbucket.org/site/oauth2/authorize",
        "api_base_url": "https://api.bitbucket.org/2.0/",
        "client_kwargs": {"scope": "account"},
    },
    "atlassian": {
        "access_token_url": "https://auth.atlassian.com/oauth/token",
        "authorize_url": "https://auth.atlassian.com/authorize",
        "api_base_url": "https://api.atlassian.com/",
        "client_kwargs": {"scope": "read:me offline_access"},
        # Atlassian's page asks for it: https://developer.atlassian.com/cloud/jira/platform/oauth-2-3lo-apps/
        "authorize_params": {"audience": "api.atlassian.com", "prompt": "consent"},
    },
}
PROFILES = {"github": "user", "bitbucket": "user", "atlassian": "me"}
SCOPES = {
    "google": "openid email profile",
    "gitlab": "openid email profile",
    "onelogin": "openid profile email",
}


def play(act: str, settings: dict[str, Any], visit: Callable[[str], str]) -> dict[str, Any]:
    """Let a person sign in by a Flask app."""
    vendor = settings["vendor"]
    app = flask.Flask(__name__)
    app.secret_key = "of this test"
    usual = {
        "server_metadata_url": settings["issuer"].rstrip("/") + "/.well-known/openid-configuration",
        "client_kwargs": {"scope": SCOPES.get(vendor, "openid email profile offline_access")},
        # For a refresh token: https://developers.google.com/identity/protocols/oauth2/web-server#offline
        "authorize_params": {"access_type": "offline"} if vendor == "google" else None,
    }
    if act == "wrong-verifier":
        usual["client_kwargs"]["code_challenge_method"] = "S256"
    server = OAuth(app).register(
        vendor, client_id=settings["id"], client_secret=settings["secret"], **PLAIN.get(vendor, usual)
    )
    with app.test_request_context("/"):
        url = server.authorize_redirect(settings["redirectUri"]).location
        remembered = dict(flask.session)
    if act == "wrong-verifier":
        for value in remembered.values():
            value["data"]["code_verifier"] = generate_token(48)
    callback = visit(url)

    def finish() -> dict[str, Any]:
        with app.test_request_context(callback):
            flask.session.update(remembered)
            return dict(server.authorize_access_token())

    token = finish()
    if act == "replayed-code":
        return finish()
    found = {"accessToken": token["access_token"]}
    if act == "profile" and vendor in PROFILES:
        found["profile"] = server.get(PROFILES[vendor], token=token).json()
    elif act == "profile":
        found["profile"] = dict(server.userinfo(token=token))
    if act == "verify":
        found["profile"] = dict(token["userinfo"])
    if act == "refresh":
        with app.app_context():
            metadata = server.load_server_metadata()
            session = server._get_oauth_client(**metadata)
            newer = session.refresh_token(metadata["token_endpoint"], refresh_token=token["refresh_token"])
        found["newer"] = newer["access_token"]
    return found
