"""A note book whose users sign in with GitHub or the company's Okta, by Authlib."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from authlib.integrations.base_client import OAuthError
from authlib.integrations.flask_client import OAuth
from authlib.oauth2.rfc6749 import OAuth2Token
from flask import Flask, abort, redirect, request, session, url_for
from requests import RequestException
from werkzeug import Response


def create_app(config: Mapping[str, Any]) -> Flask:
    """Make the application; addresses and credentials of the vendors come from the configuration."""
    app = Flask(__name__)
    app.config.update(SECRET_KEY="of this example", **config)
    oauth = OAuth(app)
    if "GITHUB_CLIENT_ID" in app.config:
        oauth.register("github", client_kwargs={"scope": "read:user user:email"})
    if "OKTA_CLIENT_ID" in app.config:
        oauth.register("okta", client_kwargs={"scope": "openid email profile groups offline_access"})

    @app.get("/login/<vendor>")
    def login(vendor: str) -> Response:
        client = oauth.create_client(vendor) or abort(404)
        found: Response = client.authorize_redirect(url_for("callback", vendor=vendor, _external=True))
        return found

    @app.get("/callback/<vendor>")
    def callback(vendor: str) -> Response | tuple[dict[str, str], int]:
        client = oauth.create_client(vendor) or abort(404)
        try:
            token = client.authorize_access_token()
            user = token.get("userinfo") or client.get("user", token=token).json()
        except OAuthError as error:
            return {"error": error.error, "description": error.description}, 401
        # A vendor that answers with what is no JSON, or with claims that do not hold.
        except (ValueError, RequestException) as error:
            return {"error": "vendor", "description": str(error)}, 502
        session.update(vendor=vendor, user=user, token={name: token[name] for name in token if name != "userinfo"})
        return redirect(url_for("me"))

    @app.get("/me")
    def me() -> dict[str, Any]:
        return {"vendor": session["vendor"], "user": session["user"]}

    @app.get("/fresh")
    def fresh() -> tuple[dict[str, Any], int]:
        """What the vendor says now, as long as the token is good."""
        client = oauth.create_client(session["vendor"])
        token = OAuth2Token.from_dict(session["token"])
        answer = client.get(request.args["url"], token=token)
        return {"status": answer.status_code}, 200 if answer.ok else 401

    return app
