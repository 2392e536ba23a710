"""The real backend starts, is the one we think it is, and says what is wrong when it does not start."""

from __future__ import annotations

import base64
import json
import signal
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from conformance.embedded import free_port
from tests.interop.backstage.backstage import Backstage, running_backstage
from tests.interop.backstage.errors import CannotRunError
from tests.interop.backstage.ports import is_free

ROOT = Path(__file__).parents[2]


def get(url: str) -> requests.Response:
    return requests.get(url, allow_redirects=False, timeout=10)


@pytest.mark.parametrize(
    ("provider", "client_id", "path"),
    [("github", "id", "/github/login/oauth/authorize"), ("ghe", "ghe-id", "/ghe/login/oauth/authorize")],
)
def test_start_sends_the_user_to_the_configured_github(
    hand_made_backstage: Backstage, provider: str, client_id: str, path: str
) -> None:
    answer = get(f"{hand_made_backstage.auth_url}/{provider}/start?env=development")
    assert answer.status_code == 302, answer.text
    target = urlsplit(answer.headers["Location"])
    query = parse_qs(target.query)
    assert target.path == path
    assert query["client_id"] == [client_id]
    assert query["redirect_uri"] == [f"{hand_made_backstage.auth_url}/{provider}/handler/frame"]


def test_a_guest_signs_in(hand_made_backstage: Backstage) -> None:
    answer = get(f"{hand_made_backstage.auth_url}/guest/refresh")
    assert answer.status_code == 200, answer.text
    token = answer.json()["backstageIdentity"]["token"]
    payload = token.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    assert claims["sub"] == "user:development/guest"


def test_a_provider_that_is_not_configured_is_not_found(hand_made_backstage: Backstage) -> None:
    answer = get(f"{hand_made_backstage.auth_url}/google/start?env=development")
    assert answer.status_code == 404
    assert "No auth provider registered for 'google'" in answer.text


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    config = tmp_path / "app-config.yaml"
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        config.write_text(f"backend: {{baseUrl: 'http://localhost:{port}'}}", encoding="utf-8")
        with pytest.raises(CannotRunError, match=f"Port {port} is taken"), running_backstage([config]):
            pass


def test_a_backend_that_dies_leaves_its_last_words(tmp_path: Path) -> None:
    config = tmp_path / "app-config.yaml"
    config.write_text(
        "app: {baseUrl: 'http://localhost:3000'}\nauth: {providers: {github: {development: {clientId: no-secret}}}}\n",
        encoding="utf-8",
    )
    with (
        pytest.raises(CannotRunError, match=r"(?s)ended while it started.*clientSecret"),
        running_backstage([config], port=free_port()),
    ):
        pass


def test_a_missing_configuration_is_one_sentence(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.interop.backstage", "--config", tmp_path / "none.yaml"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "There is no configuration file" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_by_hand_it_stops_when_told_to(tmp_path: Path, by: signal.Signals) -> None:
    config = tmp_path / "app-config.yaml"
    port = free_port()
    config.write_text("app: {baseUrl: 'http://localhost:3000'}\nauth: {providers: {}}\n", encoding="utf-8")
    with subprocess.Popen(
        [sys.executable, "-m", "tests.interop.backstage", "--config", config, "--port", str(port)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            assert f"http://localhost:{port}/api/auth" in process.stdout.readline()
            process.send_signal(by)
            _, errors = process.communicate(timeout=30)
        finally:
            process.kill()  # nothing, if it did what it was told
    assert process.returncode == 0, errors
    assert "Traceback" not in errors
    assert is_free(port)
