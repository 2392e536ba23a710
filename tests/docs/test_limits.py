"""The page of limits says what the settings say, and stores hold the limits that they are given."""

import importlib
import re
from pathlib import Path

import pytest

from mock_idp.control import registration
from mock_idp.grants.store import BoundedDict
from tests.mock_idp.acceptance import REDIRECT_URI
from tests.mock_idp.conftest import make_world

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "limits.md"
ROW = re.compile(r"^\| [^|]+ \| (\d+) \| `([\w.]+)` \|", re.MULTILINE)


def value_of(name: str) -> object:
    """The value of a dotted name: a module's constant, or the default of a field of its class."""
    path, _, last = name.rpartition(".")
    try:
        return getattr(importlib.import_module(path), last)
    except ModuleNotFoundError:
        module, _, owner = path.rpartition(".")
        fields = getattr(importlib.import_module(module), owner).__dataclass_fields__
        return fields[last].default


@pytest.mark.parametrize(("limit", "name"), ROW.findall(PAGE.read_text("utf-8")))
def test_page_says_what_the_settings_say(limit: str, name: str) -> None:
    assert value_of(name) == int(limit)


def test_page_has_rows() -> None:
    assert len(ROW.findall(PAGE.read_text("utf-8"))) >= 15


def test_store_forgets_the_oldest() -> None:
    kept: BoundedDict[int, int] = BoundedDict(3)
    for number in range(10):
        kept.put(number, number)
    assert list(kept) == [7, 8, 9]


def test_journal_and_its_index_hold_their_limit() -> None:
    world = make_world("github", "github", journal_limit=3)
    for _ in range(5):
        world.authorize()
    assert len(world.journal()) == 3


def test_clients_of_a_service_hold_their_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    github = make_world("github", "github")
    there = len([one for one in github.http.get("/__idp/clients").json["clients"] if one["service"] == "github"])
    monkeypatch.setattr(registration, "MOST_CLIENTS", there + 1)
    body = {"vendor": "github", "redirect_uris": [REDIRECT_URI]}
    assert github.http.post("/__idp/clients", json={**body, "client_id": "one"}).status_code == 201
    refused = github.http.post("/__idp/clients", json={**body, "client_id": "another"})
    assert refused.status_code == 400
    assert "the most there can be" in refused.json["error"]
    again = github.http.post("/__idp/clients", json={**body, "client_id": "one"})
    assert again.status_code == 201, "a known one can be registered again"
