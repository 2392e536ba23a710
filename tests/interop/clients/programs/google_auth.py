"""Google's own google-auth-oauthlib and google-auth: https://googleapis.dev/python/google-auth-oauthlib/latest/."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import requests
from google.auth.transport.requests import AuthorizedSession, Request
from google.oauth2 import id_token
from google_auth_oauthlib.flow import Flow


def play(act: str, settings: dict[str, Any], visit: Callable[[str], str]) -> dict[str, Any]:
    """Let a person sign in with a client secrets file, as Google's console gives it."""
    secrets = {
        "web": {
            "client_id": settings["id"],
            "client_secret": settings["secret"],
            "auth_uri": "https://accounts.google.com/o/oauth2/auth",
            "token_uri": "https://oauth2.googleapis.com/token",
        }
    }
    prefix = "https://www.googleapis.com/auth/userinfo."
    scopes = ["openid", f"{prefix}email", f"{prefix}profile"]
    flow = Flow.from_client_config(secrets, scopes=scopes, redirect_uri=settings["redirectUri"])
    url, _ = flow.authorization_url(access_type="offline")
    callback = visit(url)
    if act == "wrong-verifier":
        flow.code_verifier = "b" * 64
    flow.fetch_token(authorization_response=callback)
    if act == "replayed-code":
        flow.fetch_token(authorization_response=callback)
    credentials = flow.credentials
    found = {"accessToken": credentials.token}
    if act == "profile":
        answer = AuthorizedSession(credentials).get("https://openidconnect.googleapis.com/v1/userinfo")
        answer.raise_for_status()
        found["profile"] = answer.json()
    if act == "verify":
        found["profile"] = id_token.verify_oauth2_token(credentials.id_token, Request(), settings["id"])
    if act == "refresh":
        credentials.refresh(Request())
        found["newer"] = credentials.token
    if act == "revoke":
        # https://developers.google.com/identity/protocols/oauth2/web-server#tokenrevoke
        requests.post(
            "https://oauth2.googleapis.com/revoke",
            params={"token": credentials.token},
            headers={"content-type": "application/x-www-form-urlencoded"},
            timeout=10,
        ).raise_for_status()
    return found
