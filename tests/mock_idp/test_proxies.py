"""Headers that auth proxies would add."""

from typing import Any

import jwt

from tests.mock_idp.conftest import World


def mint(world: World, persona: str = "plain", **order: Any) -> list[tuple[str, str]]:
    answer = world.http.post("/__idp/proxies/oauth2Proxy/headers", json={"persona": persona, **order})
    assert answer.status_code == 200, answer.text
    return [(name, value) for name, value in answer.json["headers"]]


def test_oauth2_proxy(google: World) -> None:
    headers = dict(mint(google))
    token = headers.pop("X-OAUTH2-PROXY-ID-TOKEN")
    assert headers == {
        "X-Forwarded-User": "ada-quill",
        "X-Forwarded-Email": "ada-quill@lumenfold.example",
        "X-Forwarded-Preferred-Username": "Ada Quill",
        "X-Forwarded-Groups": "harbour",
    }
    scheme, _, compact = token.partition(" ")
    assert scheme == "Bearer"
    key = google.idp.services.by_id["oauth2Proxy"].keys.pair("RS256").private.public_key()
    options: Any = {"verify_exp": False, "verify_iat": False}
    claims = jwt.decode(compact, key, algorithms=["RS256"], audience="oauth2-proxy", options=options)
    assert claims["exp"] - claims["iat"] == 300
    assert claims["preferred_username"] == "ada-quill"


def test_personas_without_and_with_special_values(google: World) -> None:
    assert "X-Forwarded-Email" not in dict(mint(google, "no-email"))
    assert dict(mint(google, "many-groups"))["X-Forwarded-Groups"] == "harbour,lighthouse"
    name = dict(mint(google, "non-ascii"))["X-Forwarded-Preferred-Username"]
    assert name.encode("latin-1").decode() == "Zoë Ødegård-Ελένη 山田 Жанна علي 👩🏽‍🚀"


def test_leave_out_change_and_repeat(google: World) -> None:
    headers = mint(
        google,
        remove=["x-forwarded-email", "X-OAUTH2-PROXY-ID-TOKEN"],
        replace={"X-Forwarded-User": "user:default/other", "X-Extra": "1"},
        repeat=["X-Forwarded-Groups"],
    )
    assert headers[:3] == [
        ("X-Forwarded-Preferred-Username", "Ada Quill"),
        ("X-Forwarded-Groups", "harbour"),
        ("X-Forwarded-Groups", "harbour"),
    ]
    assert sorted(headers[3:]) == [("X-Extra", "1"), ("X-Forwarded-User", "user:default/other")]


def test_forgeries(google: World) -> None:
    order = {"claims": {"exp": 1, "email": None}, "algorithm": "none", "token_headers": {"kid": "x"}}
    compact = dict(mint(google, **order))["X-OAUTH2-PROXY-ID-TOKEN"].removeprefix("Bearer ")
    assert jwt.get_unverified_header(compact) == {"alg": "none", "typ": "JWT", "kid": "x"}
    claims = jwt.decode(compact, options={"verify_signature": False})
    assert claims["exp"] == 1
    assert "email" not in claims


def test_guest_has_no_headers(google: World) -> None:
    assert google.http.post("/__idp/proxies/guest/headers", json={"persona": "plain"}).json["headers"] == []
