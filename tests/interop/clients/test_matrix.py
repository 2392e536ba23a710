"""Independent clients, as their makers ship them, do at every vendor what they do at the real service.

The table is ``matrix.yaml``; `pytest` writes what became of it to ``build/reports/clients.md`` and ``clients.json``.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import requests

from tests.interop.clients.browser_programs import BrowserPrograms
from tests.interop.clients.conftest import Person
from tests.interop.clients.runner import ClientError, NodePrograms
from tests.interop.clients.table import Cell, read_table
from tests.support.idp_process import IdpProcess

ORIGIN = "http://localhost:8765"
CELLS, CAUSES = read_table()

# What the mock has to say for itself when a client misbehaves: refused is not enough, the reason counts.
REASONS = {
    "wrong-secret": "wrong client secret",
    "other-redirect-uri": "redirect URI not registered",
    "replayed-code": "code used before",
    "wrong-verifier": "PKCE verifier does not match the challenge",
}

# What is registered where the client does not use just that.
REGISTERED = {
    "other-redirect-uri": "{origin}/elsewhere",
    "sub-path": "{origin}/",
    "loopback-port": "http://127.0.0.1:4711/callback",
    "localhost-port": "http://localhost:4711/callback",
}
LOOPBACK = {"loopback-port": "http://127.0.0.1:8765"}

# For `-m quick`.
QUICK = ("sign-in", "wrong-secret")


def marked(cell: Cell) -> Any:
    """The cell as a parameter; strictly failing if something is known to be in its way."""
    marks = [pytest.mark.xfail(strict=True, reason=f"cause {cell.cause}: {CAUSES[cell.cause]}")] if cell.cause else []
    if cell.act in QUICK:
        marks.append(pytest.mark.quick)
    return pytest.param(cell, id=str(cell), marks=marks)


# What clients warn of is between them and their users.
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("cell", [marked(cell) for cell in CELLS])
def test_cell(
    cell: Cell, idp: IdpProcess, person: Person, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    # For redirect URIs and issuers without TLS, as its documentation says for tests on one's own machine.
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    since = journal(idp)["latest"]
    play = player(cell, idp, person, request)

    if cell.act in REASONS:
        with pytest.raises(Exception) as complaint:  # each client has errors of its own
            play()
        entries = journal(idp, since)["entries"]
        reasons = [entry["refusal"]["reason"] for entry in entries if entry["refusal"]]
        assert REASONS[cell.act] in reasons, f"the mock: {reasons}; the client: {complaint.value!r}"
        return
    try:
        found = play()
    except Exception as complaint:
        entries = journal(idp, since)["entries"]
        refusals = [entry["refusal"]["detail"] for entry in entries if entry["refusal"]]
        raise ClientError(f"the mock: {refusals}; the client: {complaint!r}") from complaint
    check(cell.act, found, idp, since, person)


def player(cell: Cell, idp: IdpProcess, person: Person, request: pytest.FixtureRequest) -> Callable[[], dict[str, Any]]:
    """What plays a cell, wherever its client runs."""
    program, act = cell.client.program, cell.act
    if cell.client.runs == "browser":
        apps: BrowserPrograms = request.getfixturevalue("browser_programs")
        return partial(apps.play, program, act, told(cell, idp, apps.origin))
    settings = told(cell, idp, ORIGIN)
    visit = person.saml_answer if cell.target.vendor == "saml" else person.consent
    if cell.client.runs == "node":
        node_programs: NodePrograms = request.getfixturevalue("node_programs")
        return partial(node_programs.play, program, act, settings, visit)
    module = importlib.import_module(f"tests.interop.clients.programs.{program}")
    return partial(module.play, act, settings, visit)


def told(cell: Cell, idp: IdpProcess, origin: str) -> dict[str, Any]:
    """Register the client, and say what it is told; about the secret or the redirect URI that may be untrue."""
    vendor = cell.target.vendor
    origin = LOOPBACK.get(cell.act, origin)
    redirect_uri = origin + cell.client.redirect_path(vendor)
    registered = REGISTERED.get(cell.act, redirect_uri).format(origin=origin)
    body = {
        "vendor": vendor,
        # A client of its own for each cell, so that nobody has consented to anything before.
        "provider": str(cell).replace(".", "-"),
        "env": "test",
        "public": cell.client.is_public,
        "redirect_uris": [registered],
    }
    if cell.act == "logout":
        body["logout_uris"] = [f"{origin}/"]
    answer = requests.post(f"{idp.url}/__idp/clients", json=body, timeout=10)
    assert answer.status_code == 201, answer.text
    issuer = cell.target.issuer.format(idp=idp.url, tls=idp.tls_url)
    return {
        "client": cell.client.name,
        "vendor": vendor,
        "issuer": issuer,
        "host": issuer.partition("://")[2].rstrip("/"),
        "tenant": cell.target.tenant,
        "id": answer.json()["client_id"],
        "secret": "wrong" if cell.act == "wrong-secret" else answer.json()["client_secret"],
        "redirectUri": redirect_uri,
        "origin": origin,
    }


def check(act: str, found: dict[str, Any], idp: IdpProcess, since: int, person: Person) -> None:
    """Check what a client found, as far as it cannot have made that up."""
    assert found["accessToken"]
    if act == "verify":
        assert found["profile"]["sub"]
    if act == "profile":
        assert any(name in json.dumps(found["profile"]) for name in ("Ada Quill", "ada-quill")), found["profile"]
    if act == "renew":
        # In a private window Chromium sends no cookie from the frame, so that saying so at once is as good as a token.
        assert found["renewed"] in ("token", "login_required", "interaction_required")
    if act == "refresh":
        assert found["newer"] and found["newer"] != found["accessToken"]
    if act == "revoke":
        revocations = [entry for entry in journal(idp, since)["entries"] if entry["endpoint"] == "revocation"]
        assert [entry["status"] for entry in revocations] == [200]
    if act == "introspect":
        assert found["active"] is True
    if act == "logout" and found["logoutUrl"]:
        assert person.visit(found["logoutUrl"]).startswith(ORIGIN)


def journal(idp: IdpProcess, since: int = 0) -> dict[str, Any]:
    """What the mock was asked since then."""
    found: dict[str, Any] = requests.get(f"{idp.url}/__idp/journal", params={"since": since}, timeout=10).json()
    return found
