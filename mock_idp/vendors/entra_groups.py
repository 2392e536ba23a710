"""What Entra ID and Graph say about the groups of a user."""

import hashlib
import uuid
from collections.abc import Mapping
from typing import Any

from mock_idp.people import Account

MOST_IN_TOKEN = 200
"""Groups in a JWT; of more it only says where they can be read."""
_PAGE, _LARGEST_PAGE = 100, 999


def group_id(name: str) -> str:
    """The object id of a group: the name itself if it is one, else it follows from the name."""
    try:
        return str(uuid.UUID(name))
    except ValueError:
        return str(uuid.UUID(hashlib.sha256(f"entra-group/{name}".encode()).hexdigest()[:32], version=4))


def token_claims(account: Account, graph_url: str) -> dict[str, Any]:
    """What a token says: the ids, or where to ask for them (the overage claim)."""
    if account.groups is None:
        return {}
    if len(account.groups) <= MOST_IN_TOKEN:
        return {"groups": [group_id(name) for name in account.groups]}
    endpoint = f"{graph_url}v1.0/users/{account.uuid}/getMemberObjects"
    return {"_claim_names": {"groups": "src1"}, "_claim_sources": {"src1": {"endpoint": endpoint}}}


def member_objects(account: Account, graph_url: str) -> dict[str, Any]:
    """``POST …/getMemberObjects``: all ids at once."""
    ids = [group_id(name) for name in account.groups or ()]
    return {"@odata.context": f"{graph_url}v1.0/$metadata#Collection(Edm.String)", "value": ids}


def member_of(account: Account, graph_url: str, query: Mapping[str, str]) -> dict[str, Any]:
    """``GET …/memberOf``: a page of the groups.

    Parameters:
        account: whose.
        graph_url: address of Graph, with a final slash.
        query: ``$top`` and ``$skiptoken``.
    """
    size = min(_whole(query.get("$top"), _PAGE) or _PAGE, _LARGEST_PAGE)
    first = _whole(query.get("$skiptoken"), 0)
    names = (account.groups or ())[first:]
    page: dict[str, Any] = {
        "@odata.context": f"{graph_url}v1.0/$metadata#directoryObjects",
        "value": [_group(name) for name in names[:size]],
    }
    if len(names) > size:
        page["@odata.nextLink"] = f"{graph_url}v1.0/me/memberOf?$top={size}&$skiptoken={first + size}"
    return page


def _whole(text: str | None, default: int) -> int:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 7 else default


def _group(name: str) -> dict[str, Any]:
    return {
        "@odata.type": "#microsoft.graph.group",
        "id": group_id(name),
        "displayName": name,
        "mailEnabled": False,
        "mailNickname": name,
        "securityEnabled": True,
        "groupTypes": [],
    }
