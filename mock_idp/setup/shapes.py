"""What a person, a client, a service and the settings look like where they are written down."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from mock_idp.app_config.providers import provider_setups
from mock_idp.faults.catalogue import FAULTS
from mock_idp.faults.model import FaultSpecError
from mock_idp.people import EVERYWHERE, Person
from mock_idp.profiles import profiles
from mock_idp.proxies import proxies
from mock_idp.settings import MOST_FAULTS, Settings
from mock_idp.setup.members import (
    BOOLEAN,
    CLAIMS,
    CREDENTIAL,
    EMAIL,
    IDENTIFIER,
    LINE,
    NAME,
    PICTURE,
    URL,
    Kind,
    Member,
    MemberError,
    Members,
    list_of,
    map_of,
    one_of,
    or_false,
    or_null,
    read_members,
    whole,
)
from mock_idp.setup.model import OWN_ENVIRONMENT, ClientSetup, ServiceSetup
from mock_idp.vendors import vendors

MOST_GROUPS = 5000


def _read_faults(value: Any, name: str) -> tuple[Any, ...]:
    try:
        FAULTS.parse(value)
    except FaultSpecError as error:
        raise MemberError(str(error)) from None
    return tuple(value)


FAULT_LIST = Kind(
    {
        "type": "array",
        "maxItems": MOST_FAULTS,
        "items": {
            "anyOf": [
                {"enum": list(FAULTS.by_id)},
                {"type": "object", "required": ["fault"], "properties": {"fault": {"enum": list(FAULTS.by_id)}}},
            ]
        },
    },
    _read_faults,
)


def _emulations() -> Collection[str]:
    return [*vendors(), *proxies()]


def _everywhere() -> Collection[str]:
    return [EVERYWHERE, *_emulations()]


PERSON: Members = {
    "id": Member(NAME, "Short name, by which tests and --auto-login choose the person.", required=True),
    "name": Member(LINE, "Display name; made of the id by default."),
    "given_name": Member(LINE, "First name; the first word of the name by default."),
    "family_name": Member(LINE, "Last name; the rest of the name by default."),
    "email": Member(or_null(EMAIL), "E-mail address; none by default."),
    "email_verified": Member(BOOLEAN, "Whether vendors call the address verified; true by default."),
    "login": Member(LINE, "User name at vendors that have one; the id by default."),
    "logins": Member(map_of(LINE, _emulations), "Vendor -> user name there, where it is another one."),
    "ids": Member(map_of(IDENTIFIER, _emulations), "Vendor -> id there; by default it follows from the person's id."),
    "groups": Member(
        list_of(LINE, MOST_GROUPS), "Groups of the catalog, by name or entity ref; vendors tell the names."
    ),
    "vendor_groups": Member(
        map_of(list_of(LINE, MOST_GROUPS), _emulations), "Vendor -> groups that it tells instead of these."
    ),
    "organisations": Member(map_of(list_of(LINE)), "Organisation -> teams in it, at vendors with organisations."),
    "claims": Member(
        map_of(CLAIMS, _everywhere), f"Vendor, or {EVERYWHERE} -> further members of ID token and profile."
    ),
    "picture": Member(PICTURE, "Address of a picture; a drawn one by default."),
    "entity": Member(or_false(LINE), "Name of the User entity in the catalog, or false for none; the id by default."),
    "namespace": Member(LINE, "Namespace of the User entity."),
    "description": Member(LINE, "One sentence, shown on the sign-in page."),
}

CLIENT: Members = {
    "vendor": Member(one_of(vendors), "Where the client is registered.", required=True),
    "client_id": Member(CREDENTIAL, "Client id; derived from the vendor by default."),
    "client_secret": Member(CREDENTIAL, "Client secret; derived from the id by default."),
    "redirect_uris": Member(list_of(LINE), "Where the vendor may send people back to.", required=True),
    "token_endpoint_auth_method": Member(LINE, "The one way it authenticates; any that the vendor knows by default."),
    "public": Member(BOOLEAN, "Whether it has no secret; as the vendor has it by default."),
    "scopes": Member(list_of(LINE), "What it gets if it asks for none."),
    "logout_uris": Member(list_of(LINE), "Where a browser may go after it was signed out."),
    "origins": Member(list_of(LINE), "Origins of its pages, which may read answers (CORS)."),
    "service": Member(NAME, "Where it is registered, if not at the vendor's own service."),
    "provider": Member(NAME, "Provider id of the Backstage backend that uses it."),
    "env": Member(NAME, "Environment of that provider."),
}

SERVICE: Members = {
    "id": Member(
        NAME, "Its id: the first segment of its path, or what stands for the * of a host name.", required=True
    ),
    "vendor": Member(one_of(_emulations), "What it behaves like.", required=True),
    "faults": Member(FAULT_LIST, "Its faults for every user, as in the consent form."),
}

_PORT = whole(0, 65535)
SETTINGS: Members = {
    "host": Member(LINE, "Address to listen on."),
    "port": Member(_PORT, "Port of plain HTTP."),
    "proxy_port": Member(_PORT, "Port of the forward proxy to the vendors' host names."),
    "tls_port": Member(_PORT, "Port of TLS."),
    "backend_urls": Member(list_of(URL), "Base URLs of the backends that may sign in here."),
    "app_urls": Member(list_of(URL), "Base URLs of the Backstage frontends."),
    "providers": Member(list_of(LINE), "Only these providers; ID=VENDOR maps an id of your own."),
    "profile": Member(one_of(profiles), "Variant of the app-config."),
    "auto_login": Member(NAME, "Who is signed in at once, without a consent page."),
    "seed": Member(whole(0, 2**32), "Repeats the random choices of an earlier run."),
}


_FIELDS: Mapping[str, str] = {
    "given_name": "given",
    "family_name": "family",
    "picture": "picture_url",
    "description": "reason",
}
"""Members whose names differ from those of :class:`~mock_idp.people.Person`."""

PERSON_CHANGE: Members = {
    name: Member(member.kind, member.description) for name, member in PERSON.items() if name != "id"
}
"""What can be changed about a person."""


def read_person(data: Any) -> Person:
    """Read a person.

    Parameters:
        data: members of :data:`PERSON`.

    Raises:
        MemberError: a member is missing or cannot be.
    """
    said = read_members(data, PERSON, "A person")
    person_id = said["id"]
    usual = Person(person_id, _name_of(person_id), person_id, None, "", groups=(), entity=person_id, own=True)
    return replace(usual, **{_FIELDS.get(name, name): value for name, value in said.items()})


def changed_person(person: Person, data: Any) -> Person:
    """A person with other members.

    Parameters:
        person: as it was.
        data: members of :data:`PERSON_CHANGE`; those that are missing stay as they are.

    Raises:
        MemberError: a member cannot be.
    """
    said = read_members(data, PERSON_CHANGE, "What changes about a person")
    return replace(person, **{_FIELDS.get(name, name): value for name, value in said.items()})


def _name_of(person_id: str) -> str:
    """``jane.doe`` as ``Jane Doe``."""
    words = person_id.replace(".", " ").replace("-", " ").replace("_", " ").split()
    return " ".join(word.capitalize() for word in words)


def person_members(person: Person) -> dict[str, Any]:
    """A person as members of :data:`PERSON`; what is usual stays out."""
    said: dict[str, Any] = {
        "id": person.id,
        "name": person.name,
        "given_name": person.given,
        "family_name": person.family,
        "email": person.email,
        "email_verified": person.email_verified,
        "login": person.login,
        "logins": dict(person.logins),
        "ids": dict(person.ids),
        "groups": list(person.groups),
        "vendor_groups": {vendor: list(groups) for vendor, groups in person.vendor_groups.items()},
        "organisations": {name: list(teams) for name, teams in person.organisations.items()},
        "claims": {vendor: dict(claims) for vendor, claims in person.claims.items()},
        "picture": person.picture_url,
        "entity": person.entity or False,
        "namespace": person.namespace,
        "description": person.reason or None,
    }
    return {name: value for name, value in said.items() if value is not None and value != {}}


def read_client(data: Any, where: str = "") -> ClientSetup:
    """Read a client.

    Parameters:
        data: members of :data:`CLIENT`.
        where: file and line, for messages.

    Raises:
        MemberError: a member is missing or cannot be.
    """
    said = read_members(data, CLIENT, "A client")
    return ClientSetup(
        vendor=said["vendor"],
        id=said.get("client_id", ""),
        redirect_uris=said["redirect_uris"],
        secret=said.get("client_secret"),
        authentication_method=said.get("token_endpoint_auth_method", ""),
        is_public=said.get("public"),
        scopes=said.get("scopes", ()),
        logout_uris=said.get("logout_uris", ()),
        origins=said.get("origins", ()),
        service=said.get("service", ""),
        provider=said.get("provider", ""),
        environment=said.get("env", OWN_ENVIRONMENT),
        where=where,
    )


def read_service(data: Any, where: str = "") -> ServiceSetup:
    """Read a service.

    Parameters:
        data: members of :data:`SERVICE`.
        where: file and line, for messages.

    Raises:
        MemberError: a member is missing or cannot be.
    """
    said = read_members(data, SERVICE, "A service")
    return ServiceSetup(said["id"], said["vendor"], said.get("faults", ()), where)


def read_settings(data: Any) -> dict[str, Any]:
    """Read settings.

    Parameters:
        data: members of :data:`SETTINGS`.

    Raises:
        MemberError: a member cannot be.
        SetupError: a provider or the profile does not exist.
    """
    said = read_members(data, SETTINGS, "settings")
    provider_setups(Settings(**said))
    return said
