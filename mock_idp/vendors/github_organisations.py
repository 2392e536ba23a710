"""What GitHub's REST API says about the organisations and teams of a user."""

import hashlib
from typing import Any

from mock_idp.people import Account

_CREATED = "2021-02-03T09:10:11Z"


def organisations(account: Account, api_url: str) -> list[dict[str, Any]]:
    """The organisations that a user belongs to (``GET /user/orgs``)."""
    return [_organisation(name, api_url) for name in account.persona.organisations]


def teams(account: Account, api_url: str, web_url: str) -> list[dict[str, Any]]:
    """The teams that a user belongs to, of all organisations (``GET /user/teams``)."""
    return [
        _team(organisation, name, api_url, web_url)
        for organisation, names in account.persona.organisations.items()
        for name in names
    ]


def _number(text: str) -> int:
    return 10_000_000 + int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]) % 90_000_000


def _organisation(name: str, api_url: str) -> dict[str, Any]:
    url = f"{api_url}/orgs/{name}"
    return {
        "login": name,
        "id": _number(name),
        "node_id": f"O_{_number(name)}",
        "url": url,
        "repos_url": f"{url}/repos",
        "events_url": f"{url}/events",
        "hooks_url": f"{url}/hooks",
        "issues_url": f"{url}/issues",
        "members_url": f"{url}/members{{/member}}",
        "public_members_url": f"{url}/public_members{{/member}}",
        "avatar_url": "",
        "description": None,
    }


def _slug(name: str) -> str:
    return "-".join(name.lower().split())


def _team(organisation: str, name: str, api_url: str, web_url: str) -> dict[str, Any]:
    number, slug = _number(f"{organisation}/{name}"), _slug(name)
    url = f"{api_url}/organizations/{_number(organisation)}/team/{number}"
    return {
        "id": number,
        "node_id": f"T_{number}",
        "url": url,
        "html_url": f"{web_url}/orgs/{organisation}/teams/{slug}",
        "name": name,
        "slug": slug,
        "description": None,
        "privacy": "closed",
        "notification_setting": "notifications_enabled",
        "permission": "pull",
        "members_url": f"{url}/members{{/member}}",
        "repositories_url": f"{url}/repos",
        "parent": None,
        "members_count": 1,
        "repos_count": 0,
        "created_at": _CREATED,
        "updated_at": _CREATED,
        "organization": {**_organisation(organisation, api_url), "type": "Organization"},
    }
