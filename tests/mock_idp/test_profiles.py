"""Profiles: an overlay over the printed app-config."""

from typing import Any

import pytest
import yaml

from mock_idp.app_config import providers
from mock_idp.app_config import text as config_text
from mock_idp.profiles import Profile, merged, profiles
from mock_idp.settings import Settings

FANCY = Profile(
    "fancy",
    "Everything is different.",
    overlay={
        "backend": {"baseUrl": "https://fancy.example", "reading": None},
        "auth": {
            "session": None,
            "providers": {
                "ghe": {"development": {"signIn": None, "extra": 1}},
                "guest": {"userEntityRef": "user:default/guest"},
            },
        },
    },
    providers=("ghe", "guest"),
)


def test_there_is_a_default() -> None:
    for profile_id, profile in profiles().items():
        assert profile_id == profile.id
        assert profile.description.endswith(".")
    assert profiles()["default"].overlay == {}


def test_merging() -> None:
    config = {"a": {"b": 1, "c": 2}, "d": [1], "e": 3}
    overlay = {"a": {"b": None, "x": {"y": 1}}, "d": [2], "e": {"f": 4}, "gone": None}
    assert merged(config, overlay) == {"a": {"c": 2, "x": {"y": 1}}, "d": [2], "e": {"f": 4}}
    assert config == {"a": {"b": 1, "c": 2}, "d": [1], "e": 3}


def test_the_app_config_of_a_profile(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (providers, config_text):
        monkeypatch.setattr(module, "profiles", lambda: {"fancy": FANCY})
    text = config_text.app_config_text(Settings(profile="fancy"), "http://127.0.0.1:9000")
    said: dict[str, Any] = yaml.safe_load(text)
    assert said["backend"]["baseUrl"] == "https://fancy.example"
    assert "reading" not in said["backend"]
    assert said["backend"]["cors"]["credentials"] is True
    assert "session" not in said["auth"]
    assert list(said["auth"]["providers"]) == ["ghe", "guest"]
    development = said["auth"]["providers"]["ghe"]["development"]
    assert development["extra"] == 1
    assert "signIn" not in development
    assert "signIn" in said["auth"]["providers"]["ghe"]["email"]
    assert said["auth"]["providers"]["guest"]["userEntityRef"] == "user:default/guest"
