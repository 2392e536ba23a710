"""People, clients, time and states by the control API."""

from typing import Any

import jwt
import pytest

from tests.mock_idp.conftest import World, make_world

JANE = {"id": "jane", "email": "jane@acme.example", "groups": ["platform", "admins"]}


def control(world: World, method: str, path: str, status: int, **data: Any) -> Any:
    answer = world.http.open(f"/__idp{path}", method=method, json=data or None)
    assert answer.status_code == status, answer.text
    return answer.json if answer.data else None


def test_somebody_new_signs_in_changes_and_leaves(github: World) -> None:
    made = control(github, "POST", "/people", 201, **JANE)
    assert (made["name"], made["login"], made["own"]) == ("Jane", "jane", True)
    control(github, "POST", "/people", 409, **JANE)
    token = github.tokens("jane")["access_token"]
    assert github.profile(token).json["name"] == "Jane"
    control(github, "PATCH", "/people/jane", 200, name="Jane Doe", claims={"all": {"company": "Acme"}})
    assert github.profile(token).json["name"] == "Jane Doe"
    assert github.profile(token).json["company"] == "Acme"
    assert control(github, "GET", "/people/jane", 200)["email"] == "jane@acme.example"
    control(github, "DELETE", "/people/jane", 204)
    assert github.profile(token).status_code == 401
    control(github, "GET", "/people/jane", 404)
    control(github, "DELETE", "/people/jane", 404)
    # What once was granted can still be looked at.
    assert control(github, "GET", "/grants?persona=jane", 200)["grants"][0]["revoked"] is True


def test_personas_are_everybody_s_but_spare_ones_can_change(github: World) -> None:
    for method, path, data in (
        ("PATCH", "/people/plain", {"name": "Other"}),
        ("DELETE", "/people/plain", {}),
        ("DELETE", "/people/guest-07", {}),
    ):
        assert "persona" in control(github, method, path, 400, **data)["error"]
    token = github.tokens("guest-07")["access_token"]
    changed = control(github, "PATCH", "/people/guest-07", 200, name="Somebody Else")
    assert (changed["own"], changed["spare"]) == (False, True)
    assert github.profile(token).json["name"] == "Somebody Else"
    control(github, "POST", "/reset", 204)
    assert control(github, "GET", "/people/guest-07", 200)["name"] == "Guest 07"


def test_a_client_is_changed_and_becomes_public() -> None:
    world = make_world("oidc", "oidc")
    body = {"vendor": "oidc", "client_id": "mine", "client_secret": "s", "redirect_uris": ["http://localhost/cb"]}
    control(world, "POST", "/clients", 201, **body)
    changed = control(world, "PATCH", "/clients/mine", 200, redirect_uris=["http://localhost/other"])
    assert (changed["redirect_uris"], changed["client_secret"]) == (["http://localhost/other"], "s")
    public = control(world, "PATCH", "/clients/mine", 200, public=True)
    assert (public["public"], public["client_secret"]) == (True, "")
    assert control(world, "GET", "/clients/mine", 200) == public
    again = control(world, "PATCH", "/clients/mine", 200, public=False, client_secret="t")
    assert (again["public"], again["client_secret"]) == (False, "t")
    assert "means nothing" in control(world, "PATCH", "/clients/mine", 400, vendor="github")["error"]
    assert "stays as it is" in control(world, "PATCH", f"/clients/{world.client.client_id}", 400, public=True)["error"]


def test_grants_are_listed_and_forgotten(github: World) -> None:
    first, second = github.tokens("plain"), github.tokens("many-groups")
    assert {grant["id"] for grant in control(github, "GET", "/grants", 200)["grants"]} == {
        first["grant"],
        second["grant"],
    }
    only = control(github, "GET", f"/grants?persona=plain&client_id={github.client.client_id}", 200)["grants"]
    assert [grant["id"] for grant in only] == [first["grant"]]
    control(github, "GET", "/grants?colour=red", 400)
    control(github, "DELETE", f"/grants/{first['grant']}", 204)
    control(github, "GET", f"/grants/{first['grant']}", 404)
    assert github.profile(first["access_token"]).status_code == 401
    assert github.profile(second["access_token"]).status_code == 200


def test_time_passes_at_once_stands_still_and_goes_on(google: World) -> None:
    tokens = google.tokens()
    assert google.profile(tokens["access_token"]).status_code == 200
    before = control(google, "GET", "/clock", 200)["now"]
    assert control(google, "PATCH", "/clock", 200, advance=4000)["now"] == before + 4000
    assert google.profile(tokens["access_token"]).status_code == 401
    claims = jwt.decode(google.refresh(tokens["refresh_token"]).json["id_token"], options={"verify_signature": False})
    assert claims["iat"] == int(before + 4000)
    assert control(google, "PATCH", "/clock", 200, now=1_900_000_000, frozen=True)["frozen"] is True
    google.clock.move(60)
    assert control(google, "GET", "/clock", 200)["now"] == 1_900_000_000
    assert control(google, "PATCH", "/clock", 200, advance=5)["now"] == 1_900_000_005
    control(google, "PATCH", "/clock", 200, frozen=False)
    google.clock.move(60)
    assert control(google, "GET", "/clock", 200)["now"] == 1_900_000_065
    control(google, "POST", "/reset", 204)
    assert control(google, "GET", "/clock", 200) == {"now": before + 120, "frozen": False, "offset": 0.0}


@pytest.mark.parametrize("change", [{"now": -1}, {"advance": 1e12}, {"now": "noon"}, {"frozen": "yes"}, {"day": 1}])
def test_no_time_out_of_bounds(github: World, change: dict[str, Any]) -> None:
    before = control(github, "GET", "/clock", 200)
    control(github, "PATCH", "/clock", 400, **change)
    control(github, "PATCH", "/clock", 200, advance=4_000_000_000 - before["now"])
    assert "2100" in control(github, "PATCH", "/clock", 400, advance=4_000_000_000)["error"]


def test_a_snapshot_brings_everything_back(github: World) -> None:
    control(github, "POST", "/people", 201, **JANE)
    tokens = github.tokens("jane")
    code = github.callback("jane")["code"]
    control(github, "POST", "/services", 201, id="more", vendor="oidc")
    snapshot = control(github, "POST", "/snapshots", 201)["id"]
    control(github, "DELETE", "/people/jane", 204)
    control(github, "DELETE", "/services/more", 204)
    control(github, "PATCH", "/clock", 200, advance=5000)
    control(github, "POST", "/clients", 201, vendor="github", client_id="x", redirect_uris=["http://localhost/cb"])
    assert github.redeem(code).json["error"]
    for _ in range(2):
        control(github, "POST", f"/snapshots/{snapshot}/restore", 204)
        assert github.profile(tokens["access_token"]).json["login"] == "jane"
        control(github, "GET", "/services/more", 200)
        control(github, "GET", "/clients/x", 404)
        assert control(github, "GET", "/clock", 200)["offset"] == 0
        assert github.redeem(code).json["access_token"]
    assert [entry["id"] for entry in control(github, "GET", "/snapshots", 200)["snapshots"]] == [snapshot]
    control(github, "DELETE", f"/snapshots/{snapshot}", 204)
    control(github, "POST", f"/snapshots/{snapshot}/restore", 404)


def test_rotated_keys_come_back() -> None:
    world = make_world("oidc", "oidc")
    control(world, "POST", "/services", 201, id="rotating", vendor="oidc")

    def kid() -> str:
        address = world.http.get("/rotating/.well-known/openid-configuration").json["jwks_uri"]
        return str(world.http.get(address).json["keys"][0]["kid"])

    first, snapshot = kid(), control(world, "POST", "/snapshots", 201)["id"]
    control(world, "PATCH", "/services/rotating", 200, rotate_keys=True)
    assert kid() != first
    control(world, "POST", f"/snapshots/{snapshot}/restore", 204)
    assert kid() == first


def test_reset_is_the_start(github: World) -> None:
    before = [control(github, "GET", f"/{kind}", 200) for kind in ("people", "clients", "services", "setup")]
    control(github, "POST", "/people", 201, **JANE)
    control(github, "POST", "/services", 201, id="more", vendor="oidc")
    control(github, "POST", "/clients", 201, vendor="oidc", service="more", redirect_uris=["http://localhost/cb"])
    token = github.tokens("jane")["access_token"]
    latest = control(github, "GET", "/journal", 200)["latest"]
    control(github, "POST", "/reset", 204)
    assert [control(github, "GET", f"/{kind}", 200) for kind in ("people", "clients", "services", "setup")] == before
    assert control(github, "GET", "/journal", 200) == {"latest": latest, "entries": []}
    assert github.profile(token).status_code == 401


def test_the_set_up_is_told_as_a_file_would_have_it(github: World, tmp_path: Any) -> None:
    from mock_idp.setup.file import read_file  # noqa: PLC0415 - only this test

    control(github, "POST", "/people", 201, **JANE)
    control(github, "POST", "/services", 201, id="more", vendor="oidc", faults=["json-null"])
    control(github, "POST", "/clients", 201, vendor="oidc", service="more", redirect_uris=["http://localhost/cb"])
    path = tmp_path / "mock-idp.yaml"
    path.write_bytes(github.http.get("/__idp/setup").data)  # JSON is YAML
    setup = read_file(path)
    assert setup.people == tuple(github.idp.people.own.values())
    assert (setup.clients[0].service, setup.services[0].id) == ("more", "more")


def test_the_journal_is_emptied_and_goes_on(github: World) -> None:
    github.tokens()
    latest = control(github, "GET", "/journal", 200)["latest"]
    control(github, "DELETE", "/journal", 204)
    github.tokens()
    entries = control(github, "GET", "/journal", 200)["entries"]
    assert [entry["sequence"] for entry in entries] == [latest + 1, latest + 2]
    assert github.journal(since=latest + 1)[0]["sequence"] == latest + 2


def test_time_passes_at_one_service_alone_and_is_restored(github: World) -> None:
    world = github
    control(world, "POST", "/services", 201, id="mine", vendor="okta")
    control(world, "POST", "/services", 201, id="theirs", vendor="okta")
    snapshot = control(world, "POST", "/snapshots", 201)["id"]

    def ahead() -> list[float]:
        return [control(world, "GET", f"/services/{service}", 200)["offset"] for service in ("mine", "theirs")]

    assert control(world, "PATCH", "/services/mine", 200, advance=3600)["offset"] == 3600
    assert ahead() == [3600, 0]
    before = world.idp.services.by_id["mine"].clock.now()
    control(world, "PATCH", "/clock", 200, advance=5)
    assert world.idp.services.by_id["mine"].clock.now() == before + 5
    assert "2100" in control(world, "PATCH", "/services/mine", 400, advance=4_000_000_000)["error"]
    assert "is shared" in control(world, "PATCH", "/services/okta", 400, advance=1)["error"]

    control(world, "POST", f"/snapshots/{snapshot}/restore", 204)
    assert ahead() == [0, 0]


def test_a_sign_in_page_is_as_old_as_its_service_says(github: World) -> None:
    control(github, "POST", "/services", 201, id="mine", vendor="github")
    body = {"vendor": "github", "service": "mine", "client_id": "mine", "redirect_uris": ["http://localhost/cb"]}
    control(github, "POST", "/clients", 201, **body)
    query = {"client_id": "mine", "redirect_uri": "http://localhost/cb", "state": "s"}
    page = github.http.get("/mine/login/oauth/authorize", query_string=query)
    control(github, "PATCH", "/services/mine", 200, advance=2 * 3600)

    assert "120 minutes old" in github.decide(page).text


def test_services_tell_their_endpoints() -> None:
    world = make_world("microsoft", "microsoft")
    endpoints = control(world, "GET", "/services/microsoft", 200)["endpoints"]

    tenant = "/microsoft/5f0c7a1e-3b52-4c8d-9e64-7d21a0b3c4f5"
    assert endpoints["token"] == f"{tenant}/oauth2/v2.0/token"
    assert world.http.get(endpoints["discovery"]).json["token_endpoint"].endswith(endpoints["token"])
    assert "other" not in endpoints
