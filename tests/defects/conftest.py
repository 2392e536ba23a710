"""One mock IdP for all defects of a profile; with xdist, one for each worker."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.defects.bench import Bench, Benches
from tests.defects.defect import DEFAULT_PROFILE


@pytest.fixture(scope="session")
def benches(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Benches]:
    with Benches(tmp_path_factory.mktemp("defects")) as ready:
        yield ready


@pytest.fixture(scope="session")
def the_bench(benches: Benches) -> Bench:
    return benches.of(DEFAULT_PROFILE)
