"""Where the backend listens follows from its configuration, of which nothing is overwritten; a given port wins."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.interop.backstage.config import find_address, has_database, read_config
from tests.interop.backstage.errors import CannotRunError

LOCAL = "127.0.0.1"


@pytest.mark.parametrize(
    ("backend", "port", "auth_url", "overlay"),
    [
        # Nothing is said, so all of it is added.
        (
            {},
            None,
            "http://localhost:7007/api/auth",
            {"baseUrl": "http://localhost:7007", "listen": {"host": LOCAL, "port": 7007}},
        ),
        (
            {},
            81,
            "http://localhost:81/api/auth",
            {"baseUrl": "http://localhost:81", "listen": {"host": LOCAL, "port": 81}},
        ),
        (
            {"baseUrl": "http://127.0.0.1:7100/"},
            None,
            "http://127.0.0.1:7100/api/auth",
            {"listen": {"host": LOCAL, "port": 7100}},
        ),
        (
            {"baseUrl": "http://localhost:7100"},
            81,
            "http://localhost:81/api/auth",
            {"baseUrl": "http://localhost:81", "listen": {"host": LOCAL, "port": 81}},
        ),
        # Behind a proxy, whoever that is: what is said about it stays.
        (
            {"baseUrl": "https://backend.example.test"},
            81,
            "http://localhost:81/api/auth",
            {"listen": {"host": LOCAL, "port": 81}},
        ),
        (
            {"baseUrl": "http://localhost"},
            None,
            "http://localhost:7007/api/auth",
            {"listen": {"host": LOCAL, "port": 7007}},
        ),
        # What is said stays as it is.
        ({"baseUrl": "http://localhost:7100", "listen": ":7100"}, None, "http://localhost:7100/api/auth", {}),
        ({"baseUrl": "http://localhost:7100", "listen": "0.0.0.0:7200"}, None, "http://localhost:7200/api/auth", {}),
        ({"baseUrl": "http://localhost:1", "listen": "127.0.0.2:7200"}, None, "http://127.0.0.2:7200/api/auth", {}),
        (
            {"baseUrl": "http://localhost:7100", "listen": {"port": "7100"}},
            None,
            "http://localhost:7100/api/auth",
            {"listen": {"host": LOCAL}},
        ),
        (
            {"baseUrl": "http://localhost:1", "listen": {"host": "0.0.0.0", "port": 5.0}},
            None,
            "http://localhost:5/api/auth",
            {},
        ),
        # A path is for whoever passes requests on.
        (
            {"baseUrl": "https://tools.example.test/developer/hub", "listen": ":7100"},
            None,
            "http://localhost:7100/api/auth",
            {},
        ),
        (
            {"baseUrl": "http://localhost:7100/hub", "listen": ":7100"},
            81,
            "http://localhost:81/api/auth",
            {"baseUrl": "http://localhost:81/hub", "listen": {"host": LOCAL, "port": 81}},
        ),
    ],
)
def test_the_address_follows_the_configuration(
    backend: dict[str, Any], port: int | None, auth_url: str, overlay: dict[str, Any]
) -> None:
    address = find_address({"backend": backend}, port)
    assert address.auth_url == auth_url
    assert address.overlay == overlay


@pytest.mark.parametrize("listen", [":", "localhost", {"port": "many"}, {"port": 70000}])
def test_what_is_no_port_is_said(listen: Any) -> None:
    with pytest.raises(CannotRunError, match="is not a port number"):
        find_address({"backend": {"listen": listen}})


def test_the_configuration_is_read_as_backstage_reads_it(tmp_path: Path) -> None:
    first, second = tmp_path / "app-config.yaml", tmp_path / "app-config.more.yaml"
    first.write_text("backend: {$include: backend.yaml}\n", encoding="utf-8")
    (tmp_path / "backend.yaml").write_text(
        "listen: ':${PORT}'\nbaseUrl: http://localhost:1/x\ndatabase: {client: pg}\n"
    )
    second.write_text("backend: {baseUrl: 'http://localhost:${PORT}/hub', database: null}\n", encoding="utf-8")
    config = read_config([first, second], {"PORT": "7123"})
    assert config["backend"]["listen"] == ":7123"
    address = find_address(config)
    assert (address.port, address.base_url, address.overlay) == (7123, "http://localhost:7123/hub", {})
    assert not has_database(config)
    assert has_database(read_config([first], {"PORT": "7123"}))
