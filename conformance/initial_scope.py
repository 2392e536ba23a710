"""What ``${…}`` reaches before the first step of a case. Pure."""

import base64
import hashlib
import re
from typing import Any, Final

from conformance.cases import Case
from conformance.scenario.model import ProviderFacts
from conformance.scenario.references import resolve
from conformance.target import Target

USUAL_PERSONA: Final = "plain"
"""Who ``${it.…}`` is until somebody signs in."""

OWN: Final = "own"
"""The name under which a case reaches its own persona."""


def initial_scope(case: Case, facts: ProviderFacts, target: Target, seed: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the references of a case reach, and its provider's facts with references to personas still in them.

    Parameters:
        case: the case.
        facts: what is known about its vendor.
        target: the examined target.
        seed: of the run's random choices.
    """
    vendor = case.provider.vendor
    personas = {id_: _persona(persona, vendor) for id_, persona in target.personas.items()}
    if case.own is not None:
        personas[OWN] = personas[case.own]
    scope: dict[str, Any] = {
        "case": {"id": case.id, "unique": hashlib.sha256(f"{seed}/{case.id}".encode()).hexdigest()[:32]},
        "target": {
            "auth_url": target.auth_url,
            "auth_path": target.auth_path,
            "backend_url": target.backend_url,
            "app_origin": target.app_origin,
            "environment": target.environment,
            "https": target.is_https,
            "secure": target.is_secure,
            "same_site": target.same_site,
            "other": _other(case, target),
        },
        "idp": target.idp,
        "persona": personas,
    }
    if USUAL_PERSONA in personas:
        scope["it"] = personas[USUAL_PERSONA]
    provider = _provider(case, facts, target)
    # Facts may speak of personas, so they are resolved before anything refers to them.
    return {**scope, "provider": resolve(provider, scope)}, provider


def _provider(case: Case, facts: ProviderFacts, target: Target) -> dict[str, Any]:
    client: dict[str, Any] = next(
        (
            registered
            for provider in target.idp["providers"]
            if provider["id"] == case.provider.id
            for registered in (*provider.get("environments", []), *filter(None, [provider.get("client")]))
            if registered.get("name", "") == case.environment
        ),
        {},
    )
    provider = {
        **facts.model_dump(),
        "id": case.provider.id,
        "vendor": case.provider.vendor,
        "environment": case.environment,
        "url": f"{target.auth_url}/{case.provider.id}",
        "path": f"{target.auth_path}/{case.provider.id}",
        "client": client,
    }
    for request in ("token_request", "refresh_request"):
        provider[request]["authorization"] = _authorization(provider[request]["placement"], client)
    return provider


def _other(case: Case, target: Target) -> str:
    """The id of another provider of the target: the next one that signs people in as the case's does.

    Where there is none, an id of no provider.
    """
    alike = [entry["id"] for entry in target.idp["providers"] if entry.get("kind") == _kind(case, target)]
    ids = [provider.id for provider in target.providers if provider.id in alike and provider.id != case.provider.id]
    behind = [id_ for id_ in ids if id_ > case.provider.id]
    return next(iter([*sorted(behind), *sorted(ids)]), "no-other-provider")


def _kind(case: Case, target: Target) -> object:
    return next((entry.get("kind") for entry in target.idp["providers"] if entry["id"] == case.provider.id), None)


def _authorization(placement: str, client: dict[str, Any]) -> dict[str, Any]:
    """Match the header with which the backend names its client to the vendor (RFC 6749 section 2.3.1).

    ``Basic:`` counts as ``Basic`` (OKTA-04).
    """
    if placement == "body":
        return {"absent": True}
    pair = f"{client.get('client_id')}:{client.get('client_secret')}"
    return {"matches": f"Basic:? {re.escape(base64.b64encode(pair.encode()).decode())}"}


def _persona(persona: dict[str, Any], vendor: str) -> dict[str, Any]:
    """A persona with its face at the vendor and what the catalog says it owns (CTX-09)."""
    refs = [persona["entity_ref"], *persona["groups"]]
    return {
        **persona,
        "face": persona["faces"].get(vendor, {}),
        "ownership": [ref for ref in refs if ref and ref.startswith(("user:", "group:"))],
    }
