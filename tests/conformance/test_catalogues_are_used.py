"""Every persona and every fault of the mock IdP exists for a scenario, and no scenario makes one up."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from mock_idp.faults.catalogue import FAULTS
from mock_idp.personas import SHOWN

SCENARIOS = Path(__file__).parents[2] / "scenarios"
UNUSED = {
    "issued-in-the-future": "OpenID Connect leaves it to the client how far in the future is too far",
    # Names for people; scenarios order the same in more ways, as `forged` with parameters.
    "hmac-with-public-key": "id-token-signed-with-a-shared-secret has the key in all its spellings",
    "embedded-key": "id-token-with-a-key-of-its-own has keys, certificates and their addresses",
    "wrong-at-hash": "security/id_token.yaml has hashes of every kind",
    "endpoint-with-query": "the environment endpoint-query has it, which a scenario of oidc plays",
}
"""Faults that no scenario needs by their names, with the reason."""


def texts(value: Any) -> Iterator[str]:
    """Every text that stands for a value in a document."""
    if isinstance(value, dict):
        for member in value.values():
            yield from texts(member)
    elif isinstance(value, list):
        for entry in value:
            yield from texts(entry)
    elif isinstance(value, str):
        yield value


@pytest.fixture(scope="module")
def said() -> set[str]:
    files = sorted(SCENARIOS.rglob("*.yaml"))
    return {text for file in files for text in texts(list(yaml.safe_load_all(file.read_text(encoding="utf-8"))))}


@pytest.mark.parametrize("persona", SHOWN)
def test_every_persona_is_used(persona: str, said: set[str]) -> None:
    assert persona in said


@pytest.mark.parametrize("fault", [fault for fault in FAULTS.by_id if fault not in UNUSED])
def test_every_fault_is_used(fault: str, said: set[str]) -> None:
    assert fault in said


@pytest.mark.parametrize("fault", UNUSED)
def test_exceptions_are_needed(fault: str, said: set[str]) -> None:
    assert fault in FAULTS.by_id
    assert fault not in said
