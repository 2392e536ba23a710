"""A company's catalog and app-config as they are: two commands, and a colleague is signed in."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Browser, ProxySettings

from conformance.embedded import free_port
from tests.interop.frontend.conftest import MILLISECONDS
from tests.interop.frontend.portal import Portal
from tests.interop.frontend.stands import REFERENCE, Stand
from tests.support.idp_process import IdpProcess
from tests.support.processes import ready_line

COMPANY = Path(__file__).with_name("company")
TENANT = "3f9a1c52-7d1e-4a4e-9b0f-6a2c1d9e8b77"
IMRE = "user:default/imre.dahl"
PERSON = "imre.dahl"


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory, frontend_url: str) -> Iterator[Stand]:
    """The mock and the reference backend, each by the one command that a colleague would give in that directory."""
    state = tmp_path_factory.mktemp("company")
    backend_url = f"http://localhost:{free_port()}"
    # Where the tests' own app and backend are; the secrets are set nowhere.
    told = {"APP_BASE_URL": frontend_url, "BACKEND_BASE_URL": backend_url, "AZURE_TENANT_ID": TENANT}
    # What mock-idp run of somebody around these tests would have set.
    environment = {**os.environ, **told, "XDG_STATE_HOME": str(state), "PYTHONUNBUFFERED": "1"}
    own = ["--from-app-config", "app-config.yaml"]
    ports = ["--port", "0", "--tls-port", "0", "--proxy-port", "0", "--json"]
    with _started(["mock_idp", "serve", "--people", "org.yaml", *own, *ports], environment) as mock:
        urls = ready_line(mock)["urls"]
        backend = [sys.executable, "-m", "reference_backend", "serve", "--config", "app-config.yaml", "--json"]
        port = ["--port", backend_url.rpartition(":")[2]]
        with _started(["mock_idp", "run", "--idp", urls["http"], *own, "--", *backend, *port], environment) as running:
            ready_line(running)
            idp = IdpProcess(urls["http"], urls["tls"], {"HTTPS_PROXY": urls["proxy"]}, backend_url, state)
            yield Stand(REFERENCE, idp, frontend_url, f"{backend_url}/api/people")
            running.terminate()
            running.wait(30)
        mock.terminate()


def _started(arguments: list[str], environment: dict[str, str]) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", *arguments]
    # By the package of this checkout, though it is started elsewhere.
    path = os.pathsep.join(filter(None, sys.path))
    return subprocess.Popen(
        command, cwd=COMPANY, env={**environment, "PYTHONPATH": path}, stdout=subprocess.PIPE, text=True
    )


@pytest.mark.quick
@pytest.mark.parametrize(
    ("provider", "host"),
    [
        ("github", "github.com"),
        ("microsoft", f"login.microsoftonline.com/{TENANT}"),
        ("okta", "rivergate.okta.com"),
        ("oidc", "sso.rivergate.example/realms/main"),
    ],
)
def test_a_colleague_signs_in(company: Stand, chromium: Browser, provider: str, host: str) -> None:
    by_name = ProxySettings(server=company.idp.proxy_url, bypass="localhost,127.0.0.1")
    context = chromium.new_context(proxy=by_name, ignore_https_errors=True)
    context.set_default_timeout(MILLISECONDS)
    portal = Portal(context, company)
    portal.configure(sign_in={"page": "providers", "providers": [provider]}, environment="production")
    portal.open()
    popup = portal.press_sign_in(provider)
    popup.wait_for_selector(f'input[name="persona"][value="{PERSON}"]')
    assert popup.url.startswith(f"https://{host}")
    popup.check(f'input[name="persona"][value="{PERSON}"]')
    popup.click('button[value="allow"]')
    portal.expect_signed_in(IMRE)
    assert portal.get("identity", "getBackstageIdentity")["ownershipEntityRefs"] == [IMRE, "group:default/platform"]
    portal.page.reload()
    portal.expect_signed_in(IMRE)
    context.close()


def test_only_the_companys_clients_are_known(company: Stand) -> None:
    known = requests.get(f"{company.idp.url}/__idp/clients", timeout=10).json()["clients"]
    assert {client["client_id"] for client in known} == {
        "stand-in-for-AUTH_GITHUB_CLIENT_ID",
        "4d1b7f1e-52aa-4f0e-9f3b-0c3d5b7c8a11",
        "0oa8rivergate",
        "backstage",
    }
