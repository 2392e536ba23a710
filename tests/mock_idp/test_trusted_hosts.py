"""DNS rebinding: whom the mock itself answers, by the Host header."""

from pathlib import Path

import pytest

from tests.mock_idp.conftest import World, make_world

TRUSTED = (
    "localhost",
    "LocalHost:9000",
    "127.0.0.1:9000",
    "127.8.9.1",
    "[::1]:9000",
    "192.0.2.7",
    "mock-idp:9000",
    "host.docker.internal:9000",
    "idp.test",
)
UNTRUSTED = ("attacker.com", "attacker.com:9000", "localhost.attacker.com", "127.0.0.1.attacker.com", "a b", "")


@pytest.mark.parametrize("host", TRUSTED)
def test_names_nobody_on_the_internet_can_own(github: World, host: str) -> None:
    assert github.http.get("/__idp/journal", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "path", ["/__idp/", "/__idp/journal", "/__idp/journal.html", "/__idp/vendors/okta.html", "/__idp/journal.har", "/"]
)
@pytest.mark.parametrize("host", UNTRUSTED)
def test_other_names(github: World, host: str, path: str) -> None:
    answer = github.http.get(path, headers={"Host": host})
    assert answer.status_code == 421
    assert github.client.client_secret not in answer.text


def test_changes_too(github: World) -> None:
    body = {"provider": "p", "vendor": "github", "env": "e", "redirect_uris": ["http://a.example/"]}
    answer = github.http.post("/__idp/clients", json=body, headers={"Host": "attacker.com"})
    assert answer.status_code == 421
    assert "mock-p-e" not in github.idp.services.by_id["github"].clients.by_id
    assert github.http.post("/__idp/consent", headers={"Host": "attacker.com"}).status_code == 421


def test_the_name_it_was_told_to_listen_on(tmp_path: Path) -> None:
    world = make_world("github", "ghe", host="idp.company.com", state_dir=tmp_path)
    assert world.http.get("/__idp/", headers={"Host": "IDP.company.com:9000"}).status_code == 200
    assert world.http.get("/__idp/", headers={"Host": "company.com"}).status_code == 421


def test_the_consent_form_at_a_vendors_name(google: World) -> None:
    assert google.http.post("/__idp/consent", headers={"Host": "accounts.google.com"}).status_code == 400
