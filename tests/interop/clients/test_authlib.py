"""Authlib's clients sign in with every vendor: plain OAuth 2.0, and OpenID Connect with a checked ID token."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import flask
import pytest
from authlib.integrations.flask_client import OAuth
from authlib.integrations.requests_client import OAuth2Session

from tests.interop.clients.conftest import Person, Registration
from tests.support.idp_process import IdpProcess

MICROSOFT = "https://login.microsoftonline.com/5f0c7a1e-3b52-4c8d-9e64-7d21a0b3c4f5"


@dataclass(frozen=True)
class Server:
    """What a client must be told about a vendor; ``{idp}`` and ``{tls}`` stand for the mock's own addresses."""

    authorize: str
    token: str
    profile: str | None
    scope: str
    says: Any
    authentication: str = "client_secret_post"
    asks: dict[str, str] = field(default_factory=dict)
    refreshes: bool = True


EMAIL = "ada-quill@lumenfold.example"
SERVERS = {
    "github": Server(
        "https://github.com/login/oauth/authorize",
        "https://github.com/login/oauth/access_token",
        "https://api.github.com/user",
        "read:user",
        lambda found: found["email"] == EMAIL,
        refreshes=False,
    ),
    "google": Server(
        "https://accounts.google.com/o/oauth2/v2/auth",
        "https://oauth2.googleapis.com/token",
        "https://openidconnect.googleapis.com/v1/userinfo",
        "openid email profile",
        lambda found: found["email"] == EMAIL,
        asks={"access_type": "offline", "prompt": "consent"},
    ),
    "microsoft": Server(
        f"{MICROSOFT}/oauth2/v2.0/authorize",
        f"{MICROSOFT}/oauth2/v2.0/token",
        "https://graph.microsoft.com/v1.0/me/",
        "openid email User.Read offline_access",
        lambda found: found["mail"] == EMAIL,
    ),
    "atlassian": Server(
        "https://auth.atlassian.com/authorize",
        "https://auth.atlassian.com/oauth/token",
        "https://api.atlassian.com/me",
        "read:me offline_access",
        lambda found: found["email"] == EMAIL,
        asks={"audience": "api.atlassian.com", "prompt": "consent"},
    ),
    "bitbucket": Server(
        "https://bitbucket.org/site/oauth2/authorize",
        "https://bitbucket.org/site/oauth2/access_token",
        "https://api.bitbucket.org/2.0/user",
        "account",
        lambda found: found["display_name"] == "Ada Quill",
        "client_secret_basic",
    ),
    "bitbucketServer": Server(
        "{tls}/bitbucketServer/rest/oauth2/latest/authorize",
        "{tls}/bitbucketServer/rest/oauth2/latest/token",
        "{tls}/bitbucketServer/rest/api/latest/users/ada-quill",
        "REPO_READ",
        lambda found: found["emailAddress"] == EMAIL,
    ),
    "gitlab": Server(
        "{idp}/gitlab/oauth/authorize",
        "{idp}/gitlab/oauth/token",
        "{idp}/gitlab/api/v4/user",
        "read_user",
        lambda found: found["email"] == EMAIL,
    ),
    "okta": Server(
        "{idp}/okta/oauth2/default/v1/authorize",
        "{idp}/okta/oauth2/default/v1/token",
        "{idp}/okta/oauth2/default/v1/userinfo",
        "openid email profile offline_access",
        lambda found: found["email"] == EMAIL,
        "client_secret_basic",
    ),
    "onelogin": Server(
        "{idp}/onelogin/oidc/2/auth",
        "{idp}/onelogin/oidc/2/token",
        "{idp}/onelogin/oidc/2/me",
        "openid",
        lambda found: found["email"] == EMAIL,
    ),
    "openshift": Server(
        "{idp}/openshift/oauth/authorize",
        "{idp}/openshift/oauth/token",
        "{idp}/openshift/apis/user.openshift.io/v1/users/~",
        "user:full",
        lambda found: found["metadata"]["name"] == "ada-quill",
        refreshes=False,
    ),
    "oauth2": Server("{idp}/oauth2/authorize", "{idp}/oauth2/token", None, "extra1", None),
}

DOCUMENTS = {
    "google": "https://accounts.google.com/.well-known/openid-configuration",
    "auth0": "https://harbour.auth0.com/.well-known/openid-configuration",
    "gitlab": "{idp}/gitlab/.well-known/openid-configuration",
    "microsoft": f"{MICROSOFT}/v2.0/.well-known/openid-configuration",
    "oidc": "{idp}/oidc/.well-known/openid-configuration",
}


@pytest.mark.parametrize("vendor", SERVERS)
def test_sign_in_and_refresh(
    vendor: str, idp: IdpProcess, person: Person, register: Callable[..., Registration]
) -> None:
    server, client = SERVERS[vendor], register(vendor)

    def at(address: str) -> str:
        return address.format(idp=idp.url, tls=idp.tls_url)

    with OAuth2Session(
        client.id,
        client.secret,
        token_endpoint_auth_method=server.authentication,
        scope=server.scope,
        redirect_uri=client.redirect_uri,
    ) as session:
        url, state = session.create_authorization_url(at(server.authorize), **server.asks)
        token = session.fetch_token(at(server.token), authorization_response=person.consent(url), state=state)
        assert token["access_token"]
        if server.profile:
            assert server.says(session.get(at(server.profile)).json())
        if server.refreshes:
            newer = session.refresh_token(at(server.token), refresh_token=token["refresh_token"])
            assert newer["access_token"] != token["access_token"]
        else:
            assert "refresh_token" not in token


@pytest.mark.parametrize("vendor", DOCUMENTS)
def test_openid_connect(vendor: str, idp: IdpProcess, person: Person, register: Callable[..., Registration]) -> None:
    client = register(vendor)
    app = flask.Flask(__name__)
    app.secret_key = "of this test"
    server = OAuth(app).register(
        vendor,
        client_id=client.id,
        client_secret=client.secret,
        server_metadata_url=DOCUMENTS[vendor].format(idp=idp.url),
        client_kwargs={
            "scope": "openid email profile",
            "code_challenge_method": "S256",
            # Its default is a header, where the mock is stricter than some of the real services.
            "token_endpoint_auth_method": "client_secret_post",
        },
    )
    with app.test_request_context("/"):
        url = server.authorize_redirect(client.redirect_uri).location
        remembered = dict(flask.session)

    with app.test_request_context(person.consent(url)):
        flask.session.update(remembered)
        token = server.authorize_access_token()

    # Authlib has checked signature, issuer, audience, times and nonce by now.
    assert token["userinfo"]["email"] == EMAIL
    assert token["userinfo"]["nonce"]
