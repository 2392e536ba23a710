"""The users and groups of the software catalog, read from ``catalog.locations`` (CTX).

The catalog may come up after the backend, and may change while it runs. A location is therefore read when it
is needed: again after :data:`RELOAD_AFTER`, and sooner (but not more often than every
:data:`RETRY_AFTER`) if it failed or if no user was found in it.
"""

import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import requests
import yaml

from reference_backend.config.model import Config
from reference_backend.errors import AuthError
from reference_backend.formats import yaml12
from reference_backend.http.client import HttpClient
from reference_backend.identity import entity_ref
from reference_backend.identity.entity_ref import EntityRef

RELOAD_AFTER = 30.0
"""Seconds after which a location is read again although nothing asks for it."""
RETRY_AFTER = 1.0
"""Seconds between two attempts at a location that failed or lacked what was looked for."""

Filter = Mapping[str, str]
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Entity:
    """A ``User`` or ``Group``.

    Parameters:
        ref: its reference, as written.
        document: the YAML document.
        member_of: refs of its ``memberOf`` relations, sorted.
    """

    ref: EntityRef
    document: Mapping[str, Any]
    member_of: tuple[str, ...] = ()

    def annotation(self, name: str) -> str | None:
        """An annotation, None if absent."""
        value = ((self.document.get("metadata") or {}).get("annotations") or {}).get(name)
        return None if value is None else str(value)


@dataclass(frozen=True, slots=True)
class _Index:
    """All entities with their relations, and what they are looked for by.

    Parameters:
        by_ref: entities by their canonical refs.
        terms: for each of these refs, the lower-case paths and values of the entity.
    """

    by_ref: Mapping[str, Entity] = field(default_factory=dict)
    terms: Mapping[str, frozenset[tuple[str, str]]] = field(default_factory=dict)


@dataclass(slots=True)
class _Location:
    kind: str
    target: str
    entities: list[Entity] = field(default_factory=list)
    loaded_at: float | None = None
    tried_at: float | None = None


class Catalog:
    """Answers the lookups of resolvers.

    Parameters:
        config: the whole configuration; ``catalog.locations`` is read.
        http: client for locations of type ``url``.
        clock: seconds since the epoch.
    """

    def __init__(self, config: Config, http: HttpClient, clock: Callable[[], float]) -> None:
        self._locations = [
            _Location(location.string("type"), location.string("target"))
            for location in config.children("catalog.locations")
        ]
        self._http = http
        self._clock = clock
        self._lock = threading.Lock()
        self._index = _Index()

    def by_ref(self, ref: EntityRef, *, fresh: bool = False) -> Entity | None:
        """The entity of that ref, ignoring case (CTX-02).

        Parameters:
            ref: which.
            fresh: whether it is there now, rather than some seconds ago (OFFLINE-17).
        """
        wanted = entity_ref.stringify(ref)
        found = self._search(lambda index: [index.by_ref[wanted]] if wanted in index.by_ref else [], eager=fresh)
        return found[0] if found else None

    def is_complete(self) -> bool:
        """Tell whether the latest reading of every location succeeded (OFFLINE-18)."""
        with self._lock:
            return all(location.loaded_at == location.tried_at for location in self._locations)

    def query(self, filters: Sequence[Filter]) -> list[Entity]:
        """Entities for which one of the filters holds with all its pairs (CTX-03, CTX-04).

        Keys and values are compared without regard to case, as the catalog's search does.
        """
        wanted = [frozenset((key.lower(), entity_ref.fold(value)) for key, value in one.items()) for one in filters]

        def matching(index: _Index) -> list[Entity]:
            return [index.by_ref[ref] for ref, terms in index.terms.items() if any(one <= terms for one in wanted)]

        return self._search(matching)

    def refresh(self) -> None:
        """Read every location that is due."""
        self._current(eager=False)

    def _search(self, look: Callable[[_Index], list[Entity]], *, eager: bool = False) -> list[Entity]:
        return look(self._current(eager=eager)) or look(self._current(eager=True))

    def _current(self, *, eager: bool) -> _Index:
        """What is known now, after reading whatever is due."""
        with self._lock:
            now = self._clock()
            due = [location for location in self._locations if _is_due(location, now, eager=eager)]
            for location in due:
                self._load(location, now)
            if due:
                self._index = index_of([entity for location in self._locations for entity in location.entities])
            return self._index

    def _load(self, location: _Location, now: float) -> None:
        location.tried_at = now
        try:
            location.entities = list(self._read(location.kind, location.target, depth=0))
            location.loaded_at = now
        except (OSError, ValueError, yaml.YAMLError, requests.RequestException, AuthError) as error:
            # What was read before stays: a catalog that is down for a moment locks nobody out.
            log.warning("cannot read catalog location %s: %s", location.target, error)

    def _read(self, kind: str, target: str, depth: int) -> Iterator[Entity]:
        for document in _documents(self._text(kind, target)):
            if not isinstance(document, Mapping):
                continue
            if document.get("kind") in ("User", "Group"):
                yield Entity(_ref_of(document), document)
            elif document.get("kind") == "Location" and depth < 5:
                for inner_kind, inner in _inner_targets(document, kind, target):
                    yield from self._read(inner_kind, inner, depth + 1)

    def _text(self, kind: str, target: str) -> str:
        if kind == "file":
            return Path(target).read_text(encoding="utf-8")
        if kind != "url":
            raise ValueError(f"locations of type '{kind}' are not supported")
        response = self._http.request("GET", target)
        response.raise_for_status()
        return response.content.decode("utf-8")


@lru_cache(maxsize=16)
def _documents(text: str) -> tuple[Any, ...]:
    """Parse a file; most are the same as the last time. The result is never changed."""
    return tuple(yaml12.load_all(text))


def _is_due(location: _Location, now: float, *, eager: bool) -> bool:
    if location.tried_at is None:
        return True
    if location.loaded_at is not None and not eager and now < location.loaded_at + RELOAD_AFTER:
        return False
    return now >= location.tried_at + RETRY_AFTER


def _inner_targets(document: Mapping[str, Any], kind: str, target: str) -> Iterator[tuple[str, str]]:
    spec = document.get("spec") or {}
    inner_kind = spec.get("type", kind)
    for inner in [*filter(None, [spec.get("target")]), *(spec.get("targets") or [])]:
        if inner_kind == "file":
            yield inner_kind, str(Path(target).parent / inner)
        else:
            yield inner_kind, requests.compat.urljoin(target, inner)


def _ref_of(document: Mapping[str, Any]) -> EntityRef:
    metadata = document.get("metadata") or {}
    return entity_ref.build(document.get("kind"), metadata.get("namespace"), str(metadata.get("name") or ""))


def with_relations(entities: Sequence[Entity]) -> list[Entity]:
    """Add the ``memberOf`` relations that users and groups declare (CTX-09)."""
    memberships: dict[str, set[str]] = {}
    for entity in entities:
        for member, group in _declared_memberships(entity):
            memberships.setdefault(member, set()).add(group)
    return [
        Entity(
            entity.ref,
            entity.document,
            tuple(sorted(memberships.get(entity_ref.stringify(entity.ref), ()))),
        )
        for entity in entities
    ]


def _declared_memberships(entity: Entity) -> Iterator[tuple[str, str]]:
    spec = entity.document.get("spec") or {}
    own = entity_ref.stringify(entity.ref)
    if entity.ref.kind.lower() == "user":
        for group in spec.get("memberOf") or []:
            yield own, _relative(str(group), "Group", entity.ref.namespace)
    else:
        for member in spec.get("members") or []:
            yield _relative(str(member), "User", entity.ref.namespace), own


def _relative(text: str, kind: str, namespace: str) -> str:
    """A ref in a spec: its namespace defaults to that of the entity which names it."""
    has_namespace = "/" in text
    ref = entity_ref.parse(text, default_kind=kind)
    return entity_ref.stringify(ref if has_namespace else EntityRef(ref.kind, namespace, ref.name))


def index_of(entities: Sequence[Entity]) -> _Index:
    """What lookups need; of several entities with one ref the first wins."""
    first: dict[str, Entity] = {}
    for entity in entities:
        first.setdefault(entity_ref.stringify(entity.ref), entity)
    by_ref = dict(zip(first, with_relations(list(first.values())), strict=True))
    return _Index(by_ref, {ref: _terms(entity) for ref, entity in by_ref.items()})


def _terms(entity: Entity) -> frozenset[tuple[str, str]]:
    """Every path and value; the namespace is there even if the document leaves it out."""
    return frozenset([*_paths(entity.document, ""), ("metadata.namespace", entity.ref.namespace.lower())])


def _paths(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """Lower-case dotted paths and values, as the catalog indexes them."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _paths(item, f"{path}.{key}".lower().lstrip("."))
    elif isinstance(value, list):
        for item in value:
            yield from _paths(item, path)
    elif value is not None:
        yield path, entity_ref.fold(str(value))
