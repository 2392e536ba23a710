"""Configurations with which a backend must not start, and what it says: for the reference backend and the real one.

What is not white box about a start is in the profiles of the mock IdP.
"""

from __future__ import annotations

from typing import Any, Final

import pytest

Configuration = dict[str, Any]

OAUTH2: Final = {
    "clientId": "id",
    "clientSecret": "secret",
    "authorizationUrl": "https://idp.example/authorize",
    "tokenUrl": "https://idp.example/token",
}


OIDC: Final = {
    "clientId": "id",
    "clientSecret": "secret",
    "metadataUrl": "https://idp.example/.well-known/openid-configuration",
}
OF_OTHERS: Final = "usernameMatchingUserEntityName"


def providers(**configured: Any) -> Configuration:
    """An app-config with these providers."""
    return {"auth": {"providers": configured}}


def oauth2(**keys: Any) -> Configuration:
    """An app-config whose only provider has these keys beside the necessary ones."""
    return providers(oauth2={"development": {**OAUTH2, **keys}})


def resolver(**keys: Any) -> Configuration:
    """An app-config with one sign-in resolver."""
    return oauth2(signIn={"resolvers": [keys]})


REFUSALS: Final = [
    pytest.param(
        providers(github={"development": {"clientId": "id"}}),
        r"Failed to initialize github auth provider, "
        r"Missing required config value at 'auth\.providers\.github\.development\.clientSecret'",
        id="missing-key",
        marks=pytest.mark.requirement("ROUTE-10", "CFG-01"),
    ),
    pytest.param(
        providers(github={"development": "text"}),
        r"Failed to initialize github auth provider, .*auth\.providers\.github\.development",
        id="environment-that-is-no-object",
        marks=pytest.mark.requirement("ENV-02"),
    ),
    pytest.param(
        {**oauth2(), "authConformance": {"providers": {"github": "oauth2"}}},
        r"Auth provider 'github' was already registered",
        id="provider-registered-twice",
        marks=pytest.mark.requirement("ROUTE-12"),
    ),
    pytest.param(
        oauth2(sessionDuration="2 parsecs"),
        r"Failed to initialize oauth2 auth provider, .*sessionDuration",
        id="session-duration",
        marks=pytest.mark.requirement("CFG-03"),
    ),
    pytest.param(
        {"auth": {"providers": {}, "backstageTokenExpiration": "soon"}},
        r"backstageTokenExpiration",
        id="token-expiration",
        marks=pytest.mark.requirement("CFG-03"),
    ),
    pytest.param(
        oauth2(scope="read"),
        r"Failed to initialize oauth2 auth provider, .*additionalScopes",
        id="retired-scope",
        marks=pytest.mark.requirement("UP-31"),
    ),
    pytest.param(
        providers(atlassian={"development": {"clientId": "id", "clientSecret": "secret", "scopes": "read"}}),
        r"Failed to initialize atlassian auth provider, .*additionalScopes",
        id="retired-scopes",
        marks=pytest.mark.requirement("UP-31"),
    ),
    pytest.param(
        resolver(resolver="noSuchResolver"),
        r"Failed to initialize oauth2 auth provider, .*Sign-in resolver 'noSuchResolver' is not available",
        id="unknown-resolver",
        marks=pytest.mark.requirement("RES-03"),
    ),
    pytest.param(
        providers(oidc={"development": {**OIDC, "signIn": {"resolvers": [{"resolver": OF_OTHERS}]}}}),
        rf"Failed to initialize oidc auth provider, .*Sign-in resolver '{OF_OTHERS}' is not available",
        id="resolver-of-other-providers",
        marks=pytest.mark.requirement("RES-56"),
    ),
    pytest.param(
        resolver(resolver="emailMatchingUserEntityProfileEmail", allowedDomains=7),
        r"Invalid sign-in resolver options, Validation error: ",
        id="resolver-option-of-a-wrong-type",
        marks=pytest.mark.requirement("RES-04"),
    ),
    pytest.param(
        {"auth": {"providers": {}, "keyStore": {"provider": "cupboard"}}},
        r"Unknown KeyStore provider: cupboard",
        id="unknown-key-store",
        marks=pytest.mark.requirement("KEY-06"),
    ),
    pytest.param(
        {"auth": {"providers": {}, "keyStore": {"provider": "static", "static": {"keys": []}}}},
        r"Should provide at least one key pair",
        id="static-keys-without-keys",
        marks=pytest.mark.requirement("KEY-10"),
    ),
]
"""(configuration, pattern of what is said), each marked with the requirements it shows."""
