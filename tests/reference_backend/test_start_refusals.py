"""Configurations with which the reference backend does not start: it says why in one sentence."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from reference_backend.cli import USAGE_ERROR, main
from tests.start_refusals import REFUSALS


@pytest.mark.parametrize(("configuration", "said"), REFUSALS)
def test_it_does_not_start(tmp_path: Path, configuration: dict[str, Any], said: str) -> None:
    file = tmp_path / "app-config.yaml"
    addresses = {"app": {"baseUrl": "http://localhost:3000"}, "backend": {"baseUrl": "http://localhost:7007"}}
    file.write_text(json.dumps({**addresses, **configuration}), encoding="utf-8")  # JSON is YAML.

    done = CliRunner().invoke(main, ["serve", "--config", str(file), "--port", "0"])

    assert done.exit_code == USAGE_ERROR
    assert re.search(said, done.output), done.output
    assert "Traceback" not in done.output
