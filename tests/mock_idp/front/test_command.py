"""`mock-idp front` as a command."""

import json
import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from click.testing import CliRunner

from mock_idp.cli import main
from mock_idp.cli.front import find_proxy
from mock_idp.running import RunningIdp
from tests.mock_idp.front.conftest import SECONDS, Backend


@pytest.fixture(autouse=True)
def private_state(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep the command line's files out of the home directory."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


def complaint(*arguments: str) -> str:
    """The one sentence a failed command said."""
    result = CliRunner().invoke(main, ["front", *arguments], catch_exceptions=False)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith("Error: ")
    assert result.stderr.count("\n") == 1
    return result.stderr.removeprefix("Error: ").strip()


@pytest.mark.parametrize(
    ("name", "provider"),
    [
        ("gcpIap", "gcpIap"),
        ("gcp-iap", "gcpIap"),
        ("gcp-iap-header", "gcpIap-header"),
        ("oauth2-proxy", "oauth2Proxy"),
        ("azure-easy-auth", "azureEasyAuth"),
        ("aws-alb", "awsalb"),
        ("awsalb-gov", "awsalb-gov"),
        ("cf-access", "cfaccess"),
    ],
)
def test_proxies_are_found_in_either_spelling(name: str, provider: str) -> None:
    proxy, found = find_proxy(name)
    assert found == provider
    assert provider in proxy.provider_ids


@pytest.mark.parametrize("name", ["github", "guest", "nobody"])
def test_what_is_no_proxy_with_headers(name: str) -> None:
    said = complaint(name, "--upstream", "http://localhost:7007")
    assert said.startswith(f"There is no auth proxy '{name}'; there are awsalb, ")
    assert "guest" not in said.partition("there are")[2]


def test_unknown_persona() -> None:
    said = complaint("gcp-iap", "--upstream", "http://localhost:7007", "--as", "root")
    assert said.startswith("There is no persona 'root'; there are plain, no-email, ")


@pytest.mark.parametrize(
    "url", ["http://localhost:7007/api/auth", "http://localhost:7007?a", "http://a@localhost:7007"]
)
def test_an_upstream_with_more_than_an_address(url: str) -> None:
    said = complaint("gcp-iap", "--upstream", url)
    assert said == (
        f"--upstream takes the address of a server, such as http://localhost:7007, and no more than that; {url!r} has."
    )


def test_no_mock(dead_url: str) -> None:
    said = complaint("gcp-iap", "--upstream", "http://localhost:7007", "--idp", dead_url)
    assert said == f"No mock IdP answers at {dead_url}; start one with `mock-idp serve`, or name another with --idp."


def test_a_port_that_is_taken(running: RunningIdp) -> None:
    url = running.urls["http"]
    said = complaint("gcp-iap", "--upstream", "http://localhost:7007", "--idp", url, "--port", str(urlsplit(url).port))
    assert said.endswith(
        "is taken by another process; stop that one, or choose another port with --port (0 takes a free one)."
    )


@pytest.mark.parametrize("options", [["--json"], []])
def test_it_says_when_it_is_ready_and_ends_when_told(running: RunningIdp, backend: Backend, options: list[str]) -> None:
    command = [sys.executable, "-m", "mock_idp", "front", "gcp-iap", "--as", "plain", "--upstream", backend.url]
    command += ["--idp", running.urls["http"], "--port", "0", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=dict(os.environ)) as process:
        assert process.stdout
        with closing(process.stdout):
            line = process.stdout.readline()
            url = json.loads(line)["urls"]["http"] if options else line.partition(" at ")[2].partition(",")[0]
            seen = requests.get(url, timeout=SECONDS).json()
            process.terminate()
            assert process.wait(SECONDS) == 0
    assert "X-Goog-IAP-JWT-Assertion" in dict(seen["headers"])
    assert options or line == (
        f"Google Identity-Aware Proxy at {url}, in front of {backend.url}; every request is from Ada Quill."
        " Ctrl-C ends it.\n"
    )


def test_a_front_for_others_says_what_that_means(running: RunningIdp) -> None:
    port = str(urlsplit(running.urls["http"]).port)
    arguments = ["front", "gcp-iap", "--upstream", "http://localhost:7007", "--host", "0.0.0.0", "--port", port]
    result = CliRunner().invoke(main, [*arguments, "--idp", running.urls["http"]])
    warning, error = result.stderr.splitlines()
    assert warning == "Warning: every client that reaches 0.0.0.0 can sign in as any user at http://localhost:7007."
    assert error.startswith("Error: ")
