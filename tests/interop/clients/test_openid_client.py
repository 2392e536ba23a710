"""openid-client, the certified client for Node, signs in with the issuers it can discover."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.interop.backstage.node import find_node, install_modules
from tests.interop.clients.conftest import Person, Registration
from tests.support.idp_process import IdpProcess

HERE = Path(__file__).parent
ISSUERS = {
    "google": ("https://accounts.google.com", ("access_type=offline", "prompt=consent")),
    "auth0": ("https://harbour.auth0.com/", ()),
    "gitlab": ("{idp}/gitlab", ()),
    "oidc": ("{idp}/oidc", ()),
}


@pytest.fixture(scope="module", autouse=True)
def modules() -> None:
    install_modules(directory=HERE)


def sign_in(vendor: str, idp: IdpProcess, person: Person, client: Registration, **decision: str) -> dict[str, Any]:
    """Let the client send a person to the vendor and back; returns what the client printed."""
    issuer, options = ISSUERS[vendor]
    command = [find_node(), "openid_client.mjs", issuer.format(idp=idp.url)]
    command += [client.id, client.secret, client.redirect_uri, *options]
    with subprocess.Popen(
        command,
        cwd=HERE,
        env={**os.environ, **idp.environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        said, complaint = process.communicate(person.consent(url, **decision) + "\n" if url else None, timeout=60)
    assert said, complaint
    found: dict[str, Any] = json.loads(said)
    return found


@pytest.mark.parametrize("vendor", ISSUERS)
def test_sign_in_and_refresh(
    vendor: str, idp: IdpProcess, person: Person, register: Callable[..., Registration]
) -> None:
    found = sign_in(vendor, idp, person, register(vendor))

    assert "error" not in found, found
    assert found["claims"]["email"] == found["userinfo"]["email"] == "ada-quill@lumenfold.example"
    assert found["isRefreshed"] in (True, None)


@pytest.mark.parametrize("fault", ["wrong-signature", "expired", "wrong-audience", "wrong-nonce", "alg-none"])
def test_faults_are_noticed(fault: str, idp: IdpProcess, person: Person, register: Callable[..., Registration]) -> None:
    found = sign_in("google", idp, person, register("google"), faults=json.dumps([fault]))

    assert "claims" not in found
    assert found["message"]


def test_denial(idp: IdpProcess, person: Person, register: Callable[..., Registration]) -> None:
    assert sign_in("google", idp, person, register("google"), decision="deny")["error"] == "access_denied"
