"""The table of clients says of everything that does not work whose limit that is, and where it can be read."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.interop.clients.report import Outcome, write_reports
from tests.interop.clients.table import FILE, Cause, read_table


@pytest.mark.parametrize("limit", [None, {"whose": "mock"}, {"whose": "nobody", "source": "a page"}])
def test_a_cause_without_owner_or_source_is_refused(tmp_path: Path, limit: dict[str, str] | None) -> None:
    data = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    data["causes"] = {**data["causes"], "Z": "something new"}
    data["limits"] = {**data["limits"], **({"Z": limit} if limit else {})}
    file = tmp_path / "matrix.yaml"
    file.write_text(yaml.safe_dump(data), encoding="utf-8")
    with pytest.raises(ValueError, match="cause Z needs under limits: whose"):
        read_table(file)


def test_the_page_names_the_owner_of_a_limit(tmp_path: Path) -> None:
    causes = {"A": Cause("Basic is refused", "client", "its README"), "B": Cause("something else", "mock", "nowhere")}
    outcome = Outcome("a-client", "github", "sign-in", works=False, cause="A", complaint="401")
    write_reports(tmp_path, [outcome], causes)
    page = (tmp_path / "clients.md").read_text(encoding="utf-8")
    assert "| a-client | github | ✗A |" in page
    assert "- ✗A: Basic is refused (limit of the client: its README)" in page
    assert "something else" not in page
