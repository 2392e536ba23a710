"""Auth0's own client of its authentication API: https://auth0-python.readthedocs.io."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from auth0.authentication import GetToken, RevokeToken, Users


def play(act: str, settings: dict[str, Any], visit: Callable[[str], str]) -> dict[str, Any]:
    """Let a person sign in; the library has no function for the authorization URL."""
    client = {"domain": settings["host"], "client_id": settings["id"], "client_secret": settings["secret"]}
    query = {
        "client_id": settings["id"],
        "response_type": "code",
        "redirect_uri": settings["redirectUri"],
        "scope": "openid profile email offline_access",
        "state": secrets.token_urlsafe(8),
    }
    callback = visit(f"https://{settings['host']}/authorize?{urlencode(query)}")
    code = parse_qs(urlsplit(callback).query)["code"][0]
    tokens = GetToken(**client)
    token = tokens.authorization_code(code, settings["redirectUri"])
    if act == "replayed-code":
        return dict(tokens.authorization_code(code, settings["redirectUri"]))
    found = {"accessToken": token["access_token"]}
    if act == "profile":
        found["profile"] = Users(settings["host"]).userinfo(token["access_token"])
    if act == "refresh":
        found["newer"] = tokens.refresh_token(token["refresh_token"])["access_token"]
    if act == "revoke":
        RevokeToken(**client).revoke_refresh_token(token["refresh_token"])
    return found
