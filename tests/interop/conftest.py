"""Real programs of others, started for the tests of this directory."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.interop.backstage.backstage import Backstage, running_backstage
from tests.interop.backstage.ports import free_port

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
