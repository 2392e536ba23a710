"""Where the backend listens follows from its configuration, and a port given by hand wins."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.interop.backstage.config import Address, find_address


@pytest.mark.parametrize(
    ("configured", "port", "expected", "auth_url"),
    [
        (None, None, Address(7007, "http://localhost:7007"), "http://localhost:7007/api/auth"),
        (None, 81, Address(81, "http://localhost:81"), "http://localhost:81/api/auth"),
        (
            "http://127.0.0.1:7100/",
            None,
            Address(7100, "http://127.0.0.1:7100/"),
            "http://127.0.0.1:7100/api/auth",
        ),
        ("http://localhost:7100", 81, Address(81, "http://localhost:81"), "http://localhost:81/api/auth"),
        # Behind a proxy, whoever that is: what is said about it stays.
        (
            "https://backend.example.test",
            81,
            Address(81, "https://backend.example.test"),
            "http://localhost:81/api/auth",
        ),
        ("http://localhost", None, Address(7007, "http://localhost"), "http://localhost:7007/api/auth"),
        (
            "http://localhost:${PORT}",
            81,
            Address(81, "http://localhost:${PORT}"),
            "http://localhost:81/api/auth",
        ),
    ],
)
def test_the_address_follows_the_configuration(
    tmp_path: Path, configured: str | None, port: int | None, expected: Address, auth_url: str
) -> None:
    first, second = tmp_path / "app-config.yaml", tmp_path / "app-config.more.yaml"
    first.write_text("backend: {baseUrl: 'http://localhost:1'}" if configured else "", encoding="utf-8")
    second.write_text(f"backend: {{baseUrl: '{configured}'}}" if configured else "app:", encoding="utf-8")
    address = find_address([first, second], port)
    assert address == expected
    assert address.auth_url == auth_url
