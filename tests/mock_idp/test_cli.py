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
    (("app-config",), "Name the providers that your app has"),
    (("app-config", "--provider", "google", "--env", "no-such"), "google has no environment 'no-such' here"),
    (("app-config", "--conformance", "--env", "no-such"), "No provider here has an environment 'no-such'"),
    (("app-config", "--provider", "google", "--onto", "/no/such/file"), "There is no file /no/such/file."),
    (
        ("app-config", "--provider", "google", "-o", "/no/such/directory/file"),
        "cannot be written: No such file or directory.",
    ),
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
    assert ("can sign in as any user" in result.stderr) is is_warned


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
    assert said["catalog"]["locations"][0]["target"] == "http://idp:1/__idp/people.yaml"
    assert list(said["auth"]["providers"]) == ["google"]


OWN = """\
app: {title: My Portal, baseUrl: "http://localhost:3000"}
backend:
  baseUrl: http://localhost:7008
  reading: {allow: [{host: pages.rivergate.example}]}
catalog:
  locations: [{type: file, target: ../../examples/org.yaml}]
"""


@pytest.fixture
def own_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The root of somebody's app, where the command is given."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "app-config.yaml").write_text(OWN)
    return tmp_path


def test_app_config_is_laid_over_what_the_app_has(own_directory: Path) -> None:
    result = run("app-config", "--provider", "google", "--provider", "github", "-o", "app-config.local.yaml")
    assert result.exit_code == 0, result.output
    assert "--backend-url http://localhost:7008" in result.stderr
    text = (own_directory / "app-config.local.yaml").read_text()
    assert text.startswith("# Written by mock-idp ")
    said = yaml.safe_load(text)
    # Lists are replaced by Backstage, so what the app has is in them; the rest it goes on saying itself.
    assert said["catalog"]["locations"][0] == {"type": "file", "target": "../../examples/org.yaml"}
    assert said["catalog"]["locations"][1]["target"].endswith("/__idp/people.yaml")
    assert said["backend"] == {"reading": {"allow": [{"host": "pages.rivergate.example"}, {"host": "127.0.0.1:9000"}]}}
    assert "app" not in said
    assert {name: list(provider) for name, provider in said["auth"]["providers"].items()} == {
        "google": ["development"],
        "github": ["development"],
    }
    assert len(text.splitlines()) < 50
    # Once more, over what was written a moment ago.
    assert run("app-config", "--provider", "google", "-o", "app-config.local.yaml").exit_code == 0


def test_app_config_does_not_overwrite_what_somebody_wrote(own_directory: Path) -> None:
    command = ("app-config", "--provider", "google", "-o", "app-config.yaml")
    result = run(*command)
    assert result.exit_code == 2
    assert "app-config.yaml is there already" in result.stderr
    assert "-o app-config.local.yaml" in result.stderr and "--force" in result.stderr
    assert (own_directory / "app-config.yaml").read_text() == OWN
    assert run("app-config", "--conformance", "-o", "app-config.yaml").exit_code == 2
    assert run(*command, "--force").exit_code == 0
    assert (
        yaml.safe_load((own_directory / "app-config.yaml").read_text())["backend"]["baseUrl"] == "http://localhost:7007"
    )


def test_app_config_says_where_the_own_file_is_wrong(own_directory: Path) -> None:
    (own_directory / "app-config.yaml").write_text("app:\n  title: [\n")
    result = run("app-config", "--provider", "google")
    assert result.exit_code == 2
    assert result.stderr.startswith("Error: app-config.yaml:3: not valid YAML: ")
    (own_directory / "app-config.yaml").write_text("- a\n- b\n")
    assert "an app-config is a mapping" in run("app-config", "--provider", "google").stderr


def test_app_config_of_one_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    small = yaml.safe_load(run("app-config", "--provider", "google", "--env", "production").stdout)
    assert list(small["auth"]["providers"]["google"]) == ["production"]
    assert small["auth"]["environment"] == "production"
    assert small["app"] == {"baseUrl": "http://localhost:3000"}
    whole = yaml.safe_load(run("app-config", "--conformance", "--env", "production").stdout)["auth"]["providers"]
    assert list(whole["google"]) == ["production"]
    assert whole["guest"] == {"dangerouslyAllowOutsideDevelopment": True}


def test_app_config_of_a_backend_with_several_frontends(own_directory: Path) -> None:
    apps = ("--app-url", "https://portal.rivergate.example", "--app-url", "http://localhost:3000")
    environments = ("--env", "production", "--env", "development")
    said = yaml.safe_load(run("app-config", "--provider", "github", *environments, *apps).stdout)
    assert list(said["auth"]["providers"]["github"]) == ["production", "development"]
    assert said["auth"]["experimentalExtraAllowedOrigins"] == ["http://localhost:3000"]
    assert said["backend"]["cors"]["origin"] == ["https://portal.rivergate.example", "http://localhost:3000"]


def test_app_config_of_the_suite_has_everything() -> None:
    whole = yaml.safe_load(run("app-config", "--conformance").stdout)
    assert "no-sign-in" in whole["auth"]["providers"]["google"]
    # A profile is a variant of that.
    assert (
        "signIn"
        in yaml.safe_load(run("app-config", "--profile", "bare").stdout)["auth"]["providers"]["oauth2"]["email"]
    )


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
    assert "Open http://127.0.0.1:" in line
    assert "can sign in as any user" in process.stderr.readline()


@pytest.mark.parametrize("process", [["-v", "--json"]], indirect=True)
def test_serve_prints_a_line_for_each_request_if_it_is_told_to(process: "subprocess.Popen[str]") -> None:
    assert process.stderr
    url = ready_line(process)["urls"]["http"]
    requests.get(f"{url}/github/login/oauth/authorize", params={"client_id": "nobody", "state": "a secret"}, timeout=5)
    requests.post(f"{url}/github/a%0Ab", data={"code": "a secret"}, timeout=5)
    first, second = process.stderr.readline(), process.stderr.readline()
    assert first.endswith(" GET github /login/oauth/authorize 404 refused: unknown client\n")
    assert second.endswith(" POST github /a%0Ab 404\n")
