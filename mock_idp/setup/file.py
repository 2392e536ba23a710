"""Reads ``mock-idp.yaml``; every mistake is said with file, line and what to do."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import yaml

from mock_idp.app_config.providers import SetupError
from mock_idp.people import Person
from mock_idp.personas import PERSONAS
from mock_idp.setup.clients import make_client
from mock_idp.setup.members import LINE, UNREAD, Member, MemberError, Members, list_of, map_of, read_members, schema_of
from mock_idp.setup.members import Path as MemberPath
from mock_idp.setup.model import ClientSetup, ServiceSetup, Setup, SetupFileError
from mock_idp.setup.shapes import (
    CLIENT,
    PERSON,
    SERVICE,
    SETTINGS,
    read_client,
    read_person,
    read_service,
    read_settings,
)
from mock_idp.vendor_files import VendorFileError, add_vendor_file

Read = TypeVar("Read")

FILE_NAME = "mock-idp.yaml"
SCHEMA_FILE = Path(__file__).with_name("mock-idp.schema.json")
FIRST_FILE = Path(__file__).with_name("first.yaml")
"""What people begin with; ``SCHEMA`` stands for the path of the schema."""
DIALECT = "http://json-schema.org/draft-07/schema#"
"""What editors understand best."""

_PARTS: Members = {
    "people": Member(list_of(UNREAD, 10_000), "Who can sign in, beside the kit's personas."),
    "clients": Member(list_of(UNREAD, 10_000), "Clients of your own, with ids and secrets of your own."),
    "services": Member(list_of(UNREAD), "Further services: an issuer, keys, clients and memory of its own."),
    "vendors": Member(
        list_of(LINE),
        "Python files with vendors and auth proxies of your own, as seen from here; read at the start only.",
    ),
    "settings": Member(map_of(UNREAD), "What the command line does not say; read at the start only."),
}


def schema() -> dict[str, Any]:
    """The JSON Schema of ``mock-idp.yaml``."""
    made = schema_of(_PARTS, "People, clients, services and settings of a mock IdP (mock-idp serve).")
    parts = made["properties"]
    for name, members, what in (
        ("people", PERSON, "A person who can sign in."),
        ("clients", CLIENT, "An application that is registered at a vendor."),
        ("services", SERVICE, "One more running instance of a vendor."),
    ):
        parts[name]["items"] = schema_of(members, what)
        parts[name] |= {"type": ["array", "null"]}
    parts["vendors"] |= {"type": ["array", "null"]}
    parts["settings"] = {**schema_of(SETTINGS, parts["settings"]["description"]), "type": ["object", "null"]}
    return {"$schema": DIALECT, "title": FILE_NAME, **made, "type": ["object", "null"]}


def read_file(path: Path) -> Setup:
    """Read a set-up file.

    Parameters:
        path: the file.

    Raises:
        SetupFileError: it cannot be read or used.
    """
    return _File(path, *load(path)).setup()


def add_vendors_of(path: Path) -> None:
    """Have the vendors of one's own that a set-up file names; nothing else is read of it.

    Raises:
        SetupFileError: it cannot be read, or one of these files cannot be used.
    """
    _File(path, *load(path)).add_vendors()


def load(path: Path) -> tuple[Any, yaml.Node | None]:
    """A YAML file with one document, as plain data and as nodes, which know their lines.

    Raises:
        SetupFileError: it cannot be read, or it is no YAML that means one thing.
    """
    text = read_text(path)
    try:
        return yaml.safe_load(text), yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise not_yaml(path, error) from None


def read_text(path: Path) -> str:
    """The text of a file.

    Raises:
        SetupFileError: it cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise SetupFileError(f"{path} cannot be read ({error.strerror}).") from None
    except UnicodeDecodeError:
        raise SetupFileError(f"{path} is not UTF-8; save it in that encoding.") from None


def not_yaml(path: Path, error: Exception) -> SetupFileError:
    """What to say about a file that is not YAML."""
    mark = getattr(error, "problem_mark", None)
    where = f"{path}:{mark.line + 1}" if mark else str(path)
    problem = getattr(error, "problem", None) or str(error).partition("\n")[0] or "it is nested too deeply"
    return SetupFileError(f"{where}: this is no YAML: {problem}. Check indentation and quotation marks there.")


class _File:
    """One file, while it is read.

    Parameters:
        path: the file.
        data: what it says.
        root: the same as nodes; None if it is empty.
    """

    def __init__(self, path: Path, data: Any, root: yaml.Node | None) -> None:
        self._path = path
        self._data = data
        self._root = root

    def setup(self) -> Setup:
        """What the file says."""
        if self._data is None:
            return Setup()
        if self._root is not None:
            self._check_twice(self._root)
        parts = self._checked(lambda: read_members(_without_none(self._data), _PARTS, f"{self._path.name}"), ())
        # What follows may name them.
        vendors = self.add_vendors()
        clients = tuple(self._client(entry, place) for entry, place in _entries(parts, "clients"))
        services = tuple(self._service(entry, place) for entry, place in _entries(parts, "services"))
        people = tuple(self._person(entry, place) for entry, place in _entries(parts, "people"))
        self._check_ids("people", [person.id for person in people])
        self._check_ids("services", [service.id for service in services])
        self._check_ids("clients", [(client.service or client.vendor, client.id) for client in clients])
        return Setup(people, clients, services, self._settings(parts.get("settings", {})), vendors=vendors)

    def add_vendors(self) -> tuple[str, ...]:
        """Have the vendors of the files under ``vendors``, which are named as seen from this one."""
        said = self._data.get("vendors") if isinstance(self._data, Mapping) else None
        if said is None:
            return ()
        part = self._checked(lambda: read_members({"vendors": said}, _PARTS, self._path.name), ())
        return tuple(self._vendor(entry, place) for entry, place in _entries(part, "vendors"))

    def _vendor(self, entry: str, place: MemberPath) -> str:
        try:
            add_vendor_file(self._path.parent / entry)
        except VendorFileError as error:
            raise SetupFileError(f"{self._where(place)}: {error}") from None
        return entry

    def _person(self, entry: Any, place: MemberPath) -> Person:
        def read() -> Person:
            person = read_person(entry)
            if person.id in PERSONAS:
                raise MemberError(f"{person.id} is one of the kit's personas; choose another id.", ("id",))
            return person

        return self._checked(read, place)

    def _client(self, entry: Any, place: MemberPath) -> ClientSetup:
        def read() -> ClientSetup:
            setup = read_client(entry, self._where(place))
            make_client(setup)
            return setup

        return self._checked(read, place)

    def _service(self, entry: Any, place: MemberPath) -> ServiceSetup:
        return self._checked(lambda: read_service(entry, self._where(place)), place)

    def _settings(self, entry: Any) -> dict[str, Any]:
        def read() -> dict[str, Any]:
            try:
                return read_settings(entry)
            except SetupError as error:
                raise MemberError(str(error), ("providers",)) from None

        return self._checked(read, ("settings",))

    def _checked(self, read: Callable[[], Read], place: MemberPath) -> Read:
        try:
            return read()
        except MemberError as error:
            at = (*place, *error.path)
            what = ".".join(str(step) for step in at if isinstance(step, str))
            raise SetupFileError(f"{self._where(at)}: {what + ': ' if what else ''}{error.sentence}") from None

    def _where(self, place: MemberPath) -> str:
        """File and line of a value, or of the nearest one around it."""
        node, line = self._root, 1 if self._root is None else self._root.start_mark.line + 1
        for step in place:
            key, node = _child(node, step)
            if node is None:
                break
            line = (key or node).start_mark.line + 1
        return f"{self._path}:{line}"

    def _check_ids(self, part: str, ids: list[Any]) -> None:
        for number, one in enumerate(ids):
            if one in ids[:number]:
                name = one if isinstance(one, str) else one[1] or "without client_id"
                first = self._where((part, ids.index(one)))
                raise SetupFileError(f"{self._where((part, number))}: {name!r} stands at {first} already; remove one.")

    def _check_twice(self, node: yaml.Node, depth: int = 0) -> None:
        """YAML lets the later of two members win without a word, which is never meant."""
        for key, value in node.value if isinstance(node, yaml.MappingNode) else ():
            same = [other for other, _ in node.value if other.value == key.value]
            if len(same) > 1 and isinstance(key, yaml.ScalarNode):
                lines = " and ".join(str(other.start_mark.line + 1) for other in same)
                raise SetupFileError(f"{self._path}:{lines}: the member {key.value!r} is defined twice; remove one.")
            self._check_twice(value, depth + 1)
        for entry in node.value if isinstance(node, yaml.SequenceNode) else ():
            self._check_twice(entry, depth + 1)


def _without_none(data: Any) -> Any:
    """A part with nothing below it says nothing."""
    return {name: part for name, part in data.items() if part is not None} if isinstance(data, Mapping) else data


def _entries(parts: Mapping[str, Any], name: str) -> Iterator[tuple[Any, MemberPath]]:
    for number, entry in enumerate(parts.get(name, ())):
        yield entry, (name, number)


def _child(node: yaml.Node | None, step: str | int) -> tuple[yaml.Node | None, yaml.Node | None]:
    """Key and value of a member, or an entry of a list; None if there is none."""
    if isinstance(node, yaml.MappingNode):
        return next(((key, value) for key, value in node.value if key.value == step), (None, None))
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return None, node.value[step]
    return None, None
