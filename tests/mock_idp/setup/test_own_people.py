"""People and clients of one's own sign in where the personas do."""

import jwt
import pytest
import yaml

from mock_idp.application import create_app
from mock_idp.idp import SettingsError, make_idp
from mock_idp.settings import Settings
from mock_idp.setup.file import read_file
from tests.mock_idp.conftest import form_of
from tests.mock_idp.setup.conftest import OWN_FILE, FileOf, OwnWorld


def test_somebody_of_the_file_signs_in_at_github(own: OwnWorld) -> None:
    github = own.at("github")
    tokens = github.tokens("jane.doe", asked={"scope": "read:user user:email"})
    profile = github.profile(tokens["access_token"]).json
    assert (profile["login"], profile["id"], profile["name"]) == ("jane-d", 4711, "Jane Doe")
    assert profile["email"] == "jane.doe@acme.example"
    assert profile["floor"] == 3
    assert "department" not in profile


def test_somebody_of_the_file_signs_in_at_google(own: OwnWorld) -> None:
    google = own.at("google")
    answer = google.tokens("jane.doe", asked={"scope": "openid email profile"})
    claims = jwt.decode(answer["id_token"], options={"verify_signature": False})
    assert (claims["sub"], claims["email"], claims["hd"]) == ("1184", "jane.doe@acme.example", "acme.example")
    assert (claims["department"], claims["floor"]) == ("Research", 3)
    profile = google.profile(answer["access_token"]).json
    assert (profile["department"], profile["sub"]) == ("Research", "1184")


def test_the_client_s_secret_counts(own: OwnWorld) -> None:
    github = own.at("github")
    code = github.callback("joe", asked={"scope": "read:user"})["code"]
    assert "error" in github.redeem(code, client_secret="another").json


def test_own_people_come_first_and_personas_behind_a_fold(own: OwnWorld) -> None:
    page = own.at("github").authorize(scope="read:user")
    first, _, folded = page.text.partition('<details class="others">')
    assert 'id="persona-jane.doe" value="jane.doe" checked' in first
    assert 'value="plain"' not in first
    assert 'value="plain"' in folded
    assert dict(form_of(page).fields)["persona"] == "jane.doe"


def test_a_login_hint_finds_own_people_and_opens_the_fold_for_a_persona(own: OwnWorld) -> None:
    page = own.at("google").authorize(scope="openid", login_hint="joe@acme.example")
    assert dict(form_of(page).fields)["persona"] == "joe"
    page = own.at("google").authorize(scope="openid", login_hint="ada-quill@lumenfold.example")
    assert '<details class="others" open>' in page.text
    assert dict(form_of(page).fields)["persona"] == "plain"


def test_the_catalog_has_own_people_behind_the_personas(own: OwnWorld) -> None:
    entities = list(yaml.safe_load_all(own.http.get("/__idp/catalog.yaml").text))
    by_name = {entity["metadata"]["name"]: entity for entity in entities}
    jane = by_name["jane.doe"]
    assert jane["spec"]["memberOf"] == ["group:default/platform", "group:default/guild-web"]
    assert jane["spec"]["profile"]["email"] == "jane.doe@acme.example"
    assert by_name["platform"]["kind"] == "Group"
    assert "plain" not in by_name
    assert "ada-quill" in by_name


def test_pictures_are_served(own: OwnWorld) -> None:
    for persona in ("jane.doe", "plain"):
        account = own.idp.people.by_id[persona].account("github")
        address = account.persona.picture
        host, path = address.removeprefix("https://").split("/", 1)
        answer = own.http.get(f"/{path}", headers={"Host": host})
        assert answer.status_code == 200, address
        assert answer.content_type == "image/svg+xml"
        assert "<svg" in answer.text
    assert own.http.get("/nobody.png", headers={"Host": host}).status_code == 404


def test_who_is_signed_in_by_itself_may_be_gone(file_of: FileOf) -> None:
    idp = make_idp(Settings(seed=1, auto_login="joe"), setup=read_file(file_of(OWN_FILE)))
    http = create_app(idp).test_client()
    query = {"client_id": "Iv1.mine", "redirect_uri": "http://localhost:7007/callback"}
    assert http.get("/github/login/oauth/authorize", query_string=query).status_code == 302
    idp.applied.remove_person("joe")
    assert "Sign in as" in http.get("/github/login/oauth/authorize", query_string=query).text
    with pytest.raises(SettingsError, match=r"There is no persona 'joe'; there are plain"):
        make_idp(Settings(auto_login="joe"))


def test_a_service_of_the_file_is_there(own: OwnWorld) -> None:
    assert own.http.get("/okta-eu/oauth2/v1/keys").json["keys"]
