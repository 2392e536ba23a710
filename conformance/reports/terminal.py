"""What the terminal shows at the end of a run."""

from typing import Any, Final

UNSEEN: Final = frozenset({"not-applicable", "not-checked"})
"""Verdicts of requirements that the run says nothing about."""


def summarise(document: dict[str, Any], reporter: Any) -> None:
    """Write the summary through pytest's terminal reporter."""
    summary = document["summary"]
    reporter.section("conformance")
    counted = [f"{count} {verdict}" for verdict, count in summary.items() if isinstance(count, int) and count]
    checked = [row for row in document["requirements"] if row["verdict"] not in UNSEEN]
    holding = [row for row in checked if row["verdict"] == "passed"]
    total = len(document["requirements"])
    reporter.line(f"cases: {', '.join(counted)}")
    reporter.line(f"requirements: {len(holding)} of {len(checked)} checked ones hold; the specification has {total}")
    for reason, count in sorted(summary["not_run"].items()):
        reporter.line(f"  not applicable ({count}): {reason}")
    for row in document["requirements"]:
        if row["verdict"] == "passed" and row["failed_checks"]:
            reporter.line(f"  recorded   {row['id']} ({row['level']}) {row['title']}")
        elif row["verdict"] not in {"passed", *UNSEEN}:
            reporter.line(f"  {row['verdict']:<10} {row['id']} ({row['level']}) {row['title']}")
    for entry in document["deviations"]:
        if entry["verdict"] == "stale":
            reporter.line(f"  stale      {entry['requirement']}: the deviation occurs no more; take it out of the file")
        elif entry["verdict"] == "not-checked":
            reporter.line(f"  unused     {entry['requirement']}: the deviation covers nothing that this run checked")
