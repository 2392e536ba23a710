"""``env``, ``run`` and ``browser`` against listeners with a control API of three lines."""

import json
import os
import socket
import stat
import sys
from contextlib import closing
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from mock_idp import running
from mock_idp.cli import browser, environment
from mock_idp.cli.browser import browser_command, chromium_command
from mock_idp.cli.environment import IdpDescription, env_command, run_command

pytestmark = pytest.mark.usefixtures("private_state")


@pytest.fixture
def start_idp(start_listeners, authority):
    """Start something that answers the questions of the command line."""

    def start(description=None, certificate=None, clients=()):
        def control_api(environ, start_response):
            if environ["PATH_INFO"] == "/__idp/":
                body = json.dumps(listeners.describe() if description is None else description)
            elif environ["PATH_INFO"] == "/__idp/clients":
                known = [{"client_id": name, "client_secret": secret} for name, secret in clients]
                body = json.dumps({"clients": known})
            elif environ["PATH_INFO"] == "/__idp/ca.pem":
                body = authority.ca_pem.decode() if certificate is None else certificate
            else:
                start_response("404 Not Found", [("Content-Length", "0")])
                return []
            start_response("200 OK", [("Content-Length", str(len(body)))])
            return [body.encode()]

        listeners = start_listeners(control_api)
        return listeners

    return start


@pytest.fixture
def idp_url(start_idp):
    return start_idp().urls["http"]


@pytest.fixture
def dead_url():
    """An address that stays free of servers."""
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


def invoke(command, *arguments):
    return CliRunner().invoke(command, [*map(str, arguments)], catch_exceptions=False)


def complaint(result):
    """The one sentence a failed command said."""
    assert result.exit_code != 0
    assert result.stdout == ""
    assert result.stderr.startswith("Error: ")
    assert result.stderr.count("\n") == 1
    return result.stderr.removeprefix("Error: ").strip()


def test_env_prints_what_a_shell_can_read(start_idp, private_state, authority):
    listeners = start_idp()
    result = invoke(env_command, "--idp", listeners.urls["http"], "--shell", "dotenv")
    said = dict(line.split("=", 1) for line in result.stdout.splitlines())
    assert said["HTTPS_PROXY"] == listeners.urls["proxy"]
    ca_file = private_state / "authorities" / f"{listeners.urls['http'].removeprefix('http://').replace(':', '_')}.pem"
    assert said["NODE_EXTRA_CA_CERTS"] == str(ca_file)
    assert ca_file.read_bytes() == authority.ca_pem
    assert stat.S_IMODE(private_state.stat().st_mode) == 0o700


def test_env_ignores_a_proxy_in_its_own_environment(idp_url, monkeypatch, dead_url):
    monkeypatch.setenv("HTTP_PROXY", dead_url)
    monkeypatch.setenv("NO_PROXY", "")
    assert invoke(env_command, "--idp", idp_url).exit_code == 0


def test_no_idp(dead_url):
    assert complaint(invoke(env_command, "--idp", dead_url)) == (
        f"No mock IdP answers at {dead_url}; start one with `mock-idp serve`, or name another with --idp."
    )


@pytest.mark.parametrize("text", ["localhost:9000", "ftp://a.example", "http://", "http://[::1", "http://a:99999"])
def test_idp_that_is_no_url(text):
    assert complaint(invoke(env_command, "--idp", text)) == (
        f"--idp takes a URL such as http://127.0.0.1:9000, not {text!r}."
    )


@pytest.mark.parametrize(
    ("description", "certificate"),
    [
        ({}, None),
        ([], None),
        ({"urls": [], "hosts": [], "spki": ""}, None),
        ({"urls": {"http": "x"}, "hosts": [], "spki": ""}, None),
        (None, "<html>"),
    ],
)
def test_something_else_answers(start_idp, description, certificate):
    url = start_idp(description, certificate).urls["http"]
    assert complaint(invoke(env_command, "--idp", url)) == (
        f"What answers at {url} is not a mock IdP of this version; name the right one with --idp."
    )


def test_a_website_answers(listeners):
    assert "is not a mock IdP" in complaint(invoke(env_command, "--idp", listeners.urls["proxy"]))


def test_no_answer_in_time(start_listeners, monkeypatch, listeners):
    monkeypatch.setattr(environment, "ANSWER_SECONDS", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        assert complaint(invoke(env_command, "--idp", url)) == (
            f"{url} did not answer within 0.05 seconds; see that it is a mock IdP, or name another with --idp."
        )


CALLS_GOOGLE = "import requests; print(requests.get('https://accounts.google.com/__idp/').json()['hosts'][0])"


def test_run_gives_the_command_the_environment(idp_url, capfd):
    result = invoke(run_command, "--idp", idp_url, "--", sys.executable, "-c", CALLS_GOOGLE)
    assert result.exit_code == 0
    assert capfd.readouterr().out == "accounts.google.com\n"


def test_run_keeps_the_rest_of_the_environment_and_the_status(idp_url, monkeypatch):
    monkeypatch.setenv("STATUS_WANTED", "7")
    program = "import os; raise SystemExit(int(os.environ['STATUS_WANTED']))"
    assert invoke(run_command, "--idp", idp_url, sys.executable, "-c", program).exit_code == 7


def test_run_of_nothing(idp_url):
    result = invoke(run_command, "--idp", idp_url, "--", "no-such-command")
    assert "There is no command 'no-such-command'" in complaint(result)
    assert result.exit_code == 2


def test_run_does_not_replace_an_idp_that_was_named(dead_url):
    assert "No mock IdP answers" in complaint(invoke(run_command, "--idp", dead_url, "--", "true"))


def test_run_starts_an_idp_if_none_answers(dead_url, start_idp, monkeypatch, capfd):
    listeners, stopped = start_idp(), []

    def start(settings, **_):
        assert (settings.tls_port, settings.proxy_port) == (0, 0)
        return SimpleNamespace(urls=listeners.urls, stop=lambda: stopped.append(True))

    monkeypatch.setattr(environment, "DEFAULT_IDP", dead_url)
    monkeypatch.setattr(running, "start", start)
    result = invoke(run_command, "--", sys.executable, "-c", CALLS_GOOGLE)
    assert result.exit_code == 0
    assert result.stderr == f"mock-idp: none answered at {dead_url}; running one until the command ends\n"
    assert capfd.readouterr().out == "accounts.google.com\n"
    assert stopped == [True]


OWN = "auth: {providers: {github: {production: {clientId: ours, clientSecret: '${GITHUB_SECRET}'}}}}"
SHOWS_SECRET = "import os; print(os.environ['GITHUB_SECRET'])"


@pytest.fixture
def own_file(tmp_path, monkeypatch):
    monkeypatch.delenv("GITHUB_SECRET", raising=False)
    file = tmp_path / "app-config.yaml"
    file.write_text(OWN)
    return file


def test_run_sets_what_stands_in_for_the_variables_of_an_app_config(start_idp, own_file, capfd):
    url = start_idp(clients=[("ours", "stand-in-for-GITHUB_SECRET")]).urls["http"]
    command = ("--idp", url, "--from-app-config", own_file, "--", sys.executable, "-c", SHOWS_SECRET)
    result = invoke(run_command, *command)
    assert result.exit_code == 0
    assert "GITHUB_SECRET=stand-in-for-GITHUB_SECRET" in result.stderr
    assert capfd.readouterr().out == "stand-in-for-GITHUB_SECRET\n"


def test_run_keeps_what_is_set(start_idp, own_file, monkeypatch, capfd):
    monkeypatch.setenv("GITHUB_SECRET", "real")
    url = start_idp(clients=[("ours", "real")]).urls["http"]
    result = invoke(run_command, "--idp", url, "--from-app-config", own_file, "--", sys.executable, "-c", SHOWS_SECRET)
    assert (result.exit_code, result.stderr) == (0, "")
    assert capfd.readouterr().out == "real\n"


@pytest.mark.parametrize(
    ("clients", "what"), [([], "no client 'ours'"), ([("ours", "x")], "another secret of the client 'ours'")]
)
def test_run_sees_that_the_mock_was_started_without_the_file(start_idp, own_file, clients, what):
    url = start_idp(clients=clients).urls["http"]
    result = invoke(run_command, "--idp", url, "--from-app-config", own_file, "--", "true")
    assert result.exit_code == 2
    assert f"The mock IdP at {url} has {what} ({own_file}: auth.providers.github.production)" in result.stderr
    assert "start it with the same files" in result.stderr


def description(**changes):
    values = {
        "address": "http://127.0.0.1:9000",
        "urls": {"http": "http://127.0.0.1:9000", "proxy": "http://127.0.0.1:9080"},
        "hosts": ("accounts.google.com",),
        "spki": "c3BraQ==",
        "ca_file": "/ca.pem",
    }
    return IdpDescription(**{**values, **changes})


def test_chromium_command(tmp_path):
    command = chromium_command("chromium", description(), "https://accounts.google.com/x", tmp_path)
    assert command[0] == "chromium"
    assert command[-1] == "https://accounts.google.com/x"
    assert {
        "--proxy-server=http://127.0.0.1:9080",
        "--ignore-certificate-errors-spki-list=c3BraQ==",
        f"--user-data-dir={tmp_path}",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        # A sign-in page with `auto` opens its popup by itself.
        "--disable-popup-blocking",
        # Chromium's own question who is signed in at Google must not look like somebody's.
        "--gaia-url=https://gaia.invalid",
    } <= set(command)
    # Vendors' hosts must not go past the proxy; loopback does so unless "<-loopback>" is listed.
    assert "--proxy-bypass-list=127.0.0.1" in command
    assert not {"--no-sandbox", "--headless"} & set(command)


def test_chromium_reaches_an_idp_and_an_app_elsewhere_directly(tmp_path):
    command = chromium_command("chromium", description(address="http://idp:9000"), "http://app.example:3000", tmp_path)
    assert "--proxy-bypass-list=app.example;idp" in command


FAKE_CHROMIUM = """#!/bin/sh
for argument in "$@"; do
  case "$argument" in
    --user-data-dir=*) mkdir "${argument#*=}"; echo "${argument#*=}" > "$RECORD" ;;
    --screenshot=*) [ -n "$PICTURE" ] && printf "$PICTURE" > "${argument#*=}" ;;
  esac
done
echo "last $argument" >&2
exit "${STATUS:-0}"
"""


@pytest.fixture
def fake_chromium(tmp_path, monkeypatch):
    """A program named chromium, alone in PATH; tells where its profile was."""
    program = tmp_path / "bin" / "chromium"
    program.parent.mkdir()
    program.write_text(FAKE_CHROMIUM)
    program.chmod(0o755)
    monkeypatch.setenv("RECORD", str(tmp_path / "record"))
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    return tmp_path / "record"


def test_browser_takes_a_picture_and_leaves_nothing_behind(idp_url, fake_chromium, tmp_path, monkeypatch):
    monkeypatch.setenv("PICTURE", "a picture")
    result = invoke(browser_command, "--idp", idp_url, "--screenshot", tmp_path / "shot.png")
    assert (result.exit_code, result.output) == (0, "")
    assert (tmp_path / "shot.png").read_text() == "a picture"
    assert not os.path.exists(os.path.dirname(fake_chromium.read_text().strip()))  # noqa: PTH110, PTH120


def test_browser_without_a_picture(idp_url, fake_chromium, tmp_path):
    said = complaint(invoke(browser_command, "--idp", idp_url, "--screenshot", tmp_path / "shot.png"))
    assert said.endswith(f'ended with status 0 and without a screenshot; its last words were "last {idp_url}".')


def test_browser_that_fails(idp_url, fake_chromium, monkeypatch):
    monkeypatch.setenv("STATUS", "3")
    said = complaint(invoke(browser_command, "https://accounts.google.com/", "--idp", idp_url))
    assert said.endswith('ended with status 3; its last words were "last https://accounts.google.com/".')


def test_picture_that_cannot_be_written(idp_url, fake_chromium, monkeypatch, tmp_path):
    monkeypatch.setenv("PICTURE", "a picture")
    target = tmp_path / "nowhere" / "shot.png"
    said = complaint(invoke(browser_command, "--idp", idp_url, "--screenshot", target))
    assert said == f"{target} cannot be written (No such file or directory)."


def test_no_chromium(idp_url, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    said = complaint(invoke(browser_command, "--idp", idp_url))
    assert said.startswith("There is no Chromium in PATH (looked for chromium, ")
    assert said.endswith("install one (Debian: apt install chromium), or name it with --chromium PATH.")


def test_chromium_that_is_not_there(idp_url):
    said = complaint(invoke(browser_command, "--idp", idp_url, "--chromium", "/no/chromium"))
    assert "There is no command '/no/chromium'" in said


def test_browser_url_that_is_none(idp_url):
    said = complaint(invoke(browser_command, "accounts.google.com", "--idp", idp_url))
    assert said == "URL must begin with http:// or https://, unlike 'accounts.google.com'."


def test_browser_without_an_idp(dead_url):
    assert "No mock IdP answers" in complaint(invoke(browser_command, "--idp", dead_url))
    assert browser.PROGRAMS[0] == "chromium"
