"""docs/tools/coverage.py: what shows each requirement is read from scenarios, marks and reports."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

from conformance.requirement_list import Level

pytest_plugins = ["pytester"]
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def coverage(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script as a module; the tests of the checkout are not collected once more."""
    spec = importlib.util.spec_from_file_location("coverage_page", ROOT / "docs" / "tools" / "coverage.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(__import__("sys").modules, "coverage_page", module)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "by_test", lambda: {"KEY-11": ["tests/test_keys.py::test_rotation"]})
    return module


@pytest.fixture
def reasons(coverage: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of reasons, empty at first."""
    file = tmp_path / "unchecked.yaml"
    file.write_text("")
    monkeypatch.setattr(coverage, "REASONS", file)
    return file


def report(file: Path, verdicts: dict[str, str]) -> Path:
    rows = [
        {"id": id_, "verdict": verdict, "level": "SHOULD" if verdict == "warned" else "MUST"}
        for id_, verdict in verdicts.items()
    ]
    file.write_text(json.dumps({"requirements": rows}))
    return file


def test_marks_are_read_where_pytest_reads_them(coverage: ModuleType, pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nmarkers = requirement")
    pytester.makepyfile("""
        import pytest
        pytestmark = pytest.mark.requirement("KEY-01")

        @pytest.mark.requirement("KEY-02", "KEY-03")
        @pytest.mark.parametrize("x", [pytest.param(1, marks=pytest.mark.requirement("KEY-04")), 2])
        def test_keys(x): ...
    """)
    marked = coverage.MarkedTests()

    pytester.inline_run("--collect-only", plugins=[marked])

    found = {id_: [test.partition("::")[2] for test in tests] for id_, tests in marked.by_requirement.items()}
    assert found == {f"KEY-0{number}": ["test_keys"] for number in range(1, 5)}


def test_a_requirement_of_facts_counts_for_the_scenario(coverage: ModuleType) -> None:
    scenarios = coverage.by_scenario()

    # It stands in the facts of one vendor only, and the scenario names it by ${each.requirement}.
    assert scenarios["RES-47"]
    assert scenarios["FRAME-07"]


def test_the_worst_report_counts(coverage: ModuleType, tmp_path: Path) -> None:
    first = report(tmp_path / "1.json", {"KEY-01": "passed", "KEY-02": "warned", "KEY-03": "not-checked"})
    second = report(tmp_path / "2.json", {"KEY-01": "failed", "KEY-02": "passed"})

    verdicts = coverage.worst_verdicts([first, second], tuple(Level))

    assert verdicts["KEY-01"] == "failed"
    assert verdicts["KEY-02"] == "warned"
    assert "KEY-03" not in verdicts


def test_of_the_real_backend_only_musts_are_printed(coverage: ModuleType, tmp_path: Path) -> None:
    # What it does not do beyond the contract, its maintainers hear first.
    one = report(tmp_path / "1.json", {"KEY-01": "passed", "KEY-02": "warned"})

    assert coverage.main(["--real", str(one), "--output", str(tmp_path / "coverage.md")]) == 0

    page = (tmp_path / "coverage.md").read_text()
    assert "| KEY-01 | MUST | " in page
    assert "warned" not in page


@pytest.mark.parametrize(
    ("reason", "said"),
    [("NO-01: It does not exist.", "there is no requirement NO-01"), ("FRAME-07: Too hard.", "take its reason out")],
)
def test_a_stale_reason_is_refused(
    coverage: ModuleType, reasons: Path, capsys: pytest.CaptureFixture[str], reason: str, said: str
) -> None:
    reasons.write_text(reason)

    assert coverage.main(["--check"]) == 1
    assert said in capsys.readouterr().err


def test_a_must_row_without_a_check_or_a_reason_is_refused(
    coverage: ModuleType, reasons: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert not reasons.read_text()

    assert coverage.main(["--check"]) == 1
    assert "unchecked.yaml does not say why" in capsys.readouterr().err


def test_what_is_no_report_is_told(coverage: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "no.json").write_text("[]")

    assert coverage.main(["--real", str(tmp_path / "no.json")]) == 1
    assert "no.json is no report of the suite" in capsys.readouterr().err
