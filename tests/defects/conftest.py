"""One mock IdP for all defects of a profile; with xdist, one for each worker. Writes the kill matrix at the end."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.defects import doctor_report, kill_matrix
from tests.defects.catalogue import catalogue
from tests.defects.defect import DEFAULT_PROFILE, Defect
from tests.defects.harness import Harness, Harnesses


@pytest.fixture(scope="session")
def harnesses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harnesses]:
    with Harnesses(tmp_path_factory.mktemp("defects")) as ready:
        yield ready


@pytest.fixture(scope="session")
def harness(harnesses: Harnesses) -> Harness:
    return harnesses.of(DEFAULT_PROFILE)


DOCTOR = pytest.StashKey[doctor_report.Row]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--cover", action="store_true", help="few defects that still break every requirement of the rest")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--cover"):
        return
    chosen = kill_matrix.cover(catalogue())
    dropped = [item for item in items if (defect := _defect_of(item)) and defect.id not in chosen]
    items[:] = [item for item in items if item not in dropped]
    config.hook.pytest_deselected(items=dropped)


def _defect_of(item: pytest.Item) -> Defect | None:
    """The defect of the catalogue that a test plays, if it plays one."""
    parameters = getattr(getattr(item, "callspec", None), "params", {})
    found = parameters.get("defect")
    return found if isinstance(found, Defect) and item.name.startswith("test_the_defect_is_caught") else None


OUTCOMES = pytest.StashKey[dict[str, kill_matrix.Outcome]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[OUTCOMES] = {}
    config.stash[DOCTOR] = {}
    config.pluginmanager.register(Outcomes(config), "defect-outcomes")


class Outcomes:
    """Collects what failed under each defect, and writes the kill matrix."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take the outcome out of the report of a test."""
        for name, value in report.user_properties:
            if name == kill_matrix.PROPERTY and report.when == "call" and isinstance(value, dict):
                self._config.stash[OUTCOMES] |= value
            if name == doctor_report.PROPERTY and report.when == "call" and isinstance(value, dict):
                self._config.stash[DOCTOR] |= value

    def pytest_sessionfinish(self) -> None:
        """Write the page, on the controller."""
        outcomes = self._config.stash[OUTCOMES]
        if outcomes and not hasattr(self._config, "workerinput"):
            kill_matrix.write(dict(sorted(outcomes.items())), self._config.rootpath / "build" / "reports")
        said = self._config.stash[DOCTOR]
        if said and not hasattr(self._config, "workerinput"):
            doctor_report.write(dict(sorted(said.items())), self._config.rootpath / "build" / "reports")
