"""Two reports side by side."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from conformance.cli import group
from conformance.comparison.outcomes import compare_reports, in_words


def report(cases: dict[str, str], requirements: dict[str, str] | None = None) -> dict[str, Any]:
    rows = requirements or {}
    return {
        "summary": {},
        "providers": [],
        "target": {},
        "requirements": [{"id": id_, "title": f"Title of {id_}", "verdict": verdict} for id_, verdict in rows.items()],
        "cases": [{"id": id_, "title": "Title", "verdict": verdict} for id_, verdict in cases.items()],
    }


@pytest.mark.parametrize(
    ("old", "new", "sort", "is_worse"),
    [
        ("passed", "failed", "worse", True),
        ("passed", "warned", "worse", True),
        ("passed", "deviation", "worse", True),
        ("warned", "error", "worse", True),
        ("failed", "passed", "better", False),
        ("failed", "deviation", "better", False),
        (None, "passed", "new", False),
        (None, "failed", "new", True),
        ("not-applicable", "passed", "new", False),
        ("not-run", "error", "new", True),
        ("passed", None, "gone", False),
        ("passed", "not-run", "gone", False),
        ("passed", "passed", None, False),
        ("not-run", "not-applicable", None, False),
    ],
)
def test_a_change(old: str | None, new: str | None, sort: str | None, is_worse: bool) -> None:
    outcomes = compare_reports(*(report({"a:b[github]": one} if one else {}) for one in (old, new)))

    assert [change.sort for change in outcomes.cases] == ([sort] if sort else [])
    assert outcomes.is_worse is is_worse


def test_a_requirement_that_got_worse_is_told_with_its_title() -> None:
    old, new = ({"REFRESH-01": verdict} for verdict in ("passed", "failed"))
    cases = [f"protocol/refresh:csrf[{id_}/development]" for id_ in ("a", "b", "c", "d", "e")]
    outcomes = compare_reports(report(dict.fromkeys(cases, "passed"), old), report(dict.fromkeys(cases, "failed"), new))

    assert list(in_words(outcomes)) == [
        "worse: 1 requirements, 5 cases",
        "  REFRESH-01     passed -> failed  Title of REFRESH-01",
        "  protocol/refresh:csrf  passed -> failed  at a/development, b/development, c/development; 2 more",
    ]


class TestCommand:
    def compare(self, folder: Path, *reports: object, options: tuple[str, ...] = ()) -> Result:
        files = []
        for number, document in enumerate(reports):
            files.append(folder / f"{number}.json")
            files[-1].write_text(json.dumps(document), encoding="utf-8")
        return CliRunner().invoke(group, ["compare", *map(str, files), *options])

    def test_nothing_changed(self, tmp_path: Path) -> None:
        answer = self.compare(tmp_path, report({"a": "passed"}), report({"a": "passed"}))

        assert (answer.exit_code, answer.output) == (0, "nothing changed\n")

    def test_worse(self, tmp_path: Path) -> None:
        answer = self.compare(
            tmp_path,
            report({"a": "passed"}),
            report({"a": "failed"}),
            options=("--json", str(tmp_path / "changes.json")),
        )

        assert answer.exit_code == 1
        assert "worse: 0 requirements, 1 cases" in answer.output
        assert json.loads((tmp_path / "changes.json").read_text())["cases"][0]["change"] == "worse"

    def test_what_is_no_report(self, tmp_path: Path) -> None:
        answer = self.compare(tmp_path, report({}), [])

        assert answer.exit_code == 4
        assert "is no report of the suite" in answer.output

    @pytest.mark.parametrize("arguments", [("a.json",), ("a.json", "b.json", "--against", "http://localhost:1")])
    def test_half_a_question(self, arguments: tuple[str, ...]) -> None:
        answer = CliRunner().invoke(group, ["compare", *arguments])

        assert answer.exit_code == 4
        assert "name two reports, OLD.json NEW.json, or two targets, URL --against URL" in answer.output

    def test_a_target_that_is_down(self) -> None:
        answer = CliRunner().invoke(group, ["compare", "localhost:1", "--against", "http://localhost:1"])

        assert answer.exit_code == 4
        assert "is not an http or https URL" in answer.output
