"""Backend and mock are killed while somebody signs in, and start again: what was promised still holds."""

from __future__ import annotations

import contextlib
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.driver.browser import Browser, Transcript
from conformance.driver.idp import give_consent
from conformance.driver.observation import observe_response
from conformance.driver.wire import NoAnswerError, Response, Wire
from conformance.embedded import free_port
from tests.support.processes import output_of, program, ready_line

PROVIDERS = ("gitlab", "oidc")
"""Vendors at addresses of their own, so that nothing goes through the forward proxy."""
APP = "http://localhost:3000"
SCRIPT = {"X-Requested-With": "XMLHttpRequest"}


class Stand:
    """A mock IdP and a backend whose database outlives it, both at addresses that stay.

    Parameters:
        folder: for files of both.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ports = {name: str(free_port()) for name in ("--port", "--proxy-port", "--tls-port")}
        self._backend_port = str(free_port())
        origin = f"http://localhost:{self._backend_port}"
        self.url = f"{origin}/api/auth"
        providers = [text for id_ in PROVIDERS for text in ("--provider", id_)]
        self._told = (*providers, "--backend-url", origin)
        self.idp_url = f"http://127.0.0.1:{self._ports['--port']}"
        self.clean_up = contextlib.ExitStack()
        self.idp = self._start_idp()
        self._config = self._write_config()
        self.backend = self._start_backend()

    def _start_idp(self) -> subprocess.Popen[str]:
        ports = [text for pair in self._ports.items() for text in pair]
        command = ("serve", "--json", "--no-config", "--seed", "1", *ports, *self._told)
        process = self.clean_up.enter_context(program("mock_idp", *command, state=self._folder))
        ready_line(process)
        return process

    def _write_config(self) -> list[Path]:
        config = self._folder / "app-config.yaml"
        addresses = ("--idp", self.idp_url, "--idp-tls", f"https://localhost:{self._ports['--tls-port']}")
        command = ("app-config", "--conformance", *addresses, *self._told, "-o", str(config))
        output_of("mock_idp", *command, state=self._folder)
        database = {"client": "better-sqlite3", "connection": {"directory": str(self._folder)}}
        own = self._folder / "app-config.database.yaml"
        own.write_text(json.dumps({"backend": {"database": database}}), encoding="utf-8")
        return [config, own]

    def _start_backend(self) -> subprocess.Popen[str]:
        configs = [text for file in self._config for text in ("--config", str(file))]
        command = ("serve", *configs, "--port", self._backend_port, "--json")
        process = self.clean_up.enter_context(program("reference_backend", *command, state=self._folder))
        ready_line(process)
        return process

    def kill_backend(self) -> None:
        """End it without a word, and start it again."""
        self.backend.kill()
        self.backend.wait()
        self.backend = self._start_backend()

    def kill_idp(self) -> None:
        """End it without a word, and start it again."""
        self.idp.kill()
        self.idp.wait()
        self.idp = self._start_idp()

    def close(self) -> None:
        """Stop both."""
        self.clean_up.close()


class Person:
    """Somebody with a browser.

    Parameters:
        stand: where they sign in.
    """

    def __init__(self, stand: Stand) -> None:
        self._stand = stand
        wire = Wire(None, 20.0)
        stand.clean_up.callback(wire.close)
        self.browser = Browser(wire, APP, Transcript())

    def start(self, provider: str) -> str:
        """Begin to sign in; gives the vendor's address."""
        query = f"?env=development&origin={APP}&flow=popup"
        answer = self.browser.navigate(f"{self._stand.url}/{provider}/start{query}")
        assert answer.status == 302, answer.body
        location = answer.header("location")
        assert location is not None
        return location

    def come_back(self, provider: str) -> str:
        """Begin, decide at the vendor, and give the address that brings the browser back."""
        _, answer, _ = give_consent(self.browser, self.start(provider), persona="plain")
        assert answer is not None
        location = answer.header("location")
        assert location is not None
        return location

    def finish(self, callback: str) -> dict[str, object]:
        """What the page at the end tells the app."""
        answer = self.browser.navigate(callback)
        return observe_response(answer, callback, self.browser.now())

    def refresh(self, provider: str) -> Response:
        """Ask for a new session."""
        url = f"{self._stand.url}/{provider}/refresh?env=development"
        return self.browser.fetch(url, headers=SCRIPT)


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    made = Stand(tmp_path)
    yield made
    made.close()


@pytest.mark.parametrize("provider", PROVIDERS)
def test_killed_backend_keeps_keys_sessions_and_logins(stand: Stand, provider: str) -> None:
    person, other = Person(stand), Person(stand)
    session = person.finish(person.come_back(provider))["session"]
    callback = other.come_back(provider)
    before = _key_ids(stand, person)
    stand.kill_backend()
    assert other.finish(callback)["session"], "a callback on its way is answered"
    assert person.refresh(provider).status == 200
    assert before <= _key_ids(stand, person), "what was signed can still be verified"
    assert session


@pytest.mark.parametrize("provider", PROVIDERS)
def test_killed_mock_is_told_as_a_failure_and_soon_forgotten(stand: Stand, provider: str) -> None:
    person, other = Person(stand), Person(stand)
    assert person.finish(person.come_back(provider))["session"]
    callback = other.come_back(provider)
    stand.kill_idp()
    seen = other.finish(callback)
    assert "session" not in seen
    assert seen["error"], "a code that the vendor knows no more"
    assert person.refresh(provider).status == 401
    assert other.finish(other.come_back(provider))["session"], "the next login is fine"


def test_backend_says_so_while_the_mock_is_away(stand: Stand) -> None:
    person = Person(stand)
    callback = person.come_back("gitlab")
    stand.idp.kill()
    stand.idp.wait()
    seen = person.finish(callback)
    assert "session" not in seen
    assert seen["error"]
    with pytest.raises(NoAnswerError):
        give_consent(person.browser, person.start("gitlab"), persona="plain")
    stand.kill_idp()
    assert person.finish(person.come_back("gitlab"))["session"]


def _key_ids(stand: Stand, person: Person) -> set[str]:
    answer = person.browser.navigate(f"{stand.url}/.well-known/jwks.json")
    return {key["kid"] for key in json.loads(answer.body)["keys"]}
