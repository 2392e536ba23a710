"""Every persona and every fault of the mock IdP exists for a scenario, and no scenario makes one up."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from mock_idp.fault_catalogue import FAULTS
from mock_idp.id_token_faults import ID_TOKEN_FAULTS
from mock_idp.personas import SHOWN

SCENARIOS = Path(__file__).parents[2] / "scenarios"
UNUSED: dict[str, str] = {}
"""Faults that no scenario needs, with the reason."""

WAITING = frozenset(fault.id for fault in ID_TOKEN_FAULTS)
"""Faults whose scenarios, those of OpenID Connect providers, are still being written."""


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


@pytest.mark.parametrize("fault", [fault for fault in FAULTS.by_id if fault not in {*UNUSED, *WAITING}])
def test_every_fault_is_used(fault: str, said: set[str]) -> None:
    assert fault in said


@pytest.mark.parametrize("fault", UNUSED)
def test_exceptions_are_needed(fault: str, said: set[str]) -> None:
    assert fault in FAULTS.by_id
    assert fault not in said
