"""One mock IdP for all explorations."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.defects.defect import DEFAULT_PROFILE
from tests.defects.harness import Harness, running_harness


@pytest.fixture(scope="session")
def harness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    with running_harness(tmp_path_factory.mktemp("exploration"), DEFAULT_PROFILE) as ready:
        yield ready
