"""The users of a company's catalog can sign in."""

import pytest

from mock_idp.setup.catalog import read_catalog
from mock_idp.setup.model import SetupFileError
from mock_idp.setup.sources import Source, Sources
from tests.mock_idp.setup.conftest import FileOf

ORG = """\
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: payments}
spec: {type: team, children: [], members: [breanna.davison, user:ops/sam]}
---
apiVersion: backstage.io/v1alpha1
kind: User
metadata:
  name: breanna.davison
  annotations:
    github.com/user-login: breanna-d
    graph.microsoft.com/user-id: 6b1c-oid
    gitlab.com/user-id: '815'
spec:
  profile: {displayName: Breanna Davison, email: breanna@acme.example, picture: 'https://acme.example/b.png'}
  memberOf: [team-a, group:ops/night-watch]
---
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: sam, namespace: ops, annotations: {google.com/email: sam@acme.example}}
spec: {memberOf: [night-watch]}
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: website}
---
"""


def test_users_become_people(file_of: FileOf) -> None:
    breanna, sam = read_catalog([file_of(ORG, "org.yaml")]).people
    assert (breanna.id, breanna.name, breanna.email) == ("breanna.davison", "Breanna Davison", "breanna@acme.example")
    assert breanna.entity_ref == "user:default/breanna.davison"
    assert breanna.group_refs == ("group:default/team-a", "group:ops/night-watch", "group:default/payments")
    assert breanna.groups_at("okta") == ("team-a", "night-watch", "payments")
    assert breanna.account("github").persona.login == "breanna-d"
    assert breanna.account("github").persona.picture == "https://acme.example/b.png"
    assert breanna.account("microsoft").uuid == "6b1c-oid"
    assert breanna.account("gitlab").number == 815
    assert (sam.id, sam.entity_ref, sam.email) == ("ops.sam", "user:ops/sam", "sam@acme.example")
    assert sam.group_refs == ("group:ops/night-watch", "group:default/payments")


MISTAKES = [
    ("kind: [", ":1: this is no YAML"),
    ("kind: Component\n", "there is no entity of the kind User"),
    ("kind: Group\n---\nkind: User\n", ":3: this User has no metadata.name"),
    ("kind: User\nmetadata: {name: plain}\n", ":1: plain is one of the kit's personas"),
    ("kind: User\nmetadata: {name: a}\n---\nkind: User\nmetadata: {name: a}\n", ":4: the user a stands at"),
]


@pytest.mark.parametrize(("text", "sentence"), MISTAKES)
def test_mistakes_say_where(file_of: FileOf, text: str, sentence: str) -> None:
    path = file_of(text, "org.yaml")
    with pytest.raises(SetupFileError) as raised:
        read_catalog([path])
    assert str(path) in str(raised.value)
    assert sentence in str(raised.value)


@pytest.mark.parametrize("entity", ["- a\n", "7\n", "kind: User\nmetadata: {name: a}\nspec: 7\n", "kind: 7\n"])
def test_odd_entities_are_passed_over(file_of: FileOf, entity: str) -> None:
    files = [file_of(entity, "a.yaml"), file_of(ORG, "b.yaml")]
    assert {person.id for person in read_catalog(files).people} >= {"breanna.davison", "ops.sam"}


def test_slow_searches_are_rare_and_changed_files_are_seen_at_once(file_of: FileOf) -> None:
    path, now = file_of(ORG, "org.yaml"), [0.0]

    def clock() -> float:
        now[0] += 0.5  # each search takes half a second
        return now[0]

    sources = Sources([Source((f"{path.parent}/*.yaml",), read_catalog)], clock)
    sources.read()
    assert not sources.have_changed()
    file_of("kind: User\nmetadata: {name: new}\n", "new.yaml")
    assert not sources.have_changed()
    path.write_text(ORG + "\n", encoding="utf-8")
    assert sources.have_changed()
    assert {person.id for person in sources.read().people} >= {"new", "breanna.davison"}
    file_of("kind: User\nmetadata: {name: newer}\n", "newer.yaml")
    now[0] += 10
    assert sources.have_changed()


def test_a_pattern_finds_files_below(file_of: FileOf) -> None:
    path = file_of(ORG, "org.yaml")
    (path.parent / "teams").mkdir()
    below = file_of(ORG, "teams/more.yaml")
    assert set(Source((f"{path.parent}/**/*.yaml",), read_catalog).files()) == {path, below}
    with pytest.raises(SetupFileError, match="There is no file"):
        Source((f"{path.parent}/*.yml",), read_catalog).files()
    with pytest.raises(SetupFileError, match="only directories"):
        Source((str(path.parent),), read_catalog).files()
