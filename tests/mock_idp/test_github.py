"""GitHub, as its documentation describes it."""

import re
from urllib.parse import parse_qs

import pytest

from tests.mock_idp.conftest import World, make_world


def test_oauth_app_answers_a_form_unless_asked_for_json(github: World) -> None:
    github.accept = "*/*"
    answer = github.redeem(github.callback()["code"])
    assert answer.content_type == "application/x-www-form-urlencoded; charset=utf-8"
    tokens = {name: values[0] for name, values in parse_qs(answer.text).items()}
    assert tokens.keys() == {"access_token", "scope", "token_type"}
    assert tokens["access_token"].startswith("gho_")
    assert len(tokens["access_token"]) == 40
    assert tokens["scope"] == "read:user,repo"
    assert tokens["token_type"] == "bearer"
    assert answer.headers["Cache-Control"] == "no-store"


def test_errors_are_forms_too(github: World) -> None:
    github.accept = "*/*"
    answer = github.redeem("wrong")
    assert answer.status_code == 200
    assert parse_qs(answer.text)["error"] == ["bad_verification_code"]


def test_github_app_has_expiring_tokens_that_rotate(github: World) -> None:
    app = github.of("github-app")
    assert re.fullmatch(r"Iv1\.[0-9a-f]{16}", app.client.client_id)
    tokens = app.tokens()
    assert tokens["access_token"].startswith("ghu_")
    assert tokens["refresh_token"].startswith("ghr_")
    assert tokens["expires_in"] == 28_800
    assert tokens["refresh_token_expires_in"] == 15_897_600
    assert tokens["scope"] == ""
    newer = app.refresh(tokens["refresh_token"]).json
    assert newer["refresh_token"] not in ("", tokens["refresh_token"])
    assert app.refresh(tokens["refresh_token"]).json["error"] == "bad_refresh_token"
    assert app.refresh(newer["refresh_token"]).json["access_token"].startswith("ghu_")


def test_lifetimes_are_text_in_a_form(github: World) -> None:
    app = github.of("github-app")
    app.accept = "*/*"
    assert parse_qs(app.redeem(app.callback()["code"]).text)["expires_in"] == ["28800"]


def test_user(github: World) -> None:
    tokens = github.tokens()
    answer = github.profile(tokens["access_token"])
    user = answer.json
    assert user["login"] == "ada-quill"
    assert user["name"] == "Ada Quill"
    assert user["email"] == "ada-quill@lumenfold.example"
    assert user["html_url"] == "http://localhost/github/ada-quill"
    assert isinstance(user["id"], int)
    assert user["node_id"].startswith("U_kgDO")
    assert answer.headers["X-OAuth-Scopes"] == "read:user, repo"
    personas = github.http.get("/__idp/personas").json["personas"]
    plain = next(persona for persona in personas if persona["id"] == "plain")
    assert plain["annotations"]["github.com/user-id"] == user["node_id"]
    assert plain["faces"]["github"]["number"] == user["id"]


def test_a_github_app_has_no_scopes_header(github: World) -> None:
    app = github.of("github-app")
    assert "X-OAuth-Scopes" not in app.profile(app.tokens()["access_token"]).headers


@pytest.mark.parametrize("persona", ["no-email", "unverified-email"])
def test_only_a_public_address_is_shown(github: World, persona: str) -> None:
    user = github.profile(github.tokens(persona)["access_token"]).json
    assert user["email"] is None


def test_emails(github: World) -> None:
    for persona, expected in (("plain", [True]), ("unverified-email", [False]), ("no-email", [True])):
        tokens = github.tokens(persona, asked={"scope": "user:email"})
        headers = {"Authorization": f"token {tokens['access_token']}"}
        emails = github.http.get("/github/api/v3/user/emails", headers=headers).json
        assert [address["verified"] for address in emails] == expected


def test_by_name(github: World) -> None:
    by_name = make_world("github", "github")
    page = by_name.http.get(
        "/login/oauth/authorize",
        base_url="https://github.com",
        query_string={"client_id": by_name.client.client_id, "redirect_uri": by_name.redirect_uri},
    )
    assert "MOCK" in page.text
    answer = by_name.http.post(
        "/__idp/consent",
        base_url="https://github.com",
        data={
            "request": page.text.split('name="request" value="')[1].split('"')[0],
            "persona": "plain",
            "decision": "allow",
        },
    )
    code = parse_qs(answer.headers["Location"].split("?")[1])["code"][0]
    tokens = by_name.redeem(code).json
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    user = by_name.http.get("/user", base_url="https://api.github.com:443", headers=headers).json
    assert user["html_url"] == "https://github.com/ada-quill"
    assert by_name.http.get("/user", base_url="https://github.com", headers=headers).status_code == 404
    assert by_name.http.get("/__idp/journal", base_url="https://github.com").status_code == 404


def test_a_large_token_is_large(github: World) -> None:
    assert len(github.tokens("large-token")["access_token"]) > 4000
    app = github.of("github-app")
    tokens = app.tokens("large-token")
    assert len(tokens["refresh_token"]) > 4000
    assert app.profile(tokens["access_token"]).status_code == 200


def test_doubled_slash_is_another_address(github: World) -> None:
    assert github.http.get("/github//api/v3/user").status_code == 404
    assert github.http.get("/github/api/v3/nothing").json["message"] == "Not Found"


def test_method_that_is_not_there(github: World) -> None:
    answer = github.http.get("/github/login/oauth/access_token")
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "POST"


def test_json_can_be_had_without_asking_for_it(github: World) -> None:
    github.accept = "*/*"
    answer = github.redeem(github.callback(faults='["json-encoded"]')["code"])
    assert answer.json["access_token"].startswith("gho_")


def test_a_suspended_user(github: World) -> None:
    answer = github.profile(github.tokens(faults='["suspended-user"]')["access_token"])
    assert (answer.status_code, answer.json["message"]) == (403, "Sorry. Your account was suspended.")


def test_an_access_token_offered_as_a_refresh_token_is_known_to_the_journal(github: World) -> None:
    tokens = github.tokens()
    assert github.refresh(tokens["access_token"]).json["error"] == "bad_refresh_token"
    assert github.journal(grant=tokens["grant"])[-1]["endpoint"] == "refresh"


def test_token_requests_in_json(github: World) -> None:
    callback = github.callback()
    body = {"client_id": github.client.client_id, "client_secret": github.client.client_secret}
    path = github.path("token")
    answer = github.http.post(path, json={**body, "code": callback["code"]}, headers={"Accept": "application/json"})
    assert answer.json["access_token"].startswith("gho_")
    assert github.journal(grant=callback["grant"])[-1]["endpoint"] == "token"
    for text in ("[]", "{"):
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        assert github.http.post(path, data=text, headers=headers).json["error"] == "incorrect_client_credentials"


def test_redirect_uri_may_be_left_out_but_not_be_another_one(github: World) -> None:
    code = github.callback()["code"]
    wrong = github.ask_token(code=code, redirect_uri="https://other.example/cb")
    assert wrong.json["error"] == "redirect_uri_mismatch"
    assert github.ask_token(code=code).json["access_token"]


# --- an app asks about its tokens -----------------------------------------------------------------


def test_an_app_checks_and_deletes_a_token_of_its_own(github: World) -> None:
    token, path = github.tokens()["access_token"], f"/github/api/v3/applications/{github.client.client_id}/token"
    pair, body = (github.client.client_id, github.client.client_secret), {"access_token": token}
    said = github.http.post(path, json=body, auth=pair).json
    assert (said["token"], said["user"]["login"]) == (token, "ada-quill")
    assert said["scopes"] == ["read:user", "repo"]
    assert said["app"]["client_id"] == github.client.client_id
    assert github.http.post(path, json=body, auth=(pair[0], "wrong")).status_code == 401
    assert github.http.post(path, json={"access_token": "gho_nonsense"}, auth=pair).status_code == 404
    assert github.http.delete(path, json=body, auth=pair).status_code == 204
    assert github.http.post(path, json=body, auth=pair).status_code == 404
    assert github.profile(token).status_code == 401


def test_a_code_needs_no_redirect_uri_at_all(github: World) -> None:
    code = github.callback(asked={"redirect_uri": None})["code"]
    assert "access_token" in github.ask_token(code=code).json


def test_whoever_shows_no_address_has_one_of_github_s(github: World) -> None:
    token = github.tokens("no-email", asked={"scope": "user:email"})["access_token"]
    [address] = github.http.get("/github/api/v3/user/emails", headers={"Authorization": f"token {token}"}).json
    assert address["email"].endswith("@users.noreply.github.com")
    assert (address["primary"], address["verified"], address["visibility"]) == (False, True, None)
