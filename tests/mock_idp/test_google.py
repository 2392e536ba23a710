"""Google, as its documentation describes it."""

from typing import Any

import jwt
import pytest
from authlib.oidc.core.util import create_half_hash

from tests.mock_idp.conftest import World

EMAIL = "https://www.googleapis.com/auth/userinfo.email"
PROFILE = "https://www.googleapis.com/auth/userinfo.profile"


def claims_of(world: World, tokens: dict[str, Any]) -> dict[str, Any]:
    keys = jwt.PyJWKSet.from_dict(world.http.get("/google/oauth2/v3/certs").json)
    options: Any = {"verify_exp": False, "verify_iat": False}
    audience = world.client.client_id
    claims: dict[str, Any] = jwt.decode(
        tokens["id_token"], keys.keys[0].key, algorithms=["RS256"], audience=audience, options=options
    )
    return claims


def test_tokens(google: World) -> None:
    tokens = google.tokens(asked={"scope": f"openid {EMAIL} {PROFILE}", "nonce": "n"})
    assert tokens["access_token"].startswith("ya29.")
    assert tokens["refresh_token"].startswith("1//0")
    assert tokens["expires_in"] == 3599
    assert tokens["scope"] == f"openid {EMAIL} {PROFILE}"
    assert tokens["token_type"] == "Bearer"
    claims = claims_of(google, tokens)
    now = int(google.clock.now())
    sub = claims.pop("sub")
    assert sub.isdigit() and len(sub) == 21
    assert claims.pop("at_hash")
    assert claims == {
        "iss": "http://localhost/google",
        "azp": "mock-google-development",
        "aud": "mock-google-development",
        "iat": now,
        "exp": now + 3600,
        "nonce": "n",
        "name": "Ada Quill",
        "given_name": "Ada",
        "family_name": "Quill",
        "picture": "https://pictures.lumenfold.example/ada-quill.png",
        "email": "ada-quill@lumenfold.example",
        "email_verified": True,
        "hd": "lumenfold.example",
    }


def test_at_hash_is_the_one_of_the_specification(google: World) -> None:
    tokens = google.tokens()
    assert claims_of(google, tokens)["at_hash"] == create_half_hash(tokens["access_token"], "RS256").decode()


@pytest.mark.parametrize("place", ["query_string", "headers"])
def test_userinfo(google: World, place: str) -> None:
    tokens = google.tokens()
    token = tokens["access_token"]
    request: Any = {place: {"access_token": token} if place == "query_string" else {"Authorization": f"Bearer {token}"}}
    who = google.http.get("/google/oauth2/v3/userinfo", **request).json
    assert who["sub"] == claims_of(google, tokens)["sub"]
    assert who["email"] == "ada-quill@lumenfold.example"
    annotations = google.http.get("/__idp/personas").json["personas"][0]["annotations"]
    assert annotations["google.com/email"] == who["email"]


def test_refresh_does_not_rotate(google: World) -> None:
    tokens = google.tokens()
    newer = google.refresh(tokens["refresh_token"]).json
    assert "refresh_token" not in newer
    assert newer["access_token"] != tokens["access_token"]
    assert newer["scope"] == tokens["scope"]
    assert newer["id_token"]
    assert google.refresh(tokens["refresh_token"]).status_code == 200


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"access_type": "offline", "prompt": "consent"}, [True, True]),
        ({"access_type": "offline", "prompt": None}, [True, False]),
        ({"access_type": "offline", "prompt": "select_account consent"}, [True, True]),
        ({"access_type": "online", "prompt": "consent"}, [False, False]),
        ({"access_type": None, "prompt": "consent"}, [False, False]),
    ],
)
def test_refresh_token_only_offline_and_on_consent(google: World, asked: Any, expected: list[bool]) -> None:
    came = ["refresh_token" in google.tokens(asked=asked) for _ in expected]
    assert came == expected


def test_claims_follow_the_scopes(google: World) -> None:
    tokens = google.tokens(asked={"scope": f"openid {EMAIL}"})
    who = google.profile(tokens["access_token"]).json
    assert who.keys() == {"sub", "email", "email_verified", "hd"}
    tokens = google.tokens(asked={"scope": PROFILE})
    assert "id_token" not in tokens
    assert "email" not in google.profile(tokens["access_token"]).json


def test_unticked_scopes_are_not_granted(google: World) -> None:
    tokens = google.tokens(scope=["openid", "email"])
    assert tokens["scope"] == "openid email"
    assert "name" not in google.profile(tokens["access_token"]).json


def test_personas_at_google(google: World) -> None:
    who = google.profile(google.tokens("unverified-email")["access_token"]).json
    assert who["email_verified"] is False
    who = google.profile(google.tokens("no-email")["access_token"]).json
    assert "email" not in who
    tokens = google.tokens("large-token")
    assert len(tokens["refresh_token"]) > 4000
    assert len(tokens["id_token"]) > 4000
    assert len(tokens["access_token"]) < 400, "it travels in a query"


def test_discovery_by_name_names_the_real_hosts(google: World) -> None:
    path = "/.well-known/openid-configuration"
    facts = google.http.get(path, base_url="https://accounts.google.com").json
    assert facts["issuer"] == "https://accounts.google.com"
    assert facts["token_endpoint"] == "https://oauth2.googleapis.com/token"
    facts = google.http.get(f"/google{path}").json
    assert facts["token_endpoint"] == "http://localhost/google/token"


def test_all_grants_stand_alone(google: World) -> None:
    google.tokens()
    tokens = google.tokens(asked={"scope": "openid", "include_granted_scopes": "true"})
    assert tokens["scope"] == "openid"


def test_older_addresses(google: World) -> None:
    answer = google.http.get("/google/o/oauth2/auth", query_string={"client_id": google.client.client_id})
    assert answer.status_code == 400, "it looks at the request"
    form = {"grant_type": "authorization_code", "code": google.callback()["code"], "redirect_uri": google.redirect_uri}
    form |= {"client_id": google.client.client_id, "client_secret": google.client.client_secret}
    assert google.http.post("/google/o/oauth2/token", data=form).json["access_token"].startswith("ya29.")
