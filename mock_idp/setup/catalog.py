"""Makes people of the ``User`` and ``Group`` entities of a Backstage catalog."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from mock_idp.emulation import Emulation
from mock_idp.people import Person
from mock_idp.personas import PERSONAS
from mock_idp.proxies import proxies
from mock_idp.setup.file import not_yaml, read_text
from mock_idp.setup.model import Setup, SetupFileError
from mock_idp.setup.shapes import MOST_GROUPS
from mock_idp.vendors import vendors


def _by_annotation(of: Callable[[Emulation], Sequence[str]]) -> dict[str, str]:
    """Annotation -> vendor, for those that vendors name."""
    emulations: list[Emulation] = [*vendors().values(), *proxies().values()]
    return {key: emulation.id for emulation in emulations for key in of(emulation)}


def read_catalog(files: Sequence[Path]) -> Setup:
    """Read the users of a catalog as people; other entities are passed over.

    Parameters:
        files: YAML files, each with any number of entities.

    Raises:
        SetupFileError: a file is no YAML, or a user has no name.
    """
    entities = [(where, entity) for file in files for where, entity in _entities(file)]
    members: dict[str, list[str]] = defaultdict(list)
    for _, entity in entities:
        if entity.get("kind") == "Group":
            group = _ref(entity)
            for member in _texts(_spec(entity).get("members")):
                members[_full(member, "user", _namespace(entity))].append(group)
    people: dict[str, tuple[str, Person]] = {}
    for where, entity in entities:
        if entity.get("kind") != "User":
            continue
        person = _person(where, entity, members)
        if person.id in PERSONAS:
            raise SetupFileError(f"{where}: {person.id} is one of the kit's personas; leave this user out.")
        if person.id in people:
            other = people[person.id][0]
            raise SetupFileError(f"{where}: the user {person.id} stands at {other} already; remove one.")
        people[person.id] = (where, person)
    if not people:
        raise SetupFileError(f"{', '.join(map(str, files))}: there is no entity of the kind User.")
    return Setup(people=tuple(person for _, person in people.values()))


def _entities(file: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The entities of a file with their places."""
    text = read_text(file)
    try:
        nodes = list(yaml.compose_all(text, Loader=yaml.SafeLoader))
        documents = list(yaml.safe_load_all(text))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise not_yaml(file, error) from None
    for node, document in zip(nodes, documents, strict=False):
        if isinstance(document, Mapping):
            yield f"{file}:{node.start_mark.line + 1 if node else 1}", document


def _person(where: str, entity: Mapping[str, Any], members: Mapping[str, Sequence[str]]) -> Person:
    metadata, spec = _part(entity, "metadata"), _spec(entity)
    name, namespace = metadata.get("name"), _namespace(entity)
    if not isinstance(name, str) or not name:
        raise SetupFileError(f"{where}: this User has no metadata.name; give it one.")
    profile, annotations = _part(spec, "profile"), _part(metadata, "annotations")
    notes = {key: str(value) for key, value in annotations.items()}
    ref = _ref(entity)
    listed = [_full(group, "group", namespace) for group in _texts(spec.get("memberOf"))]
    groups = tuple(dict.fromkeys([*listed, *members.get(ref, ())]))[:MOST_GROUPS]
    logins = _by_annotation(lambda emulation: emulation.login_annotations)
    ids = _by_annotation(lambda emulation: emulation.id_annotations)
    addresses = _by_annotation(lambda emulation: emulation.email_annotations)
    email = _text(profile.get("email")) or next((notes[key] for key in addresses if notes.get(key)), None)
    return Person(
        id=name if namespace == "default" else f"{namespace}.{name}",
        name=_text(profile.get("displayName")) or _text(metadata.get("title")) or name,
        login=name,
        email=email,
        reason=_text(metadata.get("description")) or f"User of {Path(where).name.partition(':')[0]}.",
        groups=groups,
        entity=name,
        catalog_email=_text(profile.get("email")) or "",
        namespace=namespace,
        own=True,
        logins={vendor: notes[key] for key, vendor in logins.items() if notes.get(key)},
        ids={vendor: notes[key] for key, vendor in ids.items() if notes.get(key)},
        picture_url=_text(profile.get("picture")) or None,
    )


def _part(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = data.get(name)
    return part if isinstance(part, Mapping) else {}


def _spec(entity: Mapping[str, Any]) -> Mapping[str, Any]:
    return _part(entity, "spec")


def _text(value: Any) -> str:
    """A value as one line of text; empty if it is none."""
    return " ".join(value.split()) if isinstance(value, str) else ""


def _texts(value: Any) -> list[str]:
    return [entry for entry in value if isinstance(entry, str)] if isinstance(value, list) else []


def _namespace(entity: Mapping[str, Any]) -> str:
    return _text(_part(entity, "metadata").get("namespace")) or "default"


def _ref(entity: Mapping[str, Any]) -> str:
    name = _text(_part(entity, "metadata").get("name"))
    return _full(name, str(entity["kind"]).lower(), _namespace(entity))


def _full(ref: str, kind: str, namespace: str) -> str:
    """A reference with kind and namespace, which may be left out where they are the usual ones."""
    before, _, rest = ref.rpartition(":")
    space, _, name = rest.rpartition("/")
    return f"{(before or kind)}:{(space or namespace)}/{name}".lower()
