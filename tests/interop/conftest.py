"""Real programs of others, started for the tests of this directory."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from conformance.embedded import free_port
from tests.interop.app_page import running_app
from tests.interop.backstage.backstage import Backstage, running_backstage
from tests.interop.catalog import wait_for_catalog
from tests.support.idp_process import IdpProcess, running_idp

HAND_MADE_CONFIG = """\
app: {{baseUrl: "http://localhost:3000"}}
backend: {{baseUrl: "http://localhost:{port}"}}
auth:
  environment: development
  providers:
    guest: {{dangerouslyAllowOutsideDevelopment: true}}
    github:
      development: {{clientId: id, clientSecret: secret, enterpriseInstanceUrl: "{idp}/github"}}
    ghe:
      development: {{clientId: ghe-id, clientSecret: secret, enterpriseInstanceUrl: "{idp}/ghe"}}
authConformance:
  providers: {{ghe: github}}
"""


@pytest.fixture(scope="session")
def hand_made_backstage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backstage]:
    """The real backend with a small app-config; nobody answers at its identity provider."""
    config = tmp_path_factory.mktemp("backstage") / "app-config.yaml"
    idp = f"http://127.0.0.1:{free_port()}"
    config.write_text(HAND_MADE_CONFIG.format(port=free_port(), idp=idp), encoding="utf-8")
    with running_backstage([config]) as backstage:
        yield backstage


@pytest.fixture(scope="session")
def mock_idp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IdpProcess]:
    """A mock IdP for one backend, which need not run yet: it listens where `backend_url` says."""
    backend_url = f"http://localhost:{free_port()}"
    with running_idp(tmp_path_factory.mktemp("mock-idp"), backend_url) as idp:
        yield idp


@pytest.fixture(scope="session")
def app_url() -> Iterator[str]:
    """A page in place of the Backstage app."""
    with running_app() as url:
        yield url


@pytest.fixture(scope="session")
def backstage(mock_idp: IdpProcess, app_url: str) -> Iterator[Backstage]:
    """The real backend, wired to the mock IdP and the app, with its users in the catalog."""
    log_file = mock_idp.directory / "backstage.log"
    config = mock_idp.write_app_config("--app-url", app_url)
    with running_backstage([config], mock_idp.environment, log_file=log_file) as target:
        wait_for_catalog(target.auth_url, mock_idp.url)
        yield target
