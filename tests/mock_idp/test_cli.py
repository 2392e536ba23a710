"""The command line: what it prints, and that mistakes end in one sentence."""

import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
import yaml
from click.testing import CliRunner, Result

from mock_idp.cli import main
from mock_idp.personas import SPARE
from tests.support.processes import program, ready_line

FREE_PORTS = ("--port", "0", "--tls-port", "0", "--proxy-port", "0")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path


# --- mistakes -------------------------------------------------------------------------------------

MISTAKES = [
    (("serve", *FREE_PORTS, "--auto-login", "nobody"), "There is no persona 'nobody'; there are plain, "),
    (("serve", *FREE_PORTS, "--provider", "nobody"), "There is no vendor or auth proxy 'nobody'"),
    (("serve", *FREE_PORTS, "--profile", "fancy"), "There is no profile 'fancy'"),
    (("serve", *FREE_PORTS, "--host", "no such host"), "no address"),
    (("serve", *FREE_PORTS, "--backend-url", "localhost:7007"), "is no URL such as http://localhost:7007"),
    (("serve", "--port", "70000"), "70000"),
    (("serve", *FREE_PORTS, "--seed", "many"), "many"),
    (("app-config", "--provider", "x=nobody"), "There is no vendor or auth proxy 'nobody'"),
    (("app-config", "--profile", "fancy"), "There is no profile 'fancy'"),
    (("app-config", "--idp", "ftp://x"), "is no URL"),
    (("app-config", "--app-url", "http://[::1"), "is no URL"),
    (("app-config", "-o", "/no/such/directory/file"), "cannot be written: No such file or directory."),
    (("personas", "-o", "/"), "cannot be written: Is a directory."),
    (("nothing",), "No such command 'nothing'"),
]


@pytest.mark.parametrize(("arguments", "description"), MISTAKES)
def test_a_mistake_is_one_sentence(state: Path, arguments: tuple[str, ...], description: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2, result.output
    assert description in result.stderr
    assert "Traceback" not in result.output
    assert not result.stdout


@pytest.mark.parametrize(("host", "is_warned"), [("0.0.0.0", True), ("127.0.0.1", False), ("::1", False)])
def test_listening_beyond_loopback_is_warned_about(state: Path, host: str, is_warned: bool) -> None:
    # It ends at the mistake after that.
    result = run("serve", *FREE_PORTS, "--host", host, "--provider", "nobody")
    assert ("can sign in as anybody and register clients" in result.stderr) is is_warned


def test_a_taken_port(state: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        result = run("serve", "--port", port, "--tls-port", "0", "--proxy-port", "0")
    assert result.exit_code == 2
    assert f"Port {port} on 127.0.0.1" in result.stderr


def test_an_unusable_state_directory(state: Path) -> None:
    (state / "mock-idp").write_text("a file")
    result = run("serve", *FREE_PORTS)
    assert result.exit_code == 2
    assert "state directory" in result.stderr


# --- what is printed ------------------------------------------------------------------------------


def test_app_config_to_a_file(tmp_path: Path) -> None:
    file = tmp_path / "app-config.yaml"
    result = run("app-config", "--provider", "google", "--idp", "http://idp:1/", "-o", str(file))
    assert (result.exit_code, result.output) == (0, "")
    said = yaml.safe_load(file.read_text())
    assert said["catalog"]["locations"][0]["target"] == "http://idp:1/__idp/catalog.yaml"
    assert list(said["auth"]["providers"]) == ["google"]


def test_listings() -> None:
    listed = run("personas").output
    assert "twin-north" in listed and "Robin Vale" in listed
    first, second, *_, last = SPARE
    assert f"{first} … {last.removeprefix('guest-')}" in listed and second not in listed
    assert "accounts.google.com" in run("vendors").output
    assert "Client authentication" in run("vendors", "github").output
    assert run("vendors", "github", "--markdown").output.startswith("<!-- accepts: begin -->")
    assert "hmac-with-public-key" in run("faults").output
    assert "kind: User" in run("personas", "--catalog").output
    assert "app-config" in run("--help").output
    assert "0.2.0" in run("--version").output


# --- serve, as a process --------------------------------------------------------------------------


@pytest.fixture
def process(state: Path, request: pytest.FixtureRequest) -> Iterator["subprocess.Popen[str]"]:
    command = ("serve", *FREE_PORTS, "--seed", "42", *request.param)
    with program("mock_idp", *command, state=state, errors=subprocess.PIPE) as process:
        yield process


@pytest.mark.parametrize("process", [["--json", "--provider", "google"]], indirect=True)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_serve_says_when_it_is_ready_and_stops_cleanly(process: "subprocess.Popen[str]", number: int) -> None:
    line = ready_line(process)
    assert line["ready"] is True
    assert line["seed"] == 42
    said = requests.get(f"{line['urls']['http']}/__idp/", timeout=5).json()
    assert said["urls"] == line["urls"]
    assert "accounts.google.com" in said["hosts"]
    assert [provider["id"] for provider in said["providers"]] == ["google"]
    process.send_signal(number)
    assert process.wait(10) == 0
    assert process.stderr and process.stderr.read() == ""


@pytest.mark.parametrize("process", [["--host", "0.0.0.0"]], indirect=True)
def test_serve_tells_people_what_they_need(process: "subprocess.Popen[str]") -> None:
    assert process.stdout and process.stderr
    line = process.stdout.readline()
    assert line.startswith("Mock IdP at http://127.0.0.1:")
    assert "seed 42" in line
    assert "can sign in as anybody" in process.stderr.readline()
