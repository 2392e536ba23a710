"""Microsoft's own library: https://learn.microsoft.com/entra/msal/python/."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msal


def play(act: str, settings: dict[str, Any], visit: Callable[[str], str]) -> dict[str, Any]:
    """Let a person sign in by the authorization code flow, which MSAL does with PKCE."""
    app = msal.ConfidentialClientApplication(
        settings["id"],
        authority=f"https://login.microsoftonline.com/{settings['tenant']}",
        client_credential=settings["secret"],
    )
    flow = app.initiate_auth_code_flow(["User.Read"], redirect_uri=settings["redirectUri"])
    callback = {name: values[0] for name, values in parse_qs(urlsplit(visit(flow["auth_uri"])).query).items()}
    if act == "wrong-verifier":
        flow["code_verifier"] = "b" * 43

    def finish() -> dict[str, Any]:
        result: dict[str, Any] = app.acquire_token_by_auth_code_flow(flow, callback)
        if "error" in result:
            raise RuntimeError(result["error_description"])
        return result

    result = finish()
    if act == "replayed-code":
        return finish()
    found = {"accessToken": result["access_token"]}
    if act == "profile":
        found["profile"] = result["id_token_claims"]
    if act == "refresh":
        again = app.acquire_token_silent(["User.Read"], app.get_accounts()[0], force_refresh=True)
        found["newer"] = again["access_token"]
    return found
