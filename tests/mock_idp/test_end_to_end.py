"""A client that we did not write signs in over real sockets, by path and by name."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
import requests
from authlib.integrations.requests_client import OAuth2Session

from mock_idp.running import RunningIdp
from tests.mock_idp.conftest import FormReader


def consent(page: requests.Response, session: requests.Session, **changes: Any) -> str:
    """Submit the page's form; gives the callback URL."""
    form = FormReader()
    form.feed(page.text)
    fields = [(name, value) for name, value in form.fields if name not in changes]
    address = urlsplit(page.url)
    answer = session.post(
        f"{address.scheme}://{address.netloc}{form.action}",
        data=[*fields, ("decision", "allow"), *changes.items()],
        allow_redirects=False,
    )
    assert answer.status_code == 303, answer.text
    return str(answer.headers["Location"])


def client_for(running: RunningIdp, provider: str, environment: str, **options: Any) -> OAuth2Session:
    facts = requests.get(f"{running.urls['http']}/__idp/", timeout=5).json()
    environments = next(entry["environments"] for entry in facts["providers"] if entry["id"] == provider)
    client = next(entry for entry in environments if entry["name"] == environment)
    return OAuth2Session(
        client["client_id"],
        client["client_secret"],
        redirect_uri=client["redirect_uris"][0],
        token_endpoint_auth_method="client_secret_post",
        code_challenge_method="S256",
        **options,
    )


@pytest.mark.parametrize("environment", ["development", "github-app"])
def test_github_by_path(running: RunningIdp, environment: str) -> None:
    base = f"{running.urls['http']}/github"
    with client_for(running, "ghe", environment, scope="read:user repo") as session:
        url, state = session.create_authorization_url(f"{base}/login/oauth/authorize", code_verifier="v" * 50)
        with requests.Session() as browser:
            callback = consent(browser.get(url), browser)
        session.fetch_token(
            f"{base}/login/oauth/access_token", authorization_response=callback, state=state, code_verifier="v" * 50
        )
        user = session.get(f"{base}/api/v3/user").json()
        assert user["login"] == "ada-quill"
        if environment == "github-app":
            old = session.token["refresh_token"]
            session.refresh_token(f"{base}/login/oauth/access_token")
            assert session.token["refresh_token"] != old
            assert session.get(f"{base}/api/v3/user").status_code == 200


def test_google_by_name(running: RunningIdp, tmp_path: Path) -> None:
    authority = tmp_path / "ca.pem"
    authority.write_bytes(requests.get(f"{running.urls['http']}/__idp/ca.pem", timeout=5).content)
    through = {"proxies": {"https": running.urls["proxy"]}, "verify": str(authority), "trust_env": False}
    with client_for(running, "google", "development", scope="openid email profile") as session:
        for name, value in through.items():
            setattr(session, name, value)
        url, state = session.create_authorization_url(
            "https://accounts.google.com/o/oauth2/v2/auth", access_type="offline", prompt="consent", nonce="n-1"
        )
        with requests.Session() as browser:
            for name, value in through.items():
                setattr(browser, name, value)
            callback = consent(browser.get(url), browser, persona="non-ascii")
        assert parse_qs(urlsplit(callback).query)["state"] == [state]
        session.fetch_token("https://www.googleapis.com/oauth2/v4/token", authorization_response=callback, state=state)
        facts = session.get("https://accounts.google.com/.well-known/openid-configuration").json()
        keys = jwt.PyJWKSet.from_dict(session.get(facts["jwks_uri"]).json())
        claims = jwt.decode(
            session.token["id_token"],
            keys.keys[0].key,
            algorithms=["RS256"],
            audience=session.client_id,
            issuer="https://accounts.google.com",
        )
        assert claims["nonce"] == "n-1"
        who = session.get("https://www.googleapis.com/oauth2/v3/userinfo").json()
        assert who["name"] == claims["name"] == "Zoë Ødegård-Ελένη 山田 Жанна علي 👩🏽‍🚀"
        session.refresh_token("https://www.googleapis.com/oauth2/v4/token")
        revoked = session.revoke_token("https://oauth2.googleapis.com/revoke", token=session.token["refresh_token"])
        assert revoked.status_code == 200


def test_the_edge_performs_what_a_fault_orders(running: RunningIdp) -> None:
    base = f"{running.urls['http']}/github"
    with client_for(running, "ghe", "development") as session, requests.Session() as browser:
        url, _ = session.create_authorization_url(f"{base}/login/oauth/authorize", code_verifier="v" * 50)
        callback = consent(browser.get(url), browser, faults='["reset"]')
        with pytest.raises(requests.exceptions.ConnectionError):
            session.fetch_token(
                f"{base}/login/oauth/access_token", authorization_response=callback, code_verifier="v" * 50
            )
