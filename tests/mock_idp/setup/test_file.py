"""Mistakes in mock-idp.yaml are said with file, line and what to do; changes count at once."""

import json

import pytest

from mock_idp.setup.file import read_file
from mock_idp.setup.model import Setup, SetupFileError
from tests.mock_idp.setup.conftest import OWN_FILE, FileOf, OwnWorld

MISTAKES = [
    ("people: [", ":1: this is no YAML", "indentation"),
    ("- a\n", ":1: mock-idp.yaml must be an object", "members"),
    ("peeple: []\n", ":1: peeple: The member 'peeple' means nothing here", "did you mean people?"),
    ("people:\n  - name: Jane\n", ":2: people: A person needs the member id", ""),
    ("people:\n  - id: jane\n    emial: x@y.example\n", ":3: people.emial: ", "did you mean email?"),
    ("people:\n  - id: jane\n    email: jane\n", ":3: people.email: email must be an e-mail address", "'jane'"),
    ("people:\n  - id: jane\n\n    logins:\n      githup: j\n", ":5: people.logins.githup: ", "did you mean github?"),
    ("people:\n  - id: jane\n    groups: a\n", ":3: people.groups: groups must be a list", ""),
    ("people:\n  - id: jane\n    groups:\n    - a\n    - 7\n", ":5: people.groups: an entry of groups", "not 7"),
    ("people:\n  - id: jane\n  - id: jane\n", ":3: 'jane' stands at ", ":2 already; remove one"),
    ("people:\n  - id: jane\n    id: joe\n", ":2 and 3: the member 'id' is defined twice", "remove one"),
    ("people:\n  - id: jane\n    claims: {all: {since: 2020-01-01}}\n", ":3: people.claims.all: ", "quotation marks"),
    ("clients:\n  - vendor: github\n    client_id: x\n", ":2: clients: A client needs the member redirect_uris", ""),
    ("clients:\n  - vendor: githup\n    redirect_uris: []\n", ":2: clients.vendor: ", "did you mean github?"),
    (
        "clients:\n  - vendor: github\n    redirect_uris:\n      - http://a\n      - /b\n",
        ":5: clients.redirect_uris: '/b' is no absolute",
        "",
    ),
    (
        "clients:\n  - vendor: github\n    public: true\n    redirect_uris: [http://a]\n",
        ":3: clients.public: GitHub has no public clients",
        "",
    ),
    ("services:\n  - {id: x, vendor: okta, faults: [nothing]}\n", ":2: services.faults: There is no fault", ""),
    ("settings:\n  port: many\n", ":2: settings.port: port must be a whole number", "'many'"),
    ("settings:\n  profile: fancy\n", ":2: settings.profile: There is no profile 'fancy'", "default"),
    ("settings:\n  providers: [githup]\n", ":2: settings.providers: There is no vendor or auth proxy 'githup'", ""),
]


@pytest.mark.parametrize(("text", "begins", "has"), MISTAKES, ids=lambda value: str(value)[:30])
def test_mistakes_say_where_and_what_to_do(file_of: FileOf, text: str, begins: str, has: str) -> None:
    path = file_of(text)
    with pytest.raises(SetupFileError) as raised:
        read_file(path)
    assert str(raised.value).startswith(f"{path}{begins}")
    assert has in str(raised.value)


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "people:\nclients:\nsettings:\n", "{}"])
def test_a_file_may_say_nothing(file_of: FileOf, text: str) -> None:
    assert read_file(file_of(text)) == Setup()


def test_bytes_that_are_no_text(file_of: FileOf) -> None:
    path = file_of("")
    path.write_bytes(b"people: \xff\n")
    with pytest.raises(SetupFileError, match="not UTF-8"):
        read_file(path)
    path.write_bytes(b"people: \x00\n")
    with pytest.raises(SetupFileError, match="no YAML"):
        read_file(path)


def test_somebody_new_can_sign_in_at_once(own: OwnWorld) -> None:
    own.rewrite(OWN_FILE.replace("  - id: joe\n", "  - id: new\n  - id: joe\n"))
    github = own.at("github")
    assert github.tokens("new", asked={"scope": "read:user"})["access_token"]
    assert own.said == ["Read again: 3 people, 2 clients, 1 services."]


def test_after_a_mistake_everything_stays_as_it_was(own: OwnWorld) -> None:
    own.rewrite("people:\n  - id: 7\n")
    github = own.at("github")
    tokens = github.tokens("jane.doe", asked={"scope": "read:user"})
    assert github.profile(tokens["access_token"]).status_code == 200
    assert len(own.said) == 1
    assert f"{own.path}:2: people.id: " in own.said[0]
    own.rewrite(OWN_FILE)
    assert own.http.get("/__idp/people").status_code == 200
    assert own.said[1].startswith("Read again")


def test_a_file_that_is_gone_changes_nothing(own: OwnWorld) -> None:
    own.path.unlink()
    assert own.http.get("/__idp/people").json["people"][0]["id"] == "jane.doe"
    assert "There is no file" in own.said[0]


def test_who_is_gone_from_the_file_is_signed_out(own: OwnWorld) -> None:
    github = own.at("github")
    tokens = github.tokens("jane.doe", asked={"scope": "read:user"})
    own.rewrite("people: [{id: joe}]\nclients:" + OWN_FILE.partition("clients:")[2])
    assert github.profile(tokens["access_token"]).status_code == 401
    answer = github.decide(github.authorize(scope="read:user"), "jane.doe")
    assert answer.status_code == 400
    assert "persona must be one of joe, plain" in answer.text


def test_a_changed_client_loses_what_it_does_not_have_any_more(own: OwnWorld) -> None:
    own.rewrite(OWN_FILE.replace("http://localhost:7007/callback", "http://localhost:7007/other"))
    answer = own.at("github").authorize(redirect_uri="http://localhost:7007/callback")
    assert answer.headers["Location"].startswith("http://localhost:7007/other?error=")
    assert own.at("github").client.redirect_uris == {"http://localhost:7007/other"}


def test_a_persona_s_id_is_taken(own: OwnWorld) -> None:
    own.rewrite("people: [{id: plain}]\n")
    assert own.http.get("/__idp/people").status_code == 200
    assert f"{own.path}:1: people.id: plain is one of the kit's personas" in own.said[0]


def test_changed_settings_wait_for_the_next_start(own: OwnWorld) -> None:
    own.rewrite(OWN_FILE + "settings: {port: 9001}\n")
    own.http.get("/__idp/people")
    assert own.said[1] == "The settings changed; they count from the next start on."
    assert json.dumps(own.idp.settings.port) == "9000"
