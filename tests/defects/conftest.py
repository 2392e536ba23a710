"""One mock IdP for all defects of a profile; with xdist, one for each worker."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.defects.defect import DEFAULT_PROFILE
from tests.defects.harness import Harness, Harnesses


@pytest.fixture(scope="session")
def harnesses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harnesses]:
    with Harnesses(tmp_path_factory.mktemp("defects")) as ready:
        yield ready


@pytest.fixture(scope="session")
def harness(harnesses: Harnesses) -> Harness:
    return harnesses.of(DEFAULT_PROFILE)
