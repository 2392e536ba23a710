"""What the real backend does that no scenario can see, because scenarios come late and ask often."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from conformance.embedded import free_port
from tests.interop.backstage.backstage import Backstage, running_backstage

LIMIT = 300
"""More than waiting for the start takes."""


@pytest.fixture
def fresh_backstage(tmp_path: Path) -> Iterator[Backstage]:
    """A backend that nobody asked for a token yet, and that counts requests of this machine, too."""
    configuration = {
        "app": {"baseUrl": "http://localhost:3000"},
        "backend": {"rateLimit": {"window": {"minutes": 10}, "incomingRequestLimit": LIMIT, "ipAllowList": []}},
        "auth": {"providers": {"guest": {"dangerouslyAllowOutsideDevelopment": True}}},
    }
    file = tmp_path / "app-config.yaml"
    file.write_text(json.dumps(configuration), encoding="utf-8")  # JSON is YAML.
    with running_backstage([file], port=free_port()) as backstage:
        yield backstage


@pytest.mark.requirement("KEY-01", "HTTP-13")
def test_the_first_key_and_the_last_request(fresh_backstage: Backstage) -> None:
    def get(path: str) -> requests.Response:
        return requests.get(f"{fresh_backstage.auth_url}{path}", timeout=10)

    assert get("/.well-known/jwks.json").json() == {"keys": []}
    assert get("/guest/refresh").status_code == 200
    assert len(get("/.well-known/jwks.json").json()["keys"]) == 1

    answers = [get("/v1/userinfo") for _ in range(LIMIT)]

    assert answers[0].status_code == 401
    refused = answers[-1]
    assert refused.status_code == 429
    assert refused.json() == {
        "error": {"name": "Error", "message": "Too many requests, please try again later"},
        "response": {"statusCode": 429},
    }
    assert {"Retry-After", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"} <= refused.headers.keys()
