"""What the real backend says to a configuration with which it must not start; the reference backend says the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from conformance.embedded import free_port
from tests.interop.backstage.backstage import running_backstage
from tests.interop.backstage.errors import CannotRunError
from tests.start_refusals import REFUSALS


@pytest.mark.parametrize(("configuration", "said"), REFUSALS)
def test_it_does_not_start(tmp_path: Path, configuration: dict[str, Any], said: str) -> None:
    file = tmp_path / "app-config.yaml"
    app = {"app": {"baseUrl": "http://localhost:3000"}}
    file.write_text(json.dumps({**app, **configuration}), encoding="utf-8")  # JSON is YAML.

    with (
        pytest.raises(CannotRunError, match=rf"(?s)ended while it started.*{said}"),
        running_backstage([file], port=free_port()),
    ):
        pass
