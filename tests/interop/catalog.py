"""When the users of the mock IdP are in Backstage's catalog."""

from __future__ import annotations

import time
from typing import Any

import requests
import yaml

_POLL_SECONDS = 0.1
_SECONDS = 30


def wait_for_catalog(auth_url: str, idp_url: str) -> None:
    """Return when every entity that the mock IdP publishes is in the catalog.

    "Ready" says nothing about this: the catalog reads its locations in the background, a second or so later.
    It is asked as the guest, so that the guest provider must be configured.

    Raises:
        TimeoutError: some are still missing; names them.
    """
    refs = _published_refs(idp_url)
    catalog = auth_url.removesuffix("/auth") + "/catalog"
    with requests.Session() as session:
        session.trust_env = False
        guest = session.get(f"{auth_url}/guest/refresh", timeout=10)
        guest.raise_for_status()
        session.headers["Authorization"] = f"Bearer {guest.json()['backstageIdentity']['token']}"
        give_up = time.monotonic() + _SECONDS
        while missing := _missing(session, catalog, refs):
            if time.monotonic() > give_up:
                raise TimeoutError(f"After {_SECONDS} seconds the catalog still has no {', '.join(missing)}.")
            time.sleep(_POLL_SECONDS)


def _published_refs(idp_url: str) -> list[str]:
    with requests.Session() as session:
        session.trust_env = False
        document = session.get(f"{idp_url}/__idp/catalog.yaml", timeout=10)
    document.raise_for_status()
    entities: list[dict[str, Any]] = list(yaml.safe_load_all(document.content))
    return [_ref(entity["kind"], entity["metadata"]) for entity in entities]


def _ref(kind: str, metadata: dict[str, Any]) -> str:
    # The catalog looks references up in lower case only.
    return f"{kind}:{metadata.get('namespace', 'default')}/{metadata['name']}".lower()


def _missing(session: requests.Session, catalog: str, refs: list[str]) -> list[str]:
    query = {"entityRefs": refs, "fields": ["kind"]}
    answer = session.post(f"{catalog}/entities/by-refs", json=query, timeout=10)
    answer.raise_for_status()
    return [ref for ref, entity in zip(refs, answer.json()["items"], strict=True) if entity is None]
