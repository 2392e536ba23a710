import shutil
import subprocess
from pathlib import Path

import pytest

from mock_idp.cli.client_environment import Shell, client_environment, render

URLS = {"http": "http://127.0.0.1:9000", "tls": "https://127.0.0.1:9443", "proxy": "http://127.0.0.1:9080"}
HARD = 'it\'s "quoted" \\ $HOME `id` # not a comment'


def test_variables():
    assert client_environment(URLS, Path("/state/ca.pem")) == {
        "HTTPS_PROXY": "http://127.0.0.1:9080",
        "https_proxy": "http://127.0.0.1:9080",
        "NO_PROXY": "localhost,127.0.0.1,::1",
        "no_proxy": "localhost,127.0.0.1,::1",
        "NODE_USE_ENV_PROXY": "1",
        "NODE_EXTRA_CA_CERTS": "/state/ca.pem",
        "REQUESTS_CA_BUNDLE": "/state/ca.pem",
        "SSL_CERT_FILE": "/state/ca.pem",
        "CURL_CA_BUNDLE": "/state/ca.pem",
    }


def test_file_is_named_for_children_in_other_directories(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert client_environment(URLS, Path("ca.pem"))["SSL_CERT_FILE"] == str(tmp_path / "ca.pem")


@pytest.mark.parametrize(
    ("shell", "line"),
    [
        (Shell.SH, "export A=/x/ca.pem\n"),
        (Shell.FISH, "set -gx A '/x/ca.pem'\n"),
        (Shell.POWERSHELL, "$env:A = '/x/ca.pem'\n"),
        (Shell.DOTENV, "A=/x/ca.pem\n"),
    ],
)
def test_usual_values(shell, line):
    assert render({"A": "/x/ca.pem"}, shell) == line


@pytest.mark.parametrize(
    ("shell", "line"),
    [
        (Shell.FISH, "set -gx A 'it\\'s \"quoted\" \\\\ $HOME `id` # not a comment'\n"),
        (Shell.POWERSHELL, "$env:A = 'it''s \"quoted\" \\ $HOME `id` # not a comment'\n"),
        (Shell.DOTENV, 'A="it\'s \\"quoted\\" \\\\ $HOME `id` # not a comment"\n'),
    ],
)
def test_hard_values(shell, line):
    assert render({"A": HARD}, shell) == line


def test_sh_reads_what_was_meant():
    program = render({"A": HARD}, Shell.SH) + 'printf %s "$A"'
    assert (
        subprocess.run([shutil.which("sh"), "-c", program], capture_output=True, text=True, check=True).stdout == HARD
    )
