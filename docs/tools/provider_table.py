"""Makes the table of providers, with what two backends make of them, from reports of the suite.

pytest conformance -n 2 --report-json reference.json
pytest conformance -n 2 --target … --report-json real.json          # the real Backstage
python docs/tools/provider_table.py reference.json real.json [older.json]   # an older one, for providers that left it
"""

import argparse
import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
OUTPUT = ROOT / "build" / "reports" / "providers.md"
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
    """A report without the cases that were not applicable; coverage.md counts them."""
    return {**report, "cases": [case for case in report["cases"] if case["verdict"] != "not-applicable"]}


def table(reference: dict[str, Any], real: dict[str, Any]) -> str:
    """The table as Markdown; every provider of the mock has a row."""
    reference, real = shown(reference), shown(real)
    lines = ["| provider id | kind | mock IdP | reference backend | real Backstage |", "|---|---|---|---|---|"]
    for provider in sorted(reference["providers"], key=lambda entry: (entry["kind"], entry["id"].lower())):
        id_ = provider["id"]
        vendor = f"[{provider['vendor']}](../../docs/vendors/{provider['vendor']}.md)"
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
    """Write the table."""
    parser = argparse.ArgumentParser(description="Write the table of providers from reports of the suite.")
    parser.add_argument("reference", type=Path, help="report of a run against the reference backend")
    parser.add_argument("real", type=Path, help="report of a run against the real Backstage")
    parser.add_argument("older", type=Path, nargs="*", help="reports of older ones, for providers that were removed")
    parser.add_argument("--output", type=Path, default=OUTPUT, help="where to (default: build/reports/providers.md)")
    arguments = parser.parse_args()
    try:
        reference, real, *older = [
            read_report(path) for path in (arguments.reference, arguments.real, *arguments.older)
        ]
    except (OSError, ValueError) as error:
        print(f"provider_table: a report cannot be used: {error}", file=sys.stderr)
        return 2
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.write_text(table(reference, with_older(real, older)) + "\n", encoding="utf-8")
    print(f"wrote {arguments.output}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
