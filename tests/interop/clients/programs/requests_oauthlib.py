"""requests-oauthlib by its examples: https://requests-oauthlib.readthedocs.io/en/latest/examples/examples.html."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from requests_oauthlib import OAuth2Session

# Authorization, token and profile address, scopes, and what the vendor's example puts into the authorization URL.
SERVERS: dict[str, tuple[str, str, str, list[str] | None, dict[str, str]]] = {
    "github": (
        "https://github.com/login/oauth/authorize",
        "https://github.com/login/oauth/access_token",
        "https://api.github.com/user",
        None,
        {},
    ),
    "google": (
        "https://accounts.google.com/o/oauth2/v2/auth",
        "https://www.googleapis.com/oauth2/v4/token",
        "https://www.googleapis.com/oauth2/v1/userinfo",
        [
            "openid",
            "https://www.googleapis.com/auth/userinfo.email",
            "https://www.googleapis.com/auth/userinfo.profile",
        ],
        {"access_type": "offline", "prompt": "select_account"},
    ),
    "gitlab": ("{issuer}/oauth/authorize", "{issuer}/oauth/token", "{issuer}/api/v4/user", ["read_user"], {}),
    "okta": (
        "{issuer}/v1/authorize",
        "{issuer}/v1/token",
        "{issuer}/v1/userinfo",
        ["openid", "profile", "email", "offline_access"],
        {},
    ),
    "auth0": (
        "{issuer}/authorize",
        "{issuer}/oauth/token",
        "{issuer}/userinfo",
        ["openid", "profile", "email", "offline_access"],
        {},
    ),
    "microsoft": (
        "https://login.microsoftonline.com/common/oauth2/v2.0/authorize",
        "https://login.microsoftonline.com/common/oauth2/v2.0/token",
        "https://graph.microsoft.com/v1.0/me",
        ["User.Read", "offline_access"],
        {},
    ),
    "atlassian": (
        "https://auth.atlassian.com/authorize",
        "https://auth.atlassian.com/oauth/token",
        "https://api.atlassian.com/me",
        ["read:me", "offline_access"],
        {"audience": "api.atlassian.com", "prompt": "consent"},
    ),
    "bitbucket": (
        "https://bitbucket.org/site/oauth2/authorize",
        "https://bitbucket.org/site/oauth2/access_token",
        "https://api.bitbucket.org/2.0/user",
        None,
        {},
    ),
    "onelogin": ("{issuer}/auth", "{issuer}/token", "{issuer}/me", ["openid"], {}),
    "oauth2": ("{issuer}/authorize", "{issuer}/token", "", ["openid", "profile", "email"], {}),
    "bitbucketServer": (
        "{issuer}/rest/oauth2/latest/authorize",
        "{issuer}/rest/oauth2/latest/token",
        "{issuer}/rest/api/latest/users/ada-quill",
        ["REPO_READ"],
        {},
    ),
    "openshift": (
        "{issuer}/oauth/authorize",
        "{issuer}/oauth/token",
        "{issuer}/apis/user.openshift.io/v1/users/~",
        ["user:full"],
        {},
    ),
    "oidc": (
        "{issuer}/authorize",
        "{issuer}/token",
        "{issuer}/userinfo",
        ["openid", "profile", "email", "offline_access"],
        {},
    ),
}


def play(act: str, settings: dict[str, Any], visit: Callable[[str], str]) -> dict[str, Any]:
    """Let a person sign in by a session of requests."""
    *addresses, scope, further = SERVERS[settings["vendor"]]
    # Entra's answer never names offline_access, which oauthlib takes only if it is told to:
    # https://oauthlib.readthedocs.io/en/latest/oauth2/clients/baseclient.html
    os.environ.pop("OAUTHLIB_RELAX_TOKEN_SCOPE", None)
    if settings["vendor"] == "microsoft":
        os.environ["OAUTHLIB_RELAX_TOKEN_SCOPE"] = "1"
    authorize, token_url, profile = (address.format(issuer=settings["issuer"].rstrip("/")) for address in addresses)
    session = OAuth2Session(
        settings["id"],
        redirect_uri=settings["redirectUri"],
        scope=scope,
        pkce="S256" if act == "wrong-verifier" else None,
    )
    url, _ = session.authorization_url(authorize, **further)
    callback = visit(url)
    if act == "wrong-verifier":
        session._code_verifier = "b" * 64

    def fetch() -> dict[str, Any]:
        # Bitbucket Server knows credentials in the form only; the parameter is documented beside client_secret.
        in_form = True if settings["vendor"] == "bitbucketServer" else None
        return dict(
            session.fetch_token(
                token_url,
                client_secret=settings["secret"],
                authorization_response=callback,
                include_client_id=in_form,
            )
        )

    token = fetch()
    if act == "replayed-code":
        return fetch()
    found: dict[str, Any] = {"accessToken": token["access_token"]}
    if act == "profile":
        answer = session.get(profile)
        answer.raise_for_status()
        found["profile"] = answer.json()
    if act == "refresh":
        # The example of the documentation: credentials as extra parameters.
        extra = {"client_id": settings["id"], "client_secret": settings["secret"]}
        found["newer"] = session.refresh_token(token_url, **extra)["access_token"]
    return found
