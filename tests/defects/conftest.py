"""One mock IdP for all defects; with xdist, one for each worker."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.defects.bench import Bench, bench


@pytest.fixture(scope="session")
def the_bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with bench(tmp_path_factory.mktemp("defects")) as ready:
        yield ready
