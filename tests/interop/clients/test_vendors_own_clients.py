"""Clients made for one vendor: MSAL, PyGithub and python-gitlab."""

from __future__ import annotations

from collections.abc import Callable

import github
import gitlab
import msal
import pytest

from tests.interop.clients.conftest import Person, Registration, query_of
from tests.support.idp_process import IdpProcess

EMAIL = "ada-quill@lumenfold.example"
TENANT = "5f0c7a1e-3b52-4c8d-9e64-7d21a0b3c4f5"


@pytest.mark.filterwarnings("ignore:response_mode=:UserWarning")
def test_msal_signs_in_and_refreshes(person: Person, register: Callable[..., Registration]) -> None:
    client = register("microsoft")
    app = msal.ConfidentialClientApplication(
        client.id, authority=f"https://login.microsoftonline.com/{TENANT}", client_credential=client.secret
    )
    flow = app.initiate_auth_code_flow(["User.Read"], redirect_uri=client.redirect_uri)

    result = app.acquire_token_by_auth_code_flow(flow, query_of(person.consent(flow["auth_uri"])))

    assert "error" not in result, result
    # MSAL has checked issuer, audience, times and nonce by now.
    assert result["id_token_claims"]["preferred_username"] == EMAIL
    account = app.get_accounts()[0]
    assert account["username"] == EMAIL
    newer = app.acquire_token_silent(["User.Read"], account, force_refresh=True)
    assert newer["access_token"] != result["access_token"]


@pytest.mark.filterwarnings("ignore:response_mode=:UserWarning")
def test_msal_reads_errors(person: Person, register: Callable[..., Registration]) -> None:
    client = register("microsoft")
    app = msal.ConfidentialClientApplication(
        client.id, authority=f"https://login.microsoftonline.com/{TENANT}", client_credential="wrong"
    )
    flow = app.initiate_auth_code_flow(["User.Read"], redirect_uri=client.redirect_uri)

    result = app.acquire_token_by_auth_code_flow(flow, query_of(person.consent(flow["auth_uri"])))

    assert result["error"] == "invalid_client"
    assert result["error_codes"] == [7000215]
    assert result["correlation_id"] and result["trace_id"]


def test_pygithub_signs_in_and_reads_the_user(person: Person, register: Callable[..., Registration]) -> None:
    client = register("github")
    app = github.Github().get_oauth_application(client.id, client.secret)
    url = app.get_login_url(redirect_uri=client.redirect_uri) + "&scope=read:user%20user:email"

    token = app.get_access_token(query_of(person.consent(url))["code"])

    user = github.Github(auth=github.Auth.Token(token.token)).get_user()
    assert (user.login, user.name, user.email) == ("ada-quill", "Ada Quill", EMAIL)
    assert [(one.email, one.primary, one.verified) for one in user.get_emails()] == [(EMAIL, True, True)]


def test_pygithub_refreshes_a_github_apps_token(person: Person, register: Callable[..., Registration]) -> None:
    client = register("github", "github-app")
    assert client.id.startswith("Iv1.")
    app = github.Github().get_oauth_application(client.id, client.secret)
    url = app.get_login_url(redirect_uri=client.redirect_uri)
    token = app.get_access_token(query_of(person.consent(url))["code"])
    assert (token.token[:4], token.refresh_token[:4], token.expires_in) == ("ghu_", "ghr_", 28_800)

    newer = app.refresh_access_token(token.refresh_token)

    assert newer.token != token.token
    assert github.Github(auth=github.Auth.Token(newer.token)).get_user().login == "ada-quill"
    with pytest.raises(github.GithubException, match="bad_refresh_token"):
        app.refresh_access_token(token.refresh_token)


def test_pygithub_at_an_enterprise_server(
    idp: IdpProcess, person: Person, register: Callable[..., Registration]
) -> None:
    client = register("github")
    url = f"{idp.url}/github/login/oauth/authorize?client_id={client.id}&redirect_uri={client.redirect_uri}"
    code = query_of(person.consent(url))["code"]
    token = github.Github().get_oauth_application(client.id, client.secret).get_access_token(code)

    enterprise = github.Github(base_url=f"{idp.url}/github/api/v3", auth=github.Auth.Token(token.token))

    assert enterprise.get_user().login == "ada-quill"


def test_pygithub_knows_bad_credentials() -> None:
    with pytest.raises(github.BadCredentialsException) as caught:
        _ = github.Github(auth=github.Auth.Token("gho_" + "x" * 36)).get_user().login

    assert caught.value.data["message"] == "Bad credentials"


def test_python_gitlab_reads_the_user(idp: IdpProcess, person: Person, register: Callable[..., Registration]) -> None:
    client = register("gitlab")
    query = f"client_id={client.id}&redirect_uri={client.redirect_uri}&response_type=code&scope=read_user"
    code = query_of(person.consent(f"{idp.url}/gitlab/oauth/authorize?{query}"))["code"]
    with gitlab.Gitlab(f"{idp.url}/gitlab") as anonymous:
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": client.redirect_uri}
        form |= {"client_id": client.id, "client_secret": client.secret}
        answer = anonymous.session.post(f"{idp.url}/gitlab/oauth/token", data=form)

    with gitlab.Gitlab(f"{idp.url}/gitlab", oauth_token=answer.json()["access_token"]) as client_of_ada:
        client_of_ada.auth()

    assert client_of_ada.user is not None
    assert (client_of_ada.user.username, client_of_ada.user.email) == ("ada-quill", EMAIL)


def test_python_gitlab_knows_bad_credentials(idp: IdpProcess) -> None:
    with (
        gitlab.Gitlab(f"{idp.url}/gitlab", oauth_token="wrong") as anonymous,
        pytest.raises(gitlab.GitlabAuthenticationError) as caught,
    ):
        anonymous.auth()

    assert caught.value.response_code == 401
