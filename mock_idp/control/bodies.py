"""What requests to the control API carry, and what answers look like, as tables of members and JSON Schema."""

from typing import Any

from mock_idp.clock import LATEST
from mock_idp.journal import FILTERS
from mock_idp.oauth.tokens import KEY_SETS
from mock_idp.setup.members import (
    ANYTHING,
    BOOLEAN,
    NAME,
    Kind,
    Member,
    Members,
    list_of,
    map_of,
    number,
    one_of_these,
    schema_of,
)
from mock_idp.setup.shapes import CLIENT, FAULT_LIST, PERSON, SERVICE

TEXT = Kind({"type": "string"}, ANYTHING.read)

CLIENT_CHANGE: Members = {
    name: Member(CLIENT[name].kind, CLIENT[name].description)
    for name in CLIENT
    if name not in ("vendor", "client_id", "service")
}
GRANT_CHANGE: Members = {
    "faults": Member(FAULT_LIST, "What it carries along from now on."),
    "revoked": Member(BOOLEAN, "Whether it is taken back."),
}
SERVICE_OF_ANY_KIND: Members = {**SERVICE, "vendor": Member(NAME, "What it behaves like.", required=True)}
"""A service made at run time may be of what is no vendor: a website."""
SERVICE_CHANGE: Members = {
    "faults": Member(FAULT_LIST, "Its faults for every user from now on."),
    "rotate_keys": Member(one_of_these(True, False, "overlap"), "Whether the next key signs from now on."),
    "published_keys": Member(list_of(one_of_these(*KEY_SETS)), "Which sets of keys it publishes."),
    "advance": Member(number(0, LATEST), "Seconds that pass at once for it alone."),
}
_NULLABLE = {"type": ["string", "null"]}
HEADERS: Members = {
    "persona": Member(NAME, "Who is signed in.", required=True),
    "provider": Member(NAME, "Provider id that the headers are for; the proxy's own by default."),
    "faults": Member(FAULT_LIST, "What the sign-in carries along."),
    "remove": Member(list_of(TEXT), "Headers to leave out."),
    "replace": Member(map_of(TEXT), "Headers with other values."),
    "repeat": Member(list_of(TEXT), "Headers to send twice."),
    "claims": Member(Kind({"type": ["object", "null"]}, ANYTHING.read), "Claims of the token, replaced; null removes."),
    "token_headers": Member(Kind({"type": ["object", "null"]}, ANYTHING.read), "Members of its header, replaced."),
    "algorithm": Member(Kind(_NULLABLE, ANYTHING.read), "JWS algorithm."),
    "key": Member(Kind(_NULLABLE, ANYTHING.read), "Which key signs."),
    "edit": Member(Kind(_NULLABLE, ANYTHING.read), "What becomes of the finished token."),
    "text": Member(Kind(_NULLABLE, ANYTHING.read), "A text instead of the token."),
}
CLOCK_CHANGE: Members = {
    "now": Member(number(0, LATEST), "Set it, in seconds since the epoch."),
    "advance": Member(number(0, LATEST), "Seconds that pass at once."),
    "frozen": Member(BOOLEAN, "Stop it, or let it continue from its current time."),
}

JOURNAL_QUERY = {name: {"type": "integer" if name == "since" else "string"} for name in FILTERS}
GRANTS_QUERY = {name: {"type": "string"} for name in ("persona", "service", "client_id")}

_STRING = {"type": "string"}
_STRINGS = {"type": "array", "items": _STRING}
_FLAG = {"type": "boolean"}


def _object(**members: Any) -> dict[str, Any]:
    return {"type": "object", "required": list(members), "properties": members}


def _person() -> dict[str, Any]:
    schema = schema_of(PERSON, "A person who can sign in.")
    schema["properties"] |= {"own": _FLAG, "spare": _FLAG}
    return schema | {"required": ["id", "name", "login", "own", "spare"]}


SCHEMAS: dict[str, dict[str, Any]] = {
    "Error": _object(error={"type": "string", "description": "One sentence: what is wrong and what to do."}),
    "Person": _person(),
    "Client": _object(
        client_id=_STRING,
        client_secret=_STRING,
        service=_STRING,
        provider=_STRING,
        environment=_STRING,
        redirect_uris=_STRINGS,
        public=_FLAG,
        token_endpoint_auth_method=_NULLABLE,
        scopes=_STRINGS,
        logout_uris=_STRINGS,
        origins=_STRINGS,
    ),
    "Service": _object(
        id=_STRING,
        vendor=_STRING,
        path=_STRING,
        endpoints={"type": "object"},
        offset={"type": "number"},
        faults={"type": "array"},
    ),
    "Grant": _object(
        id=_STRING,
        service=_STRING,
        client_id=_STRING,
        persona=_STRING,
        scopes=_STRINGS,
        granted_at={"type": "number"},
        revoked=_FLAG,
        faults={"type": "array"},
    ),
    "Entry": _object(
        sequence={"type": "integer"}, time={"type": "number"}, service=_STRING, status={"type": "integer"}
    ),
    "Clock": _object(now={"type": "number"}, frozen=_FLAG, offset={"type": "number"}),
    "Snapshot": _object(id=_STRING, taken_at={"type": "number"}),
    "Setup": {
        **_object(people={"type": "array"}, clients={"type": "array"}, services={"type": "array"}),
        "description": "People, clients and services of one's own, as mock-idp.yaml would have them.",
    },
    "Description": _object(kit={"type": "object"}, urls={"type": "object"}, providers={"type": "array"}),
    "Headers": _object(headers={"type": "array"}, grant=_STRING),
}
