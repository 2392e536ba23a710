"""One mock IdP for all defects of a profile; with xdist, one for each worker. Writes the kill matrix at the end."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.defects import doctor_report, kill_matrix
from tests.defects.defect import DEFAULT_PROFILE
from tests.defects.harness import Harness, Harnesses


@pytest.fixture(scope="session")
def harnesses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harnesses]:
    with Harnesses(tmp_path_factory.mktemp("defects")) as ready:
        yield ready


@pytest.fixture(scope="session")
def harness(harnesses: Harnesses) -> Harness:
    return harnesses.of(DEFAULT_PROFILE)


DOCTOR = pytest.StashKey[doctor_report.Row]()
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
