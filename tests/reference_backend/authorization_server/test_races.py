"""Several processes on one database; see races.py. On PostgreSQL: tests/interop/test_reference_on_postgresql.py."""

import pytest

from reference_backend.app import create_app
from reference_backend.config.model import Config
from tests.reference_backend.authorization_server import races
from tests.reference_backend.authorization_server.server import Server
from tests.reference_backend.conftest import Browser

MOST = 2


@pytest.fixture
def servers(settings, clock, tmp_path):
    settings["backend"]["database"] = {"client": "better-sqlite3", "connection": str(tmp_path / "shared.sqlite")}
    settings["auth"]["experimentalRefreshToken"]["maxTokensPerUser"] = MOST
    apps = [create_app(Config(settings), clock=clock) for _ in range(2)]
    yield [Server(Browser(app)) for app in apps]
    for app in apps:
        app.extensions["reference_backend"].database.close()


@pytest.mark.requirement("ASESS-04")
def test_one_approval(servers):
    races.one_approval(servers)


@pytest.mark.requirement("CODE-09", "CODE-15", "SEC-AS-04")
def test_one_redemption(servers):
    races.one_redemption(servers)


@pytest.mark.requirement("OFFLINE-03", "OFFLINE-08", "SEC-AS-10")
def test_one_rotation(servers):
    races.one_rotation(servers)


@pytest.mark.requirement("OFFLINE-15")
def test_one_session_for_each_client(servers):
    races.one_session_for_each_client(servers)


@pytest.mark.requirement("OFFLINE-16")
def test_no_more_sessions_than_allowed(servers):
    races.no_more_sessions_than_allowed(servers, MOST)


@pytest.mark.requirement("KEY-07")
def test_keys_are_shared(servers):
    races.keys_are_shared(servers)
