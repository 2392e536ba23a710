"""A note book whose users sign in with GitHub or the company's Okta, by Authlib."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from authlib.integrations.base_client import OAuthError
from authlib.integrations.flask_client import FlaskOAuth2App, OAuth
from authlib.oauth2.rfc6749 import OAuth2Token
from flask import Flask, abort, redirect, request, session, url_for
from joserfc.errors import JoseError
from requests import RequestException
from werkzeug import Response


def create_app(config: Mapping[str, Any]) -> Flask:
    """Make the application; addresses and credentials of the vendors come from the configuration."""
    app = Flask(__name__)
    app.config.update(SECRET_KEY="of this example", **config)
    oauth = OAuth(app)
    oauth.register("github", client_kwargs={"scope": "read:user user:email"})
    oauth.register("okta", client_kwargs={"scope": "openid email profile groups"})

    def client_of(vendor: str) -> FlaskOAuth2App:
        return oauth.create_client(vendor) or abort(404)

    @app.get("/login/<vendor>")
    def login(vendor: str) -> Response:
        found: Response = client_of(vendor).authorize_redirect(url_for("callback", vendor=vendor, _external=True))
        return found

    @app.get("/callback/<vendor>")
    def callback(vendor: str) -> Response | tuple[dict[str, str], int]:
        client = client_of(vendor)
        try:
            session.update(vendor=vendor, **_signed_in(client))
        except OAuthError as error:
            return {"error": error.error, "description": error.description}, 401
        except (JoseError, RequestException, ValueError) as error:
            return {"error": type(error).__name__, "description": str(error)}, 502
        return redirect(url_for("me"))

    @app.get("/me")
    def me() -> dict[str, Any]:
        return {"vendor": session["vendor"], "user": session["user"]}

    @app.get("/fresh")
    def fresh() -> tuple[dict[str, Any], int]:
        """What the vendor says now, as long as the token is good."""
        token = OAuth2Token.from_dict(session["token"])
        answer = client_of(session["vendor"]).get(request.args["url"], token=token)
        return {"status": answer.status_code}, 200 if answer.ok else 401

    return app


def _signed_in(client: FlaskOAuth2App) -> dict[str, Any]:
    """The user and the token, after whatever there is to check."""
    metadata = client.load_server_metadata()
    # Authlib checks the audience only if it is told to (OpenID Connect Core section 3.1.3.7, 3).
    claims = {"iss": {"essential": True, "value": metadata.get("issuer")}}
    claims["aud"] = {"essential": True, "value": client.client_id}
    token = client.authorize_access_token(claims_options=claims)
    if "userinfo" in token:
        user = {**token["userinfo"], **client.userinfo(token=token)}
    else:
        answer = client.get("user", token=token)
        answer.raise_for_status()
        user = answer.json()
    return {"user": user, "token": {name: token[name] for name in ("access_token", "token_type")}}
