"""docs/coverage.py: what shows each requirement is read from scenarios and marks, and told when it is stale."""

from __future__ import annotations

import ast
import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def coverage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script, with files of its own to write to."""
    spec = importlib.util.spec_from_file_location("coverage_page", ROOT / "docs" / "coverage.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(__import__("sys").modules, "coverage_page", module)
    spec.loader.exec_module(module)
    for name, file in (("PAGE", "coverage.md"), ("DIGEST", "coverage.json"), ("REASONS", "unchecked.yaml")):
        monkeypatch.setattr(module, name, tmp_path / file)
    (tmp_path / "unchecked.yaml").write_text("")
    return module


def report(file: Path, profile: str, verdicts: dict[str, str]) -> Path:
    rows = [
        {"id": id_, "verdict": verdict, "level": "SHOULD" if verdict == "warned" else "MUST"}
        for id_, verdict in verdicts.items()
    ]
    file.write_text(json.dumps({"target": {"profile": profile}, "requirements": rows}))
    return file


def test_marks_belong_to_their_function_or_file(coverage: ModuleType) -> None:
    tree = ast.parse(
        """
pytestmark = pytest.mark.requirement("KEY-01")

@pytest.mark.requirement("KEY-02", "KEY-03")
@pytest.mark.parametrize("x", [pytest.param(1, marks=pytest.mark.requirement("KEY-04"))])
def test_keys(x): ...

@pytest.mark.slow("KEY-05")
def test_other(): ...
"""
    )

    assert sorted(coverage.marks(tree)) == [
        ("", "KEY-01"), ("test_keys", "KEY-02"), ("test_keys", "KEY-03"), ("test_keys", "KEY-04"),
    ]  # fmt: skip


def test_a_requirement_of_facts_counts_for_the_scenario(coverage: ModuleType) -> None:
    rows = {row.id: row for row in coverage.read_rows({})}

    # It stands in the facts of one vendor only, and the scenario names it by ${each.requirement}.
    assert rows["RES-47"].scenarios
    assert rows["FRAME-07"].scenarios


def test_the_worst_profile_counts(coverage: ModuleType, tmp_path: Path) -> None:
    first = report(tmp_path / "1.json", "default", {"KEY-01": "passed", "KEY-02": "warned", "KEY-03": "not-checked"})
    second = report(tmp_path / "2.json", "other", {"KEY-01": "failed", "KEY-02": "passed"})

    verdicts = coverage.worst_verdicts(coverage.digest_of([first, second]))

    assert verdicts == {"KEY-01": "failed", "KEY-02": "warned"}


def test_of_the_real_backend_only_musts_are_printed(coverage: ModuleType, tmp_path: Path) -> None:
    # What it does not do beyond the contract, its maintainers hear first.
    one = report(tmp_path / "1.json", "default", {"KEY-01": "passed", "KEY-02": "warned"})

    assert coverage.main(["--real", str(one)]) == 0

    assert "KEY-02" not in (tmp_path / "coverage.json").read_text()


def test_a_page_is_stale_when_a_verdict_changes(
    coverage: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    passed = report(tmp_path / "1.json", "default", {"FRAME-07": "passed"})
    assert coverage.main(["--reference", str(passed)]) == 0
    coverage.main(["--check"])
    assert "stale" not in capsys.readouterr().err

    coverage.DIGEST.write_text("{}")

    assert coverage.main(["--check"]) == 1
    assert "coverage.md is stale" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("reason", "said"),
    [("NO-01: It does not exist.", "there is no requirement NO-01"), ("FRAME-07: Too hard.", "take its reason out")],
)
def test_a_stale_reason_is_refused(
    coverage: ModuleType, capsys: pytest.CaptureFixture[str], reason: str, said: str
) -> None:
    coverage.REASONS.write_text(reason)

    assert coverage.main([]) == 1
    assert said in capsys.readouterr().err


def test_what_is_no_report_is_told(coverage: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "no.json").write_text("[]")

    assert coverage.main(["--real", str(tmp_path / "no.json")]) == 1
    assert "no.json is no report of the suite" in capsys.readouterr().err
