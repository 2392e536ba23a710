"""One mock IdP for all explorations."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.defects.bench import Bench, bench
from tests.defects.defect import DEFAULT_PROFILE


@pytest.fixture(scope="session")
def the_bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with bench(tmp_path_factory.mktemp("exploration"), DEFAULT_PROFILE) as ready:
        yield ready
