"""One deployed backend, two environments: the deployed frontend uses one, a developer's local frontend the other."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ProxySettings

from conformance.embedded import free_port, started
from tests.interop.frontend.app import served_app
from tests.interop.frontend.conftest import MILLISECONDS
from tests.interop.frontend.portal import Portal
from tests.interop.frontend.stands import REFERENCE, Stand
from tests.support.idp_process import running_idp
from tests.support.processes import output_of

PRODUCTION, DEVELOPMENT = "production", "development"
ADA = "user:default/ada-quill"


@pytest.fixture(scope="module")
def stands_of_both(tmp_path_factory: pytest.TempPathFactory, frontend_url: str) -> Iterator[dict[str, Stand]]:
    """The same backend, as each of the two frontends sees it; the commands are those of docs/local-frontend.md."""
    directory: Path = tmp_path_factory.mktemp("deployed")
    backend_url = f"http://localhost:{free_port()}"
    with served_app() as local:
        apps = ("--app-url", frontend_url, "--app-url", local.url)
        with running_idp(directory, backend_url, *apps) as idp:
            config = directory / "app-config.yaml"
            chosen = ("--provider", "github", "--env", PRODUCTION, "--env", DEVELOPMENT, "--backend-url", backend_url)
            output_of("mock_idp", "app-config", *chosen, *apps, "--idp", idp.url, "-o", str(config), state=directory)
            arguments = ["serve", "--config", str(config), "--port", backend_url.rpartition(":")[2]]
            log = directory / "backend.log"
            with started("reference_backend", arguments, log, {**os.environ, **idp.environment}):
                people = f"{backend_url}/api/people"
                yield {
                    PRODUCTION: Stand(REFERENCE, idp, frontend_url, people),
                    DEVELOPMENT: Stand(REFERENCE, idp, local.url, people),
                }


@pytest.mark.parametrize("environment", [PRODUCTION, DEVELOPMENT])
def test_each_frontend_signs_in_with_its_environment(
    stands_of_both: dict[str, Stand], chromium: Browser, environment: str
) -> None:
    stand = stands_of_both[environment]
    by_name = ProxySettings(server=stand.idp.proxy_url, bypass="localhost,127.0.0.1")
    context = chromium.new_context(proxy=by_name, ignore_https_errors=True)
    context.set_default_timeout(MILLISECONDS)
    portal = Portal(context, stand)
    portal.configure(
        sign_in={"page": "providers", "providers": ["github"]}, environment=environment, app_url=stand.app_url
    )
    portal.open()
    popup = portal.press_sign_in("github")
    assert f"client_id=mock-github-{environment}&" in popup.url
    popup.check('input[name="persona"][value="plain"]')
    popup.click('button[value="allow"]')
    portal.expect_signed_in(ADA)
    portal.page.reload()
    portal.expect_signed_in(ADA)
    context.close()
