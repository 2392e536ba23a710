"""The real frontend in Chromium, in front of each backend."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Playwright, ProxySettings, expect, sync_playwright

from tests.interop.frontend.app import build_app, served_app
from tests.interop.frontend.features import Table, named_rows
from tests.interop.frontend.portal import Portal
from tests.interop.frontend.stands import REAL, REFERENCE, Stand, running_idp_for_all, running_stand
from tests.support.idp_process import IdpProcess
from tests.support.processes import ROOT

MILLISECONDS = 40_000
"""More than anything here takes on a busy machine."""

EXPLANATIONS = ROOT / "docs" / "frontend.md"

TABLE = pytest.StashKey[Table]()
GetIdps = Callable[[str], dict[str, IdpProcess]]
GetStand = Callable[[str, str], Stand]


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "feature(ROW): the row of build/reports/frontend.md that this test is about")
    config.addinivalue_line("markers", "quick: also played where there is no time for the whole table")
    config.stash[TABLE] = Table()
    expect.set_options(timeout=MILLISECONDS)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    if "stand" in getattr(item, "fixturenames", ()) and named_rows(item):
        item.user_properties.append(("backend", item.callspec.params["stand"]))  # type: ignore[attr-defined]
        item.user_properties.extend(("feature", row) for row in named_rows(item))


class _Collector:
    def __init__(self, table: Table) -> None:
        self._table = table

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._table.add(report)


def pytest_sessionstart(session: pytest.Session) -> None:
    session.config.pluginmanager.register(_Collector(session.config.stash[TABLE]))


def pytest_sessionfinish(session: pytest.Session) -> None:
    if not hasattr(session.config, "workerinput"):
        session.config.stash[TABLE].write(ROOT / "build" / "reports")


@pytest.fixture(scope="session")
def frontend_url() -> Iterator[str]:
    """The app, on a port of its own."""
    build_app()
    with served_app() as app:
        yield app.url


@pytest.fixture(scope="session")
def idps(tmp_path_factory: pytest.TempPathFactory, frontend_url: str) -> Iterator[GetIdps]:
    """The mock IdP in each profile, as each backend sees it; started when it is first needed and kept."""
    started: dict[str, dict[str, IdpProcess]] = {}
    with ExitStack() as stack:

        def views(profile: str) -> dict[str, IdpProcess]:
            if profile not in started:
                place: Path = tmp_path_factory.mktemp(profile)
                started[profile] = stack.enter_context(running_idp_for_all(place, frontend_url, profile))
            return started[profile]

        yield views


@pytest.fixture(scope="session")
def stands(idps: GetIdps, frontend_url: str) -> Iterator[GetStand]:
    """Each backend in each profile, started when it is first needed and kept: tests come in any order."""
    started: dict[tuple[str, str], Stand] = {}
    with ExitStack() as stack:

        def stand(name: str, profile: str) -> Stand:
            if (name, profile) not in started:
                running = running_stand(name, idps(profile)[name], frontend_url, profile)
                started[name, profile] = stack.enter_context(running)
            return started[name, profile]

        yield stand


@pytest.fixture
def profile() -> str:
    """Which variant of the app-config; a test module may have its own."""
    return "default"


@pytest.fixture(params=[REFERENCE, REAL])
def stand(request: pytest.FixtureRequest, stands: GetStand, profile: str) -> Stand:
    """Each backend in turn."""
    return stands(request.param, profile)


@pytest.fixture
def lacks(request: pytest.FixtureRequest, record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Notes for the table why the backend does not have what the test is about; people read it in the documentation."""

    def note(reason: str) -> None:
        record_property("lacks", reason)
        for row in named_rows(request.node):
            assert f"\n| {row} | " in EXPLANATIONS.read_text("utf-8"), f"{EXPLANATIONS} does not explain {row!r}"

    return note


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """There can be one only in a process."""
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """A Chromium of Debian's; its sandbox does not run as root."""
    browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
    yield browser
    browser.close()


@pytest.fixture
def context(chromium: Browser, stand: Stand) -> Iterator[BrowserContext]:
    """A browser that was never here; the vendors' names lead it to the mock."""
    vendors_by_name = ProxySettings(server=stand.idp.proxy_url, bypass="localhost,127.0.0.1")
    context = chromium.new_context(proxy=vendors_by_name, ignore_https_errors=True)
    context.set_default_timeout(MILLISECONDS)
    yield context
    context.close()


@pytest.fixture
def portal(context: BrowserContext, stand: Stand) -> Portal:
    """The app in a new window, not opened yet."""
    return Portal(context, stand)
