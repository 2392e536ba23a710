"""Groups as each vendor tells them, and that somebody can lose one between sign-in and refresh."""

from typing import Any

import jwt
import pytest

from tests.mock_idp.conftest import World, make_world

GROUPS = ["platform", "guild-web"]


def world_of(vendor: str, environment: str = "development", **person: Any) -> World:
    world = make_world(vendor, vendor).of(environment)
    body = {"id": "jane", "email": "jane@acme.example", "groups": GROUPS, **person}
    assert world.http.post("/__idp/people", json=body).status_code == 201
    return world


def leave(world: World, *groups: str) -> None:
    assert world.http.patch("/__idp/people/jane", json={"groups": list(groups)}).status_code == 200


def claims_of(tokens: dict[str, Any]) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(tokens["id_token"], options={"verify_signature": False})
    return claims


def get(world: World, path: str, tokens: dict[str, Any], method: str = "GET", **more: Any) -> Any:
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    return world.http.open(f"/{world.vendor}{path}", method=method, headers=headers, **more)


def test_github_s_organisations_and_teams() -> None:
    github = world_of("github", organisations={"acme": ["platform", "Web Guild"], "other": []})
    tokens = github.tokens("jane", asked={"scope": "read:user read:org"})
    orgs = get(github, "/api/v3/user/orgs", tokens).json
    assert [org["login"] for org in orgs] == ["acme", "other"]
    teams = get(github, "/api/v3/user/teams", tokens).json
    assert [(team["organization"]["login"], team["slug"]) for team in teams] == [
        ("acme", "platform"),
        ("acme", "web-guild"),
    ]
    assert github.http.patch("/__idp/people/jane", json={"organisations": {"other": []}}).status_code == 200
    assert get(github, "/api/v3/user/teams", tokens).json == []


def test_github_s_organisations_need_a_scope() -> None:
    github = world_of("github", organisations={"acme": []})
    tokens = github.tokens("jane", asked={"scope": "read:user"})
    refused = get(github, "/api/v3/user/orgs", tokens)
    assert (refused.status_code, "read:org" in refused.json["message"]) == (403, True)
    assert get(github, "/api/v3/user/teams", tokens).status_code == 404
    assert get(github, "/api/v3/user/orgs", {"access_token": "x"}).status_code == 401


def test_gitlab_s_groups() -> None:
    gitlab = world_of("gitlab", vendor_groups={"gitlab": ["acme/platform", "acme"]})
    tokens = gitlab.tokens("jane", asked={"scope": "openid profile email read_api"})
    assert claims_of(tokens)["groups_direct"] == ["acme/platform", "acme"]
    assert get(gitlab, "/oauth/userinfo", tokens).json["groups"] == ["acme/platform", "acme"]
    groups = get(gitlab, "/api/v4/groups", tokens).json
    assert [(group["full_path"], group["path"]) for group in groups] == [
        ("acme/platform", "platform"),
        ("acme", "acme"),
    ]
    narrow = gitlab.tokens("jane", asked={"scope": "openid"})
    assert get(gitlab, "/api/v4/groups", narrow).status_code == 403


def test_okta_s_groups_come_from_userinfo_where_the_id_token_is_thin() -> None:
    okta = world_of("okta")
    tokens = okta.tokens("jane", asked={"scope": "openid profile groups"})
    assert "groups" not in claims_of(tokens)
    assert okta.profile(tokens["access_token"], method="POST").json["groups"] == GROUPS
    without = okta.tokens("jane", asked={"scope": "openid profile"})
    assert "groups" not in okta.profile(without["access_token"], method="POST").json
    leave(okta, "guild-web")
    assert okta.profile(tokens["access_token"], method="POST").json["groups"] == ["guild-web"]


def test_okta_s_custom_server_puts_groups_into_the_id_token() -> None:
    okta = world_of("okta", "authorization-server")
    query = {"client_id": okta.client.client_id, "redirect_uri": okta.redirect_uri, "response_type": "code"}
    query |= {"scope": "openid groups", "state": "s"}
    page = okta.http.get("/okta/oauth2/default/v1/authorize", query_string=query)
    code = okta.decide(page, "jane").headers["Location"].partition("code=")[2].partition("&")[0]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": okta.redirect_uri}
    form |= {"client_id": okta.client.client_id, "client_secret": okta.client.client_secret}
    assert claims_of(okta.http.post("/okta/oauth2/default/v1/token", data=form).json)["groups"] == GROUPS


def test_onelogin_s_groups() -> None:
    onelogin = world_of("onelogin")
    tokens = onelogin.tokens("jane", asked={"scope": "openid groups"})
    assert claims_of(tokens)["groups"] == GROUPS
    assert onelogin.profile(tokens["access_token"]).json["groups"] == GROUPS
    assert "groups" not in claims_of(onelogin.tokens("jane", asked={"scope": "openid"}))


def test_entra_s_groups_are_ids_and_one_is_lost_before_the_refresh() -> None:
    entra = world_of("microsoft")
    tokens = _entra_tokens(entra)
    ids = claims_of(tokens)["groups"]
    assert len(set(ids)) == 2
    objects = get(entra, "/v1.0/me/memberOf", tokens).json["value"]
    assert [(entry["id"], entry["displayName"]) for entry in objects] == list(zip(ids, GROUPS, strict=True))
    leave(entra, "guild-web")
    refreshed = _entra_token(entra, grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    assert claims_of(refreshed)["groups"] == ids[1:]


@pytest.mark.parametrize(("count", "is_told"), [(200, True), (201, False)])
def test_entra_says_where_to_ask_if_there_are_too_many(count: int, is_told: bool) -> None:
    entra = world_of("microsoft", groups=[f"group-{number}" for number in range(count)])
    tokens = _entra_tokens(entra)
    claims = claims_of(tokens)
    assert ("groups" in claims) is is_told
    assert ("_claim_names" in claims) is not is_told
    if not is_told:
        source = claims["_claim_sources"][claims["_claim_names"]["groups"]]
        path = source["endpoint"].removeprefix("https://graph.microsoft.com")
        asked = get(entra, path, tokens, "POST", json={"securityEnabledOnly": False})
        assert len(asked.json["value"]) == count
        assert get(entra, "/v1.0/users/somebody/getMemberObjects", tokens, "POST", json={}).status_code == 404
        first = get(entra, "/v1.0/me/memberOf?$top=150", tokens).json
        query = first["@odata.nextLink"].partition("memberOf")[2]
        rest = get(entra, f"/v1.0/me/memberOf{query}", tokens).json
        assert [entry["id"] for entry in (*first["value"], *rest["value"])] == asked.json["value"]
        assert "@odata.nextLink" not in rest


def _entra_tokens(world: World) -> dict[str, Any]:
    route = next(route.path for route in world.idp.vendors["microsoft"].routes if route.endpoint == "authorization")
    query = {
        "client_id": world.client.client_id,
        "redirect_uri": world.redirect_uri,
        "response_type": "code",
        "scope": "openid profile email offline_access User.Read",
    }
    page = world.http.get(f"/microsoft{route.replace('<tenant>', 'common')}", query_string=query)
    location = world.decide(page, "jane").headers["Location"]
    code = location.partition("code=")[2].partition("&")[0]
    return _entra_token(world, grant_type="authorization_code", code=code, redirect_uri=world.redirect_uri)


def _entra_token(world: World, **form: str) -> dict[str, Any]:
    client = world.client
    fields = {"client_id": client.client_id, "client_secret": client.client_secret, **form}
    answer = world.http.post("/microsoft/common/oauth2/v2.0/token", data=fields)
    assert answer.status_code == 200, answer.text
    return dict(answer.json)


def test_google_s_groups_are_asked_for() -> None:
    google = world_of("google")
    scopes = "https://www.googleapis.com/auth/{}"
    asked = " ".join(
        scopes.format(name) for name in ("admin.directory.group.readonly", "cloud-identity.groups.readonly")
    )
    tokens = google.tokens("jane", asked={"scope": f"openid email {asked}"})
    assert "groups" not in claims_of(tokens)
    listed = get(google, "/admin/directory/v1/groups?userKey=jane@acme.example", tokens).json
    assert [group["email"] for group in listed["groups"]] == ["platform@acme.example", "guild-web@acme.example"]
    label = "cloudidentity.googleapis.com/groups.discussion_forum"
    query = {"query": f"member_key_id == 'jane@acme.example' && '{label}' in labels"}
    path = "/v1/groups/-/memberships:searchTransitiveGroups"
    found = get(google, path, tokens, query_string=query).json
    assert [entry["groupKey"]["id"] for entry in found["memberships"]] == [group["email"] for group in listed["groups"]]
    leave(google)
    assert "groups" not in get(google, "/admin/directory/v1/groups?userKey=jane@acme.example", tokens).json
    assert get(google, path, tokens, query_string=query).json == {}
    assert get(google, path, tokens).status_code == 400
    assert get(google, "/admin/directory/v1/groups?userKey=x", tokens).status_code == 404
    without = google.tokens("jane")
    assert get(google, "/admin/directory/v1/groups?userKey=jane@acme.example", without).status_code == 403


def test_auth0_s_groups_are_claims_of_an_action() -> None:
    claim = "https://acme.example/groups"
    auth0 = world_of("auth0", claims={"auth0": {claim: GROUPS}})
    tokens = auth0.tokens("jane", asked={"scope": "openid offline_access"})
    assert claims_of(tokens)[claim] == GROUPS
    assert auth0.profile(tokens["access_token"]).json[claim] == GROUPS
    assert auth0.http.patch("/__idp/people/jane", json={"claims": {}}).status_code == 200
    assert claim not in claims_of(auth0.refresh(tokens["refresh_token"]).json)


def test_nothing_is_said_about_a_persona_s_groups_unless_it_is_given_some() -> None:
    okta = world_of("okta")
    asked = {"scope": "openid groups"}
    assert "groups" not in okta.profile(okta.tokens("many-groups", asked=asked)["access_token"], method="POST").json
    okta.http.patch("/__idp/people/guest-03", json={"vendor_groups": {"okta": ["night-watch"]}})
    tokens = okta.tokens("guest-03", asked=asked)
    assert okta.profile(tokens["access_token"], method="POST").json["groups"] == ["night-watch"]
