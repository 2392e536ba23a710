"""The fixtures ``idp`` and ``idp_server``; pytest loads this in every run, so it imports nothing that takes time."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from mock_idp.testing import Idp, IdpServer


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that names a mock elsewhere, and the setting that names files for one in this process."""
    parser.addini("mock_idp_vendors", "Python files with vendors of your own for the fixture idp.", "paths", [])
    parser.getgroup("mock-idp").addoption(
        "--mock-idp",
        metavar="URL",
        default=None,
        help="Use the mock IdP that runs there, instead of one in this process (or set MOCK_IDP_URL).",
    )


@pytest.fixture(scope="session")
def idp_server(pytestconfig: pytest.Config) -> "Iterator[IdpServer]":
    """A mock IdP for the whole run, or for one worker of pytest-xdist."""
    from mock_idp.testing.server import server_for_tests  # noqa: PLC0415 - costs a second, and few tests need it

    with server_for_tests(pytestconfig.getoption("--mock-idp"), pytestconfig.getini("mock_idp_vendors"))() as server:
        yield server


@pytest.fixture
def idp(idp_server: "IdpServer") -> "Iterator[Idp]":
    """Vendors, clients, people and time of one test's own at a mock IdP."""
    with idp_server.idp() as idp:
        yield idp
