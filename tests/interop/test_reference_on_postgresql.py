"""The reference backend on PostgreSQL: several processes share one database and do the same at once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from reference_backend.app import create_app
from reference_backend.authorization_server.offline_store import OfflineStore
from reference_backend.authorization_server.refresh_tokens import OfflineSession
from reference_backend.config.model import Config
from reference_backend.store import tables
from tests.interop.backstage.postgres import running_postgres
from tests.reference_backend.authorization_server import races
from tests.reference_backend.authorization_server.server import Server
from tests.reference_backend.conftest import CATALOG, Browser

MOST = 2


@pytest.fixture(scope="module")
def postgres() -> Iterator[Path]:
    with running_postgres() as socket_directory:
        yield socket_directory


@pytest.fixture
def servers(postgres: Path, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[list[Server]]:
    catalog = tmp_path / "catalog.yaml"
    catalog.write_text(CATALOG, encoding="utf-8")
    config: dict[str, Any] = {
        "app": {"baseUrl": "https://app.test"},
        "backend": {
            "baseUrl": "https://backend.test",
            "database": {
                "client": "pg",
                # A database for each test, made by whichever process comes first.
                "prefix": f"{request.node.name}_",
                "connection": {"host": str(postgres), "user": "postgres", "password": "none"},
            },
        },
        "catalog": {"locations": [{"type": "file", "target": str(catalog)}]},
        "auth": {
            "experimentalDynamicClientRegistration": {"enabled": True},
            "experimentalRefreshToken": {"enabled": True, "maxTokensPerUser": MOST},
        },
    }
    apps = races.at_once([lambda: create_app(Config(config))] * 3)
    yield [Server(Browser(app)) for app in apps]
    for app in apps:
        app.extensions["reference_backend"].database.close()


@pytest.mark.requirement("ASESS-04")
def test_one_approval(servers: list[Server]) -> None:
    races.one_approval(servers)


@pytest.mark.requirement("CODE-09", "CODE-15", "SEC-AS-04")
def test_one_redemption(servers: list[Server]) -> None:
    races.one_redemption(servers)


@pytest.mark.requirement("OFFLINE-03", "OFFLINE-08", "SEC-AS-10")
def test_one_rotation(servers: list[Server]) -> None:
    races.one_rotation(servers)


@pytest.mark.requirement("OFFLINE-15")
def test_one_session_for_each_client(servers: list[Server]) -> None:
    races.one_session_for_each_client(servers)


@pytest.mark.requirement("OFFLINE-16")
def test_no_more_sessions_than_allowed(servers: list[Server]) -> None:
    races.no_more_sessions_than_allowed(servers, MOST)


@pytest.mark.requirement("OFFLINE-15")
def test_sessions_of_a_user_start_one_after_the_other(servers: list[Server]) -> None:
    database = servers[0].browser.app.extensions["reference_backend"].database
    first, second = (OfflineSession(f"session-{n}", "user:default/a", "client", "hash", 1.0, 1.0) for n in (1, 2))
    start = partial(OfflineStore(database.engine).start, authorization_session_id="authorization", max_sessions=MOST)

    def start_in_a_transaction_of_its_own() -> None:
        with database.engine.begin() as connection:
            start(connection, second)

    def somebody_waits() -> bool:
        with database.engine.connect() as connection:
            return connection.execute(text("SELECT count(*) FROM pg_locks WHERE NOT granted")).scalar_one() > 0

    with ThreadPoolExecutor() as pool:
        with database.engine.begin() as connection:
            start(connection, first)
            started = pool.submit(start_in_a_transaction_of_its_own)
            while not started.done() and not somebody_waits():
                pass
        started.result()
    assert races.count(servers[0], tables.offline_sessions) == 1


@pytest.mark.requirement("KEY-07")
def test_keys_are_shared(servers: list[Server]) -> None:
    races.keys_are_shared(servers)
