"""One mock IdP for all explorations."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.defects.bench import Bench, bench


@pytest.fixture(scope="session")
def the_bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with bench(tmp_path_factory.mktemp("exploration")) as ready:
        yield ready
