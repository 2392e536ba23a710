"""Providers of one's own: files, installed distributions, and mistakes in them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from reference_backend.app import create_app
from reference_backend.config.model import Config, ConfigError
from reference_backend.provider_classes import all_classes

PROVIDER = """\
from typing import ClassVar

from reference_backend.providers.oauth2_base import OAuth2Provider


class Example(OAuth2Provider):
    vendor: ClassVar[str] = "example-login"
    authorization_url = "https://login.example/authorize"
    token_url = "https://login.example/token"
    profile_url = "https://login.example/me"
"""
PROXY = """\
from typing import ClassVar

from reference_backend.identity.session_response import Profile
from reference_backend.proxies.base import ProxyProvider, ProxyResult


class Gateway(ProxyProvider):
    vendor: ClassVar[str] = "example-gateway"

    def authenticate(self, request):
        return ProxyResult(Profile(email=request.headers["x-example"]))
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "example.py"
    path.write_text(PROVIDER, encoding="utf-8")
    return path


def test_providers_of_files_are_there_like_the_others(file, tmp_path, settings, database):
    gateway = tmp_path / "gateway.py"
    gateway.write_text(PROXY, encoding="utf-8")
    by_email = {"signIn": {"resolvers": [{"resolver": "emailMatchingUserEntityProfileEmail"}]}}
    settings["auth"]["providers"]["example-login"] = {"development": {"clientId": "id", "clientSecret": "secret"}}
    settings["auth"]["providers"]["again"] = {"development": {"clientId": "other", "clientSecret": "secret"}}
    settings["auth"]["providers"]["example-gateway"] = by_email

    app = create_app(
        Config(settings),
        database=database,
        provider_modules=[file, gateway, file.parent / ".." / file.parent.name / file.name],
        extra_providers={"again": "example-login"},
    )

    client = app.test_client()
    for provider, client_id in (("example-login", "id"), ("again", "other")):
        answer = client.get(f"/api/auth/{provider}/start?env=development")
        assert answer.location.startswith(f"https://login.example/authorize?response_type=code&client_id={client_id}&")
    assert client.get("/api/auth/example-gateway/start").status_code == 501


MISTAKES = {
    "no Python": ("import this that\n", "example.py:1: this is no Python: invalid syntax"),
    "an import": ("\nimport no_such_module\n", "example.py:2: it cannot be loaded: ModuleNotFoundError: "),
    "an end": ("raise SystemExit(3)\n", "example.py:1: it cannot be loaded: SystemExit: 3"),
    "nothing": ("", "example.py: there is no provider in it. A provider is a class that builds on OAuth2Provider, "),
    "no vendor": (
        PROVIDER.replace("    vendor", "    seller"),
        "example.py: there is no provider in it; Example has no vendor. A provider is a class",
    ),
    "a number": (PROVIDER.replace('"example-login"', "4"), "example.py: the vendor of Example is 4, not a text"),
    "the vendor of another": (
        PROVIDER.replace("example-login", "github"),
        "example.py: there is a provider for the vendor 'github' already",
    ),
    "the vendor of a proxy": (
        PROVIDER.replace("example-login", "gcpIap"),
        "example.py: there is a provider for the vendor 'gcpIap' already",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_in_a_file_is_a_sentence(file, name):
    text, sentence = MISTAKES[name]
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        all_classes([file])
    assert str(caught.value).startswith(f"provider module {file.parent}/{sentence}")


def test_a_file_that_is_none(tmp_path):
    with pytest.raises(ConfigError, match=r"nothing\.py: there is no such file"):
        all_classes([tmp_path / "nothing.py"])
    (tmp_path / "example.txt").write_text(PROVIDER, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"example\.txt: the name of a Python file ends in \.py"):
        all_classes([tmp_path / "example.txt"])


def run_with(folder: Path, text: str, value: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run Python with a distribution that has a provider, as pip leaves it."""
    (folder / "example_provider.py").write_text(text, encoding="utf-8")
    about = folder / "example_provider-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: example-provider\nVersion: 1.0\n", encoding="utf-8")
    (about / "entry_points.txt").write_text(f"[reference_backend.providers]\nexample = {value}\n", encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    return subprocess.run([sys.executable, *arguments], env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("value", ["example_provider", "example_provider:Example"])
def test_an_installed_provider_is_there_without_a_word(tmp_path, value):
    program = "from reference_backend.provider_classes import all_classes; print(*all_classes().vendors)"
    assert "example-login" in run_with(tmp_path, PROVIDER, value, "-c", program).stdout.split()


@pytest.mark.parametrize(
    ("text", "value", "sentence"),
    [
        ("1 +", "example_provider", " cannot be loaded: SyntaxError: "),
        (PROVIDER, "example_provider:Other", " cannot be loaded: AttributeError: "),
        (PROVIDER, "example_provider:ClassVar", ": there is no provider in it. "),
    ],
)
def test_a_mistake_in_a_distribution_is_one_sentence(tmp_path, text, value, sentence):
    config = tmp_path / "app-config.yaml"
    config.write_text("app: {baseUrl: 'http://localhost:3000'}\nbackend: {baseUrl: 'http://localhost:7007'}\n")
    command = ("-m", "reference_backend", "serve", "--config", str(config), "--port", "0")
    done = run_with(tmp_path, text, value, *command)
    assert (done.returncode, done.stdout) == (2, "")
    start = f"reference-backend: entry point example = {value} of the group reference_backend.providers{sentence}"
    assert done.stderr.startswith(start)
    assert done.stderr.count("\n") == 1
