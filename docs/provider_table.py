"""Writes the README's table of providers from reports of the suite.

pytest conformance -n 2 --report-json reference.json
pytest conformance -n 2 --target … --report-json real.json          # the real Backstage
python docs/provider_table.py reference.json real.json [older.json]     # an older one, for providers that left it
"""

import argparse
import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

README = Path(__file__).parent.parent / "README.md"
BEGIN, END = "<!-- providers: made by docs/provider_table.py -->", "<!-- end of providers -->"
GREEN = frozenset({"passed"})


def read_report(path: Path) -> dict[str, Any]:
    """Read a report.

    Raises:
        ValueError: the file is no report of the suite.
    """
    report = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(report, dict) or not {"cases", "providers"} <= set(report):
        raise ValueError("it is no report of the suite")
    return report


def cell(report: dict[str, Any], provider: str) -> str:
    """How many cases of a provider are green, and what is not."""
    counts = Counter(case["verdict"] for case in report["cases"] if case["provider"] == provider)
    green = sum(counts[verdict] for verdict in GREEN)
    rest = [f"{count} {verdict}" for verdict, count in sorted(counts.items()) if verdict not in GREEN]
    return ", ".join([f"{green} ✓", *rest]) if counts else "–"


def shown(report: dict[str, Any]) -> dict[str, Any]:
    """A report without the cases that were not applicable; they are counted in docs/coverage.md."""
    return {**report, "cases": [case for case in report["cases"] if case["verdict"] != "not-applicable"]}


def table(reference: dict[str, Any], real: dict[str, Any]) -> str:
    """The table as Markdown; every provider of the mock has a row."""
    reference, real = shown(reference), shown(real)
    lines = ["| provider id | kind | mock IdP | reference backend | real Backstage |", "|---|---|---|---|---|"]
    for provider in sorted(reference["providers"], key=lambda entry: (entry["kind"], entry["id"].lower())):
        id_ = provider["id"]
        vendor = f"[{provider['vendor']}](docs/vendors/{provider['vendor']}.md)"
        lines.append(f"| `{id_}` | {provider['kind']} | {vendor} | {cell(reference, id_)} | {cell(real, id_)} |")
    total = [
        cell({"cases": [{**case, "provider": ""} for case in report["cases"]]}, "") for report in (reference, real)
    ]
    return "\n".join([*lines, f"| all | | | {total[0]} | {total[1]} |"])


def with_older(real: dict[str, Any], older: list[dict[str, Any]]) -> dict[str, Any]:
    """Add what older releases say about providers that the real one has no more."""
    gone = {provider["id"] for provider in real["providers"] if provider["absent"]}
    cases = [case for report in older for case in report["cases"] if case["provider"] in gone]
    return {**real, "cases": [*real["cases"], *cases]}


def main() -> int:
    """Rewrite the README between its markers."""
    parser = argparse.ArgumentParser(description="Write the README's table of providers from two reports.")
    parser.add_argument("reference", type=Path, help="report of a run against the reference backend")
    parser.add_argument("real", type=Path, help="report of a run against the real Backstage")
    parser.add_argument("older", type=Path, nargs="*", help="reports of older ones, for providers that were removed")
    arguments = parser.parse_args()
    try:
        reference, real, *older = [
            read_report(path) for path in (arguments.reference, arguments.real, *arguments.older)
        ]
    except (OSError, ValueError) as error:
        print(f"provider_table: a report cannot be used: {error}", file=sys.stderr)
        return 2
    text = README.read_text(encoding="utf-8")
    head, begin, rest = text.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        print(f"provider_table: README.md lacks the markers {BEGIN} and {END}", file=sys.stderr)
        return 2
    README.write_text(f"{head}{BEGIN}\n\n{table(reference, with_older(real, older))}\n\n{END}{tail}", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
