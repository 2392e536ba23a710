"""What Google's Directory and Cloud Identity APIs say about the groups of a user; Google's tokens have none."""

import hashlib
import re
from collections.abc import Iterable
from typing import Any

from mock_idp.people import Account, Person

DIRECTORY_SCOPES = tuple(
    f"https://www.googleapis.com/auth/admin.directory.group{suffix}" for suffix in (".readonly", ".member.readonly", "")
)
CLOUD_IDENTITY_SCOPES = tuple(
    f"https://www.googleapis.com/auth/cloud-identity.groups{suffix}" for suffix in (".readonly", "")
)
_MEMBER = re.compile(r"member_key_id\s*==\s*(?:'([^']+)'|\"([^\"]+)\")")
_LABEL = "cloudidentity.googleapis.com/groups.discussion_forum"


def member_of_query(query: str) -> str:
    """Whose groups a query of Cloud Identity is about: an address; empty if it does not say."""
    found = _MEMBER.search(query)
    return (found.group(1) or found.group(2)) if found and " in labels" in query else ""


def find(people: Iterable[Person], vendor: str, key: str) -> Account | None:
    """A user by address or by id."""
    accounts = (person.account(vendor) for person in people)
    return next((account for account in accounts if key in (account.persona.email, account.subject(""))), None)


def _groups(account: Account) -> list[tuple[str, str, str]]:
    """Id, address and name of each group."""
    domain = (account.persona.email or "").partition("@")[2]
    named = ((name, name if "@" in name else f"{name}@{domain}") for name in account.groups or ())
    return [(hashlib.sha256(email.encode()).hexdigest()[:15], email, name) for name, email in named]


def directory(account: Account) -> dict[str, Any]:
    """``GET /admin/directory/v1/groups?userKey=…``."""
    groups = [
        {
            "kind": "admin#directory#group",
            "id": number,
            "etag": f'"{number}"',
            "email": email,
            "name": name,
            "directMembersCount": "1",
            "description": "",
            "adminCreated": True,
        }
        for number, email, name in _groups(account)
    ]
    return {"kind": "admin#directory#groups", "etag": '"groups"', **({"groups": groups} if groups else {})}


def transitive(account: Account) -> dict[str, Any]:
    """``GET /v1/groups/-/memberships:searchTransitiveGroups``."""
    memberships = [
        {
            "group": f"groups/{number}",
            "groupKey": {"id": email},
            "displayName": name,
            "labels": {_LABEL: ""},
            "relationType": "DIRECT",
            "roles": [{"role": "MEMBER"}],
        }
        for number, email, name in _groups(account)
    ]
    return {"memberships": memberships} if memberships else {}
