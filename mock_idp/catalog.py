"""The personas as a Backstage catalog: User and Group entities, as YAML."""

import re
from collections.abc import Collection, Iterable, Iterator
from functools import cache
from typing import Any

import yaml

from mock_idp.emulation import Emulation
from mock_idp.people import Person
from mock_idp.personas import PERSONAS
from mock_idp.proxies import proxies
from mock_idp.vendors import vendors

FIRST_PERSONA = "plain"
"""Who has nothing special, so that any sign-in shows that the look-alike is not taken."""

DEFAULT_NAMESPACE = "default"
_GROUP_REF = re.compile(r"group:[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?/[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")
"""What Backstage takes for the name of an entity (FieldFormatEntityPolicy)."""
_API_VERSION = "backstage.io/v1alpha1"


@cache
def catalog_yaml() -> str:
    """The personas' entities as a YAML stream, ready for a catalog location of type ``url``."""
    return _stream(entities())


@cache
def shown_catalog_yaml() -> str:
    """The same without the personas that a sign-in page does not show, for an app that people look at."""
    spare = {persona.entity for persona in PERSONAS.values() if persona.spare}
    return _stream([one for one in entities() if one["kind"] != "User" or one["metadata"]["name"] not in spare])


def own_catalog_yaml(people: Collection[Person]) -> str:
    """The entities of people of one's own, to stand behind those of the personas.

    Parameters:
        people: all of them; those without an entity are left out.
    """
    users = [person for person in people if person.entity]
    known = {ref for persona in PERSONAS.values() for ref in persona.group_refs}
    refs = dict.fromkeys(ref for person in users for ref in _valid(person.group_refs) if ref not in known)
    groups = [_own_group(ref) for ref in refs]
    return _stream([*groups, *(_own_user(person, person.entity) for person in users if person.entity)])


def _stream(documents: Collection[dict[str, Any]]) -> str:
    return yaml.safe_dump_all(documents, sort_keys=False, allow_unicode=True, explicit_start=True) if documents else ""


def _valid(refs: Iterable[str]) -> list[str]:
    """The references to groups whose names an entity can have."""
    return [ref for ref in refs if _GROUP_REF.fullmatch(ref)]


def _own_group(ref: str) -> dict[str, Any]:
    namespace, _, name = ref.removeprefix("group:").partition("/")
    return {
        "apiVersion": _API_VERSION,
        "kind": "Group",
        "metadata": {"name": name, **({} if namespace == DEFAULT_NAMESPACE else {"namespace": namespace})},
        "spec": {"type": "team", "children": []},
    }


def _own_user(person: Person, name: str) -> dict[str, Any]:
    user = _user(person, name, annotations_of(person))
    user["spec"]["memberOf"] = _valid(person.group_refs)
    if not person.reason:
        del user["metadata"]["description"]
    return user


def entities() -> list[dict[str, Any]]:
    """All entities: groups first, then each persona's user and its namesakes."""
    refs = [ref for persona in PERSONAS.values() for ref in persona.group_refs]
    own = "group:default/"
    groups = dict.fromkeys(ref.removeprefix(own) for ref in refs if ref.startswith(own))
    users = [user for persona in PERSONAS.values() for user in _users(persona)]
    others = [_ancestor(next(iter(groups))), _lookalike(PERSONAS[FIRST_PERSONA])]
    return [*(_group(name, _listed(name)) for name in groups), *others, *users]


def _listed(group: str) -> list[str]:
    """The members that a group itself names."""
    ref = f"group:{DEFAULT_NAMESPACE}/{group}"
    return [p.entity for p in PERSONAS.values() if p.entity and p.is_listed_by_group and ref in p.group_refs]


def _group(name: str, members: list[str] | None = None) -> dict[str, Any]:
    listed = {"members": members} if members else {}
    return {
        "apiVersion": _API_VERSION,
        "kind": "Group",
        "metadata": {"name": name, "description": f"The {name} crew (fictional)."},
        "spec": {"type": "team", "profile": {"displayName": name.capitalize()}, "children": [], **listed},
    }


def _ancestor(child: str) -> dict[str, Any]:
    """A group above another one, which gives no ownership: only direct membership counts (CTX-09)."""
    group = _group("fleet")
    group["spec"] |= {"type": "department", "children": [child]}
    return group


def _lookalike(persona: Person) -> dict[str, Any]:
    """A group with a person's address and annotations, whom a lookup of users must not find (CTX-03, CTX-04)."""
    group = _group("letterbox")
    group["metadata"]["annotations"] = annotations_of(persona)
    group["spec"]["profile"]["email"] = persona.email
    return group


def _users(persona: Person) -> Iterator[dict[str, Any]]:
    if persona.entity is None:
        return
    yield _user(persona, persona.entity, annotations_of(persona))
    if persona.namespace != DEFAULT_NAMESPACE:
        yield _stranger(persona.entity)
    for name in persona.namesakes:
        # Annotations stay out: only the address is shared.
        yield _user(persona, name, {})


def _stranger(name: str) -> dict[str, Any]:
    """A user of the usual namespace who shares only the name with one of another namespace (CTX-02)."""
    return {
        "apiVersion": _API_VERSION,
        "kind": "User",
        "metadata": {"name": name, "description": "Another user, with the name of a persona in another namespace."},
        "spec": {"profile": {"displayName": "Somebody else"}, "memberOf": ["harbour"]},
    }


def _user(persona: Person, name: str, annotations: dict[str, str]) -> dict[str, Any]:
    email = persona.email if persona.catalog_email is None else persona.catalog_email
    profile = {"displayName": persona.name, "email": email, "picture": persona.picture}
    metadata: dict[str, Any] = {"name": name, "description": persona.reason}
    if persona.namespace != DEFAULT_NAMESPACE:
        metadata["namespace"] = persona.namespace
    if annotations:
        metadata["annotations"] = annotations
    return {
        "apiVersion": _API_VERSION,
        "kind": "User",
        "metadata": metadata,
        "spec": {
            "profile": {key: value for key, value in profile.items() if value},
            "memberOf": [] if persona.is_listed_by_group else _written(persona.group_refs, persona.namespace),
        },
    }


def _written(refs: tuple[str, ...], namespace: str) -> list[str]:
    """References in each form that an entity may use: kind and namespace may be left out where they are its own."""
    names = [ref.removeprefix(f"group:{namespace}/") for ref in refs]
    if len(refs) == 1:
        return names
    return [f"default/{names[0]}", f"Group:{names[1]}", *refs[2:]] if refs else []


def annotations_of(persona: Person) -> dict[str, str]:
    """The annotations of a persona's user: whatever any vendor's or proxy's resolver looks for."""
    annotations: dict[str, str] = {}
    emulations: tuple[Emulation, ...] = (*vendors().values(), *proxies().values())
    for emulation in emulations:
        annotations.update(emulation.catalog_annotations(persona.account(emulation.id)))
    if persona.annotations_swapped:
        return {key: value.swapcase() for key, value in annotations.items()}
    return annotations
