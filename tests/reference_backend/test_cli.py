"""The command line: ready lines, and mistakes that end in one sentence."""

import json
import os
import signal
import socket
import subprocess
import sys

import pytest
import requests
import yaml
from click.testing import CliRunner

from reference_backend.cli import main


@pytest.fixture
def config_file(tmp_path, settings):
    file = tmp_path / "app-config.yaml"
    file.write_text(yaml.safe_dump(settings))
    return file


def start(config_file, *options):
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    return subprocess.Popen(
        [sys.executable, "-m", "reference_backend", "serve", "--config", str(config_file), "--port", "0", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_serves_until_told_to_stop(config_file, number):
    process = start(config_file, "--json", "--provider", "ghe=github")
    try:
        ready = json.loads(process.stdout.readline())
        base = ready["urls"]["auth"]
        assert ready["ready"] is True
        assert requests.get(f"{base}/.well-known/jwks.json", timeout=5).json() == {"keys": []}
        assert "No auth provider registered for 'ghe'" in requests.get(f"{base}/ghe/start", timeout=5).text
        repeated = raw_request(base, b"X-Forwarded-User: ada.quill\r\nX-Forwarded-User: x\r\n")
        assert b"unable to resolve user identity" in repeated
        assert b"Request did not contain a user" in raw_request(base, b"X_Forwarded_User: ada.quill\r\n")
        assert b"user:default/ada.quill" in raw_request(base, b"X-Forwarded-User: ada.quill\r\n")
        process.send_signal(number)
        assert process.wait(timeout=10) == 0
    finally:
        process.kill()
        _, errors = process.communicate()
    assert "Traceback" not in errors
    assert "eyJ" not in errors


def raw_request(base, headers):
    host, _, port = base.removeprefix("http://").partition("/")[0].partition(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(
            b"GET /api/auth/oauth2Proxy/refresh HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + headers + b"\r\n"
        )
        answer = b""
        while part := connection.recv(65536):
            answer += part
    return answer


def test_says_where_it_is(config_file):
    process = start(config_file)
    try:
        assert process.stdout.readline().startswith("Auth backend ready at http://127.0.0.1:")
    finally:
        process.terminate()
        process.communicate(timeout=10)


def run(*arguments):
    return CliRunner().invoke(main, ["serve", *map(str, arguments)])


@pytest.mark.parametrize(
    ("change", "options", "code", "expected"),
    [
        ("a: b: c", [], 2, "app-config.yaml:1: not valid YAML"),
        ({"app": {}}, [], 2, "Missing required config value at 'app.baseUrl' in 'app-config.yaml'"),
        ({"app": {"baseUrl": "x"}}, [], 2, "'x' at 'app.baseUrl' is not a URL"),
        ({}, ["--provider", "x"], 2, "--provider x: expected ID=VENDOR, for instance ghe=github"),
        ({}, ["--provider", "x=y"], 2, "provider 'x' wants the vendor 'y', which does not exist; use one of"),
        (
            {"backend": {"baseUrl": "http://b.test", "database": {"client": "sqlite", "connection": "/proc/x/y"}}},
            [],
            1,
            "the database at 'backend.database' is not reachable",
        ),
        ({}, ["--host", "203.0.113.1"], 1, "cannot listen on 203.0.113.1:0"),
    ],
)
def test_mistakes(tmp_path, settings, config_file, change, options, code, expected):
    config_file.write_text(change if isinstance(change, str) else yaml.safe_dump({**settings, **change}))
    result = run("--config", config_file, "--port", "0", *options)
    assert result.exit_code == code
    assert result.output.startswith("reference-backend: ")
    assert expected in result.output
    assert result.output.count("\n") == 1


def test_a_missing_file(tmp_path):
    result = run("--config", tmp_path / "nope.yaml")
    assert result.exit_code == 2
    assert "cannot read" in result.output


def test_an_unknown_resolver(settings, config_file):
    settings["auth"]["providers"]["github"]["development"]["signIn"] = {"resolvers": [{"resolver": "x"}]}
    config_file.write_text(yaml.safe_dump(settings))
    result = run("--config", config_file)
    assert result.output == (
        "reference-backend: Failed to initialize github auth provider, Sign-in resolver 'x' is not available\n"
    )


def test_a_taken_port(config_file):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = run("--config", config_file, "--port", port)
    assert result.exit_code == 1
    assert f"cannot listen on 127.0.0.1:{port}" in result.output
