"""Google, as its documentation describes it."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jwt
import pytest
from authlib.oidc.core.util import create_half_hash
from cryptography.x509 import load_pem_x509_certificate

from mock_idp.vendors.google import Google
from tests.mock_idp.conftest import World, make_world

CAPTURE = Path(__file__).parent / "captures" / "google.discovery.json"

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
    assert tokens["scope"] == f"openid {PROFILE}", "openid comes along"
    assert "email" not in google.profile(tokens["access_token"]).json


def test_unticked_scopes_are_not_granted(google: World) -> None:
    tokens = google.tokens(scope=["openid", EMAIL])
    assert tokens["scope"] == f"openid {EMAIL}"
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


# --- what Google's own libraries ask --------------------------------------------------------------


def test_keys_as_certificates(google: World) -> None:
    certificates = google.http.get("/google/oauth2/v1/certs").json
    token = google.tokens()["id_token"]
    pem = certificates[jwt.get_unverified_header(token)["kid"]]
    key = load_pem_x509_certificate(pem.encode()).public_key()
    options: Any = {"verify_exp": False, "verify_iat": False, "verify_aud": False}
    assert jwt.decode(token, key, ["RS256"], options=options)["iss"] == "http://localhost/google"


def test_short_scopes_are_answered_by_long_ones_with_openid(google: World) -> None:
    tokens = google.tokens(asked={"scope": "email profile"})
    assert tokens["scope"] == f"openid {EMAIL} {PROFILE}"
    assert "id_token" in tokens
    narrowed = google.ask_token(grant_type="refresh_token", refresh_token=tokens["refresh_token"], scope="email")
    assert narrowed.json["scope"] == f"openid {EMAIL}"
    calendar = "https://www.googleapis.com/auth/calendar.readonly"
    assert google.tokens(asked={"scope": calendar})["scope"] == calendar


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_older_userinfo(google: World, version: str) -> None:
    headers = {"Authorization": f"Bearer {google.tokens()['access_token']}"}
    said = google.http.get(f"/google/oauth2/{version}/userinfo", headers=headers).json
    assert said["id"].isdigit()
    assert said["verified_email"] is True
    assert "sub" not in said


def test_people(google: World) -> None:
    headers = {"Authorization": f"Bearer {google.tokens()['access_token']}"}
    ask = "/google/v1/people/me"
    said = google.http.get(ask, query_string={"personFields": "emailAddresses,names"}, headers=headers).json
    assert said["resourceName"].startswith("people/1")
    assert said["emailAddresses"][0]["value"] == "ada-quill@lumenfold.example"
    assert said["names"][0]["displayName"] == "Ada Quill"
    assert "photos" not in said
    assert google.http.get(ask, headers=headers).status_code == 400
    assert google.http.get(ask, query_string={"personFields": "names"}).status_code == 401


def test_token_info(google: World) -> None:
    tokens = google.tokens()
    said = google.http.get("/google/tokeninfo", query_string={"access_token": tokens["access_token"]}).json
    assert (said["aud"], said["access_type"]) == (google.client.client_id, "offline")
    assert (said["email"], said["email_verified"]) == ("ada-quill@lumenfold.example", "true")
    assert 0 < int(said["expires_in"]) <= 3599
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert google.http.post("/google/tokeninfo", headers=headers).json["sub"] == said["sub"]
    about = google.http.post("/google/tokeninfo", data={"id_token": tokens["id_token"]}).json
    assert (about["aud"], about["alg"]) == (google.client.client_id, "RS256")
    head, body, _ = tokens["id_token"].split(".")
    forged = f"{head}.{body}.c2lnbmF0dXJl"
    for query in ({"access_token": "nonsense"}, {"id_token": forged}, {}):
        answer = google.http.get("/google/tokeninfo", query_string=query)
        assert (answer.status_code, answer.json["error_description"]) == (400, "Invalid Value")


@pytest.mark.parametrize(("method", "path"), [("GET", "/o/oauth2/revoke"), ("POST", "/o/oauth2/revoke")])
def test_the_older_address_of_revocation(google: World, method: str, path: str) -> None:
    token = google.tokens()["access_token"]
    revoked = google.http.open(f"/google{path}", method=method, query_string={"token": token})
    assert revoked.status_code == 200
    assert google.profile(token).status_code == 401
    assert google.http.open(f"/google{path}", method=method, query_string={"token": token}).status_code == 400


def test_a_secret_in_the_header_is_not_form_encoded(google: World) -> None:
    code = google.callback()["code"]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": google.redirect_uri}
    encoded = (google.client.client_id.replace("-", "%2D"), google.client.client_secret)
    refused = google.http.post("/google/token", data=form, auth=encoded)
    assert (refused.status_code, refused.json["error"]) == (401, "invalid_client")
    both = {**form, "client_secret": google.client.client_secret, "client_id": google.client.client_id}
    pair = (google.client.client_id, google.client.client_secret)
    refused = google.http.post("/google/token", data=both, auth=pair)
    assert refused.json["error_description"] == "OAuth 2 parameters can only have a single value: client_secret"
    assert google.http.post("/google/token", data=form, auth=pair).status_code == 200


def test_the_discovery_document_is_what_google_publishes() -> None:
    published = json.loads(CAPTURE.read_text(encoding="utf-8"))
    world = make_world("google", "google")
    ours = world.http.get("/.well-known/openid-configuration", base_url="https://accounts.google.com:443").json
    # What the mock does not do it does not promise; each has its line under "Not emulated".
    assert set(published) - set(ours) == {"device_authorization_endpoint"}
    for name, value in ours.items():
        if name in ("response_types_supported", "grant_types_supported"):
            assert set(value) < set(published[name])
        elif name != "response_modes_supported":  # newer than the capture
            assert value == published[name], name
    assert Google.hosts.keys() >= {urlsplit(url).hostname for name, url in ours.items() if name.endswith("endpoint")}
