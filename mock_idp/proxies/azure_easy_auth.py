"""Azure App Service authentication ("Easy Auth") with Microsoft Entra ID: the platform adds the tokens it holds."""

import base64
import json
from collections.abc import Mapping
from typing import Any, ClassVar

from mock_idp.emulation import Quirk
from mock_idp.environments import BY_EMAIL, BY_EMAIL_OF_THE_COMPANY
from mock_idp.oauth.tokens import SignedToken
from mock_idp.people import Account
from mock_idp.proxies.base import AuthProxy, Headers, ProxyHeaderSpec, SignedIn

_CLIENT_ID = "5b0f9a52-6d1c-4c9c-9a57-0d5c3a1e7f20"
_TENANT = "3f6d1c2e-8b47-4a15-b0d9-7c5e2f9a4410"
_ISSUER = f"https://login.microsoftonline.com/{_TENANT}/v2.0"
_GRAPH = "00000003-0000-0000-c000-000000000000"
_TOKEN_SECONDS = 3_900
_SOURCE = "https://learn.microsoft.com/azure/app-service/configure-authentication-user-identities"


def _config(resolver: Mapping[str, Any]) -> dict[str, Any]:
    return {"signIn": {"resolvers": (dict(resolver),)}}


class AzureEasyAuth(AuthProxy):
    """App Service in front of a web app, with its token store switched on. It overwrites these headers."""

    id = "azureEasyAuth"
    title = "Azure App Service authentication"
    icon = "EA"
    variants: ClassVar = {
        "azureEasyAuth": _config({"resolver": "idMatchingUserEntityAnnotation"}),
        "azureEasyAuth-email": _config(BY_EMAIL),
        "azureEasyAuth-domains": _config(BY_EMAIL_OF_THE_COMPANY),
    }
    opt_in = frozenset({"azureEasyAuth-domains"})
    environ: ClassVar = {
        "WEBSITE_SKU": "Standard",
        "WEBSITE_AUTH_ENABLED": "True",
        "WEBSITE_AUTH_DEFAULT_PROVIDER": "AzureActiveDirectory",
        "WEBSITE_AUTH_TOKEN_STORE": "True",
    }
    header_spec = ProxyHeaderSpec(
        headers=("X-Ms-Client-Principal*", "X-Ms-Token-*"),
        cookies=("AppServiceAuthSession*",),
        session_cookie="AppServiceAuthSession",
        sign_out_path="/.auth/logout",
        return_to="post_logout_redirect_uri",
    )
    quirks = (
        Quirk("platform-variables", "Backends look for WEBSITE_… variables to know where they run.", _SOURCE),
        Quirk("tokens-of-the-platform", "The tokens are Entra ID's own; their audience is the web app.", _SOURCE),
    )

    def headers(self, who: SignedIn) -> Headers:
        """The principal and the tokens out of the token store."""
        persona = who.account.persona
        now = int(who.now)
        object_id = _object_id(who.account)
        times = {"iat": now, "nbf": now, "exp": now + _TOKEN_SECONDS}
        claims = {
            "aud": _CLIENT_ID,
            "iss": _ISSUER,
            **times,
            "name": persona.name,
            "email": persona.email,
            "preferred_username": persona.email or persona.login,
            "oid": object_id,
            "sub": who.account.digest[:43],
            "tid": _TENANT,
            "ver": "2.0",
        }
        known = {name: value for name, value in claims.items() if value is not None}
        access = {"aud": _GRAPH, "iss": f"https://sts.windows.net/{_TENANT}/", **times, "oid": object_id, "ver": "1.0"}
        principal = {"auth_typ": "aad", "claims": [{"typ": "name", "val": persona.name}], "name_typ": "name"}
        return [
            ("X-MS-CLIENT-PRINCIPAL-NAME", persona.email or persona.login),
            ("X-MS-CLIENT-PRINCIPAL-ID", object_id),
            ("X-MS-CLIENT-PRINCIPAL-IDP", "aad"),
            ("X-MS-CLIENT-PRINCIPAL", base64.b64encode(json.dumps(principal).encode()).decode()),
            ("X-MS-TOKEN-AAD-ID-TOKEN", SignedToken(known)),
            ("X-MS-TOKEN-AAD-ACCESS-TOKEN", SignedToken(access)),
        ]

    def catalog_annotations(self, account: Account) -> dict[str, str]:
        """The annotation of ``idMatchingUserEntityAnnotation``."""
        return {"graph.microsoft.com/user-id": _object_id(account)}


def _object_id(account: Account) -> str:
    """The object id of the directory, which is the same whichever way a user signs in with Microsoft."""
    return account.persona.account("microsoft").uuid
