"""Presence and type of what a request carries (OERR-03, OERR-04)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from reference_backend.authorization_server import oidc_error
from reference_backend.formats import encoding, urls

Kind = Literal["text", "url", "texts", "urls"]
ABSENT = object()


@dataclass(frozen=True, slots=True)
class Member:
    """What one member has to be.

    Parameters:
        name: its name.
        kind: a text, an absolute URL, or a list of them.
        required: it has to be there, and not be empty.
    """

    name: str
    kind: Kind = "text"
    required: bool = False


AUTHORIZE = (
    Member("client_id", required=True),
    Member("redirect_uri", "url", required=True),
    Member("response_type", required=True),
    *map(Member, ("scope", "state", "nonce", "code_challenge", "code_challenge_method")),
)
REGISTER = (
    Member("client_name"),
    Member("redirect_uris", "urls", required=True),
    Member("response_types", "texts"),
    Member("grant_types", "texts"),
    Member("scope"),
    Member("token_endpoint_auth_method"),
)
TOKEN = (
    Member("grant_type", required=True),
    Member("code"),
    Member("redirect_uri", "url"),
    *map(Member, ("code_verifier", "refresh_token", "client_id", "client_secret")),
)
REVOKE = (Member("token", required=True), *map(Member, ("token_type_hint", "client_id", "client_secret")))


def checked(sent: Any, members: Sequence[Member]) -> dict[str, Any]:
    """The members that a route looks at; all others are ignored (OERR-04).

    Parameters:
        sent: query, form or JSON document.
        members: what the route looks at.

    Raises:
        OidcError: something is missing or of the wrong type (OERR-03).
    """
    if not isinstance(sent, Mapping):
        raise invalid([f"Invalid input: expected object, received {type_name(sent)}"])
    problems = [problem for member in members for problem in problems_of(member, sent.get(member.name, ABSENT))]
    if problems:
        raise invalid(problems)
    return {
        member.name: trimmed(member, sent[member.name])
        for member in members
        if sent.get(member.name, ABSENT) is not ABSENT
    }


def invalid(problems: Sequence[str]) -> oidc_error.OidcError:
    """All problems in one description (OERR-03)."""
    return oidc_error.invalid_request(f"Validation error: {'; '.join(problems)}")


def problems_of(member: Member, value: Any) -> Iterator[str]:
    """What is wrong with a value, each problem with the name of the member."""
    if value is ABSENT and not member.required:
        return
    if member.kind in ("text", "url"):
        yield from _problems_of_text(member.name, value, is_url=member.kind == "url", required=member.required)
    elif not isinstance(value, list):
        yield f'Invalid input: expected array, received {type_name(value)} at "{member.name}"'
    elif member.required and not value:
        yield f'Too small: expected array to have >=1 items at "{member.name}"'
    else:
        for index, item in enumerate(value):
            yield from _problems_of_text(f"{member.name}[{index}]", item, is_url=member.kind == "urls")


def _problems_of_text(place: str, value: Any, *, is_url: bool, required: bool = False) -> Iterator[str]:
    if not isinstance(value, str):
        yield f'Invalid input: expected string, received {type_name(value)} at "{place}"'
    elif not is_storable(value):
        yield f'Invalid input: expected string of Unicode characters without NUL at "{place}"'
    elif is_url and not is_absolute_url(value):
        yield f'Invalid URL at "{place}"'
    elif required and not value:
        yield f'Too small: expected string to have >=1 characters at "{place}"'


def is_storable(text: str) -> bool:
    """Neither NUL nor half a surrogate pair, which no database of ours takes."""
    return "\0" not in text and encoding.LONE_SURROGATE.search(text) is None


def is_absolute_url(text: str) -> bool:
    """Tell whether a browser could go there."""
    try:
        urls.parse(text)
    except ValueError:
        return False
    return True


def trimmed(member: Member, value: Any) -> Any:
    """The value as it is used: addresses without white space around them."""
    if member.kind == "url":
        return value.strip()
    return [one.strip() for one in value] if member.kind == "urls" else value


def type_name(value: Any) -> str:
    """The type as JavaScript has it."""
    if value is ABSENT:
        return "undefined"
    if value is None:
        return "null"
    names: tuple[tuple[type, str], ...] = ((bool, "boolean"), (str, "string"), (list, "array"), (Mapping, "object"))
    return next((name for kind, name in names if isinstance(value, kind)), "number")
